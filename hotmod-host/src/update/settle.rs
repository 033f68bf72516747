//! settle: taking the instances whose locks the host knows to the current version at once, so that no caller has
//! to.

use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use crate::call::slot::{self, RunningCall, ThreadAt};
use crate::events::{Progress, UpdateState};
use crate::image::image::Image;
use crate::module::loaded::Loaded;
use crate::module::module::Module;
use crate::module::settle::{Round, SettleReport, TOLD};
use crate::module::straggler::Straggler;
use crate::update::drain::straggler;
use crate::work;

/// How long an instance that is in use is waited for at most before those that want to read it are let in again.
const PATIENCE: Duration = Duration::from_millis(20);

impl<I: ?Sized> Module<I> {
    /// Takes every instance of the module's pools, and every shared one, to the current version, with the values of its
    /// [`Lazy`](hotmod::Lazy)s, and waits for those that are in use. What an update does by [`UpdateOptions::settle`](crate::UpdateOptions::settle), at any other
    /// time.
    ///
    /// Instances that this thread itself uses are not waited for. Two threads that each use one and settle the other's
    /// would wait for each other: [`settle_timeout`](Module::settle_timeout) ends.
    pub fn settle(&self) -> SettleReport {
        let loaded = self.loaded();
        settle(&[(loaded, loaded.current())], None, Of::Caller).remove(0)
    }

    /// As [`settle`](Module::settle), for no longer than this.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use std::time::Duration;
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let host = hotmod_host::Host::builder().build()?;
    /// let game = host.load_untyped("libgame.so")?;
    /// game.update("libgame.so")?;
    /// let settled = game.settle_timeout(Duration::from_secs(5));
    /// if !settled.is_settled() {
    ///     eprintln!("{settled}");
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn settle_timeout(&self, within: Duration) -> SettleReport {
        let loaded = self.loaded();
        settle(&[(loaded, loaded.current())], Some(within), Of::Caller).remove(0)
    }
}

/// A version to which a module's instances are to be taken, since it was made current.
pub(crate) struct Goal {
    pub(crate) loaded: Arc<Loaded>,
    /// The version that was made current. Another may have been since: the turn in which it was is over.
    pub(crate) image: &'static Image,
    pub(crate) progress: Progress,
}

/// Takes along what modules have, and tells of it.
pub(crate) fn settle_and_tell(goals: &[Goal], within: Duration) -> Vec<SettleReport> {
    settle_for(goals, within, Of::Caller)
}

/// As [`settle_and_tell`], on a thread of its own. For what is published on the thread for later, which has other modules
/// to look after.
pub(crate) fn settle_aside(goals: Vec<Goal>, within: Duration) {
    let progress: Vec<Progress> = goals.iter().map(|goal| goal.progress.clone()).collect();
    let settle = move || {
        settle_for(&goals, within, Of::Host);
    };
    let named = thread::Builder::new().name("hotmod-settle".to_owned());
    if let Err(error) = named.spawn(settle) {
        let reason = format!("nothing was taken along: no thread could be started for it: {error}");
        for progress in progress {
            progress.reaches_because(UpdateState::Settled, &reason);
        }
    }
}

fn settle_for(goals: &[Goal], within: Duration, of: Of) -> Vec<SettleReport> {
    let modules: Vec<_> = goals.iter().map(|it| (&it.loaded, it.image)).collect();
    let reports = settle(&modules, Some(within), of);
    for (goal, report) in goals.iter().zip(&reports) {
        let settled = UpdateState::Settled;
        goal.progress.comes_to(settled, report, report.is_settled());
    }
    reports
}

/// Whose thread settles.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Of {
    Caller,
    /// A fork of the process waits for its rounds.
    Host,
}

