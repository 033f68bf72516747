//! A call of an `async` export, from its first poll to its last: the host's half of [`hotmod::call::future`].
//!
//! Each poll is a call like any other, with a frame in its thread's slot. Between two polls no thread is in the call,
//! so it is listed with its version ([`SuspendedCalls`](crate::image::suspended::SuspendedCalls)).

mod ordering;
mod sync;
mod waking;

use std::mem::MaybeUninit;
use std::panic::{self, AssertUnwindSafe};
use std::ptr::NonNull;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Waker};
use std::time::Instant;

use hotmod::call::boundary::Boundary;
use hotmod::call::future::{BegunFuture, FutureHead, PENDING, ROOM, WakerTable};
use hotmod::call::{DONE, Panic};

use crate::call::generation::{Generation, NotReturned};
use crate::call::slot::{self, Doing, Entered, ThreadAt};
use crate::image::image::Image;
use crate::image::meter::Outcome;
use crate::image::suspended::{self, ListedHead, SuspendedCall, SuspendedPlace};
use crate::sys::clock::CoarseMoment;

use waking::{Wakes, Waking};

/// What stands in the room of a head.
struct WakingRoom {
    waking: Waking<Waker>,
    /// Whether the call is to end at its next poll.
    is_cancelled: AtomicBool,
}

static_assertions::const_assert!(size_of::<WakingRoom>() <= size_of::<[usize; ROOM]>());
static_assertions::const_assert!(align_of::<WakingRoom>() <= align_of::<usize>());

/// Keeps a panic of the host's executor from a module, which may be what wakes.
fn kept_in(wake: impl FnOnce()) {
    if let Err(payload) = panic::catch_unwind(AssertUnwindSafe(wake)) {
        // It may panic again when it is dropped.
        std::mem::forget(payload);
    }
}

impl Wakes for Waker {
    fn wake(self) {
        kept_in(|| Waker::wake(self));
    }

    fn wake_by_ref(&self) {
        kept_in(|| Waker::wake_by_ref(self));
    }

    fn will_wake(&self, other: &Self) -> bool {
        Waker::will_wake(self, other)
    }
}

/// What wakes the caller of a future.
///
/// # Safety
///
/// As for [`room`].
unsafe fn waking<'a>(head: *const FutureHead) -> &'a Waking<Waker> {
    // SAFETY: the caller's.
    &unsafe { room(head) }.waking
}

/// The host's room in a head.
///
/// # Safety
///
/// The head has a room that [`BegunCall::begin`] has filled, and is there for `'a`.
unsafe fn room<'a>(head: *const FutureHead) -> &'a WakingRoom {
    // SAFETY: the caller's.
    let room = unsafe { &raw const (*head).room };
    // SAFETY: the caller's; only the room is referred to, whose parts may be changed through a shared reference.
    unsafe { &*room.cast::<WakingRoom>() }
}

/// Gives up a reference, and frees the head if it was the last.
///
/// # Safety
///
/// The caller has that reference.
unsafe fn give_up(head: *const FutureHead) {
    // SAFETY: the head is there as long as there is a reference.
    if !unsafe { waking(head) }.is_last() {
        return;
    }
    // SAFETY: as above.
    let table = unsafe { (*head).table };
    // SAFETY: as above.
    let room = unsafe { &raw mut (*head.cast_mut()).room };
    // SAFETY: `BegunCall::begin` filled the room, and nothing uses it any more.
    unsafe { room.cast::<WakingRoom>().drop_in_place() };
    // SAFETY: a head is never null.
    let head = unsafe { NonNull::new_unchecked(head.cast_mut()) };
    // SAFETY: the caller's future gives up its reference when the module's was dropped, and this was the last.
    unsafe { (table.free)(head) };
}

static WAKERS: WakerTable = WakerTable {
    clone: clone_waker,
    wake: wake_waker,
    wake_by_ref: wake_waker_by_ref,
    drop: drop_waker,
};

unsafe extern "C" fn clone_waker(head: *const FutureHead) {
    // SAFETY: the module has a reference.
    unsafe { waking(head) }.add_reference();
}

unsafe extern "C" fn wake_waker(head: *const FutureHead) {
    // SAFETY: as above.
    unsafe { waking(head) }.wake();
    // SAFETY: the module gives up its reference.
    unsafe { give_up(head) };
}

unsafe extern "C" fn wake_waker_by_ref(head: *const FutureHead) {
    // SAFETY: as above.
    unsafe { waking(head) }.wake();
}

unsafe extern "C" fn drop_waker(head: *const FutureHead) {
    // SAFETY: the module gives up its reference.
    unsafe { give_up(head) };
}

