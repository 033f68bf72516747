//! The attributes, derives and macros, with their documentation.
//!
//! `hotmod-macros` cannot document them: the examples need this crate. `lib.rs`
//! re-exports this room whole, and no other room imports it.

mod calls;
mod migration;
mod state;
mod versions;

pub use calls::{export, import, interface, optional};
pub use migration::{OldState, after_migrate, migrate, preflight};
pub use state::{StableState, init};
pub use versions::{every, loaded, module, resource, retired, task};
