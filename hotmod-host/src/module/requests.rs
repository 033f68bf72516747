//! The update of a module that was asked for and waits, and where its result is waited for.

use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use hotmod_file::Refusal;

use crate::module::options::UpdateOptions;
use crate::module::report::UpdateReport;

/// Where a result is waited for.
#[derive(Default)]
pub(crate) struct Answer {
    pub(crate) given: Mutex<Given>,
    pub(crate) changed: Condvar,
}

#[derive(Debug, Default)]
pub(crate) enum Given {
    #[default]
    NotYet,
    Result(Box<Result<UpdateReport, Arc<Refusal>>>),
    /// The update ended without a result.
    Lost,
}

impl Given {
    pub(crate) fn result(&self) -> Result<UpdateReport, Arc<Refusal>> {
        match self {
            Given::Result(result) => Result::clone(result),
            Given::NotYet | Given::Lost => panic!("bug in hotmod: a requested update panicked"),
        }
    }
}

impl Answer {
    pub(crate) fn give(&self, given: Given) {
        *self.given() = given;
        self.changed.notify_all();
    }

    pub(crate) fn given(&self) -> MutexGuard<'_, Given> {
        // The answer is replaced whole.
        self.given.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The request of a module that waits to be carried out, if there is one.
#[derive(Default)]
pub(crate) struct Requests(Mutex<Option<Request>>);

impl Requests {
    pub(crate) fn waiting(&self) -> MutexGuard<'_, Option<Request>> {
        // A request is put in and taken out whole.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub(crate) struct Request {
    pub(crate) file: PathBuf,
    pub(crate) options: UpdateOptions,
    pub(crate) answer: Arc<Answer>,
}
