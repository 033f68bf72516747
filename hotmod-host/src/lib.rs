//! Loads, checks, calls and replaces hotmod modules inside a running server.
//!
//! The way of an update: inspect → verify → compare → stage → load → publish. The way of a call: an
//! [`Instance`]'s method or a [`Function`] loads the current generation and calls through its table.
//!
//! - [`Host`] loads modules, and provides the functions that they import ([`Builder::provide`]).
//! - [`Module`] is updated ([`Module::update`], with [`UpdateOptions`]), rolled back
//!   ([`Module::rollback`]), rehearsed in a copy of the process ([`Module::rehearse`]), compared with a
//!   candidate that nobody follows ([`Module::shadow`]), and says what its versions cost and why they
//!   are needed ([`Module::versions`]).
//! - [`Instance`] is one state; a [`Pool`] is many, by key, and can try a candidate on a share of them
//!   ([`Pool::canary`]).
//! - [`Host::events`] tells every step of every update and rollback, as does `tracing` with the feature
//!   of that name, which is on by default. [`Module::drain`], [`Pool::settle`], [`Canary::wait`] and
//!   [`Requested::wait`] wait for what comes of them.

mod budget;
mod canary;
mod candidate;
mod compare;
mod core;
mod drain;
mod error;
mod events;
mod expected;
mod exports;
mod forever;
mod found;
mod function;
mod generation;
mod host;
mod image;
mod import;
mod inspect;
mod instance;
mod keeper;
mod lane;
mod lifecycle;
mod load;
mod mapping;
mod memory;
mod migrate;
mod module;
mod object;
mod pool;
mod rehearsal;
mod request;
mod retire;
mod rollback;
mod shadow;
mod slot;
mod stage;
mod turn;
mod update;
mod verify;
mod wake;
mod watch;

pub use canary::{Canary, CanaryCounts, CanaryState, Share};
pub use candidate::{Candidate, RehearseError};
pub use compare::{compare, compare_back, compare_back_to_description, compare_description};
pub use drain::{OnDeadline, Straggler};
pub use error::{CreateError, MigrateError, Refusal, Stage};
pub use events::{Event, Events, UpdateState};
pub use function::{Function, Signature};
pub use host::{Builder, Host};
pub use hotmod::{CallError, Interface, Location, Panicked};
pub use hotmod::{describe, plan};
pub use import::Provide;
pub use inspect::{Digest, Inspected, inspect};
pub use instance::Instance;
pub use module::{Module, Untyped, Version};
pub use object::Needs;
pub use pool::{
    InsertError, Pool, PoolBuilder, PoolError, PoolKey, PoolRehearsed, SharedInterface, Swept,
};
pub use rehearsal::{Rehearsal, Rehearsed};
pub use request::Requested;
pub use retire::Need;
pub use rollback::{Rollback, RollbackOptions};
pub use shadow::{Sample, Shadow, ShadowDifference, ShadowOutcome, ShadowReport, ShadowState};
pub use update::{Outcome, Update, UpdateOptions};
pub use verify::Policy;
pub use watch::{Counts, Limits};

// Handles go wherever the server's threads do; an instance goes with its state.
static_assertions::assert_impl_all!(Host: Send, Sync);
static_assertions::assert_impl_all!(Module<Untyped>: Send, Sync);
static_assertions::assert_impl_all!(Function<fn(u32) -> u32>: Send, Sync);
// What is lent for a call, or is a module's own, cannot be what a call returns.
static_assertions::assert_not_impl_any!(fn(u32) -> &'static str: Signature);
static_assertions::assert_not_impl_any!(fn(u32) -> Option<&'static [u8]>: Signature);
static_assertions::assert_impl_all!(fn(u32) -> Option<String>: Signature);
static_assertions::assert_not_impl_any!(
    fn(u32) -> &'static str: Provide<fn(u32) -> &'static str>
);
static_assertions::assert_not_impl_any!(
    fn(&'static str) -> u32: Provide<fn(&'static str) -> u32>
);
static_assertions::assert_impl_all!(fn(&str) -> u32: Provide<fn(&'static str) -> u32>);
static_assertions::assert_impl_all!(Shadow: Send, Sync);
static_assertions::assert_impl_all!(Candidate: Send, Sync);
static_assertions::assert_impl_all!(Canary: Send, Sync);
static_assertions::assert_impl_all!(Share<u64>: Send, Sync);
static_assertions::assert_impl_all!(Requested: Send, Sync);
static_assertions::assert_impl_all!(Refusal: Send, Sync);
static_assertions::assert_impl_all!(PoolError: Send, Sync, Clone);
static_assertions::assert_impl_all!(Events: Send);
static_assertions::assert_impl_all!(instance::State: Send);
