//! probation: the time after an update in which it is rolled back if its calls exceed a limit.

use std::sync::Arc;
use std::time::Duration;

use crate::call::watch::{CallLimits, CallWatch};
use crate::image::image::Image;
use crate::module::loaded::Loaded;
use crate::module::options::RollbackOptions;
use crate::update::rollback::because;

/// The limits that an update has to keep, and for how long.
pub(crate) struct Probation {
    /// Which publication of the module it was.
    pub(crate) publication: u64,
    pub(crate) image: &'static Image,
    pub(crate) time: Duration,
    pub(crate) limits: CallLimits,
    /// How a rollback is done.
    pub(crate) rollback: RollbackOptions,
}

/// Has the calls of the new version counted for a time, and the update rolled back if they exceed
/// a limit.
pub(crate) fn begin(loaded: &Arc<Loaded>, probation: Probation) {
    let Probation {
        publication,
        image,
        time,
        limits,
        rollback,
    } = probation;
    let weak = Arc::downgrade(loaded);
    let tell = move |reason: String| {
        let Some(loaded) = weak.upgrade() else { return };
        let rollback = rollback.clone();
        // Not on the thread of the call, which would wait for an update that has the module's turn.
        loaded.after(Duration::ZERO, move |loaded| {
            because(loaded, publication, rollback, reason);
        });
    };
    let watch = Arc::new(CallWatch::new(limits, tell));
    loaded.history().watch(image, watch.clone());
    // The watch is gone by then if another version was published.
    let watch = Arc::downgrade(&watch);
    loaded.after(time, move |loaded| {
        if let Some(watch) = watch.upgrade() {
            loaded.history().unwatch(image, &watch);
            // Calls that succeed are counted and not judged, so a limit may be exceeded only now.
            watch.judge();
        }
    });
}
