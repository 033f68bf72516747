//! Which instances of a pool follow a candidate.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::Mutex;

use super::key::PoolKey;
use crate::call::slot::Track;
use crate::module::loaded::Loaded;
use crate::trial::share::Share;
use crate::trial::trial::Trial;

/// Chooses the tracks of a pool's instances. Each instance holds the number of the assignment that chose its
/// track; when there is another assignment, its track is chosen anew.
pub(super) struct Assignments<K> {
    /// Apart from the assignment, so that a thread that has the newest one takes no lock.
    number: AtomicU64,
    assignment: Mutex<Assignment<K>>,
}

/// An assignment: the instances in the share follow the trial, the others the current version.
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

    /// The number of the assignment. A thread that reads it may be given a later assignment.
    pub(super) fn number(&self) -> u64 {
        // Relaxed: the assignment itself is read under its lock, and a thread that does not see the new
        // number yet chooses again a moment later.
        self.number.load(Ordering::Relaxed)
    }

    pub(super) fn assignment(&self) -> Assignment<K> {
        let assignment = self.assignment.lock();
        Assignment {
            number: assignment.number,
            trial: assignment.trial.clone(),
        }
    }

    /// Assigns a share to a trial: every track is chosen anew.
    pub(super) fn set(&self, share: Share<K>, trial: Arc<Trial>) {
        let mut assignment = self.assignment.lock();
        assignment.number += 1;
        assignment.trial = Some((share, trial));
        self.number.store(assignment.number, Ordering::Relaxed);
    }
}

impl<K: PoolKey> Assignment<K> {
    /// The track of the instance under this key.
    pub(super) fn track<'a>(&'a self, key: &K, loaded: &'a Loaded) -> &'a Arc<Track> {
        match &self.trial {
            Some((share, trial)) if trial.is_running() && share.covers(key) => trial.track(),
            _ => &loaded.track,
        }
    }
}
