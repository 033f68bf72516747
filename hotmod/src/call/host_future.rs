//! Futures of `async` imports: made, polled and dropped by the host's code, and awaited by a module.
//!
//! The same as in [`future`](super::future), with the sides exchanged. What crosses is a pointer and a table; to be
//! woken, the module lends a pointer to a waker of its own, which the host's waker has as its data. Both halves are
//! here.

use std::marker::PhantomData;
use std::mem::{ManuallyDrop, MaybeUninit};
use std::panic::{self, AssertUnwindSafe};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, RawWaker, RawWakerVTable, Waker};

use super::boundary::{Boundary, Returned};
use super::future::PENDING;
use super::{DONE, PANICKED, Panic};

/// A future of the host, as it crosses. It is polled and dropped by the module that awaits it, through its table.
#[repr(C)]
pub struct HostFuture {
    data: *mut (),
    table: &'static HostFutureTable,
}

/// What a module does with a future of the host. No panic leaves these functions.
#[repr(C)]
struct HostFutureTable {
    /// Polls it: [`DONE`] with the result written, [`PANICKED`] with the panic written, or [`PENDING`].
    ///
    /// # Safety
    ///
    /// It was not dropped, and no poll has returned anything but `PENDING`; no other thread uses it. The waker is
    /// there for the call. There is room for the result, as it crosses, and for a [`Panic`].
    poll: unsafe extern "C" fn(
        data: *mut (),
        waker: *const ModuleWaker,
        output: *mut (),
        panic: *mut (),
    ) -> u8,
    /// Drops it.
    ///
    /// # Safety
    ///
    /// It was not dropped, and is not used any more.
    drop: unsafe extern "C" fn(data: *mut ()),
}

/// A waker of a module, behind which the module keeps what it wakes. Each user counts as one reference.
#[repr(C)]
struct ModuleWaker {
    table: &'static ModuleWakerTable,
}

/// What the host's wakers do. No panic leaves these functions, and any thread may call them.
#[repr(C)]
struct ModuleWakerTable {
    /// Counts one reference more.
    ///
    /// # Safety
    ///
    /// The caller has a reference, or was lent one.
    clone: unsafe extern "C" fn(*const ModuleWaker),
    /// Wakes.
    ///
    /// # Safety
    ///
    /// As for `clone`.
    wake: unsafe extern "C" fn(*const ModuleWaker),
    /// Gives up a reference.
    ///
    /// # Safety
    ///
    /// The caller has a reference, and does not use it any more.
    drop: unsafe extern "C" fn(*const ModuleWaker),
}

impl HostFuture {
    /// A future of the host.
    pub fn new<F>(future: F) -> Self
    where
        F: Future<Output: Returned> + Send + 'static,
    {
        HostFuture {
            data: Box::into_raw(Box::new(future)).cast(),
            table: const {
                &HostFutureTable {
                    poll: poll::<F>,
                    drop: drop_future::<F>,
                }
            },
        }
    }
}

unsafe extern "C" fn poll<F>(
    data: *mut (),
    waker: *const ModuleWaker,
    output: *mut (),
    panic: *mut (),
) -> u8
where
    F: Future<Output: Returned>,
{
    // SAFETY: the table keeps the contract of a waker, as `ModuleWakerTable` says.
    let waker = unsafe { Waker::from_raw(RawWaker::new(waker.cast(), &WAKER)) };
    // It is lent for the call.
    let waker = ManuallyDrop::new(waker);
    let polled = panic::catch_unwind(AssertUnwindSafe(|| {
        // SAFETY: `new` put this function beside a future of this type, which the caller has for itself.
        let future = unsafe { &mut *data.cast::<F>() };
        // SAFETY: it stays in its box until it is dropped.
        let future = unsafe { Pin::new_unchecked(future) };
        future
            .poll(&mut Context::from_waker(&waker))
            .map(F::Output::into_wire)
    }));
    match polled {
        Ok(Poll::Pending) => PENDING,
        Ok(Poll::Ready(wire)) => {
            // SAFETY: the caller gives room for the result.
            unsafe { output.cast::<<F::Output as Boundary>::Wire>().write(wire) };
            DONE
        }
        Err(payload) => {
            // SAFETY: the caller gives room for a panic.
            unsafe { panic.cast::<Panic>().write(Panic::new(payload)) };
            PANICKED
        }
    }
}

unsafe extern "C" fn drop_future<F>(data: *mut ()) {
    // SAFETY: `new` put this function beside a box of this type, which is given up.
    let future = unsafe { Box::from_raw(data.cast::<F>()) };
    if let Err(payload) = panic::catch_unwind(AssertUnwindSafe(|| drop(future))) {
        // The host's hook has told of it; the payload may panic again when it is dropped.
        std::mem::forget(payload);
    }
}

/// What the host's wakers do: all that the module's table does. One static, so that the wakers of two polls are the
/// same.
static WAKER: RawWakerVTable = RawWakerVTable::new(clone, wake, wake_by_ref, drop_waker);

