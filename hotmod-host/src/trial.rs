//! What runs beside the running version: a canary, a shadow, a candidate.

pub(crate) mod canary;
pub(crate) mod candidate;
pub(crate) mod shadow;
pub(crate) mod share;
pub(crate) mod trial;
