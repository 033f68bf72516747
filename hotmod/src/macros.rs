//! The attributes, derives and macros, with their documentation.
//!
//! `hotmod-macros` cannot document them: the examples need this crate. This room is re-exported by
//! `lib.rs` whole, and nothing in the crate imports it.

mod calls;
mod migration;
mod state;
mod versions;

pub use calls::{export, import, interface, optional};
pub use migration::{OldState, after_migrate, migrate, preflight};
pub use state::{StableState, init};
pub use versions::{loaded, module, retired};
