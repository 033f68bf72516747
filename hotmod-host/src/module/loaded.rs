//! One loaded module: its current generation, what the host calls of it, and its history.

use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{
    Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError, RwLock, TryLockError, Weak,
};
use std::time::Duration;
#[cfg(feature = "signals")]
use std::time::Instant;

use hotmod::call::Panic;
use hotmod::describe::{Difference, Rule, Type};
use hotmod_file::{Expected, Reason, Refusal, RefusalStage, WhyInUse};

use crate::call::expectation::{Callee, Expectation, Passes};
use crate::call::generation::Generation;
use crate::call::slot::{Doing, PLACES, Track};
use crate::events::{Progress, UpdateState};
use crate::forever::forever;
use crate::image::image::Image;
use crate::image::memory::Memory;
use crate::later::Later;
use crate::migrate::{KnowsRoutes, MigrateError, Route, Values};
use crate::module::frozen::Frozen;
use crate::module::history::History;
use crate::module::kept_start::KeptStart;
use crate::module::migrations::MigrationMeter;
use crate::module::registered::Registered;
use crate::module::requests::Requests;
use crate::module::settings::Settings;
use crate::module::settle::KnownLocks;
use crate::module::swept_to::SweptTo;
use crate::module::tasks::ModuleTasks;
use crate::module::timers::Timers;
use crate::module::ways::{KnownWay, OnTheWay};
use crate::sys::process;
use crate::turn::{Turn, Turns};
use crate::uses::register::LoadedVersions;
use crate::wake::Wakers;

/// The modules that one publication was made together with.
#[derive(Clone, Default)]
struct Companions {
    /// Of the publication.
    number: u64,
    /// The others, and the numbers of theirs.
    others: Vec<(Weak<Loaded>, u64)>,
}

/// What all handles to one module share.
pub(crate) struct Loaded {
    pub(crate) name: String,
    pub(crate) settings: Arc<Settings>,
    pub(crate) memory: &'static Memory,
    /// What new calls enter, unless they follow a candidate.
    pub(crate) track: Arc<Track>,
    /// The last publication that was made together with others, by its number, and theirs.
    published_with: Mutex<Companions>,
    /// Every instance that lives.
    pub(crate) instances: Registered,
    /// The instances whose locks the host knows.
    pub(crate) known: Arc<KnownLocks>,
    /// What a publication wakes.
    pub(crate) wakers: Wakers,
    /// The update that was asked for and waits.
    pub(crate) requests: Requests,
    /// Whether it is not to be updated.
    pub(crate) frozen: Frozen,
    /// Set if it has begun with the copy of what ran before.
    pub(crate) kept_start: OnceLock<KeptStart>,
    /// Held while the module is linked or updated.
    turns: Turns,
    /// The process in which a thread was asked to look for versions to retire, or 0.
    retirement_asked: AtomicU32,
    history: Mutex<History>,
    /// Notified when a call that an update left behind has ended.
    pub(crate) drained: Condvar,
    /// The ways that states have gone lately, so that the next ones need not lock the history.
    ways: RwLock<Vec<KnownWay>>,
    /// The values of its `Lazy`s.
    pub(crate) values: &'static Values,
    /// What became of its instances' migrations, where the host measures calls.
    pub(crate) migrations: Option<MigrationMeter>,
    /// Where the last sweeps of its instances stopped.
    pub(crate) swept_to: SweptTo,
    /// What is called again and again.
    pub(crate) timers: Timers,
    /// What runs from version to version.
    pub(crate) tasks: ModuleTasks,
}

impl Loaded {
    /// How many values of `Lazy`s are at other versions than this.
    pub(crate) fn values_elsewhere(&self, image: &Image) -> usize {
        let history = self.history();
        let others = history.images.iter();
        let others = others.filter(|other| !std::ptr::eq(**other, image));
        others.map(|other| other.values.count()).sum()
    }

    /// Reports that a check refused a state but kept part of it, so the state was migrated all the same.
    pub(crate) fn overruled(&self, error: &MigrateError) {
        let mut progress = Progress::new(&self.settings.events, &self.name, &error.from);
        progress.to(&error.to);
        let reason = format!(
            "{}: {}; the check kept an `Arc`, `Rc` or `Weak` of the state, which was taken along \
             all the same\n  help: a check may look at a state and clone what it holds, but not keep \
             an owner of it",
            error.path, error.reason
        );
        progress.reaches_because(UpdateState::Overruled, &reason);
    }

