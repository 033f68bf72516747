//! Which instances of a pool follow a candidate.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::Mutex;

use super::key::PoolKey;
use crate::call::slot::Lane;
use crate::module::loaded::Core;
use crate::trial::share::Share;
use crate::trial::trial::Trial;

/// By what the lanes of a pool's instances are chosen. Each instance holds the number of the course
/// that its lane was chosen by, and has it chosen anew when there is another.
pub(super) struct Courses<K> {
    /// Apart from the course, so that whoever finds nothing new takes no lock.
    number: AtomicU64,
    course: Mutex<Course<K>>,
}

/// A course: those that belong to the share follow the trial, the others what is current.
pub(super) struct Course<K> {
    pub(super) number: u64,
    pub(super) trial: Option<(Share<K>, Arc<Trial>)>,
}

impl<K> Courses<K> {
    pub(super) fn new() -> Self {
        Courses {
            number: AtomicU64::new(0),
            course: Mutex::new(Course {
                number: 0,
                trial: None,
            }),
        }
    }

    /// The number of the course. Who sees a number may be given a later course.
    pub(super) fn number(&self) -> u64 {
        // Relaxed: the course itself is read under its lock, and whoever does not see the number
        // yet chooses a moment later.
        self.number.load(Ordering::Relaxed)
    }

    pub(super) fn course(&self) -> Course<K> {
        let course = self.course.lock();
        Course {
            number: course.number,
            trial: course.trial.clone(),
        }
    }

    /// Has the lanes chosen anew.
    pub(super) fn set(&self, share: Share<K>, trial: Arc<Trial>) {
        let mut course = self.course.lock();
        course.number += 1;
        course.trial = Some((share, trial));
        self.number.store(course.number, Ordering::Relaxed);
    }
}

impl<K: PoolKey> Course<K> {
    /// The lane of the instance under this key.
    pub(super) fn lane<'a>(&'a self, key: &K, core: &'a Core) -> &'a Arc<Lane> {
        match &self.trial {
            Some((share, trial)) if trial.is_running() && share.covers(key) => trial.lane(),
            _ => &core.lane,
        }
    }
}
