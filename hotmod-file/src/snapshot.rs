//! Snapshots: live states, written down so that another process, version or compiler can read them.
//!
//! `file` reads a file of them, whose [`blocks`] say where they are damaged; [`form`] says how a described value is
//! written, in the [`encoding`] that knows no layout. `hotmod-host` writes such files and builds states of them.

pub mod blocks;
mod digests;
pub mod encoding;
mod error;
mod file;
pub mod form;
pub mod layout;
pub mod made_up;
mod packed;
mod part;
pub mod plan;
#[cfg(feature = "schema")]
pub mod shown;
pub mod unwritable;

pub use error::SnapshotError;
pub use file::{
    MOST_CONTINUED, Snapshot, SnapshotBuild, SnapshotGroup, SnapshotInstance, SnapshotKey,
};
pub use plan::SnapshotPlan;
