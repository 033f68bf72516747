//! What crosses of a future of an `async` export: one pointer to a head of fixed layout, behind which the module
//! keeps the future, and in which the host keeps what wakes its caller.
//!
//! ```text
//! host: AsyncCall ── begins ──► module: shim → begin    ┌──────────────────────────────┐
//!        │  polls, cancels ──► the head's FutureTable ──►│ head │ host's room │ future F │
//!        │                                              └──────────────────────────────┘
//!        └─ the caller's waker ◄── the head's WakerTable ◄── the wakers that the module hands on
//! ```
//!
//! `Waker`, `Context` and their tables are the standard library's, of which each image has its own, and never
//! cross. The module makes a waker of its own, whose data is the head: to clone it counts one reference more, it is
//! the same from poll to poll (`will_wake`), and a poll allocates nothing. The head is one block with the future, and
//! is freed when the host and all wakers have given up their references; the future itself is dropped before that, as
//! soon as it is ready, has panicked, or is cancelled.

use std::mem::{ManuallyDrop, MaybeUninit};
use std::panic::{self, AssertUnwindSafe};
use std::pin::Pin;
use std::ptr::NonNull;
use std::task::{Context, Poll, RawWaker, RawWakerVTable, Waker};

use super::boundary::{Boundary, LentForTheCall, Returned};
use super::{DONE, PANICKED, Panic};
use crate::root::panic_hook;

/// The future is not ready: nothing is written. Said by a poll alone.
pub const PENDING: u8 = 4;

/// How many words of a head are the host's.
pub const ROOM: usize = 8;

/// What the host knows of a future that a module has begun.
#[repr(C)]
pub struct FutureHead {
    /// The module's, for this future.
    pub table: &'static FutureTable,
    /// The host's; there before the future is polled.
    pub wakers: Option<&'static WakerTable>,
    /// The host's.
    pub room: MaybeUninit<[usize; ROOM]>,
}

/// What a host does with a future. No panic leaves these functions.
#[repr(C)]
pub struct FutureTable {
    /// Polls the future. Returns [`DONE`] with the result written, [`PANICKED`] with the panic written, or
    /// [`PENDING`]. Unless it is pending, the future was dropped.
    ///
    /// # Safety
    ///
    /// The head is that of a future that was not dropped, and has wakers; no other thread polls or cancels it. What
    /// it was lent is there. There is room for the result, as it crosses, and for a [`Panic`].
    pub poll: unsafe extern "C" fn(NonNull<FutureHead>, output: *mut (), panic: *mut ()) -> u8,
    /// Drops the future where it waits. Returns [`DONE`], or [`PANICKED`] with the panic written.
    ///
    /// # Safety
    ///
    /// As for `poll`.
    pub cancel: unsafe extern "C" fn(NonNull<FutureHead>, panic: *mut ()) -> u8,
    /// Frees the head.
    ///
    /// # Safety
    ///
    /// The future was dropped, and nothing uses the head any more.
    pub free: unsafe extern "C" fn(NonNull<FutureHead>),
}

/// What a module's wakers do: each counts as one reference to the head. No panic leaves these functions, and any
/// thread may call them.
#[repr(C)]
pub struct WakerTable {
    /// Counts one reference more.
    ///
    /// # Safety
    ///
    /// The caller has a reference.
    pub clone: unsafe extern "C" fn(*const FutureHead),
    /// Wakes whatever polls the future, and gives up the reference.
    ///
    /// # Safety
    ///
    /// As for `drop`.
    pub wake: unsafe extern "C" fn(*const FutureHead),
    /// Wakes whatever polls the future.
    ///
    /// # Safety
    ///
    /// The caller has a reference.
    pub wake_by_ref: unsafe extern "C" fn(*const FutureHead),
    /// Gives up a reference.
    ///
    /// # Safety
    ///
    /// The caller has a reference, and does not use it any more.
    pub drop: unsafe extern "C" fn(*const FutureHead),
}

