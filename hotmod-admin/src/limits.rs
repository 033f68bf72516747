//! How much the admin takes of the server that it is part of.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// What the admin takes of the server at most.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// How many requests are worked on at once; others are answered 503. By default 64.
    pub requests: usize,
    /// How many event streams there are at once; others are answered 503. By default 256.
    pub streams: usize,
    /// How many requests each caller may make within a second, on average over ten seconds; others are answered 429.
    /// By default 1,000.
    pub rate: u32,
    /// How many bytes the body of a request has at most; a longer one is answered 413. By default 64 KiB.
    pub body: usize,
    /// How long a body may take to arrive; a slower one is answered 408. At the listeners of this crate, the head of a
    /// request may take as long, and a client may take nothing of an answer for as long: the connection of a slower one
    /// ends. By default ten seconds.
    pub body_time: Duration,
    /// How many operations run at once; others are answered 503. By default 16.
    pub operations: usize,
    /// How long a change is waited for before it is answered 202, with the operation to follow. By default a second.
    pub wait: Duration,
    /// How many events, and how many finished operations, are kept for those who ask later. By default 4,096 and 1,024.
    pub kept: (usize, usize),
    /// How many connections the listeners of this crate have at once: others wait. By default 512.
    pub connections: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            requests: 64,
            streams: 256,
            rate: 1000,
            body: 64 << 10,
            body_time: Duration::from_secs(10),
            operations: 16,
            wait: Duration::from_secs(1),
            kept: (4096, 1024),
            connections: 512,
        }
    }
}

/// How many callers are told apart; tokens have names, and processes at the socket numbers of users.
const CALLERS: usize = 1024;

/// For how many seconds a caller may save what it does not use.
const SAVED: f64 = 10.0;

/// How many requests each caller may still make.
#[derive(Debug, Default)]
pub(crate) struct Rates(Mutex<BTreeMap<String, (f64, Instant)>>);

impl Rates {
    /// Takes a request of this caller.
    ///
    /// # Errors
    ///
    /// How long to wait, if that is one too many.
    pub(crate) fn take(&self, caller: &str, rate: u32, now: Instant) -> Result<(), Duration> {
        let rate = f64::from(rate.max(1));
        let mut callers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if callers.len() >= CALLERS && !callers.contains_key(caller) {
            // Who has saved all may make as many as one that is new.
            callers.retain(|_, (left, since)| {
                *left + now.duration_since(*since).as_secs_f64() * rate < rate * SAVED
            });
        }
        let (left, since) = callers
            .entry(caller.to_owned())
            .or_insert((rate * SAVED, now));
        let passed = now.saturating_duration_since(*since).as_secs_f64();
        *left = (*left + passed * rate).min(rate * SAVED);
        *since = now;
        if *left < 1.0 {
            return Err(Duration::from_secs_f64((1.0 - *left) / rate));
        }
        *left -= 1.0;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_caller_that_has_used_its_share_waits_and_others_do_not() {
        let rates = Rates::default();
        let now = Instant::now();
        for _ in 0..20 {
            assert_eq!(rates.take("ada", 2, now), Ok(()));
        }
        assert_eq!(rates.take("ada", 2, now), Err(Duration::from_millis(500)));
        assert_eq!(rates.take("bob", 2, now), Ok(()));
        assert_eq!(
            rates.take("ada", 2, now + Duration::from_millis(500)),
            Ok(())
        );
        let later = now + Duration::from_secs(1000);
        for _ in 0..20 {
            assert_eq!(rates.take("ada", 2, later), Ok(()));
        }
        assert!(rates.take("ada", 2, later).is_err());
    }
}
