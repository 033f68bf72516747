//! Calls of `async` exports, as futures.

use std::fmt;
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use hotmod::call::boundary::Boundary;
use hotmod::call::{AsyncCaller, CallError, Panic};

use crate::call::generation::{NotReturned, Started};
use crate::call::slot::{self, Doing, Entered, Track};
use crate::call::task::{BegunAt, BegunCall};
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
            stage: Stage::New(args),
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
            stage: Stage::New(args),
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
            stage: Stage::New(args),
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
    /// It was not polled.
    New(A),
    /// It waits.
    Waits(BegunCall),
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
        let AsyncCall { callee, stage, .. } = self.get_mut();
        if let Stage::Waits(task) = stage {
            let (at, entered) = (task.at(), task.enter());
            // SAFETY: the types are those with which it began, and the call is of its generation; it was not ready, since
            // it is here.
            let polled = unsafe { task.poll::<R>(entered, context) };
            if polled.is_ready() {
                *stage = Stage::Over;
            }
            return polled
                .map(|result| result.map_err(|why| not_returned(callee.loaded(), why, at)));
        }
        let (mut task, entered) = match std::mem::replace(stage, Stage::Over) {
            Stage::New(args) => {
                let (entered, at) = callee.enter();
                // SAFETY: what made this future was told that these are its types; what it is lent lives as long as
                // this future, and the state is borrowed for as long.
                match unsafe {
                    at.generation
                        .begin::<A, R>(at.doing.place(), at.state, args)
                } {
                    Ok(Started::Ready(result)) => return Poll::Ready(Ok(result)),
                    Ok(Started::Begun(begun)) => {
                        // SAFETY: the export at that place has just begun it.
                        let task = unsafe { BegunCall::begin(begun, at) };
                        (task, entered)
                    }
                    Err(why) => {
                        return Poll::Ready(Err(not_returned(callee.loaded(), why, at)));
                    }
                }
            }
            Stage::Waits(_) | Stage::Over => panic!("{callee} was polled after it was ready"),
        };
        // SAFETY: as above.
        match unsafe { task.poll::<R>(entered, context) } {
            Poll::Pending => {
                *stage = Stage::Waits(task);
                Poll::Pending
            }
            Poll::Ready(Ok(result)) => Poll::Ready(Ok(result)),
            Poll::Ready(Err(why)) => {
                Poll::Ready(Err(not_returned(callee.loaded(), why, task.at())))
            }
        }
    }
}

impl AsyncCallee<'_> {
    /// Enters a call of what is to be called now.
    #[inline]
    fn enter(&mut self) -> (Entered, BegunAt) {
        let (state, index) = match self {
            AsyncCallee::Function { track, place, .. } => {
                let doing = Doing::Export(*place);
                let (entered, generation) = slot::enter(track, doing);
                let at = BegunAt {
                    generation,
                    doing,
                    state: std::ptr::null_mut(),
                };
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
            doing: Doing::Export(state.linked().1 + index),
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
    fn drop(&mut self) {
        if let Stage::Waits(task) = &mut self.stage
            && let Some(panic) = task.cancel()
        {
            dropped_with_panic(self.callee.loaded(), task.at(), &panic);
        }
    }
}

impl<A, R> fmt::Debug for AsyncCall<'_, A, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AsyncCall")
            .field("module", &self.callee.loaded().name)
            .field("callee", &format_args!("{}", self.callee))
            .field("has_begun", &matches!(self.stage, Stage::Waits(_)))
            .finish_non_exhaustive()
    }
}
