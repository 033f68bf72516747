//! Loads, checks, calls and replaces hotmod modules inside a running server.
//!
//! The way of an update: inspect → verify → compare → stage → load → publish. The way of a call: an
//! [`Instance`]'s method or a [`Function`] loads the current generation and calls through its table.
//!
//! - [`Host`] loads modules, and provides the functions that they import ([`HostBuilder::provide`]).
//! - [`Module`] is updated ([`Module::update`], with [`UpdateOptions`]), rolled back
//!   ([`Module::rollback`]), rehearsed in a copy of the process ([`Module::rehearse`]), compared with a
//!   candidate that no instance follows ([`Module::shadow`]), and says what its versions cost and why they
//!   are needed ([`Module::versions`]).
//! - [`Instance`] is one state, with one owner; a [`SharedInstance`] is one that several threads use; a [`Pool`] is
//!   many, by key, and can try a candidate on a share of them ([`Pool::canary`]).
//! - Functions marked [`#[hotmod::every]`](macro@hotmod::every) are called by the host, or by the owner of an instance
//!   ([`Instance::run_due`]); [`Module::timers`] says what came of them, and [`Module::panics`] which panics there were.
//! - [`Host::events`] tells every step of every update and rollback, as does `tracing` with the feature of
//!   that name, which is on by default. [`Module::drain`], [`Module::settle`], [`Pool::settle`], [`Canary::wait`] and
//!   [`ChangeRequest::wait`] wait for the outcome; each has a sibling with a time limit, such as
//!   [`Module::drain_timeout`].

mod ahead;
mod call;
mod events;
mod forever;
mod forward;
#[cfg(feature = "handoff")]
mod handoff;
mod helping;
mod host;
mod image;
mod journal;
mod later;
mod migrate;
mod module;
mod pool;
#[cfg(feature = "inspect")]
mod read;
#[cfg(feature = "resources")]
mod resource;
mod runtime;
#[cfg(feature = "signals")]
mod signals;
#[cfg(feature = "snapshot")]
mod snapshot;
mod symbols;
mod sys;
#[cfg(feature = "testing")]
pub mod testing;
mod trial;
mod turn;
mod update;
mod uses;
mod wake;
#[cfg(feature = "watch")]
mod watch;
mod whole;
mod work;

