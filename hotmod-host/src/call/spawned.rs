//! What the host does for `hotmod::sleep`, `yield_now` and `spawn`, where it was built with a runtime.

use std::pin::Pin;
use std::ptr::{self, NonNull};
use std::sync::{Arc, Weak};
use std::task::{Context, Poll};
use std::time::Duration;

use hotmod::call::Panic;
use hotmod::call::future::BegunFuture;
use hotmod::printed::Lines;
use hotmod::runtime::{SLEEP, SPAWN, YIELD_NOW};

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
        let head = ptr::with_exposed_provenance_mut(future as usize);
        let begun = NonNull::new(head).map(BegunFuture);
        let begun = begun.expect("bug in hotmod: a module has spawned nothing");
        let at = BegunAt {
            generation,
            doing: Doing::Spawned,
            state: ptr::null_mut(),
        };
        // SAFETY: nothing but `hotmod::spawn` calls an import of this name: no module can declare one, since the macros
        // refuse a trait of the name `hotmod`. It hands over what it has begun, in the version that this thread is in.
        let call = unsafe { BegunCall::begin(begun, at) };
        let spawned = Spawned {
            call,
            events: events.clone(),
        };
        // Nothing runs in a copy of the process: there it is dropped, and so cancelled.
        if !copy::is_this() {
            runs.run(Box::pin(spawned.listed()));
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
    /// It is needed from now on, and not only when it is polled first.
    fn listed(mut self) -> Self {
        self.call.list();
        self
    }

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
        match unsafe { self.call.poll::<()>(entered, context) } {
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
