//! `dashmap`: as a map or set of the standard library. Who waits for one of its locks stands in statics, of which
//! each version has its own, so a map is never moved.

use std::collections::{HashMap, HashSet};
use std::hash::Hash;

use dashmap::{DashMap, DashSet};

use super::{By, Carried, LOCKED};
use crate::state::StableState;
use crate::types::hashers::Hashing;

impl<K: StableState + Clone + Eq + Hash, V: StableState + Clone, S: Hashing + Clone> Carried
    for DashMap<K, V, S>
{
    const NAME: &'static str = "dashmap::DashMap";
    type Parameters = (K, V, By<S>);
    type Form = HashMap<K, V>;
    const TAKES_ALL: bool = true;

    fn to_form(&self) -> Result<Self::Form, String> {
        // An iterator of `dashmap` waits for a part that is locked for writing. With all parts locked for reading first, none is.
        let shards = self.shards().iter();
        let _locked: Vec<_> = shards
            .map(|it| it.try_read().ok_or(LOCKED))
            .collect::<Result<_, _>>()?;
        let items = self.iter();
        Ok(items
            .map(|item| (item.key().clone(), item.value().clone()))
            .collect())
    }

    fn from_form(items: Self::Form) -> Result<Self, String> {
        Ok(items.into_iter().collect())
    }
}

impl<T: StableState + Clone + Eq + Hash, S: Hashing + Clone> Carried for DashSet<T, S> {
    const NAME: &'static str = "dashmap::DashSet";
    type Parameters = (T, By<S>);
    type Form = HashSet<T>;
    const TAKES_ALL: bool = true;

    fn to_form(&self) -> Result<Self::Form, String> {
        let shards = self.shards().iter();
        let _locked: Vec<_> = shards
            .map(|it| it.try_read().ok_or(LOCKED))
            .collect::<Result<_, _>>()?;
        Ok(self.iter().map(|item| item.key().clone()).collect())
    }

    fn from_form(items: Self::Form) -> Result<Self, String> {
        Ok(items.into_iter().collect())
    }
}

carried! {
    [K: StableState + Clone + Eq + Hash, V: StableState + Clone, S: Hashing + Clone] DashMap<K, V, S>;
    [T: StableState + Clone + Eq + Hash, S: Hashing + Clone] DashSet<T, S>;
}
