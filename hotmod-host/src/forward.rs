//! What modules log, on its way to the host's own logger.
//!
//! A module forwards in the forms of `hotmod::root::forward`; here they become what the host's logger takes. A
//! [`source`] is the image that it comes from. Whatever the host's side does there must not unwind into the
//! module, and it may log itself, or call a module that logs: [`guard`] sees to both.

#![cfg_attr(
    not(feature = "log"),
    allow(dead_code, reason = "each feature uses a part")
)]

mod connect;
mod guard;
#[cfg(feature = "log")]
pub(crate) mod logs;
pub(crate) mod source;

/// Goes on with what is done in the background in a process that was forked from the host's.
pub(crate) fn go_on() {
    #[cfg(feature = "log")]
    logs::go_on();
}