    /// Reports that so many destructors panicked when a migration dropped the rest of a state of this type.
    pub(crate) fn panicked(&self, ty: &Type, (from, to): (&Image, &Image), count: usize) {
        let mut progress = Progress::new(&self.settings.events, &self.name, &from.version);
        progress.to(&to.version);
        let s = if count == 1 { "" } else { "s" };
        let reason = format!(
            "{ty}: {count} destructor{s} of what {} leaves behind panicked; the state was taken along all \
             the same, and what they had not dropped stays in memory\n  help: a `Drop` that may panic leaks \
             what it holds: let it report what goes wrong in another way",
            from.version
        );
        progress.reaches_because(UpdateState::DropPanicked, &reason);
    }

    /// Tells that what the future of a cancelled call held has panicked when it was dropped.
    pub(crate) fn cancelled_with_panic(&self, export: &str, version: &str, panic: &Panic) {
        let progress = Progress::new(&self.settings.events, &self.name, version);
        let location = panic.location();
        let location = location.map_or(String::new(), |location| format!(" at {location}"));
        let reason = format!(
            "`{export}` of version {version} was cancelled, and what it held panicked{location} when it was dropped: \
             {}\n  help: a `Drop` that may panic leaks what it holds: let it report what goes wrong in another way",
            panic.message()
        );
        progress.reaches_because(UpdateState::DropPanicked, &reason);
    }

    pub(crate) fn new(
        name: String,
        settings: Arc<Settings>,
        memory: &'static Memory,
        first: &'static Generation,
        expectations: Vec<Arc<Expectation>>,
    ) -> Arc<Self> {
        Arc::new_cyclic(|loaded: &Weak<Loaded>| {
            // Kept for ever, as the code is that may ask for a value at any time.
            let values = forever(Values::new(memory, loaded.clone()));
            memory.follow_by(values);
            let measures = settings.loader.measures_one_in.is_some();
            let migrations = measures.then(MigrationMeter::default);
            Loaded {
                name,
                settings,
                memory,
                track: Arc::new(Track::new(first)),
                published_with: Mutex::default(),
                instances: Registered::default(),
                known: Arc::default(),
                wakers: Wakers::default(),
                requests: Requests::default(),
                frozen: Frozen::default(),
                kept_start: OnceLock::new(),
                turns: Turns::default(),
                retirement_asked: AtomicU32::new(0),
                history: Mutex::new(History::new(first, expectations)),
                drained: Condvar::new(),
                ways: RwLock::default(),
                values,
                migrations,
                swept_to: SweptTo::default(),
                timers: Timers::default(),
                tasks: ModuleTasks::default(),
            }
        })
    }

