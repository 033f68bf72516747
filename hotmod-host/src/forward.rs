//! What modules log, trace and count, on its way to the host's own logger, subscriber and recorder.
//!
//! A module forwards in the forms of `hotmod::root::forward`; here they become what the host's take. A [`source`]
//! is the image that it comes from. Whatever the host's side does there must not unwind into the module, and it
//! may log itself, or call a module that logs: [`guard`] sees to both.

#![cfg_attr(
    not(all(feature = "log", feature = "tracing", feature = "metrics")),
    allow(dead_code, reason = "each feature uses a part")
)]

#[cfg(feature = "tracing")]
mod callsites;
mod connect;
mod guard;
#[cfg(feature = "tracing")]
mod interest;
#[cfg(feature = "log")]
pub(crate) mod logs;
#[cfg(feature = "metrics")]
mod series;
pub(crate) mod source;
#[cfg(feature = "tracing")]
mod spans;
#[cfg(feature = "tracing")]
mod value;

/// Goes on with what is done in the background in a process that was forked from the host's.
pub(crate) fn go_on() {
    #[cfg(feature = "log")]
    logs::go_on();
    #[cfg(feature = "tracing")]
    interest::go_on();
}
