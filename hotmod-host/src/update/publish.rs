//! publish: one store, and all that comes with it.

use std::sync::{Arc, MutexGuard};
use std::time::Instant;

use hotmod::plan::Plan;
use hotmod_file::Refusal;

use crate::events::{Progress, UpdateState};
use crate::image::image::Image;
use crate::migrate::{Route, Unfit, Way};
use crate::module::history::{History, OnTrial, Previous};
use crate::module::left_behind::Call;
use crate::module::loaded::Core;
use crate::module::retire;
use crate::update::follow::{self, Deadline};

/// What an update or a rollback that changes anything changes.
pub(crate) struct Change {
    pub(crate) running: &'static Image,
    pub(crate) image: &'static Image,
    pub(crate) route: Arc<Route>,
    /// The calls that were seen running before.
    pub(crate) calls: Vec<Call>,
}

/// A version that takes the place of another: whoever asked for it and whichever way it leads, all
/// of them are published, told and followed alike.
pub(crate) struct Publication<'a> {
    pub(crate) core: &'a Arc<Core>,
    pub(crate) change: &'a Change,
    pub(crate) progress: &'a Progress,
    /// The trial that it ends, as its version is published to all.
    pub(crate) promotes: Option<&'a dyn OnTrial>,
    /// Why it takes back the update before it, if it does.
    pub(crate) undoes: Option<&'a str>,
    /// When the calls that it leaves behind are to be over, and what if they are not.
    pub(crate) deadline: Option<Deadline>,
}

/// Lets new calls enter another version, and states follow. In the module's turn. Gives which
/// publication of the module it was.
pub(crate) fn publish(publication: Publication<'_>) -> u64 {
    // What was retired is read before anything is locked.
    publication.change.image.revive();
    let history = publication.core.history();
    publish_in(history, publication)
}

/// The same, for whoever has locked the module's history.
pub(crate) fn publish_in(
    mut history: MutexGuard<'_, History>,
    publication: Publication<'_>,
) -> u64 {
    let Publication {
        core,
        change,
        progress,
        promotes,
        undoes,
        deadline,
    } = publication;
    change.image.is_to_be_published();
    let generation = history.generation(change.image);
    let generation = generation.expect("bug in hotmod: a version was made ready without its links");
    core.add_route(&mut history, change.route.clone());
    // What it was watched for is over: an older version is no longer what would be gone back from.
    history.unwatch_all(change.running);
    core.pave(&history, generation);
    if let Some(trial) = promotes {
        trial.leave(&mut history);
    }
    core.publish(&mut history, generation);
    if let Some(trial) = promotes {
        trial.promoted();
    }
    history.publications += 1;
    history.last_publication = Some(Instant::now());
    let number = history.publications;
    let before = history.previous.take();
    if undoes.is_none() {
        history.previous = Some(Previous {
            image: change.running,
            update: progress.clone(),
        });
    }
    // Whoever was left behind there is not any more.
    let returned = history.left.returns(change.image);
    let drain = history.left.leave(change.running, &change.calls, progress);
    history.leaves(change.running, progress);
    drop(history);
    core.wakers.ring();
    retire::soon(core);
    match undoes {
        // It left those behind, and that is undone with it.
        Some(reason) => before
            .iter()
            .for_each(|it| it.update.reaches_because(UpdateState::RolledBack, &reason)),
        None => returned
            .iter()
            .for_each(|it| it.reaches(UpdateState::Drained)),
    }
    progress.reaches(UpdateState::Published);
    follow::drain(core, (number, drain), progress.clone(), deadline);
    number
}

/// How states go from one image to another: as before, if they went there before.
pub(crate) fn route(
    core: &Core,
    way: Way,
    plan: &Plan,
    (from, to): (&'static Image, &'static Image),
) -> Result<Arc<Route>, Refusal> {
    if let Some(known) = core.history().route(way, from, to) {
        return Ok(known);
    }
    let route = Route::new(
        way,
        plan,
        (from, to),
        core.memory,
        core.settings.migration_threads,
    );
    route.map(Arc::new).map_err(|Unfit| to.unlinked())
}
