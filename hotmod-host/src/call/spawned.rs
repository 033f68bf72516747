//! What the host does for `hotmod::sleep`, `yield_now` and `spawn`, where it was built with a runtime.

use std::convert::Infallible;
use std::pin::Pin;
use std::ptr;
use std::sync::{Arc, Weak};
use std::task::{Context, Poll};
use std::time::Duration;

use hotmod::call::Panic;
use hotmod::printed::Lines;
use hotmod::runtime::{SLEEP, SPAWN, ToSpawn, YIELD_NOW};

use crate::call::generation::{Generation, NotReturned};
use crate::call::slot::{self, Doing};
use crate::call::task::{BegunAt, BegunCall};
use crate::events::{Progress, Subscribers, UpdateState};
use crate::image::import::Imports;
use crate::runtime::Runtime;
use crate::sys::copy;

/// Provides them.
pub(crate) fn provide(
    imports: &mut Imports,
    runtime: &Arc<dyn Runtime>,
    events: &Arc<Subscribers>,
) {
    let waits = runtime.clone();
    imports.provide_async(SLEEP, move |nanoseconds: u64| {
        waits.sleep(Duration::from_nanos(nanoseconds))
    });
    let yields = runtime.clone();
    imports.provide_async(YIELD_NOW, move || yields.yield_now());
    let (runs, events) = (runtime.clone(), Arc::downgrade(events));
    imports.provide(SPAWN, move |future: u64| {
        let Some(generation) = slot::current() else {
            return false;
        };
        let to_spawn: *mut ToSpawn = ptr::with_exposed_provenance_mut(future as usize);
        let at = BegunAt::stateless(generation, Doing::Spawned);
        let begin = |block| {
            // SAFETY: nothing but `hotmod::spawn` calls an import of this name: no module can declare one, since the
            // macros refuse a trait of the name `hotmod`. It lends this for the call.
            let begin = unsafe { (*to_spawn).begin };
            // SAFETY: as above; the block has no future in it, and this is called once.
            unsafe { begin(to_spawn.cast(), block) };
            Ok::<_, Infallible>(())
        };
        // SAFETY: the module has begun it, in the version that this thread is in; it was lent nothing.
        let Ok((call, ())) = unsafe { BegunCall::begin_later(at, begin) };
        let spawned = Spawned {
            call,
            events: events.clone(),
        };
        // Nothing runs in a copy of the process: there it is dropped, and so cancelled.
        if !copy::is_this() {
            runs.run(Box::pin(spawned));
        }
        true
    });
}

/// A future that a module has spawned, as the host's runtime runs it.
struct Spawned {
    call: BegunCall,
    /// Does not keep the host's stream of events open.
    events: Weak<Subscribers>,
}

impl Spawned {
    fn tell(&self, state: UpdateState, panic: &Panic) {
        if let Some(events) = self.events.upgrade() {
            tell(&events, self.call.at().generation, state, panic);
        }
    }
}

/// Tells of a panic of what a runtime runs for a version.
pub(crate) fn tell(
    events: &Arc<Subscribers>,
    generation: &Generation,
    state: UpdateState,
    panic: &Panic,
) {
    let image = generation.image;
    let mut progress = Progress::new(events, &image.module, &image.version);
    progress.to(&image.version);
    let location = panic.location();
    let location = location.map_or(String::new(), |it| format!(" at {it}"));
    let reason = format!("what it spawned{location}: {}", Lines(panic.message()));
    progress.reaches_because(state, &reason);
}

impl Future for Spawned {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let entered = self.call.enter();
        // SAFETY: what `hotmod::spawn` has begun is ready with nothing, and was lent nothing; the runtime polls it no
        // more once it is ready.
        match unsafe { self.call.poll::<()>(entered, context, |()| false) } {
            Poll::Pending => Poll::Pending,
            Poll::Ready(Ok(())) => Poll::Ready(()),
            Poll::Ready(Err(why)) => {
                match &*why {
                    NotReturned::Panicked(panic, _) => self.tell(UpdateState::TaskPanicked, panic),
                    NotReturned::Cancelled(Some(panic)) => {
                        self.tell(UpdateState::DropPanicked, panic);
                    }
                    _ => {}
                }
                Poll::Ready(())
            }
        }
    }
}

impl Drop for Spawned {
    fn drop(&mut self) {
        if let Some(panic) = self.call.cancel() {
            self.tell(UpdateState::DropPanicked, &panic);
        }
    }
}
