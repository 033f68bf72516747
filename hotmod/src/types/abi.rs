//! abi_stable's owned types: a fixed layout under every compiler.

use std::hash::Hash;

use abi_stable::std_types::{
    RArc, RBox, RCowStr, RDuration, RHashMap, ROption, RResult, RString, RVec,
};

use super::impls::{by_layout, describe, state};
use crate::operations::Operations;
use crate::state::{Describe, Part, StableState};
use crate::thunks;

describe! {
    [] RString = RString ();
    [] RDuration = RDuration ();
    [T: Describe] RVec<T> = RVec (T);
    [T: Describe] ROption<T> = ROption (T);
    [T: Describe, E: Describe] RResult<T, E> = RResult (T, E);
    [T: Describe] RBox<T> = RBox (T);
    [T: Describe] RArc<T> = RArc (T);
    [K: Describe, V: Describe] RHashMap<K, V> = RHashMap (K, V);
    [] RCowStr<'static> = RCowStr ();
}

state! {
    [] RString = thunks::r_string();
    [] RDuration = thunks::r_duration();
    [T: State] RVec<T> = thunks::r_vec::<T>();
    [T: State] ROption<T> = thunks::r_option::<T>();
    [T: State, E: State] RResult<T, E> = thunks::r_result::<T, E>();
    [T: State] RBox<T> = thunks::r_boxed::<T>();
    [T: State] RArc<T> = thunks::r_arc::<T>();
    [K: State + Eq + Hash, V: State] RHashMap<K, V> = thunks::r_hash_map::<K, V>();
}

// SAFETY: as for `Cow<'static, str>`, which it is by another name.
unsafe impl StableState for RCowStr<'static> {}

// SAFETY: the operations are made for the type.
unsafe impl Part for RCowStr<'static> {
    const OPERATIONS: &'static Operations = &thunks::r_cow();
}

by_layout! {
    [] RString;
    [] RDuration;
    [T: StableState] RVec<T>;
    [T: StableState] ROption<T>;
    [T: StableState, E: StableState] RResult<T, E>;
    [T: StableState] RBox<T>;
    [T: StableState] RArc<T>;
    [K: StableState + Eq + Hash, V: StableState] RHashMap<K, V>;
    [] RCowStr<'static>;
}
