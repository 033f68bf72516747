//! What happens to updates, for whoever wants to know: a stream of events, and spans and events of
//! `tracing`.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc};
use std::time::{Duration, SystemTime};

/// How many events wait for a subscriber that does not take them; later ones are missed.
const WAITING: usize = 4096;

/// How far an update is, or a rollback, which is an update to the version before in everything that
/// is told of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum UpdateState {
    /// The file is read and parsed.
    Inspecting,
    /// Name, version and build are held against the host's policy.
    Verifying,
    /// Exports and state are compared, and the plan is made.
    Planning,
    /// The file is copied to where nothing can change it.
    Staging,
    /// In a copy of the process, the candidate takes the live instances to its version.
    Rehearsing,
    /// The copy is opened and its symbols are resolved.
    Linking,
    /// The plan is compiled, and tables are made.
    Preparing,
    /// A share of a pool's instances follows the new version.
    OnTrial,
    /// New calls enter the new version.
    Published,
    /// The calls are followed that are still in the version that was left: the old one, or the
    /// candidate of a trial that was ended. Told once more, with a reason that names each, if there
    /// are some when they should be over.
    Draining,
    /// No such call is left, or the version that it is in is not left any more.
    Drained,
    /// Nothing is at the version that was left any more; its pages were given back.
    Retired,
    /// The file is the very one that runs; nothing has changed.
    Unchanged,
    /// The update went no further; nothing has changed.
    Refused,
    /// The update was undone, and why. If it was published, a rollback undid it, which is an update of
    /// its own; if it was on trial, that is over.
    RolledBack,
    /// The new version cannot be rolled back any more.
    Permanent,
}

impl UpdateState {
    /// The state's name, in lower case.
    pub fn as_str(self) -> &'static str {
        match self {
            UpdateState::Inspecting => "inspecting",
            UpdateState::Verifying => "verifying",
            UpdateState::Planning => "planning",
            UpdateState::Rehearsing => "rehearsing",
            UpdateState::Staging => "staging",
            UpdateState::Linking => "linking",
            UpdateState::Preparing => "preparing",
            UpdateState::OnTrial => "on trial",
            UpdateState::Published => "published",
            UpdateState::Draining => "draining",
            UpdateState::Drained => "drained",
            UpdateState::Retired => "retired",
            UpdateState::Unchanged => "unchanged",
            UpdateState::Refused => "refused",
            UpdateState::RolledBack => "rolled back",
            UpdateState::Permanent => "permanent",
        }
    }
}

impl fmt::Display for UpdateState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One step of an update or of a rollback.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Event {
    /// Which update or rollback: counted from 1 within the host.
    pub update: u64,
    /// The module.
    pub module: String,
    /// The version that the update starts from.
    pub from: String,
    /// The version that it leads to, as soon as that is known: when the file has said so.
    pub to: Option<String>,
    /// How far it is.
    pub state: UpdateState,
    /// Why, where the state has a reason: the whole refusal, or what made it roll back.
    pub reason: Option<String>,
    /// When.
    pub time: SystemTime,
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let to = self.to.as_deref().unwrap_or("?");
        write!(f, "{} {} → {to}: {}", self.module, self.from, self.state)?;
        match &self.reason {
            Some(reason) => write!(f, ": {reason}"),
            None => Ok(()),
        }
    }
}

/// The events of a host from the moment of [`Host::events`](crate::Host::events) on. Ends when the
/// host is gone, and every handle and instance of its modules. Whoever does not take them misses
/// those that come when 4096 are waiting.
///
/// Subscribers of `tracing` are told the same, on the thread that updates and while it has the
/// module's turn: whoever updates the module there waits for itself.
///
/// # Examples
///
/// ```no_run
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let host = hotmod_host::Host::builder().build()?;
/// let events = host.events();
/// std::thread::spawn(move || events.for_each(|event| println!("{event}")));
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Events(Receiver<Event>);

impl Events {
    /// The next event, if there is one already.
    pub fn try_next(&self) -> Option<Event> {
        self.0.try_recv().ok()
    }

    /// The next event, if there is one before so much time has passed.
    pub fn next_within(&self, time: Duration) -> Option<Event> {
        self.0.recv_timeout(time).ok()
    }
}

