//! What happens to updates: a stream of events, and spans and events of `tracing`.

use std::collections::VecDeque;
use std::fmt;
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, SystemTime};

use hotmod::codes::{self, Code, coded};
#[cfg(feature = "tracing")]
use hotmod::printed::Line;
use hotmod::printed::Lines;

use hotmod_file::Inspected;
use hotmod_file::shown;

use crate::journal::journal::Journal;
use crate::journal::operation::Operation;
use crate::journal::recovery::{Interrupted, OperationKind};

/// How many events wait for a subscriber that does not take them, unless it chose a number; later events are
/// missed, and counted.
const WAITING: NonZero<usize> = NonZero::new(4096).expect("it is no zero");

/// How far an update is, or a rollback: events report a rollback as an update to the version before.
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
    /// The live states were sampled; the reason says how long the longest pause would be
    /// ([`UpdateOptions::longest_pause`](crate::UpdateOptions::longest_pause)).
    Estimated,
    /// A share of a pool's instances follows the new version.
    OnTrial,
    /// New calls enter the new version.
    Published,
    /// The host waits for calls that are still in the version that was left: the old version, or the
    /// candidate of a trial that was ended. The event comes once more, with a reason that names each
    /// call, if some are left when they should be over.
    Draining,
    /// No such call is left, or their version is in use again.
    Drained,
    /// The update, or the rollback, has taken along the instances whose locks the host knows
    /// ([`UpdateOptions::settle`](crate::UpdateOptions::settle)); the reason says what that came to.
    Settled,
    /// No call and no instance is at the version that was left any more; its pages were given back.
    Retired,
    /// The file is the very one that runs; nothing has changed.
    Unchanged,
    /// The update went no further; nothing has changed.
    Refused,
    /// The update was undone; the reason says why. If it was published, a rollback undid it, which is an
    /// update of its own; if it was on trial, the trial is over.
    RolledBack,
    /// The new version cannot be rolled back any more.
    Permanent,
    /// Not a step: stands in the place of steps that the subscriber missed, see [`Events`].
    Missed,
    /// A check (`#[hotmod::after_migrate]`) refused a state and had kept an `Arc`, `Rc` or `Weak` of it,
    /// which would have led to what belongs to the old state: so the state was taken along. The reason
    /// is the refusal. The thread that migrates the state reports this, as an event by itself.
    Overruled,
    /// Destructors (`Drop`) of what a state held in the old version panicked when the state was taken
    /// along; it was taken along all the same. The reason says how many. Or destructors of what a call of an
    /// `async` export, or a future that the module had spawned, held when it was cancelled. The thread that migrates the state, or drops the call's future,
    /// reports this, as an event by itself.
    DropPanicked,
    /// A function marked [`#[hotmod::every]`](macro@hotmod::every) panicked; it is called again when it is due. The reason is
    /// the panic. Told of the first, second, fourth, eighth panic of the function, and so on, as an event by itself;
    /// [`Module::timers`](crate::Module::timers) counts all.
    TimerPanicked,
    /// A function marked [`#[hotmod::task]`](macro@hotmod::task), or a future that a module had spawned (`hotmod::spawn`),
    /// panicked. The reason is the panic, as an event by itself.
    TaskPanicked,
    /// A function marked [`#[hotmod::task]`](macro@hotmod::task) did not stop in time when another version was published,
    /// or what it handed over does not fit there: the next starts anew. The reason says which, as an event by itself.
    TaskCancelled,
    /// A module was loaded from the copy of the version that ran before, since its own file is refused or gone
    /// ([`HostBuilder::state_dir`](crate::HostBuilder::state_dir)). The reason says why, as an event by itself.
    Kept,
    /// What runs now could not be recorded ([`HostBuilder::state_dir`](crate::HostBuilder::state_dir)): a process that
    /// begins now would go on with what ran before. The reason says why. An update is refused then; what is loaded first,
    /// and what is rolled back, is not.
    Unrecorded,
    /// The file of a resource that the module reads ([`#[hotmod::resource]`](macro@hotmod::resource)) has changed, and the
    /// version makes no value of it: it keeps the one that it has. The reason says why, as an event by itself. Also where a
    /// module begins with what the process before had read.
    ResourceRefused,
    /// The host's logger, subscriber or recorder panicked while it took something of the module. The reason is the
    /// panic. Told of the first, second, fourth, eighth, and so on, as an event by itself, and not to `tracing`, which
    /// may be what panics; [`Module::forwarding`](crate::Module::forwarding) counts all.
    LoggerPanicked,
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
            UpdateState::Estimated => "estimated",
            UpdateState::OnTrial => "on trial",
            UpdateState::Published => "published",
            UpdateState::Draining => "draining",
            UpdateState::Drained => "drained",
            UpdateState::Settled => "settled",
            UpdateState::Retired => "retired",
            UpdateState::Unchanged => "unchanged",
            UpdateState::Refused => "refused",
            UpdateState::RolledBack => "rolled back",
            UpdateState::Permanent => "permanent",
            UpdateState::Missed => "missed",
            UpdateState::Overruled => "check overruled",
            UpdateState::DropPanicked => "destructor panicked",
            UpdateState::TimerPanicked => "timer panicked",
            UpdateState::TaskPanicked => "task panicked",
            UpdateState::TaskCancelled => "task cancelled",
            UpdateState::Kept => "kept",
            UpdateState::ResourceRefused => "resource refused",
            UpdateState::Unrecorded => "unrecorded",
            UpdateState::LoggerPanicked => "logger panicked",
        }
    }
}

