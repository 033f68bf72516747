//! The way of a call into a version, and which thread is in which call.
//!
//! To be imported: [`generation::Generation`], an image linked with what the host calls
//! ([`expectation::Expectation`]); [`slot`], by which a call is entered and seen, and its
//! [`Lane`](slot::Lane), what calls and instances follow; [`watch`] and [`mirror`], which look on;
//! [`lifecycle`], the calls of a version's own functions for its lifecycle.
//!
//! It imports `image` and below. It never imports states (`migrate`, `module`) or what decides which
//! version is current (`update`, `trial`): it is told.

pub(crate) mod expectation;
pub(crate) mod generation;
pub(crate) mod lifecycle;
pub(crate) mod mirror;
pub(crate) mod slot;
pub(crate) mod watch;
