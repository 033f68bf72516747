//! What runs beside a module's calls, from version to version: the functions marked `#[hotmod::task]`.

use std::fmt;
use std::future::{IntoFuture, poll_fn};
use std::pin::{Pin, pin};
use std::ptr::NonNull;
use std::task::{Context, Poll, Waker};

use crate::call::boundary::{Cons, LentForTheCall};
use crate::call::future::{self, FutureBlock, ReadyWith, Started};
use crate::call::host_future::{Awaiting, HostFuture};
use crate::describe::InterfaceDesc;
use crate::marked::init::Derived;

/// What a task is started with, as it crosses: what was handed over, boxed, or null, and what tells it to stop.
pub type TaskArgs = Cons<*mut (), Cons<HostFuture, ()>>;

/// Tells a task that it is to stop, since another version is to go on or the server stops. As a future, it is ready
/// then, and stays so.
///
/// ```standalone_crate
/// use std::time::Duration;
///
/// use hotmod::{StableState, Stop};
///
/// #[derive(StableState)]
/// pub struct Feed {
///     beats: u64,
/// }
///
/// #[hotmod::task]
/// async fn feed(handover: Option<Feed>, mut stop: Stop) -> Feed {
///     let mut feed = handover.unwrap_or(Feed { beats: 0 });
///     while stop.or(hotmod::sleep(Duration::from_secs(1))).await.is_some() {
///         feed.beats += 1;
///     }
///     feed
/// }
/// # fn main() {}
/// ```
pub struct Stop(Option<Awaiting<()>>);

impl Stop {
    /// Whether it is to stop.
    pub fn is_requested(&mut self) -> bool {
        // Whatever awaits it polls it again, and leaves its own waker then.
        Pin::new(self)
            .poll(&mut Context::from_waker(Waker::noop()))
            .is_ready()
    }

    /// Waits for a future, but no longer than until the task is to stop: then it is dropped, and this gives `None`.
    pub async fn or<F: IntoFuture>(&mut self, future: F) -> Option<F::Output> {
        let mut future = pin!(future.into_future());
        poll_fn(|context| match Pin::new(&mut *self).poll(context) {
            Poll::Ready(()) => Poll::Ready(None),
            Poll::Pending => future.as_mut().poll(context).map(Some),
        })
        .await
    }
}

impl Future for Stop {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let awaits = &mut self.get_mut().0;
        let Some(awaiting) = awaits else {
            return Poll::Ready(());
        };
        let polled = Pin::new(awaiting).poll(context);
        if polled.is_ready() {
            *awaits = None;
        }
        polled
    }
}

impl fmt::Debug for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stop")
            .field("is_requested", &self.0.is_none())
            .finish_non_exhaustive()
    }
}

/// What a function marked `#[hotmod::task]` may hand over.
///
/// A safe trait: it only chooses what a compile error says. `StableState` has the promises.
#[diagnostic::on_unimplemented(
    message = "a task cannot hand over `{Self}` [HM-0925]",
    label = "not a state",
    note = "put `#[derive(StableState)]` on a type of your own, which may be sent between threads, and return that"
)]
pub trait Handover: Derived + Send {}

impl<S: Derived + Send> Handover for S {}

/// What a task is ready with, boxed.
struct HandedOver(*mut ());

// SAFETY: it is made of a box of what may be sent.
unsafe impl Send for HandedOver {}

impl ReadyWith for HandedOver {
    type Wire = *mut ();

    fn into_wire(self) -> *mut () {
        self.0
    }
}

/// What a table of handed over states is described by: an interface without methods, of a name that no trait has.
pub const fn handover(task: &'static str) -> InterfaceDesc {
    InterfaceDesc {
        name: task,
        sync: false,
        methods: &[],
    }
}

/// Starts a task on behalf of its shim.
///
/// # Safety
///
/// As for [`future::run_async`], with [`TaskArgs`] as the arguments. The block has no future in it; that of the task is
/// ready with the address of a boxed `S`, and not polled here. What was handed over is null or such an address. `S` is
/// [`Handover`], of which the task's table says so.
pub unsafe fn run_task<S, F>(
    [args, block, panic]: [*mut (); 3],
    task: impl FnOnce(Option<S>, Stop) -> F,
) -> u8
where
    F: Future<Output = S> + Send + 'static,
{
    let start = |call: LentForTheCall<'_>, Cons(handover, Cons(stop, ())): TaskArgs| -> Started {
        // SAFETY: the caller's.
        let handover =
            (!handover.is_null()).then(|| unsafe { Box::from_raw(handover.cast::<S>()) });
        // SAFETY: the host has just made it, and it is ready with nothing.
        let stop = Stop(Some(unsafe { Awaiting::new(stop) }));
        let running = task(handover.map(|boxed| *boxed), stop);
        let block = NonNull::new(block.cast::<FutureBlock>());
        let block = block.expect("bug in hotmod: a task is started nowhere");
        let running = async move { HandedOver(Box::into_raw(Box::new(running.await)).cast()) };
        // SAFETY: the caller's; it is lent nothing.
        unsafe { future::begin(call, block, running) }
    };
    // SAFETY: the caller's.
    unsafe { future::run_async(args, panic, start) }
}