impl UpdateState {
    /// The code of what is told, where it is more than a step: `cargo hotmod explain` prints its page. What a refusal is for
    /// has codes of its own, in its reason.
    pub fn code(self) -> Option<Code> {
        Some(match self {
            UpdateState::RolledBack => codes::ROLLED_BACK,
            UpdateState::Missed => codes::EVENTS_MISSED,
            UpdateState::Overruled => codes::CHECK_OVERRULED,
            UpdateState::DropPanicked => codes::DESTRUCTOR_PANICKED,
            UpdateState::TimerPanicked => codes::TIMER_PANICKED,
            UpdateState::TaskPanicked => codes::TASK_PANICKED,
            UpdateState::TaskCancelled => codes::TASK_CANCELLED,
            UpdateState::Kept => codes::KEPT,
            UpdateState::ResourceRefused => codes::RESOURCE_REFUSED,
            UpdateState::Unrecorded => codes::NOT_RECORDED,
            UpdateState::LoggerPanicked => codes::LOGGER_PANICKED,
            _ => return None,
        })
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
    /// The number of the event, counted from 1 within the host. Every subscriber gets an event under the same
    /// number, and later ones have greater numbers. With [`UpdateState::Missed`], that of the first event
    /// that was missed.
    pub number: u64,
    /// The number of the update or rollback, counted from 1 within the host.
    pub update: u64,
    /// The module.
    pub module: String,
    /// The version that the update starts from.
    pub from: String,
    /// The version that the update leads to, as soon as the file has said which that is.
    pub to: Option<String>,
    /// The file that the new version was read from, as soon as that is known; a rollback has none.
    pub file: Option<PathBuf>,
    /// Where the file really was when it was read, if there are links in its path.
    pub resolved: Option<PathBuf>,
    /// How far the update is.
    pub state: UpdateState,
    /// The reason, where the state has one: the whole refusal, what made the update roll back, or what a step came to.
    pub reason: Option<String>,
    /// When the event happened.
    pub time: SystemTime,
    /// With [`UpdateState::Missed`], how many events were missed; otherwise 0.
    pub missed: u64,
}

impl Event {
    /// Stands in the place of events that were missed since so many were waiting.
    fn missed(gap: Gap, waiting: NonZero<usize>) -> Self {
        Event {
            number: gap.first,
            update: 0,
            module: String::new(),
            from: String::new(),
            to: None,
            file: None,
            resolved: None,
            state: UpdateState::Missed,
            reason: Some(match waiting.get() {
                1 => "1 was waiting to be taken".to_owned(),
                waiting => format!("{waiting} were waiting to be taken"),
            }),
            time: SystemTime::now(),
            missed: gap.missed,
        }
    }
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        coded(f, self.state.code(), |f| {
            if self.state == UpdateState::Missed {
                let s = if self.missed == 1 { " was" } else { "s were" };
                let reason = self.reason.as_deref().unwrap_or_default();
                return write!(f, "{} event{s} missed: {reason}", self.missed);
            }
            let to = self.to.as_deref().unwrap_or("?");
            write!(f, "{} {} → {to}: {}", self.module, self.from, self.state)?;
            if let (Some(file), Some(resolved)) = (&self.file, &self.resolved)
                && matches!(self.state, UpdateState::Published | UpdateState::Unchanged)
            {
                write!(f, " from {}", shown(file, resolved))?;
            }
            match &self.reason {
                Some(reason) => write!(f, ": {reason}"),
                None => Ok(()),
            }
        })
    }
}

