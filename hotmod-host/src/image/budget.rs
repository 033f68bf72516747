//! What the images of a host may cost together: images are never unmapped, so costs add up.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use hotmod::describe::{Difference, Rule};

/// How many images there may be if the server does not say: a few mappings each, of the 65,530 that Linux
/// allows a process.
const MOST_IMAGES: usize = 4000;

/// The limits, and what is spent of them.
#[derive(Debug)]
pub(crate) struct Budget {
    limits: Limits,
    spent: Mutex<Spent>,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    pub(crate) bytes: Option<u64>,
    pub(crate) images: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            bytes: None,
            images: MOST_IMAGES,
        }
    }
}

/// What all images cost together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Spent {
    images: usize,
    bytes: u64,
}

/// What one image costs. Given back when dropped, which happens only where no image was mapped.
#[derive(Debug)]
pub(crate) struct Charge {
    budget: Arc<Budget>,
    /// Changed while what is spent is locked.
    bytes: AtomicU64,
}

impl Budget {
    pub(crate) fn new(limits: Limits) -> Self {
        Budget {
            limits,
            spent: Mutex::default(),
        }
    }

    /// Room for one more image of so many bytes.
    ///
    /// # Errors
    ///
    /// Each limit that it would exceed.
    pub(crate) fn charge(self: &Arc<Self>, bytes: u64) -> Result<Charge, Vec<Difference>> {
        let mut spent = self.hold();
        let reasons = self.limits.reasons(*spent, bytes);
        if !reasons.is_empty() {
            return Err(reasons);
        }
        spent.images += 1;
        spent.bytes += bytes;
        Ok(Charge {
            budget: self.clone(),
            bytes: AtomicU64::new(bytes),
        })
    }

    /// Keeps other threads from spending the budget, and from giving back.
    pub(crate) fn hold(&self) -> MutexGuard<'_, Spent> {
        // No code that could panic runs between the changes of the two numbers.
        self.spent.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Limits {
    fn reasons(&self, spent: Spent, bytes: u64) -> Vec<Difference> {
        let mut reasons = Vec::new();
        let mut exceeds = |path: &str, was: String, now: String, help: &str| {
            reasons.push(Difference {
                path: path.to_owned(),
                was,
                now,
                rule: Rule::OverBudget,
                help: help.to_owned(),
            });
        };
        if spent.images >= self.images {
            exceeds(
                "loaded versions",
                format!("at most {}, new ones included", self.images),
                format!("{} already", spent.images),
                "restart the server at a quiet moment, or raise `HostBuilder::max_images`",
            );
        }
        if let Some(most) = self.bytes
            && spent.bytes.saturating_add(bytes) > most
        {
            exceeds(
                "memory of loaded versions",
                format!("at most {}, new ones included", kib(most)),
                format!("{} and {} for this file", kib(spent.bytes), kib(bytes)),
                "see in `Module::versions` what older versions are still needed for, restart the \
                 server at a quiet moment, or raise `HostBuilder::image_budget`",
            );
        }
        reasons
    }
}

/// Rounds up, so that a refusal never shows numbers that would fit.
fn kib(bytes: u64) -> String {
    format!("{} KiB", bytes.div_ceil(1024))
}

impl Charge {
    /// What the image costs now.
    pub(crate) fn bytes(&self) -> u64 {
        // Relaxed: a number by itself.
        self.bytes.load(Ordering::Relaxed)
    }

    /// Changes what the image costs, whatever the limits say.
    pub(crate) fn change(&self, bytes: u64) {
        let mut spent = self.budget.hold();
        // Relaxed: the lock orders changes.
        let before = self.bytes.swap(bytes, Ordering::Relaxed);
        spent.bytes = spent.bytes - before + bytes;
    }
}

impl Drop for Charge {
    fn drop(&mut self) {
        let mut spent = self.budget.hold();
        spent.images -= 1;
        spent.bytes -= *self.bytes.get_mut();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn budget(bytes: Option<u64>, images: usize) -> Arc<Budget> {
        Arc::new(Budget::new(Limits { bytes, images }))
    }

    #[test]
    fn what_was_not_mapped_is_given_back() {
        let budget = budget(Some(8192), 10);
        let charge = budget.charge(8192).expect("room");
        budget.charge(1).expect_err("no room");
        drop(charge);
        budget.charge(8192).expect("room again");
    }

    #[test]
    fn a_retired_image_makes_room() {
        let budget = budget(Some(8192), 10);
        let old = budget.charge(6000).expect("room");
        budget.charge(6000).expect_err("no room");
        old.change(1000);
        let new = budget.charge(6000).expect("room");
        assert_eq!((old.bytes(), new.bytes()), (1000, 6000));
        // Taken into use again: it is there already, so there is no limit to it.
        old.change(6000);
        budget.charge(0).expect_err("no room");
    }

    #[test]
    fn every_exceeded_limit_is_told_with_its_cure() {
        let budget = budget(Some(4096), 1);
        let _only = budget.charge(4096).expect("room");
        let reasons = budget.charge(2048).expect_err("no room");
        let told: Vec<String> = reasons.iter().map(ToString::to_string).collect();
        assert_eq!(
            told,
            [
                "loaded versions: expected at most 1, new ones included, found 1 already\n  help: \
                 restart the server at a quiet moment, or raise `HostBuilder::max_images`",
                "memory of loaded versions: expected at most 4 KiB, new ones included, found 4 KiB \
                 and 2 KiB for this file\n  help: see in `Module::versions` what older versions \
                 are still needed for, restart the server at a quiet moment, or raise \
                 `HostBuilder::image_budget`"
            ]
        );
    }
}
