//! abi_stable's owned types: a fixed layout under every compiler.

use abi_stable::std_types::{RBox, RDuration, RHashMap, ROption, RResult, RString, RVec};

use super::{by_layout, describe, state};
use crate::operations::Operations;
use crate::state::{Describe, StableState};

describe! {
    [] RString = RString ();
    [] RDuration = RDuration ();
    [T: Describe] RVec<T> = RVec (T);
    [T: Describe] ROption<T> = ROption (T);
    [T: Describe, E: Describe] RResult<T, E> = RResult (T, E);
    [T: Describe] RBox<T> = RBox (T);
    [K: Describe, V: Describe] RHashMap<K, V> = RHashMap (K, V);
}

state! {
    [] RString = Operations::opaque::<RString>();
    [] RDuration = Operations::opaque::<RDuration>();
    [T: StableState] RVec<T> = Operations::opaque::<RVec<T>>();
    [T: StableState] ROption<T> = Operations::opaque::<ROption<T>>();
    [T: StableState, E: StableState] RResult<T, E> = Operations::opaque::<RResult<T, E>>();
    [T: StableState] RBox<T> = Operations::opaque::<RBox<T>>();
    [K: StableState, V: StableState] RHashMap<K, V> = Operations::opaque::<RHashMap<K, V>>();
}

by_layout! {
    [] RString;
    [] RDuration;
    [T: StableState] RVec<T>;
    [T: StableState] ROption<T>;
    [T: StableState, E: StableState] RResult<T, E>;
    [T: StableState] RBox<T>;
    [K: StableState, V: StableState] RHashMap<K, V>;
}
