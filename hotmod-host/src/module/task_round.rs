//! Running the functions marked `#[hotmod::task]`, from version to version.
//!
//! For each task of the published version a future of the host's goes around: it has the state that the version before
//! handed over follow, starts the task, polls it, and has it stop when another version is published. The server's runtime
//! runs it. It does not keep the module, and ends when that is gone.

use std::future::poll_fn;
use std::pin::Pin;
use std::ptr::{self, NonNull};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::task::{Context, Poll, Waker};

use hotmod::call::Panic;
use hotmod::call::boundary::Cons;
use hotmod::call::future::{FutureBlock, PENDING};
use hotmod::call::host_future::HostFuture;
use hotmod::call::invoke_or;
use hotmod::printed::Lines;
use hotmod::task::TaskArgs;

use crate::call::generation::NotReturned;
use crate::call::slot::{self, Doing, Entered};
use crate::call::task::{BegunAt, BegunCall};
use crate::events::{Progress, Subscribers, UpdateState};
use crate::forever::forever;
use crate::image::exports::LinkedTask;
use crate::image::image::Image;
use crate::module::instance::handed_over::{HandedOver, NotHandedOver, TakenAlong};
use crate::module::loaded::Loaded;
use crate::module::tasks::TaskBoard;
use crate::runtime::{Running, Runtime};
use crate::sys::copy;

/// Has the tasks of the published version run, and no others: to be called when a version is published.
pub(crate) fn start(loaded: &Arc<Loaded>) {
    // No runtime runs in a copy of the process.
    let Some(runtime) = loaded
        .settings
        .runtime
        .as_ref()
        .filter(|_| !copy::is_this())
    else {
        return;
    };
    let mut new = Vec::new();
    loaded.tasks.0.change(|state| {
        let image = loaded.current();
        state.published = Some(image);
        for task in image.exports().tasks.iter().filter(|_| !state.is_over) {
            if !state.tasks.contains_key(&*task.name) {
                let name: &'static str = forever(task.name.clone());
                state.tasks.insert(name, None);
                new.push((name, &**forever(task.interface())));
            }
        }
    });
    for (name, interface) in new {
        let round = TaskRound {
            name,
            interface,
            board: loaded.tasks.0.clone(),
            loaded: Arc::downgrade(loaded),
            module: loaded.name.clone(),
            events: Arc::downgrade(&loaded.settings.events),
            runtime: runtime.clone(),
        };
        let ends = TaskEnds(round);
        runtime.run(Box::pin(async move { ends.0.go_around().await }));
    }
}

/// What runs a task, in one version after the other.
struct TaskRound {
    name: &'static str,
    /// What its states are listed under.
    interface: &'static str,
    board: Arc<TaskBoard>,
    loaded: Weak<Loaded>,
    module: String,
    /// Does not keep the host's stream of events open.
    events: Weak<Subscribers>,
    runtime: Arc<dyn Runtime>,
}

/// Notes that it is not run any more, also where the runtime has dropped it.
struct TaskEnds(TaskRound);

impl Drop for TaskEnds {
    fn drop(&mut self) {
        let TaskRound { board, name, .. } = &self.0;
        let mut state = board.state();
        // Another one of the name may be run since this one was over.
        let known = state.tasks.get_key_value(name);
        if known.is_some_and(|(known, _)| ptr::eq(*known, *name)) {
            state.tasks.remove(name);
        }
        drop(state);
        board.tell_end();
    }
}

/// A task that runs in a version.
struct RunningTask {
    call: BegunCall,
    task: LinkedTask,
    stop: Arc<StopRequest>,
}

/// How a task ended in a version.
enum TaskEnd {
    HandedOver(HandedOver),
    Panicked(Panic),
    /// It did not stop in time, and was cancelled.
    TooLate,
}

impl TaskRound {
    async fn go_around(&self) {
        let mut handed_over = None;
        loop {
            let Some(loaded) = self.loaded.upgrade() else {
                return;
            };
            let started = self.start(&loaded, handed_over.take());
            drop(loaded);
            let (running, image) = match started {
                Ok(started) => started,
                Err(image) if self.is_gone(image) => return,
                // Another version is published.
                Err(_) => continue,
            };
            if let Some(mut running) = running {
                match self.run(&mut running).await {
                    TaskEnd::HandedOver(state) => handed_over = Some(state),
                    TaskEnd::Panicked(panic) => self.tell_panic(image, &panic),
                    TaskEnd::TooLate => {
                        let within = running.task.within;
                        let reason = format!(
                            "task `{}` of {} did not stop within {within:?}, and was cancelled; it starts anew\n  help: \
                             await `stop`, or write `#[hotmod::task(within = \"…\")]`",
                            self.name, image.version
                        );
                        if let Some(panic) = running.call.cancel() {
                            self.tell_panic(image, &panic);
                        }
                        self.tell(image, UpdateState::TaskCancelled, &reason);
                    }
                }
            }
            poll_fn(
                |context| match self.board.is_left(self.name, image, context) {
                    true => Poll::Ready(()),
                    false => Poll::Pending,
                },
            )
            .await;
            if self.board.state().is_over {
                return;
            }
        }
    }

    /// Whether this is over: the version that has no such task is still the published one.
    fn is_gone(&self, image: &Image) -> bool {
        let mut state = self.board.state();
        let is_published = state.published.is_some_and(|it| ptr::eq(it, image));
        let is_gone = state.is_over || is_published;
        if is_gone {
            // In the same locking, so that a publication which has it again starts another one.
            state.tasks.remove(self.name);
        }
        is_gone
    }

