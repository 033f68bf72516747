//! Waiting for what must come, and failing with what came instead.

use std::fmt::Debug;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use hotmod_host::{Event, Events, UpdateState};

/// So long that what has not come by then never will.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// Says when it is dropped that something is over, also by a panic.
#[derive(Debug)]
pub struct Ended<'a>(pub &'a AtomicBool);

impl Drop for Ended<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// The events up to the first of this state.
///
/// # Panics
///
/// If the host goes before, or it has not come after [`PATIENCE`].
pub fn until_state(events: &Events, state: UpdateState) -> Vec<Event> {
    until_told(events, state.as_str(), |event| event.state == state)
}

/// The events up to the one that is looked for.
///
/// # Panics
///
/// If the host goes before, or it has not come after [`PATIENCE`].
pub fn until_told(events: &Events, what: &str, is: impl Fn(&Event) -> bool) -> Vec<Event> {
    let patience = Instant::now() + PATIENCE;
    let mut passed = Vec::new();
    while !passed.last().is_some_and(&is) {
        let left = patience.saturating_duration_since(Instant::now());
        match events.wait_timeout(left) {
            Some(event) => passed.push(event),
            None => panic!("not {what}, but {passed:#?}"),
        }
    }
    passed
}

/// Spins until another thread has made this so.
///
/// # Panics
///
/// If it is not so after [`PATIENCE`].
pub fn until(so: impl Fn() -> bool) {
    until_equal(so, &true);
}

/// Spins until this is seen, which another thread brings about.
///
/// # Panics
///
/// If something else is seen after [`PATIENCE`].
pub fn until_equal<T: PartialEq + Debug>(look: impl Fn() -> T, expected: &T) {
    let patience = Instant::now() + PATIENCE;
    loop {
        let seen = look();
        if seen == *expected {
            return;
        }
        assert!(Instant::now() < patience, "{seen:?} and never {expected:?}");
        thread::yield_now();
    }
}
