//! What crosses of a future of an `async` export: a block of fixed layout, which the host gives. The module keeps the
//! future in it, and the host what wakes its caller.
//!
//! ```text
//! host: AsyncCall ── gives ──► module: shim → start     ┌───────────────────────────────┐
//!        │  polls, cancels ──► the head's FutureTable ──►│ head │ host's room │ future F │
//!        │                                              └───────────────────────────────┘
//!        └─ the caller's waker ◄── the head's WakerTable ◄── the wakers that the module hands on
//! ```
//!
//! `Waker`, `Context` and their tables are the standard library's, of which each image has its own, and never
//! cross. The module makes a waker of its own, whose data is the head: to clone it counts one reference more, it is
//! the same from poll to poll (`will_wake`), and a poll allocates nothing. The shim begins the future and polls it once,
//! so that a call which is ready at once crosses once. The block is the host's, which uses it again when the host and all
//! wakers have given up their references; the future itself is dropped before that, as soon as it is ready, has panicked,
//! or is cancelled. One that is larger than a block has room for stands in a box of the module's.

use std::mem::{ManuallyDrop, MaybeUninit};
use std::panic::{self, AssertUnwindSafe};
use std::pin::Pin;
use std::ptr::NonNull;
use std::task::{Context, Poll, RawWaker, RawWakerVTable, Waker};

use super::boundary::{Args, Boundary, LentForTheCall, Returned};
use super::{DONE, PANICKED, Panic};
use crate::root::panic_hook;

/// The future is not ready: nothing is written. Said by a poll alone.
pub const PENDING: u8 = 4;

/// How many words of a head are the host's.
pub const ROOM: usize = 14;

/// For how many words of a future a block has room.
pub const FUTURE_ROOM: usize = 32;

/// What the host knows of a future that a module has begun.
#[repr(C)]
pub struct FutureHead {
    /// The module's, for this future. Written when it waits for the first time.
    pub table: MaybeUninit<&'static FutureTable>,
    /// The host's.
    pub wakers: &'static WakerTable,
    /// The host's.
    pub room: MaybeUninit<[usize; ROOM]>,
}

/// A future behind its head.
#[repr(C, align(16))]
pub struct FutureBlock {
    /// What the host knows of it.
    pub head: FutureHead,
    /// The module's.
    pub future: MaybeUninit<[usize; FUTURE_ROOM]>,
}

/// Where an `async` export is to begin: what its shim is given in the place of room for the result.
#[repr(C)]
pub struct ToStart {
    /// A block with no future in it.
    pub block: NonNull<FutureBlock>,
    /// Room for the result, as it crosses.
    pub output: *mut (),
}

/// What a host does with a future. No panic leaves these functions.
#[repr(C)]
pub struct FutureTable {
    /// Polls the future. Returns [`DONE`] with the result written, [`PANICKED`] with the panic written, or
    /// [`PENDING`]. Unless it is pending, the future was dropped.
    ///
    /// # Safety
    ///
    /// The head is that of a future that was not dropped; no other thread polls or cancels it. What
    /// it was lent is there. There is room for the result, as it crosses, and for a [`Panic`].
    pub poll: unsafe extern "C" fn(NonNull<FutureHead>, output: *mut (), panic: *mut ()) -> u8,
    /// Drops the future where it waits. Returns [`DONE`], or [`PANICKED`] with the panic written.
    ///
    /// # Safety
    ///
    /// As for `poll`.
    pub cancel: unsafe extern "C" fn(NonNull<FutureHead>, panic: *mut ()) -> u8,
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

/// What came of an `async` export that was begun: the status that its shim returns. Only [`start`] and `begin` make it.
pub struct Started(u8);

/// Runs an `async` export on behalf of its shim: takes the arguments, has the future begun, catches a panic before it
/// leaves the module. Returns [`DONE`] with the result written, [`PANICKED`] with the panic written, or [`PENDING`] with
/// the future in the block.
///
/// # Safety
///
/// - `args` points to an `A` that this call owns.
/// - `panic` may be written with a [`Panic`].
pub unsafe fn run_async<A: Args>(
    args: *mut (),
    panic: *mut (),
    export: impl FnOnce(LentForTheCall<'_>, A) -> Started,
) -> u8 {
    let export = || {
        // SAFETY: the caller gives up the `A` that `args` points to.
        let args = unsafe { A::take(args.cast::<A>()) };
        LentForTheCall::during(|call| export(call, args))
    };
    match panic::catch_unwind(AssertUnwindSafe(export)) {
        Ok(Started(status)) => status,
        Err(payload) => {
            // SAFETY: `panic` has room for a `Panic`.
            unsafe { panic.cast::<Panic>().write(Panic::new(payload)) };
            PANICKED
        }
    }
}

/// Begins an `async` export and polls it once. What it is lent lives at least as long as the caller's future, by
/// which alone this one is polled and dropped.
///
/// # Safety
///
/// `to_start` points to a [`ToStart`] with room for the result, `panic` to room for a [`Panic`].
#[inline]
pub unsafe fn start<'call, F>(
    _: LentForTheCall<'call>,
    to_start: *mut (),
    panic: *mut (),
    future: F,
) -> Started
where
    F: Future<Output: ReadyWith> + Send + 'call,
{
    // SAFETY: the caller's.
    unsafe { start_here(to_start, panic, future) }
}

/// The same of a method whose interface is `local`: the caller's future stays on the thread that calls this.
///
/// # Safety
///
/// As for [`start`], and this thread alone polls and drops the future.
#[inline]
pub unsafe fn start_local<'call, F>(
    _: LentForTheCall<'call>,
    to_start: *mut (),
    panic: *mut (),
    future: F,
) -> Started
where
    F: Future<Output: ReadyWith> + 'call,
{
    // SAFETY: the caller's.
    unsafe { start_here(to_start, panic, future) }
}