/// The events of a host from the call of [`Host::events`](crate::Host::events) on. The stream ends when
/// the host is gone, and with it every handle and instance of its modules.
///
/// No update waits for a subscriber: while 4096 events are waiting to be taken, or as many as
/// [`Host::events_with_capacity`](crate::Host::events_with_capacity) was told, further events are missed. One event of the state [`UpdateState::Missed`] stands in their place in the order, and says how
/// many they were. [`Module::versions`](crate::Module::versions) says what became of updates meanwhile.
///
/// Subscribers of `tracing` get the same events, on the thread that updates and while it has the
/// module's turn: a subscriber that updates the module there waits for itself. They miss no event.
///
/// # Examples
///
/// ```no_run
/// use hotmod_host::UpdateState;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let host = hotmod_host::Host::builder().build()?;
/// let events = host.events();
/// std::thread::spawn(move || {
///     for event in events {
///         match event.state {
///             UpdateState::Missed => eprintln!("{} events are lost", event.missed),
///             _ => println!("{event}"),
///         }
///     }
/// });
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Events(Arc<Mailbox>);

impl Events {
    /// The next event, if there is one already.
    pub fn try_next(&self) -> Option<Event> {
        self.0.mail().take()
    }

    /// Waits for the next event. `None` when the host is gone.
    pub fn wait(&self) -> Option<Event> {
        let mail = self.0.mail();
        let waited = self.0.changed.wait_while(mail, |it| it.waits());
        waited.unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Waits for the next event, but no longer than `time`. `None` if no event came, or when the host is
    /// gone.
    pub fn wait_timeout(&self, time: Duration) -> Option<Event> {
        let mail = self.0.mail();
        let waited = self
            .0
            .changed
            .wait_timeout_while(mail, time, |it| it.waits());
        waited.unwrap_or_else(PoisonError::into_inner).0.take()
    }
}

impl Iterator for Events {
    type Item = Event;

    /// As [`wait`](Events::wait).
    fn next(&mut self) -> Option<Event> {
        self.wait()
    }
}

/// What one subscriber has not taken yet.
#[derive(Debug)]
struct Mailbox {
    mail: Mutex<Mail>,
    changed: Condvar,
}

#[derive(Debug)]
struct Mail {
    waiting: VecDeque<Event>,
    /// How many events wait at most, and one for what was missed.
    capacity: NonZero<usize>,
    /// What was missed since the last event in `waiting`.
    gap: Option<Gap>,
    /// No more events will come.
    is_over: bool,
}

/// Events that were missed, one after the other.
#[derive(Clone, Copy, Debug)]
struct Gap {
    /// The number of the first.
    first: u64,
    missed: u64,
}

impl Mailbox {
    fn new(capacity: NonZero<usize>) -> Self {
        Mailbox {
            mail: Mutex::new(Mail {
                waiting: VecDeque::new(),
                capacity,
                gap: None,
                is_over: false,
            }),
            changed: Condvar::new(),
        }
    }

    fn mail(&self) -> MutexGuard<'_, Mail> {
        // An event is put in and taken out whole.
        self.mail.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Mail {
    fn put(&mut self, event: &Event) {
        if self.waiting.len() >= self.capacity.get() {
            let first = event.number;
            self.gap.get_or_insert(Gap { first, missed: 0 }).missed += 1;
            return;
        }
        let missed = self.take_gap();
        self.waiting.extend(missed);
        self.waiting.push_back(event.clone());
    }

    fn take(&mut self) -> Option<Event> {
        self.waiting.pop_front().or_else(|| self.take_gap())
    }

    /// The event that stands in the place of missed events, if some were missed.
    fn take_gap(&mut self) -> Option<Event> {
        let gap = self.gap.take()?;
        Some(Event::missed(gap, self.capacity))
    }

    fn waits(&self) -> bool {
        self.waiting.is_empty() && self.gap.is_none() && !self.is_over
    }
}

/// The mailboxes of all subscribers of a host.
#[derive(Default)]
pub(crate) struct Subscribers {
    mailboxes: Mutex<Mailboxes>,
    updates: AtomicU64,
}

#[derive(Default)]
struct Mailboxes {
    /// A mailbox whose [`Events`] was dropped is taken out.
    all: Vec<Weak<Mailbox>>,
    /// How many events there were. Counted under the lock, so that every mailbox gets them in the order of
    /// their numbers.
    events: u64,
}

impl Drop for Subscribers {
    fn drop(&mut self) {
        for mailbox in self.mailboxes().all.iter().filter_map(Weak::upgrade) {
            mailbox.mail().is_over = true;
            mailbox.changed.notify_all();
        }
    }
}

impl Subscribers {
    pub(crate) fn subscribe(&self) -> Events {
        self.subscribe_with_capacity(WAITING)
    }

