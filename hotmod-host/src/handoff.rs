//! The next process: live instances, listening sockets and connections go from a running server to the one that takes its
//! place, while callers wait for moments.
//!
//! To be imported: nothing but what the crate's root gives to its users. `offer` is the side of the running process and
//! `next` that of the new one; `wire` is what they say to each other, in `step`s. `systemd` has sockets kept over a plain
//! restart.
//!
//! It imports `snapshot`, whose files are what goes over, and what is below.

pub(crate) mod error;
pub(crate) mod next;
pub(crate) mod offer;
pub(crate) mod step;
pub(crate) mod systemd;
mod wire;