impl Iterator for Events {
    type Item = Event;

    /// Waits for the next event. `None` when the host is gone.
    fn next(&mut self) -> Option<Event> {
        self.0.recv().ok()
    }
}

/// Who is told.
#[derive(Default)]
pub(crate) struct Subscribers {
    senders: Mutex<Vec<SyncSender<Event>>>,
    updates: AtomicU64,
}

impl Subscribers {
    pub(crate) fn subscribe(&self) -> Events {
        let (sender, receiver) = mpsc::sync_channel(WAITING);
        self.senders().push(sender);
        Events(receiver)
    }

    fn tell(&self, event: &Event) {
        self.senders()
            .retain(|sender| match sender.try_send(event.clone()) {
                // Nobody's update waits for a subscriber.
                Ok(()) | Err(TrySendError::Full(_)) => true,
                Err(TrySendError::Disconnected(_)) => false,
            });
    }

    fn senders(&self) -> MutexGuard<'_, Vec<SyncSender<Event>>> {
        // Senders are added and removed whole.
        self.senders.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One update, as it goes on. Cheap to clone: what comes of it later is told by whoever sees to it.
#[derive(Clone)]
pub(crate) struct Progress {
    subscribers: Arc<Subscribers>,
    update: u64,
    module: String,
    from: String,
    to: Option<String>,
    #[cfg(feature = "tracing")]
    span: tracing::Span,
}

impl Progress {
    pub(crate) fn new(subscribers: &Arc<Subscribers>, module: &str, from: &str) -> Self {
        // Relaxed: the number only has to be different each time.
        let update = subscribers.updates.fetch_add(1, Ordering::Relaxed) + 1;
        Progress {
            subscribers: subscribers.clone(),
            update,
            module: module.to_owned(),
            from: from.to_owned(),
            to: None,
            #[cfg(feature = "tracing")]
            span: tracing::info_span!("update", update, module, from, to = tracing::field::Empty),
        }
    }

    /// The file has said which version it is.
    pub(crate) fn to(&mut self, version: &str) {
        #[cfg(feature = "tracing")]
        self.span.record("to", version);
        self.to = Some(version.to_owned());
    }

    /// It has come so far.
    pub(crate) fn reaches(&self, state: UpdateState) {
        #[cfg(feature = "tracing")]
        self.span
            .in_scope(|| tracing::info!(state = state.as_str(), "update"));
        self.tell(state, None);
    }

    /// It has come so far, for a reason.
    pub(crate) fn reaches_because(&self, state: UpdateState, reason: &dyn fmt::Display) {
        let reason = reason.to_string();
        #[cfg(feature = "tracing")]
        self.span
            .in_scope(|| tracing::warn!(state = state.as_str(), reason, "update"));
        self.tell(state, Some(reason));
    }

    fn tell(&self, state: UpdateState, reason: Option<String>) {
        self.subscribers.tell(&Event {
            update: self.update,
            module: self.module.clone(),
            from: self.from.clone(),
            to: self.to.clone(),
            state,
            reason,
            time: SystemTime::now(),
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subscribers_are_told_in_order_and_end_with_the_host() {
        let subscribers = Arc::new(Subscribers::default());
        let events = subscribers.subscribe();
        drop(subscribers.subscribe());
        let mut progress = Progress::new(&subscribers, "game", "1.0.0");
        progress.reaches(UpdateState::Inspecting);
        progress.to("1.1.0");
        progress.reaches_because(UpdateState::Refused, &"it is damaged");
        drop((progress, subscribers));
        let told: Vec<String> = events.map(|event| event.to_string()).collect();
        assert_eq!(
            told,
            [
                "game 1.0.0 → ?: inspecting",
                "game 1.0.0 → 1.1.0: refused: it is damaged"
            ]
        );
    }

    #[test]
    fn nobody_waits_for_a_subscriber_that_takes_nothing() {
        let subscribers = Arc::new(Subscribers::default());
        let events = subscribers.subscribe();
        let progress = Progress::new(&subscribers, "game", "1.0.0");
        (0..WAITING + 10).for_each(|_| progress.reaches(UpdateState::Inspecting));
        drop((progress, subscribers));
        assert_eq!(events.count(), WAITING);
    }
}