    pub(crate) fn subscribe_with_capacity(&self, capacity: NonZero<usize>) -> Events {
        let mailbox = Arc::new(Mailbox::new(capacity));
        self.mailboxes().all.push(Arc::downgrade(&mailbox));
        Events(mailbox)
    }

    /// Reports a panic of the host's logger while it took something of a version. Nothing is told to `tracing`.
    pub(crate) fn logger_panicked(&self, module: &str, version: &str, reason: String) {
        self.tell(Event {
            number: 0,
            // Relaxed: the number only has to be different each time.
            update: self.updates.fetch_add(1, Ordering::Relaxed) + 1,
            module: module.to_owned(),
            from: version.to_owned(),
            to: Some(version.to_owned()),
            file: None,
            resolved: None,
            state: UpdateState::LoggerPanicked,
            reason: Some(reason),
            time: SystemTime::now(),
            missed: 0,
        });
    }

    // No update waits for a subscriber.
    fn tell(&self, mut event: Event) {
        let mut mailboxes = self.mailboxes();
        mailboxes.events += 1;
        event.number = mailboxes.events;
        mailboxes.all.retain(|mailbox| {
            let Some(mailbox) = mailbox.upgrade() else {
                return false;
            };
            mailbox.mail().put(&event);
            mailbox.changed.notify_one();
            true
        });
    }

    fn mailboxes(&self) -> MutexGuard<'_, Mailboxes> {
        // They are added and removed whole.
        self.mailboxes
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// One update, as it goes on. Cloned for the threads that report later steps of the update.
#[derive(Clone)]
pub(crate) struct Progress {
    subscribers: Arc<Subscribers>,
    update: u64,
    module: String,
    from: String,
    to: Option<String>,
    file: Option<PathBuf>,
    resolved: Option<PathBuf>,
    /// What is recorded of it, where something is.
    operation: Option<Arc<Operation>>,
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
            file: None,
            resolved: None,
            operation: None,
            #[cfg(feature = "tracing")]
            span: tracing::info_span!(
                "update",
                update,
                module = %Line(module),
                from = %Line(from),
                to = tracing::field::Empty,
                file = tracing::field::Empty
            ),
        }
    }

    /// Records from now on how far it is, until it is over: published, unchanged, refused or rolled back.
    pub(crate) fn record(
        mut self,
        journal: Option<&Arc<Journal>>,
        operation: OperationKind,
        file: Option<&Path>,
    ) -> Self {
        self.operation = journal.map(|journal| {
            let begins = Interrupted {
                module: Some(self.module.clone()),
                from: Some(self.from.clone()),
                file: file.map(Path::to_owned),
                ..Interrupted::now(operation)
            };
            Arc::new(journal.begin(begins))
        });
        self
    }

    /// Notes the version that the file has said it is.
    pub(crate) fn of(&mut self, candidate: &Inspected) {
        if let Some(operation) = &self.operation {
            operation.of(candidate);
        }
        #[cfg(feature = "tracing")]
        self.span.record(
            "file",
            tracing::field::display(Line(candidate.resolved().display())),
        );
        self.leads_to(&candidate.build().version);
        self.file = Some(candidate.file().to_owned());
        self.resolved = candidate.names().elsewhere().map(Path::to_owned);
    }

    /// Notes the version that the update leads to.
    pub(crate) fn to(&mut self, version: &str) {
        if let Some(operation) = &self.operation {
            operation.to(version);
        }
        self.leads_to(version);
    }

    fn leads_to(&mut self, version: &str) {
        #[cfg(feature = "tracing")]
        self.span
            .record("to", tracing::field::display(Line(version)));
        self.to = Some(version.to_owned());
    }

    /// Reports that the update has come so far.
    pub(crate) fn reaches(&self, state: UpdateState) {
        self.note(state, "");
        #[cfg(feature = "tracing")]
        self.span
            .in_scope(|| tracing::info!(state = state.as_str(), "update"));
        self.tell(state, None);
    }

    /// Reports that the update has come so far, for a reason.
    pub(crate) fn reaches_because(&self, state: UpdateState, reason: &dyn fmt::Display) {
        let reason = Lines(reason).to_string();
        self.note(state, &reason);
        #[cfg(feature = "tracing")]
        self.span
            .in_scope(|| tracing::warn!(state = state.as_str(), reason, "update"));
        self.tell(state, Some(reason));
    }

