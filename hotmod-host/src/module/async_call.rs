//! Calls of `async` exports, as futures.

use std::fmt;
use std::marker::PhantomData;
use std::mem::{self, ManuallyDrop};
use std::pin::Pin;
use std::ptr;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Instant;

use hotmod::call::boundary::Boundary;
use hotmod::call::{AsyncCaller, CallError, Panic};

use crate::call::generation::NotReturned;
use crate::call::slot::{self, Doing, Entered, Track};
use crate::call::task::{self, BegunAt, BegunCall, FirstPoll};
use crate::call::tried::TriedCall;
use crate::image::meter::Outcome;
use crate::module::instance::InstanceState;
use crate::module::loaded::Loaded;
use crate::uses::names::AtVersion;

/// What an [`AsyncFunction`](crate::AsyncFunction) dereferences to. Its one method is `call`, with the types of the
/// signature.
pub struct AsyncCallable<W> {
    pub(crate) track: Arc<Track>,
    pub(crate) loaded: Arc<Loaded>,
    pub(crate) place: usize,
    pub(crate) name: String,
    pub(crate) ways: PhantomData<fn() -> W>,
}

impl<W> AsyncCallable<W> {
    /// A call with these arguments, which begins when it is polled.
    ///
    /// # Safety
    ///
    /// The function takes what crosses as `A`, and its future is ready with `R`.
    pub(crate) unsafe fn begin<A, R: Boundary>(&self, args: A) -> AsyncCall<'_, A, R> {
        AsyncCall {
            callee: AsyncCallee::Function {
                track: &self.track,
                loaded: &self.loaded,
                place: self.place,
                name: &self.name,
            },
            stage: Stage::New(ManuallyDrop::new(args)),
            result: PhantomData,
        }
    }
}

// SAFETY: the method at a place of the interface is that of the expectation at the same place, which was compared with
// every generation before it was linked. The state is borrowed as `self` is, for as long as the future lives.
unsafe impl AsyncCaller for InstanceState {
    type Shared<'a, A, R: Boundary> = AsyncCall<'a, A, R>;
    type Exclusive<'a, A, R: Boundary> = AsyncCall<'a, A, R>;

    unsafe fn begin_shared<A, R: Boundary>(&self, index: usize, args: A) -> AsyncCall<'_, A, R> {
        AsyncCall {
            callee: AsyncCallee::Shared(self, index),
            stage: Stage::New(ManuallyDrop::new(args)),
            result: PhantomData,
        }
    }

    unsafe fn begin_exclusive<A, R: Boundary>(
        &mut self,
        index: usize,
        args: A,
    ) -> AsyncCall<'_, A, R> {
        AsyncCall {
            callee: AsyncCallee::Exclusive(self, index),
            stage: Stage::New(ManuallyDrop::new(args)),
            result: PhantomData,
        }
    }
}

/// A call of an `async` export, a function or a method: a future that is ready with `Result<R, CallError>`.
///
/// It begins when it is polled first, and goes on in the version in which it began to its end, whatever is published
/// meanwhile: a function in the version that is current then, a method in the version that its instance is at, to
/// which an exclusive one takes the state first. Dropping it drops the future of the module, in the module's own code. It may be
/// sent to another thread if its arguments may.
///
/// # Errors
///
/// [`CallError`] if the function panicked, or if a value does not fit between two sides that were compiled apart.
#[must_use = "a future does nothing unless it is awaited or polled"]
pub struct AsyncCall<'a, A, R> {
    callee: AsyncCallee<'a>,
    stage: Stage<A>,
    result: PhantomData<fn() -> R>,
}