/// Has all calls that wait in a version end: they are woken, and their next poll drops the module's future and says that
/// it was cancelled. What they borrow is their callers', so nothing else could do that.
pub(crate) fn cancel_suspended(image: &Image) {
    let mut heads = Vec::new();
    image.suspended.cancel(|call| {
        // A task is told to stop, and has a deadline of its own.
        if call.place == Doing::Task.place() {
            return false;
        }
        let head = call.head.0.as_ptr();
        // SAFETY: the head of a call that is listed is there.
        let room = unsafe { room(head) };
        room.is_cancelled.store(true, Ordering::Relaxed);
        room.waking.add_reference();
        heads.push(head);
        true
    });
    // A waker may do anything: nothing is locked by now.
    for head in heads {
        // SAFETY: this has a reference.
        unsafe { waking(head) }.wake();
        // SAFETY: as above, and gives it up.
        unsafe { give_up(head) };
    }
}

/// Where a call runs: what it does in a version, with the state that it works on.
#[derive(Clone, Copy)]
pub(crate) struct BegunAt {
    pub(crate) generation: &'static Generation,
    pub(crate) doing: Doing,
    /// Null for a function.
    pub(crate) state: *mut (),
}

impl BegunAt {
    /// Enters a call there.
    pub(crate) fn enter(&self) -> Entered {
        slot::enter_at(self.generation, self.doing, self.state)
    }

    /// The export that is called there, in words.
    pub(crate) fn export(&self) -> String {
        self.generation.export(self.doing.place())
    }
}

/// A future that a version has begun. Its owner polls and drops it.
pub(crate) struct BegunCall {
    head: NonNull<FutureHead>,
    at: BegunAt,
    /// Where it is listed as one that waits.
    listed: Option<SuspendedPlace>,
    /// The import that it awaits, as it is listed.
    awaits: Option<&'static str>,
    /// When it began, where its version's calls are observed.
    began: Option<Instant>,
    /// Whether the module has dropped its future.
    is_over: bool,
}

// SAFETY: `hotmod::call::future::begin` takes futures that may be sent, and what wakes them may be used by any thread.
// The state's address is only told.
unsafe impl Send for BegunCall {}

impl BegunCall {
    /// Takes over a future that the code of this generation's image has begun. Its calls do this.
    ///
    /// # Safety
    ///
    /// [`begin`](hotmod::call::future::begin) made it there, and nothing else has it.
    pub(crate) unsafe fn begin(BegunFuture(head): BegunFuture, at: BegunAt) -> Self {
        let address = head.as_ptr();
        // SAFETY: the head is there, and no other thread knows of it yet.
        let room = unsafe { &raw mut (*address).room };
        // SAFETY: as above; a room has the size and the alignment.
        unsafe {
            room.cast::<WakingRoom>().write(WakingRoom {
                waking: Waking::new(),
                is_cancelled: AtomicBool::new(false),
            });
        };
        // SAFETY: as above.
        unsafe { (*address).wakers = Some(&WAKERS) };
        BegunCall {
            head,
            at,
            listed: None,
            awaits: None,
            began: at.generation.is_observed().then(Instant::now),
            is_over: false,
        }
    }

    /// What began it.
    pub(crate) fn at(&self) -> BegunAt {
        self.at
    }

    /// Enters a call of it.
    pub(crate) fn enter(&self) -> Entered {
        self.at.enter()
    }

    /// Polls it within this call, which is left when it was polled.
    ///
    /// # Safety
    ///
    /// - It is ready with `R`, and what it was lent is there.
    /// - The call is one of its generation. No poll before has returned a result.
    pub(crate) unsafe fn poll<R: Boundary>(
        &mut self,
        entered: Entered,
        context: &Context<'_>,
    ) -> Poll<Result<R, Box<NotReturned>>> {
        // SAFETY: the caller's; that is how `R` crosses.
        let polled = unsafe { self.poll_wire::<R::Wire>(entered, context, R::is_err) };
        polled.map(|result| result.map(R::from_wire))
    }

