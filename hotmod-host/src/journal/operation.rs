//! Something that is done to a module, as long as it goes on.

use std::fmt;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use hotmod_file::Inspected;

use super::journal::{Journal, trace};
use super::record::Record;
use super::recovery::{Interrupted, OperationKind};

/// Something that goes on. It is over when it says so, or is dropped.
pub(crate) struct Operation {
    journal: Arc<Journal>,
    number: u64,
    going: Mutex<Interrupted>,
    is_over: AtomicBool,
}

impl Journal {
    /// Notes that something begins. If that cannot be recorded, nothing is told of it should the process end.
    pub(crate) fn begin(self: &Arc<Self>, begins: Interrupted) -> Operation {
        let (number, recorded) = self.add_new(begins.clone());
        note(recorded);
        trace("has begun");
        Operation {
            journal: self.clone(),
            number,
            going: Mutex::new(begins),
            is_over: AtomicBool::new(false),
        }
    }
}

impl Operation {
    /// Notes which file it is about.
    pub(crate) fn of(&self, candidate: &Inspected) {
        let mut going = self.going();
        let build = candidate.build();
        going.module = Some(build.module.clone());
        going.to = Some(build.version.clone());
        going.digest = Some(candidate.digest());
        going.file = Some(candidate.file().to_owned());
        self.record(&going);
    }

    /// Notes which version it leads to.
    pub(crate) fn to(&self, version: &str) {
        let mut going = self.going();
        going.to = Some(version.to_owned());
        self.record(&going);
    }

    /// Notes how far it has come, and whether code of the version runs in this process from now on.
    pub(crate) fn reaches(&self, step: &str, runs: bool) {
        let mut going = self.going();
        going.step = Some(step.to_owned());
        going.has_run |= runs;
        self.record(&going);
    }

    /// Notes that its file is refused, and that it is over.
    pub(crate) fn refuse(&self, reason: &str) {
        let going = self.going();
        if let (OperationKind::Update, Some(module), Some(version), Some(digest)) =
            (going.operation, &going.module, &going.to, going.digest)
        {
            note(self.journal.refuses(module, version, digest, reason));
        }
        drop(going);
        self.end();
    }

    /// Notes that it is over.
    pub(crate) fn end(&self) {
        // Relaxed: whichever thread is first records it, and nothing else depends on that.
        if !self.is_over.swap(true, Ordering::Relaxed) {
            trace("ends");
            note(self.journal.add(Record::Ended(self.number)));
        }
    }

    fn record(&self, going: &Interrupted) {
        // Relaxed: as above. What comes after the end is of no interest.
        if !self.is_over.load(Ordering::Relaxed) {
            note(self.journal.add(Record::Goes(self.number, going.clone())));
        }
    }

    fn going(&self) -> MutexGuard<'_, Interrupted> {
        // Each part is replaced whole.
        self.going.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Operation {
    fn drop(&mut self) {
        self.end();
    }
}

impl fmt::Debug for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Operation")
            .field("number", &self.number)
            .field("going", &*self.going())
            .finish_non_exhaustive()
    }
}

/// Where a record of what goes on cannot be written, no more is lost than that: it is told to `tracing`, and what is
/// recorded of what runs is refused by itself.
fn note(recorded: io::Result<()>) {
    #[cfg(feature = "tracing")]
    if let Err(error) = &recorded {
        tracing::warn!(%error, "the journal cannot be written");
    }
    drop(recorded);
}
