//! Plans carried out: how the states of one version become those of another.
//!
//! To be imported: [`Route`], a plan compiled for two loaded versions, which takes a state along, or prepares it
//! beside its readers ([`PreparedBeside`], [`Remains`]); [`Sampling`], which estimates what that would take;
//! [`MigrateError`], why a state stays at its version; [`free`], for the memory of a state; [`connect`] and
//! [`converter`], for calls between two sides that were compiled apart; and for what reads live values: addresses
//! ([`at::At`]), with what is done there by [`parts`], [`pointers`], [`runs`] and [`number`]s, and room for a value
//! ([`scratch`]).
//!
//! It imports `call`, to note the steps of an operation, and `image`. It never imports what owns a state
//! (`module`) nor what decides that the state moves: it is given the state's address, and migrates it as one
//! transaction.

pub(crate) mod at;
mod block;
mod column;
pub(crate) mod deep;
mod engine;
pub(crate) mod failure;
mod flat;
#[cfg(feature = "snapshot")]
pub(crate) mod held;
mod hook;
mod in_place;
#[cfg(feature = "inspect")]
mod look;
mod merging;
pub(crate) mod number;
mod old_form;
pub(crate) mod parts;
mod passing;
pub(crate) mod pointers;
mod program;
pub(crate) mod reached;
mod route;
pub(crate) mod runs;
mod sampling;
pub(crate) mod scratch;
mod values;

pub(crate) use block::free;
pub use failure::MigrateError;
pub(crate) use passing::{connect, converter};
pub(crate) use program::Mismatch;
#[cfg(feature = "snapshot")]
pub(crate) use route::restoring::Restoring;
pub(crate) use route::{PreparedBeside, Remains, Route};
pub(crate) use sampling::{SampledState, Sampling, Unsampled};
pub use values::ValuesReport;
pub(crate) use values::{Gathered, KnowsRoutes, Position, SetAside, Values};
