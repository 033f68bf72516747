//! drain: waiting until no call runs in an old version, without holding one up.

use std::sync::PoisonError;
use std::time::Duration;

use crate::call::generation::Generation;
use crate::call::slot::Doing;
use crate::call::suspended;
use crate::image::image::Image;
use crate::module::history::History;
use crate::module::left_behind::SeenCall;
use crate::module::loaded::Loaded;
use crate::module::module::Module;
use crate::module::straggler::{CallingExport, Straggler};

impl<I: ?Sized> Module<I> {
    /// The calls that run in a version other than the current one, and of its `async` exports those that wait: of each
    /// version the hundred that have waited longest.
    pub fn stragglers(&self) -> Vec<Straggler> {
        stragglers(self.loaded())
    }

    /// Waits until no call runs or is suspended any more that an update or a rollback left behind in an old version. Other
    /// threads may update the module meanwhile. From within such a call, it would wait for ever.
    pub fn drain(&self) {
        drain(self.loaded());
    }

    /// As [`drain`](Module::drain), but for no longer than this. Returns the calls that still run: none, if
    /// all are over.
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
    /// for straggler in game.drain_timeout(Duration::from_secs(5)) {
    ///     eprintln!("{straggler}");
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn drain_timeout(&self, time: Duration) -> Vec<Straggler> {
        drain_timeout(self.loaded(), time)
    }
}

/// The calls of a module that run in another version than the current one.
fn stragglers(loaded: &Loaded) -> Vec<Straggler> {
    let mut history = loaded.history();
    let current = loaded.current();
    let trial = history.trial.clone();
    let images = history.images.clone();
    let is_old = |image: &Image| {
        let on_trial = trial
            .as_ref()
            .is_some_and(|trial| std::ptr::eq(trial.image(), image));
        !on_trial && !std::ptr::eq(image, current)
    };
    history.left.look(&[], |image| {
        is_old(image) && images.iter().any(|known| std::ptr::eq(*known, image))
    });
    let mut old = history.left.known.clone();
    drop(history);
    old.retain(|(call, _)| is_old(call.generation.image));
    let suspended = images.iter().filter(|image| is_old(image));
    let mut all = stragglers_of(loaded, &old);
    all.extend(suspended.flat_map(|image| suspended_in(loaded, image)));
    all
}

fn is_draining(history: &mut History) -> bool {
    history.left.is_draining()
}

fn drain(loaded: &Loaded) {
    let waited = loaded.drained.wait_while(loaded.history(), is_draining);
    drop(waited.unwrap_or_else(PoisonError::into_inner));
}

/// The calls that still run when the time is over.
fn drain_timeout(loaded: &Loaded, time: Duration) -> Vec<Straggler> {
    let waited = loaded
        .drained
        .wait_timeout_while(loaded.history(), time, is_draining);
    let (mut history, _) = waited.unwrap_or_else(PoisonError::into_inner);
    let left = history.left.all();
    let draining = history.left.draining();
    drop(history);
    let mut all = stragglers_of(loaded, &left);
    all.extend(
        draining
            .into_iter()
            .flat_map(|image| suspended_in(loaded, image)),
    );
    all
}

/// The calls of a version that wait, the longest first, up to so many that a report can be read.
pub(crate) fn suspended_in(loaded: &Loaded, image: &Image) -> Vec<Straggler> {
    const TOLD: usize = 100;
    let suspended = suspended::oldest(image, TOLD).into_iter();
    let stragglers = suspended.map(|call| Straggler {
        thread: String::new(),
        export: loaded.export(Doing::at(call.place)),
        version: image.version.clone(),
        age: call.since.elapsed(),
        within: None,
        is_suspended: true,
        is_cancelled: call.is_cancelled,
        awaits: call.awaits.map(str::to_owned),
    });
    stragglers.collect()
}

/// What there is to say of these calls.
pub(crate) fn stragglers_of(loaded: &Loaded, calls: &[SeenCall]) -> Vec<Straggler> {
    let calls = calls.iter();
    calls.map(|call| straggler(loaded, call)).collect()
}

/// What there is to say of a call.
pub(crate) fn straggler(loaded: &Loaded, (call, since): &SeenCall) -> Straggler {
    Straggler {
        thread: call.thread.clone(),
        export: loaded.export(call.doing),
        version: call.generation.image.version.clone(),
        age: since.elapsed(),
        is_suspended: false,
        is_cancelled: false,
        awaits: None,
        within: call.within.and_then(|within| calling(loaded, within)),
    }
}

/// The export that is told to have led to a call; `None` of what is none.
fn calling(loaded: &Loaded, (generation, doing): (&Generation, Doing)) -> Option<CallingExport> {
    let Doing::Export(place) = doing else {
        return None;
    };
    let module = &generation.image.module;
    let used = loaded.settings.uses.export(module, place);
    Some(CallingExport {
        module: module.clone(),
        export: used.unwrap_or_else(|| generation.export(place)),
        version: generation.image.version.clone(),
    })
}