/// A future that a module has begun, as it leaves the module: the one reference to its head. It is polled, cancelled
/// and freed through that, by its host alone.
#[derive(Clone, Copy)]
#[repr(transparent)]
pub struct BegunFuture(pub NonNull<FutureHead>);

/// What a future of a module is ready with.
pub trait ReadyWith {
    /// What crosses in its place.
    type Wire;

    /// Gives it up in that form.
    fn into_wire(self) -> Self::Wire;
}

impl<T: Returned> ReadyWith for T {
    type Wire = <T as Boundary>::Wire;

    fn into_wire(self) -> Self::Wire {
        Boundary::into_wire(self)
    }
}

/// A future behind its head.
#[repr(C)]
struct Headed<F> {
    head: FutureHead,
    future: ManuallyDrop<F>,
}

/// Begins an `async` export on behalf of its shim. What it is lent lives at least as long as the caller's future, by
/// which alone this one is polled and dropped.
pub fn begin<'call, F>(_: LentForTheCall<'call>, future: F) -> BegunFuture
where
    F: Future<Output: ReadyWith> + Send + 'call,
{
    let headed = Box::new(Headed {
        head: FutureHead {
            table: const {
                &FutureTable {
                    poll: poll::<F>,
                    cancel: cancel::<F>,
                    free: free::<F>,
                }
            },
            wakers: None,
            room: MaybeUninit::uninit(),
        },
        future: ManuallyDrop::new(future),
    });
    BegunFuture(NonNull::from(Box::leak(headed)).cast())
}

/// Drops and frees a future that no host has taken. What panics in that is given up.
///
/// # Safety
///
/// `begin` made it, in this image, and it was not polled; nothing else has it.
pub(crate) unsafe fn forgo(BegunFuture(head): BegunFuture) {
    // SAFETY: the head is there.
    let table = unsafe { head.as_ref() }.table;
    let mut panic = MaybeUninit::<Panic>::uninit();
    // SAFETY: the future was not dropped, and there is room for a panic; nothing has a waker of it.
    if unsafe { (table.cancel)(head, panic.as_mut_ptr().cast()) } != DONE {
        // SAFETY: any other status says that the panic is written.
        drop(unsafe { panic.assume_init() });
    }
    // SAFETY: the future was dropped, and nothing uses the head any more.
    unsafe { (table.free)(head) };
}

/// The future behind a head.
///
/// # Safety
///
/// The head is that of a future of this type.
unsafe fn behind<F>(head: NonNull<FutureHead>) -> *mut F {
    let headed = head.cast::<Headed<F>>().as_ptr();
    // SAFETY: the head stands in front of the future, in one block.
    let future = unsafe { &raw mut (*headed).future };
    future.cast()
}

unsafe extern "C" fn poll<F>(head: NonNull<FutureHead>, output: *mut (), panic: *mut ()) -> u8
where
    F: Future<Output: ReadyWith>,
{
    // SAFETY: `begin` put this function into the head of a future of this type.
    let future = unsafe { behind::<F>(head) };
    // SAFETY: the table keeps the contract of a waker, as `WakerTable` says, and the head has a reference for it, the
    // caller's, as long as this function runs.
    let waker = unsafe { Waker::from_raw(RawWaker::new(head.as_ptr().cast(), &WAKER)) };
    // That reference stays the caller's.
    let waker = ManuallyDrop::new(waker);
    let mut is_dropped = false;
    let polled = panic::catch_unwind(AssertUnwindSafe(|| {
        // SAFETY: the caller has the future for itself.
        let future_mut = unsafe { &mut *future };
        // SAFETY: it stays where it is until it is dropped.
        let pinned = unsafe { Pin::new_unchecked(future_mut) };
        match pinned.poll(&mut Context::from_waker(&waker)) {
            Poll::Pending => None,
            Poll::Ready(value) => {
                let wire = value.into_wire();
                is_dropped = true;
                // SAFETY: it was not dropped, and is not used any more.
                unsafe { future.drop_in_place() };
                Some(wire)
            }
        }
    }));
    match polled {
        Ok(None) => PENDING,
        Ok(Some(wire)) => {
            // SAFETY: the caller gives room for the result.
            unsafe { output.cast::<<F::Output as ReadyWith>::Wire>().write(wire) };
            DONE
        }
        Err(payload) => {
            let first = Panic::new(payload);
            if !is_dropped {
                // SAFETY: as above.
                let drop = || unsafe { future.drop_in_place() };
                // The panic that the caller is told is the first.
                if let Err(second) = panic::catch_unwind(AssertUnwindSafe(drop)) {
                    std::mem::forget(second);
                    panic_hook::forget();
                }
            }
            // SAFETY: the caller gives room for a panic.
            unsafe { panic.cast::<Panic>().write(first) };
            PANICKED
        }
    }
}