    /// The same of what is ready with what crosses so, of which `is_err` says whether it is a failure.
    ///
    /// # Safety
    ///
    /// As for [`poll`](BegunCall::poll).
    pub(crate) unsafe fn poll_wire<W>(
        &mut self,
        entered: Entered,
        context: &Context<'_>,
        is_err: impl FnOnce(&W) -> bool,
    ) -> Poll<Result<W, Box<NotReturned>>> {
        let head = self.head.as_ptr();
        // SAFETY: the room is filled, and the head is there as long as this reference.
        let waking = unsafe { waking(head) };
        // SAFETY: this is the future's only owner.
        unsafe { waking.begin() };
        // SAFETY: as above. Relaxed: it is set before the call is woken, and a poll that misses it is followed by
        // another one.
        if unsafe { room(head) }.is_cancelled.load(Ordering::Relaxed) {
            self.is_over = true;
            let panic = self.drop_future(entered);
            return Poll::Ready(Err(Box::new(NotReturned::Cancelled(panic))));
        }
        let mut output = MaybeUninit::<W>::uninit();
        let mut panic = MaybeUninit::<Panic>::uninit();
        let (to_output, to_panic) = (output.as_mut_ptr().cast(), panic.as_mut_ptr().cast());
        // What was noted outside of this poll is none of it.
        suspended::take_awaited();
        // SAFETY: the head is there.
        let table = unsafe { (*head).table };
        // SAFETY: the future was not dropped, since no poll has returned a result; it has wakers; `&mut self` keeps
        // other threads away; there is room for both.
        let status = unsafe { (table.poll)(self.head, to_output, to_panic) };
        if status == PENDING {
            self.list();
            drop(entered);
            // SAFETY: as for `begin`.
            unsafe { waking.end(context.waker()) };
            return Poll::Pending;
        }
        let result = match status {
            // SAFETY: `DONE` says that the result is written.
            DONE => Ok(unsafe { output.assume_init() }),
            // SAFETY: any other status says that the panic is written.
            _ => Err(unsafe { panic.assume_init() }),
        };
        self.count(match &result {
            Ok(wire) if is_err(wire) => Outcome::Failed,
            Ok(_) => Outcome::Done,
            Err(_) => Outcome::Panicked,
        });
        self.is_over = true;
        self.leave(entered);
        Poll::Ready(match result {
            Ok(wire) => Ok(wire),
            Err(panic) => Err(Box::new(NotReturned::Panicked(panic, Vec::new()))),
        })
    }

    /// Lists it as one that waits, with what it awaits.
    pub(crate) fn list(&mut self) {
        let awaits = suspended::take_awaited();
        let all = &self.at.generation.image.suspended;
        let address = |import: Option<&'static str>| import.map(str::as_ptr);
        match &self.listed {
            Some(_) if address(awaits) == address(self.awaits) => return,
            Some(listed) => all.set_awaits(listed, awaits),
            None => {
                let call = SuspendedCall {
                    place: self.at.doing.place(),
                    since: CoarseMoment::now(),
                    awaits,
                    state: self.at.state.addr(),
                    is_cancelled: false,
                    head: ListedHead(self.head),
                };
                let thread = ThreadAt::this().number() / align_of::<slot::Slot>();
                self.listed = Some(all.add(thread, call));
            }
        }
        self.awaits = awaits;
    }

    /// Drops the module's future, if it is not over. Returns the panic of what it dropped.
    pub(crate) fn cancel(&mut self) -> Option<Panic> {
        if std::mem::replace(&mut self.is_over, true) {
            return None;
        }
        let entered = self.enter();
        self.drop_future(entered)
    }

    /// Drops the module's future within this call, its last one.
    fn drop_future(&mut self, entered: Entered) -> Option<Panic> {
        let mut panic = MaybeUninit::<Panic>::uninit();
        // SAFETY: the head is there.
        let table = unsafe { self.head.as_ref() }.table;
        // SAFETY: the future was not dropped; what it was lent is there as long as the caller's future, which drops
        // this; there is room for a panic.
        let status = unsafe { (table.cancel)(self.head, panic.as_mut_ptr().cast()) };
        let suspended = &self.at.generation.image.suspended;
        suspended.count_cancelled(status != DONE);
        self.leave(entered);
        // SAFETY: any status but `DONE` says that the panic is written.
        (status != DONE).then(|| unsafe { panic.assume_init() })
    }

    /// Leaves the last call of it, and then takes it off the list, in which it can be seen until then.
    fn leave(&mut self, entered: Entered) {
        drop(entered);
        if let Some(listed) = self.listed.take() {
            self.at.generation.image.suspended.remove(listed);
        }
    }

    fn count(&self, outcome: Outcome) {
        if let Some(began) = self.began {
            self.at.generation.count(began.elapsed(), outcome);
        }
    }
}

impl Drop for BegunCall {
    fn drop(&mut self) {
        // A panic is reported by callers of `cancel`; after one of them, this does nothing.
        drop(self.cancel());
        let head = self.head.as_ptr();
        // SAFETY: the room is filled, and the head is there as long as this reference.
        let waking = unsafe { waking(head) };
        // SAFETY: this is the future's only owner, which does not poll it any more.
        unsafe { waking.leave() };
        // SAFETY: this is the caller's reference.
        unsafe { give_up(head) };
    }
}