pub use call::mirror::{ShadowDifference, ShadowOptions, ShadowOutcome, ShadowReport};
pub use call::watch::{CallCounts, CallLimits};
pub use events::{Event, Events, UpdateState};
#[cfg(feature = "log")]
pub use forward::logs::follow_log_level;
pub use forward::source::Forwarding;
#[cfg(feature = "handoff")]
pub use handoff::error::HandoffError;
#[cfg(feature = "handoff")]
pub use handoff::next::{Handoff, PassedSocket, TakenOver};
#[cfg(feature = "handoff")]
pub use handoff::offer::{HandoffOffer, NextProcess};
#[cfg(feature = "handoff")]
pub use handoff::step::HandoffStep;
#[cfg(feature = "handoff")]
pub use handoff::systemd::{KeptSockets, keep_socket};
pub use host::Host;
pub use host::builder::{BuildError, HostBuilder};
#[cfg(feature = "linked")]
pub use hotmod::LinkedModule;
pub use hotmod::describe;
pub use hotmod::{
    Absent, Backtrace, CallError, Cancelled, Failed, Flat, Interface, Location, Panicked, Unfit,
};
#[cfg(feature = "snapshot")]
pub use hotmod_file::snapshot::unwritable::unwritable;
pub use hotmod_file::{
    Comparison, Digest, Expectations, ExpectationsError, Expected, HostBuild, HostCall,
    HostProvision, Inspected, ModuleView, NeededLibraries, Policy, Refusal, RefusalStage, Static,
    Statics, inspect, plan,
};
#[cfg(feature = "inspect")]
pub use hotmod_file::{LiveValue, NotShown, ValueDifference, diff};
#[cfg(feature = "snapshot")]
pub use hotmod_file::{
    Snapshot, SnapshotBuild, SnapshotError, SnapshotGroup, SnapshotInstance, SnapshotKey,
    SnapshotPlan,
};
pub use image::import::{Provide, ProvideAll, ProvideAsync};
pub use image::meter::{CallTimes, MeasuredCalls};
pub use image::panics::{PanicPlace, PanicsReport};
pub use journal::recovery::{
    Interrupted, KeptModule, KeptVersion, OperationKind, Recovery, UndoneVersion,
};
pub use migrate::{MigrateError, ValuesReport};
pub use module::async_call::{AsyncCall, AsyncCallable};
pub use module::async_function::AsyncFunction;
pub use module::function::{ByExclusive, ByShared, ByValue, Callable, Function, Signature};
pub use module::instance::due::DueReport;
pub use module::instance::{CreateError, Instance, InstanceState};
pub use module::kept_start::KeptStart;
pub use module::migrations::Migrations;
pub use module::module::{Module, Untyped, Version};
pub use module::options::{OnDeadline, RehearsalOptions, RollbackOptions, UpdateOptions};
pub use module::pause::{PauseEstimate, PausePlace};
pub use module::report::{RehearsalReport, StateCost, UpdateOutcome, UpdateReport};
pub use module::retire::NeededFor;
pub use module::rollback_report::{EndedTrial, RollbackReport};
pub use module::settle::SettleReport;
pub use module::straggler::{CallingExport, Straggler};
pub use module::timers::TimerReport;
pub use module::users::{ModuleUse, UseReason};
pub use pool::awaited::SharedClient;
pub use pool::builder::PoolBuilder;
pub use pool::by_name::{InstancePage, ListedInstance, NamedPool};
pub use pool::entry::SharedInterface;
pub use pool::error::{InsertError, PoolError};
pub use pool::key::PoolKey;
pub use pool::named::NamedKey;
pub use pool::pool::Pool;
pub use pool::rehearse::PoolRehearsalReport;
pub use pool::shared_instance::{SharedInstance, SharedInstanceBuilder};
pub use pool::sweep::SweepReport;
#[cfg(feature = "inspect")]
pub use read::error::InspectError;
#[cfg(feature = "inspect")]
pub use read::inspection::{Cursor, InspectOptions, Inspection, NoCursor, Page};
#[cfg(feature = "inspect")]
pub use read::pages::InspectedPages;
#[cfg(feature = "resources")]
pub use resource::error::{ResourceError, ResourceErrorKind};
#[cfg(feature = "resources")]
pub use resource::report::ResourceReport;
#[cfg(feature = "resources")]
pub use resource::resource::{Resource, ResourceBuilder, ResourceValue};
#[cfg(feature = "signals")]
pub use signals::report::{GivenUp, StopReport, Unfinished};
#[cfg(feature = "signals")]
pub use signals::signals::{Signals, SignalsBuilder};
#[cfg(feature = "signals")]
pub use signals::stopping::Stopping;
#[cfg(feature = "snapshot")]
#[doc(hidden)]
pub use snapshot::asked::{TRY_REQUEST, TryRequest};
#[cfg(feature = "snapshot")]
pub use snapshot::error::{RestoreError, SaveError, Unrestored};
#[cfg(feature = "snapshot")]
pub use snapshot::files::Snapshots;
#[cfg(feature = "snapshot")]
pub use snapshot::fuzzing::{FuzzFault, FuzzFaultKind, FuzzOptions, FuzzReport, FuzzedState};
#[cfg(feature = "snapshot")]
pub use snapshot::migrated::MigrateSnapshotError;
#[cfg(feature = "snapshot")]
#[doc(hidden)]
pub use snapshot::progress::{EndedAt, TryPlace};
#[cfg(feature = "snapshot")]
pub use snapshot::restore::{RestoreOptions, RestoreReport};
#[cfg(feature = "snapshot")]
pub use snapshot::save::{SaveReport, SnapshotOptions};
#[cfg(feature = "snapshot")]
pub use snapshot::trying::{StuckState, TriedGroup, TriedRollback, TryReport};
// The admin's socket is taken as that of a handoff is.
#[doc(hidden)]
pub use sys::path_lock::PathLock;
pub use trial::canary::{Canary, CanaryOptions, CanaryReport};
pub use trial::candidate::{Candidate, RehearseError};
pub use trial::shadow::{Shadow, ShadowState};
pub use trial::trial::CanaryState;
pub use update::planned::UpdatePlan;
pub use update::request::{ChangeRequest, RollbackRequest, UpdateRequest};
#[cfg(feature = "watch")]
pub use watch::report::WatchReport;
#[cfg(feature = "resources")]
pub use watch::resources::ResourceWatchBuilder;
#[cfg(feature = "watch")]
pub use watch::watching::{Watch, WatchBuilder};

// Any thread of the server may use a handle.
static_assertions::assert_impl_all!(Host: Send, Sync);
static_assertions::assert_impl_all!(Module<Untyped>: Send, Sync);
static_assertions::assert_impl_all!(Function<fn(u32) -> u32>: Send, Sync);
// A call cannot return what was lent to it, nor what belongs to the module.
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
static_assertions::assert_impl_all!(CanaryOptions<u64>: Send, Sync);
static_assertions::assert_impl_all!(UpdateRequest: Send, Sync);
static_assertions::assert_impl_all!(RollbackRequest: Send, Sync);
static_assertions::assert_impl_all!(Refusal: Send, Sync);
static_assertions::assert_impl_all!(PoolError: Send, Sync, Clone);
static_assertions::assert_impl_all!(Events: Send);
static_assertions::assert_impl_all!(InstanceState: Send);
