//! Which keys of a pool belong to a share.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::panic::{self, AssertUnwindSafe};
use std::sync::Arc;

use hotmod::call::Panic;
use siphasher::sip::SipHasher13;

/// A share of a pool's instances, by their keys.
pub(crate) struct Share<K>(Choice<K>);

enum Choice<K> {
    /// The keys whose hash is below this.
    Below(u128),
    Matching(Arc<dyn Fn(&K) -> bool + Send + Sync>),
}

/// One more than the greatest hash.
const ALL: u128 = 1 << 64;

impl<K> Share<K> {
    /// This many of a hundred keys, by their hash.
    pub(crate) fn percent(percent: impl Into<f64>) -> Self {
        // The cast makes 0 of what is not a number, and rounding does not matter here.
        let part = (percent.into() / 100.0).clamp(0.0, 1.0);
        Share(Choice::Below((part * ALL as f64) as u128))
    }

    /// The keys for which the closure returns `true`.
    pub(crate) fn matching(matches: impl Fn(&K) -> bool + Send + Sync + 'static) -> Self {
        Share(Choice::Matching(Arc::new(matches)))
    }

    /// Whether a key belongs to the share. A key for which the user's closure panics does not.
    pub(crate) fn covers(&self, key: &K) -> bool
    where
        K: Hash,
    {
        match &self.0 {
            Choice::Below(end) => {
                let mut hasher = SipHasher13::new();
                key.hash(&mut hasher);
                u128::from(hasher.finish()) < *end
            }
            Choice::Matching(matches) => {
                let found = panic::catch_unwind(AssertUnwindSafe(|| matches(key)));
                found.map_err(Panic::new).unwrap_or(false)
            }
        }
    }
}

impl<K> Clone for Share<K> {
    fn clone(&self) -> Self {
        Share(match &self.0 {
            Choice::Below(end) => Choice::Below(*end),
            Choice::Matching(matches) => Choice::Matching(matches.clone()),
        })
    }
}

impl<K> fmt::Debug for Share<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Choice::Below(end) => {
                let percent = *end as f64 / ALL as f64 * 100.0;
                write!(f, "Share({percent} %)")
            }
            Choice::Matching(_) => f.write_str("Share(those that match)"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn covered(percent: impl Into<f64>) -> Vec<u64> {
        let share = Share::percent(percent);
        (0..10_000).filter(|key| share.covers(key)).collect()
    }

    #[test]
    fn a_share_of_a_hundred_is_about_so_many_and_always_the_same() {
        assert!((400..600).contains(&covered(5).len()));
        assert!((20..90).contains(&covered(0.5).len()));
        assert_eq!(covered(5), covered(5));
        let more = covered(20);
        assert!(covered(5).iter().all(|key| more.contains(key)));
        // The hash does not depend on the process.
        let fixed = [216, 1682, 4061, 5553, 6861, 7097, 7401, 9058, 9150];
        assert_eq!(covered(0.1), fixed);
    }

    #[test]
    fn whatever_is_asked_for_is_between_none_and_all() {
        assert_eq!(covered(0).len(), 0);
        assert_eq!(covered(-3).len(), 0);
        assert_eq!(covered(f64::NAN).len(), 0);
        assert_eq!(covered(100).len(), 10_000);
        assert_eq!(covered(f64::INFINITY).len(), 10_000);
    }

    #[test]
    fn a_key_that_cannot_be_matched_does_not_belong() {
        let share = Share::matching(|key: &u32| 6 / *key == 3);
        assert!(share.covers(&2) && !share.covers(&3) && !share.covers(&0));
    }
}
