//! Which instances of a pool follow a candidate.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::Mutex;

use super::key::PoolKey;
use crate::call::slot::Lane;
use crate::module::loaded::Loaded;
use crate::trial::share::Share;
use crate::trial::trial::Trial;

/// By what the lanes of a pool's instances are chosen. Each instance holds the number of the assignment
/// that its lane was chosen by, and has it chosen anew when there is another.
pub(super) struct Assignments<K> {
    /// Apart from the assignment, so that a thread that finds nothing new takes no lock.
    number: AtomicU64,
    assignment: Mutex<Assignment<K>>,
}

/// An assignment: those that belong to the share follow the trial, the others what is current.
pub(super) struct Assignment<K> {
    pub(super) number: u64,
    pub(super) trial: Option<(Share<K>, Arc<Trial>)>,
}

impl<K> Assignments<K> {
    pub(super) fn new() -> Self {
        Assignments {
            number: AtomicU64::new(0),
            assignment: Mutex::new(Assignment {
                number: 0,
                trial: None,
            }),
        }
    }

    /// The number of the assignment. Who sees a number may be given a later assignment.
    pub(super) fn number(&self) -> u64 {
        // Relaxed: the assignment itself is read under its lock, and a thread that does not see the number
        // yet chooses a moment later.
        self.number.load(Ordering::Relaxed)
    }

    pub(super) fn assignment(&self) -> Assignment<K> {
        let assignment = self.assignment.lock();
        Assignment {
            number: assignment.number,
            trial: assignment.trial.clone(),
        }
    }

    /// Has the lanes chosen anew.
    pub(super) fn set(&self, share: Share<K>, trial: Arc<Trial>) {
        let mut assignment = self.assignment.lock();
        assignment.number += 1;
        assignment.trial = Some((share, trial));
        self.number.store(assignment.number, Ordering::Relaxed);
    }
}

impl<K: PoolKey> Assignment<K> {
    /// The lane of the instance under this key.
    pub(super) fn lane<'a>(&'a self, key: &K, loaded: &'a Loaded) -> &'a Arc<Lane> {
        match &self.trial {
            Some((share, trial)) if trial.is_running() && share.covers(key) => trial.lane(),
            _ => &loaded.lane,
        }
    }
}
