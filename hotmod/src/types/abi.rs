//! abi_stable's owned types: a fixed layout under every compiler.

use std::hash::Hash;

use abi_stable::std_types::{
    RArc, RBox, RCowStr, RDuration, RHashMap, ROption, RResult, RString, RVec,
};

use super::{by_layout, describe, state};
use crate::operations::{self, Operations};
use crate::state::{Describe, StableState};

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
    [] RString = operations::r_string();
    [] RDuration = operations::r_duration();
    [T: StableState] RVec<T> = operations::r_vec::<T>();
    [T: StableState] ROption<T> = operations::r_option::<T>();
    [T: StableState, E: StableState] RResult<T, E> = operations::r_result::<T, E>();
    [T: StableState] RBox<T> = operations::r_boxed::<T>();
    [T: StableState] RArc<T> = operations::r_arc::<T>();
    [K: StableState + Eq + Hash, V: StableState] RHashMap<K, V> = operations::r_hash_map::<K, V>();
}

// SAFETY: as for `Cow<'static, str>`, which it is by another name.
unsafe impl StableState for RCowStr<'static> {
    const OPERATIONS: &'static Operations = &operations::r_cow();
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
