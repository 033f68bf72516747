//! The way of a call into a version, and which thread is in which call.
//!
//! To be imported: [`generation::Generation`], an image linked with what the host calls
//! ([`expectation::Expectation`]); [`slot`], by which a call is entered and seen, and its
//! [`Track`](slot::Track), which calls and instances follow; [`watch`], which counts calls, and [`mirror`],
//! which compares their results with those of a shadow; [`task`], a call of an `async` export, and [`suspended`], those that wait; [`lifecycle`], the calls of a version's own
//! functions for its lifecycle.
//!
//! It imports `image` and below. It never imports states (`migrate`, `module`), nor the rooms that decide
//! which version is current (`update`, `trial`): those publish it in a track.

pub(crate) mod expectation;
pub(crate) mod generation;
pub(crate) mod lifecycle;
#[cfg(feature = "linked")]
pub(crate) mod linked;
pub(crate) mod mirror;
pub(crate) mod reading;
pub(crate) mod slot;
pub(crate) mod spawned;
pub(crate) mod suspended;
pub(crate) mod task;
pub(crate) mod tried;
pub(crate) mod watch;