    /// The image that new calls enter.
    pub(crate) fn current(&self) -> &'static Image {
        self.track.current().image
    }

    /// Whether new calls enter the image, or would after a rollback. Never waits: `None` while another
    /// thread has locked the history.
    pub(crate) fn may_run_again(&self, image: &Image) -> Option<bool> {
        if std::ptr::eq(self.current(), image) {
            return Some(true);
        }
        match self.history.try_lock() {
            Ok(history) => Some(history.may_go_back_to(image)),
            Err(TryLockError::Poisoned(history)) => {
                Some(history.into_inner().may_go_back_to(image))
            }
            Err(TryLockError::WouldBlock) => None,
        }
    }

    /// Refuses whatever would have another version take the module's place, if it is linked into the executable.
    pub(crate) fn refuse_if_linked(&self, file: &Path) -> Result<(), Refusal> {
        let running = self.current();
        if !running.is_linked() {
            return Ok(());
        }
        let refusal = Refusal::because(
            file,
            RefusalStage::Verify,
            Rule::Linked,
            Reason {
                what: &format!("module `{}`", self.name),
                expected: "one that was loaded from a file",
                found: "one that is linked into the executable, for as long as that runs",
                help: "build and start the executable anew, or let it load the module (`Host::load`) where it links \
                       it (`Host::link`)",
            },
        );
        Err(refusal.keeps(&running.version))
    }

    /// Waits until no other thread links or updates the module, and keeps others from doing so. Refuses the
    /// file if this thread has the turn already, because it is in code that an update of the module runs.
    pub(crate) fn turn(&self, file: &Path) -> Result<Turn<'_>, Refusal> {
        self.settings.go_on();
        self.wakers.go_on();
        self.turns.wait().ok_or_else(|| {
            let module = &self.name;
            let refusal = Refusal::because(
                file,
                RefusalStage::Verify,
                Rule::WithinUpdate,
                Reason {
                    what: &format!("module `{module}`"),
                    expected: "a thread that is in no update of it",
                    found: "one that is: what the update runs asked for this",
                    help: "ask on another thread, or by `Module::request_update`, and do not wait for it here",
                },
            );
            refusal.keeps(&self.current().version)
        })
    }

    /// Waits until no update of the module runs, or the deadline has come. `false` if one runs then.
    #[cfg(feature = "signals")]
    pub(crate) fn is_still_by(&self, deadline: Instant) -> bool {
        self.turns.is_free_by(deadline)
    }

    /// As [`turn`](Loaded::turn), but `None` if another thread has it.
    pub(crate) fn try_turn(&self) -> Option<Turn<'_>> {
        self.turns.take()
    }

    /// Notes which modules a publication was made together with, and the numbers of theirs.
    pub(crate) fn was_published_with(&self, number: u64, others: Vec<(Weak<Loaded>, u64)>) {
        *self.lock_published_with() = Companions { number, others };
    }

    /// The modules that the current version was published together with and that have not been published since.
    pub(crate) fn published_with(&self) -> Vec<Arc<Loaded>> {
        let Companions { number, others } = self.lock_published_with().clone();
        if self.history().publications != number {
            return Vec::new();
        }
        let others = others.into_iter().filter_map(|(other, number)| {
            let other = other.upgrade()?;
            let is_current = other.history().publications == number;
            is_current.then_some(other)
        });
        others.collect()
    }

    fn lock_published_with(&self) -> MutexGuard<'_, Companions> {
        // The value is replaced as a whole.
        let locked = self.published_with.lock();
        locked.unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks for a look for versions that can be retired. Returns `true` if one was asked for before and has
    /// not begun.
    pub(crate) fn ask_for_retirement(&self) -> bool {
        self.set_retirement_asked(process::id())
    }

    /// Notes that the look begins: for a version that is given up from here on, another has to be asked for.
    pub(crate) fn begin_retirement(&self) {
        self.set_retirement_asked(0);
    }

    /// The flag is the number of a process: a process that was forked since does not have the thread that was
    /// to look.
    fn set_retirement_asked(&self, process: u32) -> bool {
        // Release and Acquire: an instance leaves its version, then asks for a look. If a look was asked for
        // already and has not begun, it will set this back first, so it reads what the instance wrote and
        // finds the instance gone.
        self.retirement_asked.swap(process, Ordering::AcqRel) == process::id()
    }

    /// Runs a task on the host's thread for later after a delay, unless the module is gone by then: the task
    /// does not keep it.
    pub(crate) fn after(
        self: &Arc<Self>,
        delay: Duration,
        task: impl FnOnce(&Arc<Self>) + Send + 'static,
    ) {
        let weak = Arc::downgrade(self);
        self.settings.later.after(delay, move || {
            if let Some(loaded) = weak.upgrade() {
                task(&loaded);
            }
        });
    }

    /// Locks what changes with an update, for a moment.
    pub(crate) fn history(&self) -> MutexGuard<'_, History> {
        // Nothing is left half done when an update panics: publishing is one store.
        self.history.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Refuses a file where the host's thread that the update needs cannot be started.
    pub(crate) fn refuse_without(&self, later: &Later, file: &Path) -> Result<(), Refusal> {
        let Err(error) = later.start_now() else {
            return Ok(());
        };
        let refusal = Refusal::because(
            file,
            RefusalStage::Verify,
            Rule::NoThread,
            Reason {
                what: "the host's thread that the update needs",
                expected: "one that can be started",
                found: &error.to_string(),
                help: "let the server have more threads (`RLIMIT_NPROC`, `ulimit -u`, `TasksMax=`, `pids.max`), or \
                       call `Module::update` without a deadline or a probation",
            },
        );
        Err(refusal.caused_by(error).keeps(&self.current().version))
    }

    /// Refuses a file while a candidate is on trial: an update would change what the trial was begun
    /// from.
    pub(crate) fn refuse_during_trial(&self, file: &Path) -> Result<(), Refusal> {
        let Some(trial) = self.history().trial.clone() else {
            return Ok(());
        };
        let module = &self.name;
        let version = &trial.image().version;
        let words = trial.words();
        Err(Refusal::because(
            file,
            RefusalStage::Verify,
            Rule::OnTrial,
            Reason {
                what: &format!("module `{module}`"),
                expected: "no candidate on trial",
                found: &format!("{version} as {}", words.what),
                help: words.cure,
            },
        ))
    }

    /// How a state gets from an image to what is current in a track, over generations that have at
    /// least so many links.
    #[inline]
    pub(crate) fn way(&self, track: &Track, from: &'static Image, links: usize) -> OnTheWay {
        let to = track.current();
        // A panic leaves no half-done list: ways are added and cleared whole.
        let ways = self.ways.read().unwrap_or_else(PoisonError::into_inner);
        let known = ways.iter().find(|known| known.is(from, to, links));
        if let Some(known) = known {
            return OnTheWay::new(to, known.steps.clone());
        }
        drop(ways);
        self.find_way(track, from, links)
    }

    /// As [`way`](Loaded::way), for one that no state has taken yet.
    #[cold]
    fn find_way(&self, track: &Track, from: &'static Image, links: usize) -> OnTheWay {
        // Nothing is published while the history is locked, so there is a way to what is current.
        let history = self.history();
        let to = track.current();
        let steps = history.steps(from, to, links);
        // The history is still locked, so a route that is added later clears this way again.
        let mut ways = self.ways.write().unwrap_or_else(PoisonError::into_inner);
        ways.push(KnownWay {
            from,
            to,
            links,
            steps: steps.clone(),
        });
        OnTheWay::new(to, steps)
    }

    /// Adds a route, which states may take from now on.
    pub(crate) fn add_route(&self, history: &mut History, route: Arc<Route>) {
        if history
            .routes
            .iter()
            .any(|known| Arc::ptr_eq(known, &route))
        {
            return;
        }
        history.routes.retain(|known| !known.has_ends_of(&route));
        history.routes.push(route);
        self.values.forget_ways();
        let mut ways = self.ways.write().unwrap_or_else(PoisonError::into_inner);
        ways.clear();
    }

    /// Drops the routes from or to retired images, but for those that states at an image which is needed have
    /// to take.
    pub(crate) fn forget_routes(&self, needed: impl FnOnce(&History) -> Vec<&'static Image>) {
        let mut history = self.history();
        // A state that set out before counts at every version on its way, so the routes of that way are kept.
        // A state that sets out from here on finds the ways that are left.
        let mut ways = self.ways.write().unwrap_or_else(PoisonError::into_inner);
        let needed = needed(&history);
        let mut taken: Vec<*const Route> = Vec::new();
        for from in &needed {
            for to in &needed {
                let way = history.way(from, to).unwrap_or_default();
                taken.extend(way.iter().map(Arc::as_ptr));
            }
        }
        let before = history.routes.len();
        history
            .routes
            .retain(|route| !route.is_for_retired() || taken.contains(&Arc::as_ptr(route)));
        if history.routes.len() < before {
            self.values.forget_ways();
            ways.clear();
        }
    }

    /// The place of an expectation, which is linked if it was not yet.
    ///
    /// # Errors
    ///
    /// [`Refusal`] if the running version does not offer what is expected.
    pub(crate) fn expect(
        &self,
        kind: Callee,
        expected: Expected,
        passes: Vec<Passes>,
    ) -> Result<usize, Refusal> {
        let len = passes.len();
        let known = |history: &History| {
            let mut expectations = history.expectations.iter();
            let linked = expectations.find(|it| it.kind == kind && it.expected == expected);
            linked.map(|it| it.base)
        };
        // An expectation that is linked already waits for no update.
        if let Some(base) = known(&self.history()) {
            return Ok(base);
        }
        let _turn = self.turn(&self.current().file)?;
        let mut history = self.history();
        if let Some(base) = known(&history) {
            return Ok(base);
        }
        let image = self.current();
        let base = history.expectations.iter().map(|it| it.len).sum();
        let expectation = Arc::new(Expectation {
            kind,
            expected,
            base,
            len,
            passes,
        });
        let differences = expectation.compare(&image.manifest());
        if differences.iter().any(|d| d.rule.refuses()) {
            return Err(refuse(image, differences));
        }
        // A manifest has no room for as many exports.
        let places = base + len;
        assert!(
            places <= PLACES,
            "bug in hotmod: {places} exports are called"
        );
        history.expectations.push(expectation);
        match history.generation(image) {
            Some(generation) => self.publish(&mut history, generation),
            None => {
                history.expectations.pop();
                return Err(refuse(image, differences));
            }
        }
        Ok(base)
    }

    /// Finds the ways of the running version's states to a generation that is about to be published, so that
    /// no state waits for the publication.
    pub(crate) fn pave(&self, history: &History, generation: &'static Generation) {
        let from = self.current();
        let mut ways = self.ways.write().unwrap_or_else(PoisonError::into_inner);
        for expectation in &history.expectations {
            let links = expectation.base + expectation.len;
            if matches!(expectation.kind, Callee::Interface(_))
                && !ways.iter().any(|known| known.is(from, generation, links))
            {
                ways.push(KnownWay {
                    from,
                    to: generation,
                    links,
                    steps: history.steps(from, generation, links),
                });
            }
        }
    }

    /// Has new calls enter a generation, also those that follow the track of a trial that is over.
    pub(crate) fn publish(&self, history: &mut History, generation: &'static Generation) {
        self.track.publish(generation);
        self.values.try_anew();
        history.joined.retain(|joined| match joined.upgrade() {
            Some(joined) => {
                joined.publish(generation);
                true
            }
            None => false,
        });
    }

    /// What a call does, in words: the export that it runs.
    pub(crate) fn export(&self, doing: Doing) -> String {
        let place = match doing {
            Doing::Export(place) => place,
            Doing::Init => return "an init".to_owned(),
            Doing::Timer => return "a function marked `#[hotmod::every]`".to_owned(),
            Doing::Spawned => return "a spawned future".to_owned(),
            Doing::Task => return "a function marked `#[hotmod::task]`".to_owned(),
            Doing::Trial => return "a pure function that is compared".to_owned(),
            Doing::Operation => return "an operation on a state".to_owned(),
        };
        let history = self.history();
        let mut expectations = history.expectations.iter();
        let expectation = expectations.find(|it| it.covers(place));
        let export = expectation.map(|it| it.export(place));
        drop(history);
        let export = export.or_else(|| self.settings.uses.export(&self.name, place));
        export.unwrap_or_else(|| "an export".to_owned())
    }
}

impl KnowsRoutes for Loaded {
    fn routes(&self) -> Vec<Arc<Route>> {
        self.history().routes.clone()
    }

    fn dropping_panicked(
        &self,
        ty: &Type,
        versions: (&'static Image, &'static Image),
        count: usize,
    ) {
        self.panicked(ty, versions, count);
    }
}

impl LoadedVersions for Loaded {
    fn in_use(&self) -> Vec<(&'static Image, WhyInUse)> {
        let history = self.history();
        let trial = history.trial.as_ref();
        let mut in_use = vec![(self.current(), WhyInUse::Current)];
        in_use.extend(trial.map(|it| (it.image(), WhyInUse::OnTrial)));
        let previous = history.previous.as_ref();
        in_use.extend(previous.map(|it| (it.image, WhyInUse::RollbackTarget)));
        in_use
    }
}

/// Refuses what the host newly expects of a module that runs.
fn refuse(image: &Image, differences: Vec<Difference>) -> Refusal {
    Refusal::new(&image.file, RefusalStage::Compare, differences)
        .of(&image.module, &image.version)
        .keeps(&image.version)
}
