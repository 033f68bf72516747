//! Plans carried out: how the states of one version become those of another.
//!
//! To be imported: [`Route`], a plan compiled for two loaded versions, which takes a state along;
//! [`MigrateError`], why one stays where it is; [`free`], for the memory of a state.
//!
//! It imports `call`, to note the steps of an operation, and `image`. It never imports what owns a state
//! (`module`) nor what decides that it moves: it is given an address and makes a transaction of it.

mod at;
mod block;
mod column;
mod engine;
mod failure;
mod flat;
mod hook;
mod in_place;
mod merging;
mod number;
mod parts;
mod passing;
mod pointers;
mod program;
mod route;
mod runs;
mod scratch;

pub(crate) use block::free;
pub use failure::MigrateError;
pub(crate) use passing::{connect, converter};
pub(crate) use program::Mismatch;
pub(crate) use route::Route;
