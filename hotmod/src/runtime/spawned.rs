//! Futures that a module hands to the host's runtime. The host polls and drops them; what they are ready with stays in
//! the module.

use std::any::Any;
use std::error::Error;
use std::fmt;
use std::panic::{self, AssertUnwindSafe};
use std::pin::Pin;
use std::ptr::NonNull;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use super::imports;
use crate::call::boundary::LentForTheCall;
use crate::call::future::{self, FutureBlock};

/// Has the host's runtime run a future, beside what calls this. A module that calls it is refused by a host without a
/// runtime.
///
/// The future belongs to the version of the module that spawned it, whatever is published meanwhile: that version is
/// needed until it is ready, and [`Module::stragglers`] tells of it. So a future that never ends keeps its version;
/// what is to go on from version to version is a [`task`](macro@crate::task). Where the runtime ends, it is dropped.
///
/// # Panics
///
/// On a thread that the module started: there the host cannot say which version it belongs to.
///
/// # Examples
///
/// ```standalone_crate
/// #[hotmod::import]
/// async fn fetch_price(symbol: &str) -> Option<f64>;
///
/// #[hotmod::export]
/// pub async fn sum(one: String, other: String) -> Option<f64> {
///     let one = hotmod::spawn(async move { fetch_price(&one).await });
///     let other = fetch_price(&other).await?;
///     Some(one.await.ok()?? + other)
/// }
/// # fn main() {}
/// ```
///
/// [`Module::stragglers`]: https://docs.rs/hotmod-host/latest/hotmod_host/struct.Module.html#method.stragglers
#[track_caller]
pub fn spawn<F>(future: F) -> JoinHandle<F::Output>
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    let joined = Arc::new(Joined(Mutex::new(JoinState {
        outcome: None,
        is_over: false,
        is_aborted: false,
        joins: None,
        runs: None,
    })));
    let spawned = Spawned {
        future: Some(future),
        end: End(joined.clone()),
    };
    let mut to_spawn = ToSpawn {
        begin: begin::<Spawned<F>>,
        future: Some(spawned),
    };
    let address = (&raw mut to_spawn).expose_provenance() as u64;
    if !imports::spawn(address) {
        panic!(
            "`hotmod::spawn` was called on a thread that is in no call of the host: spawn in a function that the host \
             calls, or have it provide an import that starts what is to run"
        );
    }
    JoinHandle(joined)
}

/// What a host is given of a future that it is to run.
#[repr(C)]
pub struct ToSpawn<F = ()> {
    /// Has the future begun in a block, which is the host's and has none in it.
    ///
    /// # Safety
    ///
    /// The first is this struct, and this is called once, before `hotmod::spawn` returns.
    pub begin: unsafe extern "C" fn(*mut (), NonNull<FutureBlock>),
    /// The module's.
    future: Option<F>,
}

unsafe extern "C" fn begin<F>(to_spawn: *mut (), block: NonNull<FutureBlock>)
where
    F: Future<Output = ()> + Send + 'static,
{
    // SAFETY: `spawn` has made it, with a future of this type, and uses it again when the host has returned.
    let to_spawn = unsafe { &mut *to_spawn.cast::<ToSpawn<F>>() };
    if let Some(future) = to_spawn.future.take() {
        // SAFETY: the block is the host's, and the future is lent nothing.
        LentForTheCall::during(|call| unsafe { future::begin(call, block, future) });
    }
}

/// A future that [`spawn`] has begun: ready with its output when it is. To drop this leaves the future running.
pub struct JoinHandle<T>(Arc<Joined<T>>);

/// Why a spawned future gave no output.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum JoinError {
    /// It panicked, with this message.
    Panicked(String),
    /// It was [aborted](JoinHandle::abort), or the host's runtime has ended.
    Cancelled,
}

impl fmt::Display for JoinError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            JoinError::Panicked(message) => write!(f, "the spawned future panicked: {message}"),
            JoinError::Cancelled => f.write_str("the spawned future was cancelled"),
        }
    }
}

impl Error for JoinError {}

impl From<JoinError> for String {
    fn from(error: JoinError) -> String {
        error.to_string()
    }
}

