//! What the migrations of a module's instances have come to.
//!
//! Counted where an instance is taken along, where the host measures calls: to read the clock and count takes as long as a
//! third of the migration of a small state.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use crate::image::meter::{CallMeter, CallTimes, Outcome};

/// Measures migrations.
pub(crate) struct MigrationMeter {
    /// Each is timed.
    times: CallMeter,
    bytes: AtomicU64,
}

/// What the migrations of a module's instances have come to since it was loaded, where the host measures calls
/// ([`Module::migrations`](crate::Module::migrations)).
///
/// Each step of an instance from one version to the next is one. Values of [`Lazy`](hotmod::Lazy) follow by themselves, and are
/// not among them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Migrations {
    /// How many there were, those that did not fit included.
    pub count: u64,
    /// How many did not fit: the instance stayed at its version.
    pub unfit: u64,
    /// How long each took. Exclusive calls of the instance waited for as long; calls that only read it went on, where the
    /// plan lets them.
    pub pauses: CallTimes,
    /// The bytes of the new states beside the old ones: what was made anew, in contrast to what was moved. What further threads
    /// make ([`HostBuilder::migration_threads`](crate::HostBuilder::migration_threads)) is not counted.
    pub bytes: u64,
}

impl Default for MigrationMeter {
    fn default() -> Self {
        MigrationMeter {
            times: CallMeter::new(1),
            bytes: AtomicU64::new(0),
        }
    }
}

impl MigrationMeter {
    /// Counts a migration that began then, with the bytes that were made for it; `None` if the state did not fit.
    #[cold]
    pub(crate) fn count(&self, since: Instant, made: Option<u64>) {
        self.times
            .count(since.elapsed(), Outcome::of(made.is_none()));
        // Relaxed: a sum, which no other value depends on.
        self.bytes.fetch_add(made.unwrap_or(0), Ordering::Relaxed);
    }

    pub(crate) fn measured(&self) -> Migrations {
        let measured = self.times.measured();
        Migrations {
            count: measured.calls,
            unfit: measured.errors,
            pauses: measured.times,
            bytes: self.bytes.load(Ordering::Relaxed),
        }
    }
}