/// # Safety
///
/// As for [`start`] or [`start_local`].
#[inline]
unsafe fn start_here<F>(to_start: *mut (), panic: *mut (), future: F) -> Started
where
    F: Future<Output: ReadyWith>,
{
    // SAFETY: the caller's.
    let ToStart { block, output } = unsafe { to_start.cast::<ToStart>().read() };
    match const { fits::<F>() } {
        // SAFETY: the caller's.
        true => unsafe { start_in(block, output, panic, future) },
        // SAFETY: as above; a box fits.
        false => unsafe { start_in(block, output, panic, Box::pin(future)) },
    }
}

/// Begins a future that is polled later.
///
/// # Safety
///
/// The block has no future in it, and its owner drops this one no later than `'call` ends.
pub(crate) unsafe fn begin<'call, F>(
    _: LentForTheCall<'call>,
    block: NonNull<FutureBlock>,
    future: F,
) -> Started
where
    F: Future<Output: ReadyWith> + Send + 'call,
{
    match const { fits::<F>() } {
        // SAFETY: the caller's.
        true => unsafe { begin_in(block, future) },
        // SAFETY: as above; a box fits.
        false => unsafe { begin_in(block, Box::pin(future)) },
    }
    Started(PENDING)
}

/// Whether a block has room for a future of this type.
const fn fits<F>() -> bool {
    size_of::<F>() <= size_of::<[usize; FUTURE_ROOM]>()
        && align_of::<F>() <= align_of::<FutureBlock>()
}

/// # Safety
///
/// As for [`start`], with a future that fits.
#[inline]
unsafe fn start_in<F>(
    block: NonNull<FutureBlock>,
    output: *mut (),
    panic: *mut (),
    future: F,
) -> Started
where
    F: Future<Output: ReadyWith>,
{
    let head = block.cast::<FutureHead>();
    // SAFETY: the block is the caller's.
    let place = unsafe { behind::<F>(head) };
    // SAFETY: the future fits there.
    unsafe { place.write(future) };
    // SAFETY: nothing else knows of the future; there is room for both.
    let status = unsafe { poll::<F>(head, output, panic) };
    if status == PENDING {
        // SAFETY: the block is the caller's.
        unsafe { set_table::<F>(block) };
    }
    Started(status)
}

/// # Safety
///
/// As for [`begin`], with a future that fits.
unsafe fn begin_in<F>(block: NonNull<FutureBlock>, future: F)
where
    F: Future<Output: ReadyWith>,
{
    // SAFETY: the block is the caller's.
    let place = unsafe { behind::<F>(block.cast()) };
    // SAFETY: the future fits there.
    unsafe { place.write(future) };
    // SAFETY: as above.
    unsafe { set_table::<F>(block) };
}

/// # Safety
///
/// The block is the caller's, with a future of this type in it.
unsafe fn set_table<F>(block: NonNull<FutureBlock>)
where
    F: Future<Output: ReadyWith>,
{
    let table = const {
        &FutureTable {
            poll: poll::<F>,
            cancel: cancel::<F>,
        }
    };
    // SAFETY: the caller's.
    let place = unsafe { &raw mut (*block.as_ptr()).head.table };
    // SAFETY: the block is the caller's, and nothing else reads this.
    unsafe { place.write(MaybeUninit::new(table)) };
}

/// The future behind a head.
///
/// # Safety
///
/// The head stands in front of a block that is there.
#[inline]
unsafe fn behind<F>(head: NonNull<FutureHead>) -> *mut F {
    let block = head.cast::<FutureBlock>().as_ptr();
    // SAFETY: the caller's.
    let future = unsafe { &raw mut (*block).future };
    future.cast()
}

unsafe extern "C" fn poll<F>(head: NonNull<FutureHead>, output: *mut (), panic: *mut ()) -> u8
where
    F: Future<Output: ReadyWith>,
{
    // SAFETY: `set_table` put this function into the head of a future of this type.
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
    // SAFETY: `set_table` put this function into the head of a future of this type.
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

/// What the wakers of this image do: all that the host's table does, on the head that is their data. One static, so
/// that the wakers of two polls are the same.
static WAKER: RawWakerVTable = RawWakerVTable::new(clone, wake, wake_by_ref, drop_waker);

/// # Safety
///
/// The data is that of a waker that [`poll`] made, or of a clone of it, and the caller has its reference.
unsafe fn table(data: *const ()) -> (&'static WakerTable, *const FutureHead) {
    let head = data.cast::<FutureHead>();
    // SAFETY: the head is there as long as the caller has a reference, and nothing writes this field.
    let wakers = unsafe { (*head).wakers };
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

static_assertions::assert_eq_size!(FutureHead, [usize; ROOM + 2]);
static_assertions::assert_eq_size!(FutureBlock, [usize; ROOM + 2 + FUTURE_ROOM]);
static_assertions::const_assert!(std::mem::offset_of!(FutureBlock, future).is_multiple_of(16));
static_assertions::const_assert!(fits::<Pin<Box<()>>>());