    /// Reports what a step has come to, and whether that is all that could be wished for.
    pub(crate) fn comes_to(&self, state: UpdateState, what: &dyn fmt::Display, is_well: bool) {
        if !is_well {
            return self.reaches_because(state, what);
        }
        let what = Lines(what).to_string();
        self.note(state, &what);
        #[cfg(feature = "tracing")]
        self.span
            .in_scope(|| tracing::info!(state = state.as_str(), reason = what, "update"));
        self.tell(state, Some(what));
    }

    /// Records it, before anyone is told.
    fn note(&self, state: UpdateState, reason: &str) {
        use UpdateState::{
            Estimated, Linking, OnTrial, Preparing, Published, Refused, RolledBack, Unchanged,
        };
        let Some(operation) = &self.operation else {
            return;
        };
        match state {
            Refused => operation.refuse(reason),
            Published | Unchanged | RolledBack => operation.end(),
            Linking | Preparing | Estimated | OnTrial => operation.reaches(state.as_str(), true),
            _ => operation.reaches(state.as_str(), false),
        }
    }

    fn tell(&self, state: UpdateState, reason: Option<String>) {
        self.subscribers.tell(Event {
            number: 0,
            update: self.update,
            module: self.module.clone(),
            from: self.from.clone(),
            to: self.to.clone(),
            file: self.file.clone(),
            resolved: self.resolved.clone(),
            state,
            reason,
            time: SystemTime::now(),
            missed: 0,
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
    fn no_update_waits_for_a_subscriber_that_takes_nothing_and_it_is_told_what_it_missed() {
        let subscribers = Arc::new(Subscribers::default());
        let events = subscribers.subscribe();
        let progress = |from: usize| Progress::new(&subscribers, "game", &from.to_string());
        const WAITING: usize = super::WAITING.get();
        let tell = |range: std::ops::Range<usize>| {
            range.for_each(|at| progress(at).reaches(UpdateState::Inspecting));
        };
        tell(0..WAITING + 10);
        let first = events.try_next().expect("an event");
        assert_eq!((&*first.from, first.missed), ("0", 0));
        // Room for one, with a gap before it.
        tell(5000..5003);
        drop(subscribers);
        let told: Vec<Event> = events.collect();
        let what = |event: &Event| match event.state {
            UpdateState::Missed => format!("missed {}", event.missed),
            _ => event.from.clone(),
        };
        let mut expected: Vec<String> = (1..WAITING).map(|at| at.to_string()).collect();
        expected.extend(["missed 10", "5000", "missed 2"].map(str::to_owned));
        assert_eq!(told.iter().map(what).collect::<Vec<_>>(), expected);
        assert_eq!(
            told.last().expect("an event").to_string(),
            "2 events were missed: 4096 were waiting to be taken [HM-0548]"
        );
    }

    #[test]
    fn a_subscriber_that_was_away_is_told_at_once() {
        let subscribers = Arc::new(Subscribers::default());
        let mut events = subscribers.subscribe();
        let progress = Progress::new(&subscribers, "game", "1.0.0");
        (0..=WAITING.get()).for_each(|_| progress.reaches(UpdateState::Inspecting));
        assert_eq!(events.by_ref().take(WAITING.get()).count(), WAITING.get());
        assert_eq!(events.next().expect("the gap").missed, 1);
        assert_eq!(events.wait_timeout(Duration::ZERO), None);
        progress.reaches(UpdateState::Published);
        let next = events.next().expect("an event");
        assert_eq!((next.state, next.missed), (UpdateState::Published, 0));
        drop((progress, subscribers));
        assert_eq!(events.next(), None);
    }
    #[test]
    fn events_are_numbered_for_all_and_a_gap_has_the_number_of_the_first_that_was_missed() {
        let subscribers = Arc::new(Subscribers::default());
        let all = subscribers.subscribe();
        let few = subscribers.subscribe_with_capacity(NonZero::<usize>::MIN);
        let progress = Progress::new(&subscribers, "game", "1.0.0");
        (0..3).for_each(|_| progress.reaches(UpdateState::Inspecting));
        let late = subscribers.subscribe();
        progress.reaches(UpdateState::Published);
        drop((progress, subscribers));
        let numbers = |events: Events| -> Vec<(u64, u64)> {
            events.map(|event| (event.number, event.missed)).collect()
        };
        assert_eq!(numbers(all), [(1, 0), (2, 0), (3, 0), (4, 0)]);
        assert_eq!(few.try_next().map(|event| event.number), Some(1));
        let gap = few.try_next().expect("the gap");
        assert_eq!((gap.number, gap.missed), (2, 3));
        let told = "3 events were missed: 1 was waiting to be taken [HM-0548]";
        assert_eq!(gap.to_string(), told);
        assert_eq!(numbers(late), [(4, 0)]);
    }
}
