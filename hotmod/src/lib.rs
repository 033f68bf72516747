//! Modules that are replaced while the server runs.
#![warn(missing_docs)]

extern crate self as hotmod;

mod allocator;
pub mod boundary;
pub mod call;
pub mod describe;
pub mod init;
pub mod interface;
pub mod operations;
mod panic_hook;
pub mod plan;
#[doc(hidden)]
pub mod private;
mod probe;
pub mod root;
pub mod services;
pub mod state;
mod types;

#[doc(hidden)]
pub use private as __private;

pub use boundary::Boundary;
pub use call::{CallError, Location};
pub use hotmod_macros::{StableState, export, init, interface, module};
pub use interface::Interface;
pub use state::{Describe, StableState};
