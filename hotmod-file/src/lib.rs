//! What a module's file says, from its bytes alone, and whether it may replace another.
//!
//! Nothing of a file runs here, and nothing of it is mapped: [`inspect`] reads its bytes once and
//! checks them, a [`Comparison`] decides from what two files say of themselves, and a [`Refusal`] says
//! why a file may not be used. This crate has no `unsafe`, and links neither the loader nor anything
//! that calls into a module. What a host does with a file that it accepts is in `hotmod-host`, which
//! gives all that it needs of this out under its own name.
#![forbid(unsafe_code)]

mod compare;
mod found;
mod inspect;
mod names;
mod object;
mod refusal;
mod statics;
mod verify;

pub use compare::{Comparison, Described};
pub use found::{Found, is_out_of_files};
pub use hotmod::{describe, plan};
pub use inspect::{Digest, Inspected, inspect, inspect_found};
pub use names::{Names, shown};
pub use object::{NeededLibraries, Parts, Static, Statics};
pub use refusal::{Reason, Refusal, RefusalStage, list, told};
pub use verify::{Policy, Replaced, STATIC_TLS_CURE, verify};

static_assertions::assert_impl_all!(Refusal: Send, Sync);
