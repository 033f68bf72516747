//! What the instances of a pool are found by.

use std::hash::Hash;

/// What the instances of a [`Pool`](crate::Pool) are found by: implemented for every type that can be.
pub trait PoolKey: Hash + Eq + Clone + Send + Sync + 'static {}

impl<K: Hash + Eq + Clone + Send + Sync + 'static> PoolKey for K {}
