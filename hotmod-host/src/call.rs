//! The way of a call into a version, and who is in which.

pub(crate) mod expectation;
pub(crate) mod generation;
pub(crate) mod lifecycle;
pub(crate) mod mirror;
pub(crate) mod slot;
pub(crate) mod watch;