/// What is called.
enum AsyncCallee<'a> {
    Function {
        track: &'a Track,
        loaded: &'a Arc<Loaded>,
        place: usize,
        name: &'a str,
    },
    /// A `&self` method, by its place in the interface.
    Shared(&'a InstanceState, usize),
    /// A `&mut self` method.
    Exclusive(&'a mut InstanceState, usize),
}

// SAFETY: all of it but `Shared` may be sent by itself. An instance is shared by a call of a `&self` method that is
// `async`, and `#[hotmod::interface]` asks for `Sync` where a trait has one: then the instance is `Sync`, as there.
unsafe impl Send for AsyncCallee<'_> {}

enum Stage<A> {
    /// It was not polled. The module takes the arguments from here: they are not moved before, which would wait for all of
    /// them to be stored.
    New(ManuallyDrop<A>),
    /// It waits.
    Waits(BegunCall),
    /// A shadow runs it first, on copies of the arguments.
    Tries(ManuallyDrop<A>, Box<TriedCall>),
    /// It waits, and is compared with what the shadow has done.
    Compares(BegunCall, Box<TriedCall>),
    Over,
}

// Neither the arguments nor what the module has begun are in the future itself once they are pinned.
impl<A, R> Unpin for AsyncCall<'_, A, R> {}

impl<A, R: Boundary> Future for AsyncCall<'_, A, R> {
    type Output = Result<R, CallError>;

    /// # Panics
    ///
    /// If it was ready before.
    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        match &mut this.stage {
            Stage::New(args) => {
                let args: *mut A = &raw mut **args;
                let (entered, at) = this.callee.enter();
                if at.generation.is_observed() {
                    return this.begin_observed(entered, at, context);
                }
                // SAFETY: what made this future was told that these are its types; what it is lent lives as long as
                // this future, and the state is borrowed for as long. The arguments are given up: setting the stage drops
                // none.
                match unsafe { task::begin::<A, R>(entered, at, args) } {
                    FirstPoll::Ready(result) => {
                        this.set(Stage::Over);
                        Poll::Ready(this.result(result, at))
                    }
                    FirstPoll::Waits(task) => {
                        this.set(Stage::Waits(task));
                        if let Stage::Waits(task) = &mut this.stage {
                            task.leave_waker(context.waker());
                        }
                        Poll::Pending
                    }
                }
            }
            Stage::Waits(task) => {
                let at = task.at();
                // SAFETY: the types are those with which it began, and the call is of its generation; it was not ready,
                // since it is here.
                match unsafe { task.poll::<R::Wire>(at.enter(), context, R::is_err) } {
                    Poll::Pending => Poll::Pending,
                    Poll::Ready(result) => {
                        this.stage = Stage::Over;
                        Poll::Ready(this.result(result, at))
                    }
                }
            }
            Stage::Tries(..) | Stage::Compares(..) | Stage::Over => this.poll_compared(context),
        }
    }
}

impl<A, R: Boundary> AsyncCall<'_, A, R> {
    #[inline]
    fn result(
        &self,
        result: Result<R::Wire, Box<NotReturned>>,
        at: BegunAt,
    ) -> Result<R, CallError> {
        match result {
            Ok(wire) => Ok(R::from_wire(wire)),
            Err(why) => Err(not_returned(self.callee.loaded(), why, at)),
        }
    }

    /// Begins in a version whose calls are observed: a shadow may run it first.
    #[cold]
    #[inline(never)]
    fn begin_observed(
        &mut self,
        entered: Entered,
        at: BegunAt,
        context: &Context<'_>,
    ) -> Poll<Result<R, CallError>> {
        let Stage::New(mut args) = mem::replace(&mut self.stage, Stage::Over) else {
            unreachable!("bug in hotmod: a call begins twice");
        };
        let pair = at.generation.mirrored(at.place);
        let tried = pair.and_then(|pair| {
            // SAFETY: a pair is of one export of two versions that were compared with each other, whose arguments these
            // are; what they are lent lives as long as this future.
            unsafe { TriedCall::begin(pair, at.generation, (&raw mut *args).cast()) }
        });
        let Some(tried) = tried else {
            return self.begin_counted(entered, at, args, None, context);
        };
        drop(entered);
        self.stage = Stage::Tries(args, Box::new(tried));
        self.poll_compared(context)
    }

    /// Begins in a version whose calls are observed, now.
    fn begin_counted(
        &mut self,
        entered: Entered,
        at: BegunAt,
        mut args: ManuallyDrop<A>,
        tried: Option<Box<TriedCall>>,
        context: &Context<'_>,
    ) -> Poll<Result<R, CallError>> {
        let began = Instant::now();
        // SAFETY: as in `poll`.
        match unsafe { task::begin::<A, R>(entered, at, &raw mut *args) } {
            FirstPoll::Ready(mut result) => {
                let outcome = match &result {
                    Ok(wire) => Outcome::of(R::is_err(wire)),
                    Err(why) => why.outcome(),
                };
                if !at.generation.counts_apart(at.place) {
                    at.generation.count(began.elapsed(), outcome);
                }
                if let Some(tried) = tried {
                    // SAFETY: the result is that of the call there.
                    unsafe { tried.compare(&mut result) };
                }
                Poll::Ready(self.result(result, at))
            }
            FirstPoll::Waits(mut task) => {
                task.count_from(began);
                task.leave_waker(context.waker());
                self.stage = match tried {
                    None => Stage::Waits(task),
                    Some(tried) => Stage::Compares(task, tried),
                };
                Poll::Pending
            }
        }
    }

    #[cold]
    #[inline(never)]
    fn poll_compared(&mut self, context: &Context<'_>) -> Poll<Result<R, CallError>> {
        if let Stage::Compares(task, _) = &mut self.stage {
            let at = task.at();
            // SAFETY: as in `poll`.
            let polled = unsafe { task.poll::<R::Wire>(at.enter(), context, R::is_err) };
            let Poll::Ready(mut result) = polled else {
                return Poll::Pending;
            };
            if let Stage::Compares(_, tried) = mem::replace(&mut self.stage, Stage::Over) {
                // SAFETY: the result is that of the call there.
                unsafe { tried.compare(&mut result) };
            }
            return Poll::Ready(self.result(result, at));
        }
        if let Stage::Tries(_, tried) = &mut self.stage
            && tried.poll(context).is_pending()
        {
            return Poll::Pending;
        }
        let Stage::Tries(args, tried) = mem::replace(&mut self.stage, Stage::Over) else {
            panic!("{} was polled after it was ready", self.callee);
        };
        let (entered, at) = self.callee.enter();
        // Another version may have been published while it was tried out.
        let tried = Some(tried).filter(|tried| ptr::eq(tried.runs_in, at.generation));
        self.begin_counted(entered, at, args, tried, context)
    }
}

