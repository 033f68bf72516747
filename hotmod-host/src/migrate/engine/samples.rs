//! What was found of containers by preparing some of their items.

use std::collections::BTreeMap;
use std::time::Duration;

/// What containers came to, by the address of the code that rebuilds them.
pub(in crate::migrate) type Sampled = BTreeMap<usize, SampledItems>;

/// The containers of one place.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::migrate) struct SampledItems {
    /// How many items all of them have.
    pub(in crate::migrate) items: f64,
    /// How long all of those would take.
    pub(in crate::migrate) takes: Duration,
}

/// What was found so far.
#[derive(Default)]
pub(super) struct Samples {
    pub(super) found: Sampled,
    /// How much longer than until now all would have taken.
    pub(super) beyond: Duration,
}

/// The address by which the code of a container is known.
pub(in crate::migrate) fn address<T>(code: &T) -> usize {
    std::ptr::from_ref(code).addr()
}
