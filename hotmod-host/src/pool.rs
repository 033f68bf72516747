//! Instances whose locks the host knows: many of one module, each under a key, or one that several threads use.
//!
//! To be imported: [`pool::Pool`], its [`builder`] and its [`error`]s,
//! [`shared_instance::SharedInstance`], and both as [`by_name`] finds them. The rest of the room is its own.
//!
//! It imports `trial` and below. Above it stands `read`, which shows live values.

pub(crate) mod assignment;
pub(crate) mod awaited;
pub(crate) mod beside;
pub(crate) mod builder;
pub(crate) mod by_name;
pub(crate) mod entry;
mod entry_lock;
pub(crate) mod error;
pub(crate) mod follow;
#[cfg(feature = "snapshot")]
mod gated;
pub(crate) mod key;
mod key_text;
#[cfg(feature = "inspect")]
mod look;
pub(crate) mod looking;
pub(crate) mod named;
pub(crate) mod pool;
pub(crate) mod rehearse;
#[cfg(feature = "snapshot")]
pub(crate) mod restored;
pub(crate) mod roster;
pub(crate) mod settle;
pub(crate) mod shared;
pub(crate) mod shared_instance;
mod standing;
#[cfg(feature = "snapshot")]
mod states;
pub(crate) mod sweep;
pub(crate) mod values;
pub(crate) mod values_pass;
