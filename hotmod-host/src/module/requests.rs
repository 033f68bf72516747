//! The changes of a module that were asked for and wait, and where their results are waited for.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use hotmod_file::Refusal;

use crate::module::options::{RollbackOptions, UpdateOptions};
use crate::module::report::UpdateReport;
use crate::module::rollback_report::RollbackReport;

/// Where a result is waited for.
pub(crate) struct Answer<R> {
    pub(crate) given: Mutex<Given<R>>,
    pub(crate) changed: Condvar,
    /// How many requests have this answer. The last of them is what is carried out.
    pub(crate) requests: AtomicU64,
}

#[derive(Debug)]
pub(crate) enum Given<R> {
    NotYet,
    Result(Box<Result<R, Arc<Refusal>>>),
    /// The change ended without a result.
    Lost,
}

impl<R: Clone> Given<R> {
    pub(crate) fn result(&self) -> Result<R, Arc<Refusal>> {
        match self {
            Given::Result(result) => Result::clone(result),
            Given::NotYet | Given::Lost => panic!("bug in hotmod: a requested change panicked"),
        }
    }
}

impl<R> Default for Answer<R> {
    fn default() -> Self {
        Answer {
            given: Mutex::new(Given::NotYet),
            changed: Condvar::new(),
            requests: AtomicU64::new(0),
        }
    }
}

impl<R> Answer<R> {
    /// Notes one more request that has this answer, while no thread takes them to carry them out, and gives its place.
    pub(crate) fn add(&self) -> u64 {
        // Relaxed: the lock of the requests orders it.
        self.requests.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// Whether the request in this place is the one that is carried out, as far as is known.
    pub(crate) fn is_last(&self, place: u64) -> bool {
        // Relaxed: who has the result has seen the lock under which the last request was added.
        self.requests.load(Ordering::Relaxed) == place
    }

    pub(crate) fn give(&self, given: Given<R>) {
        *self.given() = given;
        self.changed.notify_all();
    }

    pub(crate) fn given(&self) -> MutexGuard<'_, Given<R>> {
        // The answer is replaced whole.
        self.given.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The requests of a module that wait to be carried out: an update and a rollback at most.
#[derive(Default)]
pub(crate) struct Requests {
    update: Mutex<Option<WaitingUpdate>>,
    rollback: Mutex<Option<WaitingRollback>>,
}

impl Requests {
    pub(crate) fn update(&self) -> MutexGuard<'_, Option<WaitingUpdate>> {
        // A request is put in and taken out whole.
        self.update.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn rollback(&self) -> MutexGuard<'_, Option<WaitingRollback>> {
        // As above.
        self.rollback.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub(crate) struct WaitingUpdate {
    pub(crate) file: PathBuf,
    pub(crate) options: UpdateOptions,
    pub(crate) answer: Arc<Answer<UpdateReport>>,
}

pub(crate) struct WaitingRollback {
    pub(crate) options: RollbackOptions,
    pub(crate) answer: Arc<Answer<RollbackReport>>,
}