/// Takes along what these modules have to these versions, as long as there is time and they are current: the caller is
/// in no turn of theirs, so that others update and roll back meanwhile.
fn settle(
    modules: &[(&Arc<Loaded>, &'static Image)],
    within: Option<Duration>,
    of: Of,
) -> Vec<SettleReport> {
    let start = Instant::now();
    // Without an end, if the time is longer than an `Instant` can hold.
    let until = within.and_then(|within| start.checked_add(within));
    let mut settling: Vec<Settling<'_>> = modules
        .iter()
        .map(|(loaded, target)| Settling::new(loaded, target, until))
        .collect();
    let mut patience = Duration::ZERO;
    loop {
        // Each module gets a round before any gets the next.
        let mut waits = false;
        let at_work = (of == Of::Host).then(work::begin);
        for settling in &mut settling {
            waits |= settling.go_around(patience);
        }
        drop(at_work);
        let left = until.map_or(PATIENCE, |until| {
            until.saturating_duration_since(Instant::now())
        });
        if !waits || left.is_zero() {
            break;
        }
        // A thread that waits to use an instance exclusively keeps others from beginning to read it. So it waits a
        // little, and then lets them go on for as long.
        patience = (2 * patience).clamp(Duration::from_millis(1), PATIENCE);
        thread::sleep(patience.min(left));
    }
    let _at_work = (of == Of::Host).then(work::begin);
    let reports = settling.into_iter().map(|it| it.report(start));
    reports.collect()
}

/// One module whose instances are taken along.
struct Settling<'a> {
    loaded: &'a Arc<Loaded>,
    round: Round,
    migrated: usize,
}

impl<'a> Settling<'a> {
    fn new(loaded: &'a Arc<Loaded>, target: &'static Image, until: Option<Instant>) -> Self {
        Settling {
            loaded,
            round: Round {
                until,
                patience: Duration::ZERO,
                target,
                migrated: 0,
                followed: 0,
                values_stuck: 0,
                values_remain: false,
                own_values: false,
                in_use: 0,
                own: 0,
                users: Vec::new(),
            },
            migrated: 0,
        }
    }

    /// One round. Returns whether there should be another.
    fn go_around(&mut self, patience: Duration) -> bool {
        let round = &mut self.round;
        if !std::ptr::eq(self.loaded.current(), round.target) {
            return false;
        }
        round.patience = patience;
        (round.in_use, round.own) = (0, 0);
        (round.values_remain, round.own_values) = (false, false);
        round.users.clear();
        for known in self.loaded.known.all() {
            known.go_around(round);
        }
        self.migrated += std::mem::take(&mut round.migrated);
        // What only this thread uses is not waited for: it cannot be let go meanwhile.
        let waits = round.in_use > 0 || round.values_remain && !round.own_values && round.own == 0;
        waits && std::ptr::eq(self.loaded.current(), round.target)
    }

    fn report(self, start: Instant) -> SettleReport {
        let (loaded, target) = (self.loaded, self.round.target);
        let mut report = SettleReport {
            migrated: self.migrated,
            followed: self.round.followed,
            values_stuck: self.round.values_stuck,
            values_remain: self.round.values_remain,
            ..SettleReport::default()
        };
        let mut known_elsewhere = 0;
        for known in loaded.known.all() {
            known.stand(&mut report);
            known_elsewhere += known.elsewhere(target);
        }
        report.in_use = (self.round.in_use + self.round.own).min(report.remaining);
        let users = self.round.users.iter().take(TOLD.min(report.in_use));
        report.stragglers = users
            .map(|(thread, image)| using(loaded, *thread, image, start))
            .collect();
        let instances = loaded.instances.lock();
        let is_elsewhere = |at: &Image| !std::ptr::eq(at, target);
        let elsewhere = instances
            .iter()
            .filter(|(_, it)| is_elsewhere(it.generation.image));
        report.outside = elsewhere.count().saturating_sub(known_elsewhere);
        drop(instances);
        let current = loaded.current();
        report.overtaken_by = is_elsewhere(current).then(|| current.version.clone());
        report.took = start.elapsed();
        report
    }
}

/// What there is to say of a thread that uses an instance at this version, at least since then. The outermost call that
/// it makes of that version is the one that is to be waited for.
fn using(loaded: &Loaded, thread: ThreadAt, image: &Image, since: Instant) -> Straggler {
    let mut calls = slot::running().into_iter();
    let is_it =
        |call: &RunningCall| call.is_by(thread) && std::ptr::eq(call.generation.image, image);
    let Some(call) = calls.find(is_it) else {
        return Straggler {
            is_suspended: false,
            is_cancelled: false,
            awaits: None,
            thread: slot::name_of(thread),
            export: "what a closure does with an instance".to_owned(),
            version: image.version.clone(),
            age: since.elapsed(),
            within: None,
        };
    };
    let seen = {
        let history = loaded.history();
        let mut known = history.left.known.iter();
        let seen = known.find(|(known, _)| known.id == call.id);
        seen.map_or(since, |(_, seen)| since.min(*seen))
    };
    straggler(loaded, &(call, seen))
}