impl<A, R> AsyncCall<'_, A, R> {
    /// Sets the stage, where that before has nothing that is to be dropped: arguments that were given up, or nothing.
    #[inline]
    fn set(&mut self, stage: Stage<A>) {
        // SAFETY: it is this future's own, and whole again.
        unsafe { (&raw mut self.stage).write(stage) };
    }
}

impl AsyncCallee<'_> {
    /// Enters a call of what is to be called now.
    // Both halves of what it returns would be stored and loaded again.
    #[inline(always)]
    fn enter(&mut self) -> (Entered, BegunAt) {
        let (state, index) = match self {
            AsyncCallee::Function { track, place, .. } => {
                let (entered, generation) = slot::enter(track, Doing::Export(*place));
                let at = BegunAt::stateless(generation, Doing::Export(*place));
                return (entered, at);
            }
            AsyncCallee::Exclusive(state, index) => {
                state.follow();
                (&**state, *index)
            }
            AsyncCallee::Shared(state, index) => (&**state, *index),
        };
        let AtVersion {
            generation,
            state: address,
        } = state.at_version();
        let at = BegunAt {
            generation,
            place: state.linked().1 + index,
            state: address,
        };
        (at.enter(), at)
    }

    fn loaded(&self) -> &Arc<Loaded> {
        match self {
            AsyncCallee::Function { loaded, .. } => loaded,
            AsyncCallee::Shared(state, _) => state.linked().0,
            AsyncCallee::Exclusive(state, _) => state.linked().0,
        }
    }
}

impl fmt::Display for AsyncCallee<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (state, index) = match self {
            AsyncCallee::Function { name, .. } => return write!(f, "`{name}`"),
            AsyncCallee::Shared(state, index) => (&**state, index),
            AsyncCallee::Exclusive(state, index) => (&**state, index),
        };
        let place = state.linked().1 + index;
        write!(f, "`{}`", state.at_version().generation.export(place))
    }
}

#[cold]
fn dropped_with_panic(loaded: &Loaded, at: BegunAt, panic: &Panic) {
    loaded.cancelled_with_panic(&at.export(), &at.generation.image.version, panic);
}

#[cold]
#[allow(clippy::boxed_local, reason = "it is boxed already")]
fn not_returned(loaded: &Loaded, why: Box<NotReturned>, at: BegunAt) -> CallError {
    if let NotReturned::Cancelled(Some(panic)) = &*why {
        dropped_with_panic(loaded, at, panic);
    }
    why.into_error(at.export(), at.generation.image.version.clone())
}

impl<A, R> Drop for AsyncCall<'_, A, R> {
    #[inline]
    fn drop(&mut self) {
        match &mut self.stage {
            // SAFETY: no module has taken them, since this was not polled, and nothing uses them any more.
            Stage::New(args) | Stage::Tries(args, _) => unsafe { ManuallyDrop::drop(args) },
            Stage::Waits(task) | Stage::Compares(task, _) => {
                let at = task.at();
                if let Some(panic) = task.cancel() {
                    dropped_with_panic(self.callee.loaded(), at, &panic);
                }
            }
            Stage::Over => {}
        }
    }
}

impl<A, R> fmt::Debug for AsyncCall<'_, A, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AsyncCall")
            .field("module", &self.callee.loaded().name)
            .field("callee", &format_args!("{}", self.callee))
            .field(
                "has_begun",
                &matches!(self.stage, Stage::Waits(_) | Stage::Compares(..)),
            )
            .finish_non_exhaustive()
    }
}
