//! Calls of `async` exports, as futures.

use std::fmt;
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use hotmod::call::CallError;
use hotmod::call::boundary::Boundary;

use crate::call::generation::{Generation, NotReturned, Started};
use crate::call::slot::{self, Doing, Track};
use crate::call::task::BegunCall;
use crate::module::loaded::Loaded;

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
            callee: AsyncCallee {
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

/// A call of an `async` export: a future that is ready with `Result<R, CallError>`.
///
/// It begins when it is polled first, in the version that is current then, and goes on in that version to its end,
/// whatever is published meanwhile. Dropping it drops the future of the module, in the module's own code. It may be
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

/// Which function is called.
#[derive(Clone, Copy)]
struct AsyncCallee<'a> {
    track: &'a Track,
    loaded: &'a Arc<Loaded>,
    place: usize,
    name: &'a str,
}

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
        let (mut task, entered) = match std::mem::replace(stage, Stage::Over) {
            Stage::New(args) => {
                let doing = Doing::Export(callee.place);
                let (entered, generation) = slot::enter(callee.track, doing);
                // SAFETY: `AsyncCallable::begin` was told that these are its types; what it is lent lives as long as
                // this future.
                match unsafe { generation.begin::<A, R>(callee.place, args) } {
                    Ok(Started::Ready(result)) => return Poll::Ready(Ok(result)),
                    Ok(Started::Begun(begun)) => {
                        // SAFETY: the export at that place has just begun it.
                        let task = unsafe { BegunCall::begin(begun, generation, doing) };
                        (task, entered)
                    }
                    Err(why) => return Poll::Ready(Err(callee.not_returned(why, generation))),
                }
            }
            Stage::Waits(task) => {
                let entered = task.enter();
                (task, entered)
            }
            Stage::Over => panic!("`{}` was polled after it was ready", callee.name),
        };
        // SAFETY: the types are those with which it began, and the call is of its generation; it was not ready, since
        // it is here.
        match unsafe { task.poll::<R>(entered, context) } {
            Poll::Pending => {
                *stage = Stage::Waits(task);
                Poll::Pending
            }
            Poll::Ready(Ok(result)) => Poll::Ready(Ok(result)),
            Poll::Ready(Err(why)) => Poll::Ready(Err(callee.not_returned(why, task.generation()))),
        }
    }
}

impl AsyncCallee<'_> {
    #[cold]
    #[allow(clippy::boxed_local, reason = "it is boxed already")]
    fn not_returned(&self, why: Box<NotReturned>, generation: &Generation) -> CallError {
        why.into_error(self.name.to_owned(), generation.image.version.clone())
    }
}

impl<A, R> Drop for AsyncCall<'_, A, R> {
    fn drop(&mut self) {
        if let Stage::Waits(task) = &mut self.stage
            && let Some(panic) = task.cancel()
        {
            let version = &task.generation().image.version;
            let AsyncCallee { loaded, name, .. } = self.callee;
            loaded.cancelled_with_panic(name, version, &panic);
        }
    }
}

impl<A, R> fmt::Debug for AsyncCall<'_, A, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AsyncCall")
            .field("module", &self.callee.loaded.name)
            .field("name", &self.callee.name)
            .field("has_begun", &matches!(self.stage, Stage::Waits(_)))
            .finish_non_exhaustive()
    }
}
