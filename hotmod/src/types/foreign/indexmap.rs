//! `indexmap`: by its items, in their order. Keys that become one, where the items are converted, are told.

use std::hash::Hash;

use indexmap::{IndexMap, IndexSet};

use super::{By, Carried, Moved};
use crate::state::{Describe, StableState};
use crate::thunks::{self, Elements, Entries};
use crate::types::hashers::Hashing;
use crate::types::impls::{describe, state};

describe! {
    [K: Describe, V: Describe] Entries<K, V> = Entries (K, V);
    [T: Describe] Elements<T> = Elements (T);
}

state! {
    [K: StableState, V: StableState] Entries<K, V> = thunks::entries::<K, V>();
    [T: StableState] Elements<T> = thunks::elements::<T>();
}

impl<K: StableState + Clone + Eq + Hash, V: StableState + Clone, S: Hashing> Carried
    for IndexMap<K, V, S>
{
    const NAME: &'static str = "indexmap::IndexMap";
    type Parameters = (K, V, By<S>);
    type Form = Entries<K, V>;
    const TAKES_ALL: bool = true;
    // SAFETY: it is keys, values and their places in blocks of the heap, and its hasher; without any, it points to
    // bytes that are never written.
    const MOVED: Moved = unsafe { Moved::where_unchanged::<IndexMap<(), (), ()>>() };

    fn to_form(&self) -> Result<Self::Form, String> {
        let mut items = Entries::with_capacity(self.len());
        for (key, value) in self {
            items.push(key.clone(), value.clone());
        }
        Ok(items)
    }

    fn from_form(items: Self::Form) -> Result<Self, String> {
        let mut map = IndexMap::with_hasher(S::default());
        for (place, (key, value)) in items.into_iter().enumerate() {
            if map.insert(key, value).is_some() {
                return Err(format!("the key of item {place} became one that is there"));
            }
        }
        Ok(map)
    }
}

impl<T: StableState + Clone + Eq + Hash, S: Hashing> Carried for IndexSet<T, S> {
    const NAME: &'static str = "indexmap::IndexSet";
    type Parameters = (T, By<S>);
    type Form = Elements<T>;
    const TAKES_ALL: bool = true;
    // SAFETY: as for maps.
    const MOVED: Moved = unsafe { Moved::where_unchanged::<IndexSet<(), ()>>() };

    fn to_form(&self) -> Result<Self::Form, String> {
        Ok(Elements(self.iter().cloned().collect()))
    }

    fn from_form(items: Self::Form) -> Result<Self, String> {
        let mut set = IndexSet::with_hasher(S::default());
        for (place, item) in items.into_iter().enumerate() {
            if !set.insert(item) {
                return Err(format!("item {place} became one that is there"));
            }
        }
        Ok(set)
    }
}

carried! {
    [K: StableState + Clone + Eq + Hash, V: StableState + Clone, S: Hashing] IndexMap<K, V, S>;
    [T: StableState + Clone + Eq + Hash, S: Hashing] IndexSet<T, S>;
}
