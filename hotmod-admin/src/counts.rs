//! What is counted as it happens: updates by what became of them, how long their phases took, and requests.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use axum::http::StatusCode;
use hotmod::codes::{self, Code};
use hotmod_host::{Event, UpdateState};

/// The bounds of the buckets of how long a phase took, in seconds.
pub(crate) const BOUNDS: [f64; 10] = [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 60.0];

/// What may become of an update, the classes of answers, and why the guard lets a request no further. They are told from the
/// beginning on, at nought: what comes into being with its first event has increased by nothing then, as Prometheus sees it.
pub(crate) const RESULTS: [&str; 4] = ["published", "unchanged", "refused", "rolled_back"];
const CLASSES: [&str; 4] = ["2xx", "3xx", "4xx", "5xx"];
const DENIALS: [Code; 9] = [
    codes::BUSY,
    codes::HOST_NOT_ALLOWED,
    codes::ORIGIN_NOT_ALLOWED,
    codes::SCOPE_MISSING,
    codes::TOKEN_EXPIRED,
    codes::TOKEN_MISSING,
    codes::TOKEN_UNKNOWN,
    codes::TOKEN_UNREADABLE,
    codes::TOO_MANY_REQUESTS,
];

/// How many updates are followed at once. One that is lost is counted, and its phases are not timed.
const FOLLOWED: usize = 1024;

/// How long something took, each time.
#[derive(Clone, Debug, Default)]
pub(crate) struct Durations {
    pub(crate) sum: f64,
    pub(crate) count: u64,
    /// How many were in each bucket, the last without an end.
    pub(crate) buckets: [u64; BOUNDS.len() + 1],
}

impl Durations {
    fn note(&mut self, seconds: f64) {
        self.sum += seconds;
        self.count += 1;
        let bucket = BOUNDS.iter().position(|bound| seconds <= *bound);
        self.buckets[bucket.unwrap_or(BOUNDS.len())] += 1;
    }
}

/// What was counted.
#[derive(Clone, Debug)]
pub(crate) struct Counted {
    /// By module and by what became of them.
    pub(crate) updates: BTreeMap<(String, &'static str), u64>,
    /// By phase: the state that an update was in.
    pub(crate) phases: BTreeMap<&'static str, Durations>,
    /// How many events of the host were missed.
    pub(crate) missed: u64,
    /// By the first digit of the status.
    pub(crate) answers: BTreeMap<&'static str, u64>,
    /// By why.
    pub(crate) denials: BTreeMap<&'static str, u64>,
}

impl Default for Counted {
    fn default() -> Self {
        Counted {
            updates: BTreeMap::new(),
            phases: BTreeMap::new(),
            missed: 0,
            answers: CLASSES.map(|it| (it, 0)).into(),
            denials: DENIALS.map(|it| (it.name(), 0)).into(),
        }
    }
}

#[derive(Debug, Default)]
struct Following {
    counted: Counted,
    /// Since when each update is in which state.
    since: BTreeMap<u64, (&'static str, SystemTime)>,
}

/// Counts.
#[derive(Debug, Default)]
pub(crate) struct Counts(Mutex<Following>);

/// What became of an update, as it is counted. `None` if it is still on its way, or this is none.
fn result(state: UpdateState) -> Option<&'static str> {
    match state {
        UpdateState::Published => Some("published"),
        UpdateState::Unchanged => Some("unchanged"),
        UpdateState::Refused => Some("refused"),
        UpdateState::RolledBack => Some("rolled_back"),
        _ => None,
    }
}

/// The phase that an update is in from this event on. `None` if it is in none any more.
fn phase(state: UpdateState) -> Option<&'static str> {
    match state {
        UpdateState::Inspecting => Some("inspecting"),
        UpdateState::Verifying => Some("verifying"),
        UpdateState::Planning => Some("planning"),
        UpdateState::Staging => Some("staging"),
        UpdateState::Rehearsing => Some("rehearsing"),
        UpdateState::Linking => Some("linking"),
        UpdateState::Preparing => Some("preparing"),
        UpdateState::Draining => Some("draining"),
        _ => None,
    }
}

impl Counts {
    fn lock(&self) -> MutexGuard<'_, Following> {
        // Each count is changed by one step.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn counted(&self) -> Counted {
        self.lock().counted.clone()
    }

    /// Notes a step of an update.
    pub(crate) fn note(&self, event: &Event) {
        let mut following = self.lock();
        let Following { counted, since } = &mut *following;
        if event.state == UpdateState::Missed {
            counted.missed += event.missed;
            // What became of those that were followed is not known.
            since.clear();
            return;
        }
        if let Some(result) = result(event.state) {
            let updates = counted.updates.entry((event.module.clone(), result));
            *updates.or_default() += 1;
        }
        // An event in the middle of a phase, such as what was estimated, is no end of it.
        if matches!(event.state, UpdateState::Estimated | UpdateState::Settled) {
            return;
        }
        if let Some((phase, begun)) = since.remove(&event.update)
            && let Ok(took) = event.time.duration_since(begun)
        {
            let phases = counted.phases.entry(phase);
            phases.or_default().note(took.as_secs_f64());
        }
        if let Some(phase) = phase(event.state) {
            if since.len() == FOLLOWED {
                since.pop_first();
            }
            since.insert(event.update, (phase, event.time));
        }
    }

    /// Notes an answer.
    pub(crate) fn answer(&self, status: StatusCode) {
        let class = usize::from(status.as_u16() / 100).saturating_sub(2);
        let class = CLASSES[class.min(CLASSES.len() - 1)];
        *self.lock().counted.answers.entry(class).or_default() += 1;
    }

    /// Notes a request that was let no further.
    pub(crate) fn deny(&self, why: &'static str) {
        debug_assert!(
            DENIALS.iter().any(|it| it.name() == why),
            "{why} is not told from the beginning"
        );
        *self.lock().counted.denials.entry(why).or_default() += 1;
    }
}
