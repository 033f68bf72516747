//! Rehearsing an update with the instances of a pool, in the process itself.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use hotmod::interface::Interface;
use hotmod::printed::lines;

use super::entry::Entry;
use super::key::PoolKey;
use super::shared::Pooled;
use crate::migrate::MigrateError;
use crate::trial::candidate::{Candidate, RehearseError};

/// What [`Pool::rehearse`](crate::Pool::rehearse) found.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PoolRehearsalReport<K> {
    /// How many instances the candidate would take along.
    pub fit: usize,
    /// The instances that it would not take along, each with its key and why.
    pub unfit: Vec<(K, MigrateError)>,
    /// How many were left out because they were in use.
    pub in_use: usize,
    /// How many were left out because they were not at the version that the candidate would replace.
    pub elsewhere: usize,
    /// How many instances of the module were not in the pool: only their owners can rehearse
    /// with those ([`Instance::rehearse`](crate::Instance::rehearse)).
    pub outside: usize,
    /// How long all of it took.
    pub took: Duration,
    /// How long the instance that took longest was kept from its users.
    pub longest: Duration,
}

impl<K> fmt::Display for PoolRehearsalReport<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        lines(f, |f| {
            let PoolRehearsalReport {
                fit,
                unfit,
                in_use,
                elsewhere,
                outside,
                took,
                longest,
            } = self;
            write!(
                f,
                "{fit} instances fit in {took:.1?}, the longest in {longest:.1?}; {} do not; left out: \
             {in_use} in use, {elsewhere} at another version, {outside} outside of the pool",
                unfit.len()
            )?;
            match unfit.first() {
                Some((_, error)) => write!(f, "; one that does not: {error}"),
                None => Ok(()),
            }
        })
    }
}

impl<K: PoolKey, I: Interface + ?Sized> Pooled<K, I> {
    pub(super) fn rehearse(&self, candidate: &Candidate) -> PoolRehearsalReport<K> {
        let start = Instant::now();
        let mut found = PoolRehearsalReport {
            fit: 0,
            unfit: Vec::new(),
            in_use: 0,
            elsewhere: 0,
            outside: 0,
            took: Duration::ZERO,
            longest: Duration::ZERO,
        };
        let page = |page| self.roster.lock().page(page);
        // Page by page, so that the roster is locked only for moments.
        for entries in (0..).map_while(page) {
            for entry in entries {
                rehearse(&entry, candidate, &mut found);
            }
        }
        let all = self.module.loaded().instances.lock().len();
        found.outside = all.saturating_sub(self.roster.lock().len());
        found.took = start.elapsed();
        found
    }
}

/// Rehearses with one instance, if no thread uses it.
fn rehearse<K: PoolKey, I: Interface + ?Sized>(
    entry: &Arc<Entry<K, I>>,
    candidate: &Candidate,
    found: &mut PoolRehearsalReport<K>,
) {
    let Some(mut used) = entry.try_exclusive() else {
        found.in_use += 1;
        return;
    };
    // It may have been removed since it was found.
    let Some(kept) = used.kept() else { return };
    let start = Instant::now();
    match kept.instance.rehearse(candidate) {
        Ok(()) => found.fit += 1,
        Err(RehearseError::Unfit(error)) => found.unfit.push((entry.key.clone(), error)),
        Err(RehearseError::OtherVersion { .. } | RehearseError::OtherModule { .. }) => {
            found.elsewhere += 1;
            return;
        }
    }
    found.longest = found.longest.max(start.elapsed());
}
