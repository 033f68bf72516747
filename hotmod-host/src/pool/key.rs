//! The keys by which a pool finds its instances.

use std::hash::Hash;

/// A key by which a [`Pool`](crate::Pool) finds an instance. Implemented for every type that can be one.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a key of a pool",
    label = "not a key",
    note = "a key is hashed, compared, cloned and sent between threads: `#[derive(Clone, PartialEq, Eq, Hash)]`, \
            with fields that are `Send` and `Sync` and borrow nothing"
)]
pub trait PoolKey: Hash + Eq + Clone + Send + Sync + 'static {}

#[diagnostic::do_not_recommend]
impl<K: Hash + Eq + Clone + Send + Sync + 'static> PoolKey for K {}

/// Calls a function with a key as it crosses to modules.
#[cfg(feature = "snapshot")]
pub(super) type WithWire<K> = fn(&K, &mut dyn FnMut(*mut u8));