unsafe extern "C" fn cancel<F>(head: NonNull<FutureHead>, panic: *mut ()) -> u8 {
    // SAFETY: `begin` put this function into the head of a future of this type.
    let future = unsafe { behind::<F>(head) };
    // SAFETY: the caller has the future for itself, and it is not used any more.
    let drop = || unsafe { future.drop_in_place() };
    match panic::catch_unwind(AssertUnwindSafe(drop)) {
        Ok(()) => DONE,
        Err(payload) => {
            // SAFETY: the caller gives room for a panic.
            unsafe { panic.cast::<Panic>().write(Panic::new(payload)) };
            PANICKED
        }
    }
}

unsafe extern "C" fn free<F>(head: NonNull<FutureHead>) {
    // SAFETY: `begin` made it as a box of this type, and nothing uses it any more. The future in it, which was dropped,
    // is not dropped again.
    drop(unsafe { Box::from_raw(head.cast::<Headed<F>>().as_ptr()) });
}

/// What the wakers of this image do: all that the host's table does, on the head that is their data. One static, so
/// that the wakers of two polls are the same.
static WAKER: RawWakerVTable = RawWakerVTable::new(clone, wake, wake_by_ref, drop_waker);

/// # Safety
///
/// The data is that of a waker that [`poll`] made, or of a clone of it, and the caller has its reference.
unsafe fn table(data: *const ()) -> (&'static WakerTable, *const FutureHead) {
    let head = data.cast::<FutureHead>();
    // SAFETY: the head is there as long as the caller has a reference, and nothing writes this field once the future
    // is polled.
    let wakers = unsafe { (*head).wakers };
    let wakers = wakers.expect("bug in hotmod: a future was polled before it had wakers");
    (wakers, head)
}

unsafe fn clone(data: *const ()) -> RawWaker {
    // SAFETY: a waker calls it, with its data.
    let (table, head) = unsafe { table(data) };
    // SAFETY: the waker has a reference.
    unsafe { (table.clone)(head) };
    RawWaker::new(data, &WAKER)
}

unsafe fn wake(data: *const ()) {
    // SAFETY: a waker calls it, with its data.
    let (table, head) = unsafe { table(data) };
    // SAFETY: the waker gives up its reference.
    unsafe { (table.wake)(head) };
}

unsafe fn wake_by_ref(data: *const ()) {
    // SAFETY: a waker calls it, with its data.
    let (table, head) = unsafe { table(data) };
    // SAFETY: the waker has a reference.
    unsafe { (table.wake_by_ref)(head) };
}

unsafe fn drop_waker(data: *const ()) {
    // SAFETY: a waker calls it, with its data.
    let (table, head) = unsafe { table(data) };
    // SAFETY: the waker gives up its reference.
    unsafe { (table.drop)(head) };
}

static_assertions::assert_eq_size!(BegunFuture, *mut ());
static_assertions::assert_eq_size!(FutureHead, [usize; ROOM + 2]);
