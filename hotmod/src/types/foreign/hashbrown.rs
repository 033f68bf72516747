//! `hashbrown`: as a map or set of the standard library.

use std::collections;
use std::hash::Hash;

use hashbrown::{DefaultHashBuilder, HashMap, HashSet};

use super::{By, Carried, Moved, hashers};
use crate::state::StableState;
use crate::types::hashers::Hashing;

hashers! { DefaultHashBuilder as "hashbrown::DefaultHashBuilder"; }

impl<K: StableState + Clone + Eq + Hash, V: StableState + Clone, S: Hashing> Carried
    for HashMap<K, V, S>
{
    const NAME: &'static str = "hashbrown::HashMap";
    type Parameters = (K, V, By<S>);
    type Form = collections::HashMap<K, V>;
    const TAKES_ALL: bool = true;
    // SAFETY: it is keys and values in a block of the heap, and its hasher; without any, it points to
    // bytes that are never written.
    const MOVED: Moved = unsafe { Moved::where_unchanged::<HashMap<(), (), ()>>() };

    fn to_form(&self) -> Result<Self::Form, String> {
        let items = self.iter();
        Ok(items
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect())
    }

    fn from_form(items: Self::Form) -> Result<Self, String> {
        Ok(items.into_iter().collect())
    }
}

impl<T: StableState + Clone + Eq + Hash, S: Hashing> Carried for HashSet<T, S> {
    const NAME: &'static str = "hashbrown::HashSet";
    type Parameters = (T, By<S>);
    type Form = collections::HashSet<T>;
    const TAKES_ALL: bool = true;
    // SAFETY: as for maps.
    const MOVED: Moved = unsafe { Moved::where_unchanged::<HashSet<(), ()>>() };

    fn to_form(&self) -> Result<Self::Form, String> {
        Ok(self.iter().cloned().collect())
    }

    fn from_form(items: Self::Form) -> Result<Self, String> {
        Ok(items.into_iter().collect())
    }
}

carried! {
    [K: StableState + Clone + Eq + Hash, V: StableState + Clone, S: Hashing] HashMap<K, V, S>;
    [T: StableState + Clone + Eq + Hash, S: Hashing] HashSet<T, S>;
}
