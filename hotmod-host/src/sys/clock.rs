//! The system's coarse clock, which costs next to nothing to read.

use std::time::Duration;

/// A moment, exact to some milliseconds. It never goes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct CoarseMoment(u64);

impl CoarseMoment {
    pub(crate) fn now() -> Self {
        let mut now = libc::timespec {
            tv_sec: 0,
            tv_nsec: 0,
        };
        // SAFETY: it writes the time there. Every kernel since 2.6.32 has this clock; without it, nought is written.
        unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC_COARSE, &raw mut now) };
        let seconds = u64::try_from(now.tv_sec).unwrap_or(0);
        let nanoseconds = u64::try_from(now.tv_nsec).unwrap_or(0);
        // A machine runs for less than the 584 years that there is room for.
        CoarseMoment(
            seconds
                .wrapping_mul(1_000_000_000)
                .wrapping_add(nanoseconds),
        )
    }

    /// As a number of nanoseconds, from which it can be made again.
    pub(crate) fn number(self) -> u64 {
        self.0
    }

    pub(crate) fn from_number(number: u64) -> Self {
        CoarseMoment(number)
    }

    /// How long ago it was.
    pub(crate) fn elapsed(self) -> Duration {
        Duration::from_nanos(CoarseMoment::now().0.saturating_sub(self.0))
    }
}