unsafe fn clone(data: *const ()) -> RawWaker {
    let waker = data.cast::<ModuleWaker>();
    // SAFETY: a waker calls it with its data, to which it has a reference.
    let table = unsafe { (*waker).table };
    // SAFETY: as above.
    unsafe { (table.clone)(waker) };
    RawWaker::new(data, &WAKER)
}

unsafe fn wake(data: *const ()) {
    // SAFETY: a waker calls it with its data, and gives up its reference below.
    unsafe { wake_by_ref(data) };
    // SAFETY: as above.
    unsafe { drop_waker(data) };
}

unsafe fn wake_by_ref(data: *const ()) {
    let waker = data.cast::<ModuleWaker>();
    // SAFETY: a waker calls it with its data, to which it has a reference.
    let table = unsafe { (*waker).table };
    // SAFETY: as above.
    unsafe { (table.wake)(waker) };
}

unsafe fn drop_waker(data: *const ()) {
    let waker = data.cast::<ModuleWaker>();
    // SAFETY: a waker calls it with its data, to which it has a reference.
    let table = unsafe { (*waker).table };
    // SAFETY: the waker gives up its reference.
    unsafe { (table.drop)(waker) };
}

/// A waker of the module's own, as the host knows it: always in an `Arc`.
#[repr(C)]
struct PassedWaker {
    head: ModuleWaker,
    waker: Waker,
}

impl PassedWaker {
    fn new(waker: &Waker) -> Arc<Self> {
        let table = &ModuleWakerTable {
            clone: clone_passed,
            wake: wake_passed,
            drop: drop_passed,
        };
        Arc::new(PassedWaker {
            head: ModuleWaker { table },
            waker: waker.clone(),
        })
    }
}

unsafe extern "C" fn clone_passed(waker: *const ModuleWaker) {
    // SAFETY: the head stands in front of a `PassedWaker` in an `Arc`, of which the caller has a reference.
    unsafe { Arc::increment_strong_count(waker.cast::<PassedWaker>()) };
}

unsafe extern "C" fn wake_passed(waker: *const ModuleWaker) {
    // SAFETY: as above.
    let passed = unsafe { &*waker.cast::<PassedWaker>() };
    kept_in(|| passed.waker.wake_by_ref());
}

unsafe extern "C" fn drop_passed(waker: *const ModuleWaker) {
    // SAFETY: as above; the reference is given up.
    let passed = unsafe { Arc::from_raw(waker.cast::<PassedWaker>()) };
    kept_in(|| drop(passed));
}

/// Keeps a panic of a waker that is not the standard library's within its image.
fn kept_in(run: impl FnOnce()) {
    if let Err(payload) = panic::catch_unwind(AssertUnwindSafe(run)) {
        std::mem::forget(payload);
    }
}

/// A call of an `async` import, for the module that awaits it.
pub struct Awaiting<R> {
    future: HostFuture,
    /// What the host was lent at the last poll, and may have kept.
    waker: Option<Arc<PassedWaker>>,
    result: PhantomData<fn() -> R>,
}

// SAFETY: `HostFuture::new` takes futures that may be sent.
unsafe impl<R> Send for Awaiting<R> {}

// SAFETY: nothing is done through a shared reference.
unsafe impl<R> Sync for Awaiting<R> {}

// The host's future stays in its box.
impl<R> Unpin for Awaiting<R> {}

impl<R> Awaiting<R> {
    /// Takes over a future of the host.
    ///
    /// # Safety
    ///
    /// It is ready with what crosses for `R`, and nothing else has it.
    pub(crate) unsafe fn new(future: HostFuture) -> Self {
        Awaiting {
            future,
            waker: None,
            result: PhantomData,
        }
    }
}

impl<R: Boundary> Future for Awaiting<R> {
    type Output = R;

    /// # Panics
    ///
    /// If the host's future panics, with the same message.
    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<R> {
        let Awaiting { future, waker, .. } = self.get_mut();
        let known = waker.take();
        let known = known.filter(|known| known.waker.will_wake(context.waker()));
        let passed = waker.insert(known.unwrap_or_else(|| PassedWaker::new(context.waker())));
        let mut output = MaybeUninit::<R::Wire>::uninit();
        let mut panic = MaybeUninit::<Panic>::uninit();
        let (to_output, to_panic) = (output.as_mut_ptr().cast(), panic.as_mut_ptr().cast());
        let head = Arc::as_ptr(passed).cast::<ModuleWaker>();
        // SAFETY: `&mut self` keeps others away; the future was not dropped, and whoever awaits it does not poll it once
        // it is ready; the waker stays until the next poll; there is room for both.
        match unsafe { (future.table.poll)(future.data, head, to_output, to_panic) } {
            PENDING => Poll::Pending,
            // SAFETY: `DONE` says that the result is written, which is of `R`.
            DONE => Poll::Ready(R::from_wire(unsafe { output.assume_init() })),
            _ => {
                // SAFETY: any other status says that the panic is written.
                let panic = unsafe { panic.assume_init() };
                panic.resume()
            }
        }
    }
}

impl<R> Drop for Awaiting<R> {
    fn drop(&mut self) {
        // SAFETY: it was not dropped before.
        unsafe { (self.future.table.drop)(self.future.data) };
    }
}
