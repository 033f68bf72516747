//! Calling what is due: the functions marked `#[hotmod::every]` of the published version, on the host's thread for
//! that.

use std::ptr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use hotmod::printed::Lines;

use crate::call::generation::Ticked;
use crate::call::slot::{self, Doing};
use crate::events::{Progress, UpdateState};
use crate::image::exports::LinkedTimer;
use crate::image::image::Image;
use crate::module::loaded::Loaded;
use crate::module::timers::{NextTimer, TimerPanic};
use crate::sys::copy;

/// For how long the instances of one timer are gone through before others get their turn.
const SLICE: Duration = Duration::from_millis(10);

/// Looks for what is due: to be called when a version is published.
pub(crate) fn start(loaded: &Arc<Loaded>) {
    if copy::is_this() {
        // No timer runs there, and another thread may have had the lock of the schedule.
        return;
    }
    leave(loaded, loaded.timers.ask(), Duration::ZERO);
}

/// The same, if nothing is due so far: to be called when there are instances.
pub(crate) fn start_if_idle(loaded: &Arc<Loaded>) {
    if !copy::is_this() && loaded.timers.is_idle() {
        start(loaded);
    }
}

/// Leaves the next step for later. It does not keep the module.
fn leave(loaded: &Arc<Loaded>, asked: u64, delay: Duration) {
    let weak = Arc::downgrade(loaded);
    loaded.settings.timers.after(delay, move || {
        if let Some(loaded) = weak.upgrade() {
            step(&loaded, asked);
        }
    });
}

fn step(loaded: &Arc<Loaded>, asked: u64) {
    let known = loaded.known.all();
    let known: Vec<_> = known.iter().map(Arc::downgrade).collect();
    let delay = match loaded.timers.next(asked, loaded.current(), &known) {
        None | Some(NextTimer::Nothing) => return,
        Some(NextTimer::After(delay)) => delay,
        Some(NextTimer::Now(mut due)) => {
            match due.timer.state {
                Some(_) => due.go_on(Instant::now() + SLICE),
                None => {
                    let beaten = beat(loaded, &due.timer, due.image);
                    due.count(beaten);
                }
            }
            let version = &due.image.version;
            if let Some(panic) = loaded.timers.note(due) {
                tell(loaded, version, &panic);
            }
            Duration::ZERO
        }
    };
    leave(loaded, asked, delay);
}

/// Calls a function that takes no state.
fn beat(loaded: &Loaded, timer: &LinkedTimer, image: &Image) -> Ticked {
    let (_entered, generation) = slot::enter(&loaded.track, Doing::Timer);
    if !ptr::eq(generation.image, image) {
        return Ticked::Elsewhere;
    }
    // SAFETY: the timer is this version's own, and takes no state.
    unsafe { generation.tick(timer, ptr::null_mut()) }
}

/// Reports a panic of a timer.
pub(crate) fn tell(loaded: &Loaded, version: &str, panic: &TimerPanic) {
    let mut progress = Progress::new(&loaded.settings.events, &loaded.name, version);
    progress.to(version);
    let TimerPanic { message, count } = panic;
    let reason = match count {
        1 => Lines(message).to_string(),
        count => format!("{} ({count} times by now)", Lines(message)),
    };
    progress.reaches_because(UpdateState::TimerPanicked, &reason);
}
