//! The keys by which a pool finds its instances.

use std::hash::Hash;

/// A key by which a [`Pool`](crate::Pool) finds an instance. Implemented for every type that can be one.
pub trait PoolKey: Hash + Eq + Clone + Send + Sync + 'static {}

impl<K: Hash + Eq + Clone + Send + Sync + 'static> PoolKey for K {}
