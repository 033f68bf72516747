//! What a module's file says, from its bytes alone, and whether it may replace another.
//!
//! No code of a file runs here, and no part of it is mapped: [`inspect`] reads its bytes once and
//! checks them, a [`Comparison`] decides from what two files say of themselves, and a [`Refusal`] says
//! why a file may not be used. This crate has no `unsafe`, and links neither the loader nor any code
//! that calls into a module. `hotmod-host` loads the files that are accepted, and exports under its own
//! name what its users need of this crate.
// Tests make types that their authors vouch for.
#![cfg_attr(not(test), forbid(unsafe_code))]

mod between;
mod compare;
pub mod contract;
mod deep;
#[cfg(test)]
mod described;
mod digest;
mod expectations;
mod expected;
pub mod fix;
mod found;
#[doc(hidden)]
pub mod in_place;
mod inspect;
#[cfg(feature = "json")]
pub mod json;
mod known;
#[cfg(feature = "schema")]
#[doc(hidden)]
pub mod live;
mod names;
mod object;
mod pages;
mod past;
pub mod plan;
mod refusal;
mod releases;
#[cfg(feature = "schema")]
mod schema;
#[doc(hidden)]
pub mod snapshot;
mod statics;
mod verify;
mod view;

pub use between::{NamedBy, Neighbours, UserVersion, WhyInUse, instances, unlike_instances};
pub use compare::Comparison;
pub use digest::Digest;
pub use expectations::{
    Expectations, ExpectationsError, HostBuild, HostCall, HostName, HostProvision,
};
pub use expected::{Compared, Expected, HostSide};
pub use found::{Confines, Found, is_out_of_files};
pub use hotmod::describe;
#[doc(hidden)]
pub use inspect::inspect_linked;
pub use inspect::{Inspected, inspect, inspect_found};
pub use known::KnownModules;
#[cfg(feature = "schema")]
pub use live::differences::{ValueDifference, diff};
#[cfg(feature = "schema")]
pub use live::path::PathError;
#[cfg(feature = "schema")]
pub use live::value::{LiveValue, NotShown};
pub use names::{Names, shown};
pub use object::{NeededLibraries, Pages, Parts, Static, Statics};
pub use pages::Page;
pub use refusal::{Reason, Refusal, RefusalStage, list, told};
pub use releases::{ReleaseStep, Releases, SideBySide};
#[cfg(feature = "schema")]
pub use schema::schema;
pub use snapshot::{
    Snapshot, SnapshotBuild, SnapshotError, SnapshotGroup, SnapshotInstance, SnapshotKey,
    SnapshotPlan,
};
pub use verify::{Policy, Replaced, STATIC_TLS_CURE, verify};
pub use view::ModuleView;

static_assertions::assert_impl_all!(Refusal: Send, Sync);
