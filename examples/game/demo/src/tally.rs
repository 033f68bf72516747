//! What callers did, counted.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use crate::Failure;

/// What one kind of callers did.
#[derive(Clone, Default)]
pub(crate) struct Tally {
    pub(crate) calls: u64,
    pub(crate) failed: u64,
    pub(crate) slowest: Duration,
    /// How many calls each version answered, where an answer says which.
    pub(crate) versions: BTreeMap<String, u64>,
    /// How often a version refused what it should not have, where that is what it is there for.
    pub(crate) provoked: u64,
    /// The worlds that this version answered in.
    pub(crate) tried: BTreeSet<u64>,
    /// The version that answered last.
    pub(crate) latest: Option<String>,
    /// The first failure.
    pub(crate) failure: Option<String>,
}

impl Tally {
    pub(crate) fn add(&mut self, other: Tally) {
        self.calls += other.calls;
        self.failed += other.failed;
        self.slowest = self.slowest.max(other.slowest);
        self.provoked += other.provoked;
        self.tried.extend(other.tried);
        for (version, calls) in other.versions {
            *self.versions.entry(version).or_default() += calls;
        }
        self.latest = other.latest.or(self.latest.take());
        self.failure = self.failure.take().or(other.failure);
    }

    /// Times one call and the check of its answer.
    pub(crate) fn count<V: AsRef<str>>(
        &mut self,
        call: impl FnOnce() -> Result<Option<V>, Failure>,
    ) {
        let start = Instant::now();
        let answered = call();
        self.slowest = self.slowest.max(start.elapsed());
        self.calls += 1;
        match answered {
            Ok(None) => {}
            Ok(Some(version)) => {
                let version = version.as_ref();
                if self.latest.as_deref() != Some(version) {
                    self.latest = Some(version.to_owned());
                    self.versions.entry(version.to_owned()).or_default();
                }
                if let Some(calls) = self.versions.get_mut(version) {
                    *calls += 1;
                }
            }
            Err(error) => {
                self.failed += 1;
                self.failure.get_or_insert_with(|| error.to_string());
            }
        }
    }
}
