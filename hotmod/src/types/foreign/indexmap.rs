//! `indexmap`: by its items, in their order.

use std::hash::Hash;

use indexmap::{IndexMap, IndexSet};

use super::{By, Carried};
use crate::state::StableState;
use crate::types::hashers::Hashing;

impl<K: StableState + Clone + Eq + Hash, V: StableState + Clone, S: Hashing> Carried
    for IndexMap<K, V, S>
{
    const NAME: &'static str = "indexmap::IndexMap";
    type Parameters = (K, V, By<S>);
    type Form = Vec<(K, V)>;

    fn to_form(&self) -> Result<Self::Form, String> {
        let items = self.iter();
        Ok(items
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect())
    }

    fn from_form(items: Self::Form) -> Result<Self, String> {
        let mut map = IndexMap::with_capacity_and_hasher(items.len(), S::default());
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
    type Form = Vec<T>;

    fn to_form(&self) -> Result<Self::Form, String> {
        Ok(self.iter().cloned().collect())
    }

    fn from_form(items: Self::Form) -> Result<Self, String> {
        let mut set = IndexSet::with_capacity_and_hasher(items.len(), S::default());
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
