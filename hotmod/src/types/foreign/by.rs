//! Hashers among the parameters of foreign maps.

use std::marker::PhantomData;

use crate::state::Describe;
use crate::types::hashers::Hashing;
use crate::types::impls::as_described;

/// Stands for the hasher of a foreign map among its parameters, also for `RandomState`.
#[allow(
    unnameable_types,
    reason = "only parameters of this room's types name it"
)]
pub struct By<S>(PhantomData<S>);

// SAFETY: no value is described by it: it is a parameter of described types alone, which it tells apart as `S` does.
unsafe impl<S: Hashing> Describe for By<S> {
    as_described!(S: Hashing);
}