/// What a spawned future and its handle share.
struct Joined<T>(Mutex<JoinState<T>>);

struct JoinState<T> {
    /// Until it is taken.
    outcome: Option<Result<T, JoinError>>,
    is_over: bool,
    is_aborted: bool,
    /// What waits for the outcome.
    joins: Option<Waker>,
    /// What polls the future.
    runs: Option<Waker>,
}

impl<T> Joined<T> {
    fn state(&self) -> MutexGuard<'_, JoinState<T>> {
        // Nothing of a user's runs while it is locked.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes how it ended, if that is not known yet.
    fn end(&self, outcome: Result<T, JoinError>) {
        let mut state = self.state();
        if state.is_over {
            return;
        }
        state.is_over = true;
        state.outcome = Some(outcome);
        let (joins, runs) = (state.joins.take(), state.runs.take());
        drop(state);
        drop(runs);
        if let Some(joins) = joins {
            joins.wake();
        }
    }
}

impl<T> JoinHandle<T> {
    /// Has the future dropped, where it waits, by the host's runtime. Its handle is ready with
    /// [`JoinError::Cancelled`] then, unless it was ready before.
    pub fn abort(&self) {
        let mut state = self.0.state();
        state.is_aborted = true;
        let runs = state.runs.take();
        drop(state);
        if let Some(runs) = runs {
            runs.wake();
        }
    }

    /// Whether it is over.
    pub fn is_finished(&self) -> bool {
        self.0.state().is_over
    }
}

impl<T> Future for JoinHandle<T> {
    type Output = Result<T, JoinError>;

    /// # Panics
    ///
    /// If it was ready before.
    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let mut state = self.0.state();
        if let Some(outcome) = state.outcome.take() {
            return Poll::Ready(outcome);
        }
        assert!(
            !state.is_over,
            "a `JoinHandle` was polled after it was ready"
        );
        // What was there is dropped after the state is unlocked: it may be any waker of the module's.
        let before = state.joins.replace(context.waker().clone());
        drop(state);
        drop(before);
        Poll::Pending
    }
}

impl<T> fmt::Debug for JoinHandle<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JoinHandle")
            .field("is_finished", &self.is_finished())
            .finish_non_exhaustive()
    }
}

/// A spawned future, as the host runs it. Its parts are dropped in this order.
struct Spawned<F: Future> {
    future: Option<F>,
    end: End<F::Output>,
}

/// Says that the future was cancelled, if it is dropped before it was over.
struct End<T>(Arc<Joined<T>>);

impl<T> Drop for End<T> {
    fn drop(&mut self) {
        self.0.end(Err(JoinError::Cancelled));
    }
}

impl<F: Future> Future for Spawned<F> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        // SAFETY: the future is moved nowhere: it is pinned again below, and dropped where it is.
        let this = unsafe { self.get_unchecked_mut() };
        let joined = this.end.0.clone();
        // SAFETY: as above.
        let mut future = unsafe { Pin::new_unchecked(&mut this.future) };
        let mut state = joined.state();
        let is_aborted = state.is_aborted;
        let is_known = |runs: &Waker| runs.will_wake(context.waker());
        let before = match state.runs.as_ref().is_some_and(is_known) {
            true => None,
            false => state.runs.replace(context.waker().clone()),
        };
        drop(state);
        drop(before);
        // What is dropped may panic, too.
        let polled = panic::catch_unwind(AssertUnwindSafe(|| {
            let running = future.as_mut().as_pin_mut();
            let polled = match running.filter(|_| !is_aborted) {
                Some(running) => running.poll(context).map(Ok),
                None => Poll::Ready(Err(JoinError::Cancelled)),
            };
            if polled.is_ready() {
                future.set(None);
            }
            polled
        }));
        match polled {
            Ok(Poll::Pending) => Poll::Pending,
            Ok(Poll::Ready(outcome)) => {
                joined.end(outcome);
                Poll::Ready(())
            }
            Err(payload) => {
                joined.end(Err(JoinError::Panicked(message(&*payload))));
                // The host is told, too.
                panic::resume_unwind(payload)
            }
        }
    }
}

fn message(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().copied();
    let text = text.or_else(|| payload.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or("a value that is not text").to_owned()
}
