//! shadow: a candidate that nobody follows, whose pure functions are run beside those that do run.

use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use hotmod::describe::Rule;

use super::trial::{self, OnTrial};
use crate::events::{Progress, UpdateState};
use crate::image::image::Image;
use crate::module::loaded::Core;
use crate::module::retire;
use crate::trial::shadow::{Mirror, ShadowOptions, ShadowState};
use crate::update::update::{Change, Ready, UpdateReport};
use hotmod_file::{Refusal, RefusalStage};

/// A candidate that is compared with what runs, and whether it still is. Its state changes only
/// while the history is locked.
pub(crate) struct Shadowing {
    running: &'static Image,
    image: &'static Image,
    pub(crate) report: UpdateReport,
    pub(crate) mirror: Arc<Mirror>,
    progress: Progress,
    state: Mutex<ShadowState>,
}

/// Has calls compared with those of the candidate in this file.
pub(crate) fn begin(
    core: &Arc<Core>,
    file: &Path,
    sample: ShadowOptions,
) -> Result<Arc<Shadowing>, Refusal> {
    trial::in_turn(core, file, |ready, change| shadow(ready, change, sample))
}

/// In the module's turn, which `ready` holds.
fn shadow(
    ready: Ready<'_>,
    change: Change,
    sample: ShadowOptions,
) -> Result<Arc<Shadowing>, Refusal> {
    let Ready {
        core,
        turn,
        progress,
        report,
        ..
    } = ready;
    let Change { running, image, .. } = change;
    // What was compared to get here includes the signatures of these functions.
    let mirror = Mirror::new(sample, &running.exports(), &image.exports());
    if mirror.is_empty() {
        return Err(nothing_pure(running, image));
    }
    image.revive();
    let shadowing = Arc::new(Shadowing {
        running,
        image,
        report,
        mirror: Arc::new(mirror),
        progress,
        state: Mutex::new(ShadowState::Running),
    });
    let mut history = core.history();
    history.mirror(running, Some(shadowing.mirror.clone()));
    history.trial = Some(shadowing.clone());
    drop(history);
    shadowing.progress.reaches(UpdateState::OnTrial);
    drop(turn);
    Ok(shadowing)
}

impl Shadowing {
    pub(crate) fn state(&self) -> MutexGuard<'_, ShadowState> {
        // It is replaced whole.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl OnTrial for Shadowing {
    fn image(&self) -> &'static Image {
        self.image
    }

    fn words(&self) -> [&'static str; 2] {
        ["a shadow", "stop the shadow first"]
    }

    fn abort(&self, core: &Arc<Core>, reason: &str) {
        let mut history = core.history();
        if *self.state() != ShadowState::Running {
            return;
        }
        history.mirror(self.running, None);
        history.trial = None;
        *self.state() = ShadowState::Stopped {
            reason: reason.to_owned(),
        };
        history.leaves(self.image, &self.progress);
        drop(history);
        self.progress
            .reaches_because(UpdateState::RolledBack, &reason);
        retire::soon(core);
    }
}

fn nothing_pure(running: &Image, image: &Image) -> Refusal {
    let refusal = Refusal::because(
        &image.file,
        RefusalStage::Compare,
        Rule::NothingPure,
        [
            "the exports",
            &format!("a function that is pure here and in {}", running.version),
            "none",
            "mark functions that only return a value with `#[hotmod::export(pure)]`",
        ],
    );
    refusal.of(&image.module, &image.version)
}