    /// Starts it in what is published. `None` if it panicked at once. `Err` with the version if that has no such task.
    fn start(
        &self,
        loaded: &Arc<Loaded>,
        handed_over: Option<HandedOver>,
    ) -> Result<(Option<RunningTask>, &'static Image), &'static Image> {
        let taken = handed_over.map(|state| state.take_along(loaded));
        let (state, generation, entered) = match taken {
            Some(Ok(TakenAlong {
                state,
                generation,
                entered,
            })) => (state.as_ptr().cast(), generation, entered),
            taken => {
                let (entered, generation) = slot::enter(&loaded.track, Doing::Task);
                if let Some(Err(NotHandedOver::Unfit(why))) = taken {
                    let reason = format!(
                        "what task `{}` handed over does not fit, and it starts anew: {why}",
                        self.name
                    );
                    self.tell(generation.image, UpdateState::TaskCancelled, &reason);
                }
                (ptr::null_mut(), generation, entered)
            }
        };
        let image = generation.image;
        let exports = image.exports();
        let task = exports.tasks.iter().find(|it| it.name == self.name);
        let Some(task) = task.cloned() else {
            // With a state there is one: the manifest was found to have both or none.
            return Err(image);
        };
        let stop = Arc::new(StopRequest::default());
        let stops = HostFuture::new(Stops(stop.clone()));
        let args: TaskArgs = Cons(state, Cons(stops, ()));
        let at = BegunAt::stateless(generation, Doing::Task);
        let begin = |block: NonNull<FutureBlock>| {
            // SAFETY: the task is this version's own, and takes these, in the place of room for a result a block; what was
            // handed over is at this version, and is given up.
            let call = |args, _, panic| unsafe {
                (task.shim)(ptr::null_mut(), args, block.as_ptr().cast(), panic)
            };
            let otherwise = |status, [_, _, panic]: [*mut (); 3]| match status {
                PENDING => Ok(()),
                // SAFETY: any other status says that the panic is written.
                _ => Err(unsafe { panic.cast::<Panic>().read() }),
            };
            // SAFETY: nothing is written where a future is begun, which is what `()` is.
            unsafe { invoke_or::<TaskArgs, (), _>(args, call, otherwise) }
        };
        // SAFETY: the task has begun it there; it was lent nothing. From here on it is needed as one that waits.
        let begun = unsafe { BegunCall::begin_later(at, begin) };
        let running = match begun {
            Ok((call, ())) => Some(RunningTask { call, task, stop }),
            Err(panic) => {
                self.tell_panic(image, &panic);
                None
            }
        };
        drop(entered);
        Ok((running, image))
    }

    /// Polls it until it is over. When another version is published, it is told to stop.
    async fn run(&self, running: &mut RunningTask) -> TaskEnd {
        let generation = running.call.at().generation;
        let mut deadline: Option<Running> = None;
        poll_fn(|context| {
            if deadline.is_none() && self.board.is_left(self.name, generation.image, context) {
                running.stop.request();
                deadline = Some(self.runtime.sleep(running.task.within));
            }
            // Until what it hands over is counted, its version is in use.
            let _in_use = running.call.enter();
            let entered = running.call.enter();
            match running.poll(self.interface, entered, context) {
                Poll::Ready(end) => return Poll::Ready(end),
                Poll::Pending => {}
            }
            match &mut deadline {
                Some(deadline) => deadline.as_mut().poll(context).map(|()| TaskEnd::TooLate),
                None => Poll::Pending,
            }
        })
        .await
    }

    fn tell_panic(&self, image: &Image, panic: &Panic) {
        let location = panic.location();
        let location = location.map_or(String::new(), |it| format!(" at {it}"));
        let (name, message) = (self.name, Lines(panic.message()));
        let reason = format!("task `{name}`{location}: {message}");
        self.tell(image, UpdateState::TaskPanicked, &reason);
    }

    fn tell(&self, image: &Image, state: UpdateState, reason: &str) {
        if let Some(events) = self.events.upgrade() {
            let mut progress = Progress::new(&events, &self.module, &image.version);
            progress.to(&image.version);
            progress.reaches_because(state, &reason);
        }
    }
}

impl RunningTask {
    fn poll(
        &mut self,
        interface: &'static str,
        entered: Entered,
        context: &Context<'_>,
    ) -> Poll<TaskEnd> {
        let generation = self.call.at().generation;
        // SAFETY: a task is ready with the address of its state, and was lent nothing; it is not polled once it is ready.
        let polled = unsafe { self.call.poll::<*mut ()>(entered, context, |_| false) };
        polled.map(|ended| match ended {
            Ok(state) => {
                let state = NonNull::new(state.cast());
                let state = state.expect("bug in hotmod: a task handed over nothing");
                // SAFETY: it has just been boxed by the task, whose state is of the type that its version has a table for.
                TaskEnd::HandedOver(unsafe { HandedOver::new(state, generation, interface) })
            }
            Err(why) => match *why {
                NotReturned::Panicked(panic, _) => TaskEnd::Panicked(panic),
                _ => unreachable!("bug in hotmod: what was begun can only panic"),
            },
        })
    }
}

/// Whether a task was told to stop, and what wakes it then.
#[derive(Default)]
struct StopRequest(Mutex<(bool, Option<Waker>)>);

impl StopRequest {
    fn request(&self) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.0 = true;
        let waker = state.1.take();
        drop(state);
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

/// Is ready when the task is to stop: what its `hotmod::Stop` awaits.
struct Stops(Arc<StopRequest>);

impl Future for Stops {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let mut state = self.0.0.lock().unwrap_or_else(PoisonError::into_inner);
        if state.0 {
            return Poll::Ready(());
        }
        let before = state.1.replace(context.waker().clone());
        drop(state);
        drop(before);
        Poll::Pending
    }
}
