//! Moments that lie ahead by a time which a user may have chosen.

use std::time::{Duration, Instant};

/// Longer than any process runs.
const YEARS: Duration = Duration::from_secs(30 * 365 * 24 * 3600);

/// The moment that is so much later than now; for a time that no process reaches, such as [`Duration::MAX`], one that none does.
pub(crate) fn ahead(by: Duration) -> Instant {
    Instant::now() + by.min(YEARS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_time_is_too_long() {
        let second = Duration::from_secs(1);
        assert!(ahead(second) < ahead(Duration::MAX));
        assert!(ahead(Duration::ZERO) <= Instant::now());
    }
}
