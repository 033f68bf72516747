//! migrate: carries out a plan on a live state, as a transaction.

mod at;
mod block;
mod column;
mod engine;
mod failure;
mod flat;
mod hook;
mod in_place;
mod number;
mod program;
mod route;
mod scratch;

pub(crate) use block::free;
pub use failure::MigrateError;
pub(crate) use program::Unfit;
pub(crate) use route::{Route, Way};
