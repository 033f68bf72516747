//! Why a module is not to be updated.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Why a module is frozen, if it is.
#[derive(Default)]
pub(crate) struct Frozen(Mutex<Option<String>>);

impl Frozen {
    pub(super) fn reason(&self) -> MutexGuard<'_, Option<String>> {
        // It is exchanged whole.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
