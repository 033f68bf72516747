//! A call of an `async` export, from its first poll to its last: the host's half of [`hotmod::call::future`].
//!
//! Each poll is a call like any other, with a frame in its thread's slot. Between two polls no thread is in the call,
//! so it is noted in the block of its future ([`suspended`](crate::call::suspended)). A call that is ready at its first
//! poll is nothing but that.

pub(crate) mod block;
mod ordering;
mod sync;
mod waking;

use std::mem::MaybeUninit;
use std::ptr::{self, NonNull};
use std::task::{Context, Poll, Waker};
use std::time::Instant;

use hotmod::call::boundary::Boundary;
use hotmod::call::future::{FutureBlock, PENDING};
use hotmod::call::{DONE, Panic};

use crate::call::generation::{Generation, NotReturned};
use crate::call::slot::{self, Doing, Entered};
use crate::image::awaited;
use crate::image::meter::Outcome;
use crate::sys::clock::CoarseMoment;

use block::HeldBlock;

/// Where a call runs: what it does in a version, with the state that it works on.
#[derive(Clone, Copy)]
pub(crate) struct BegunAt {
    pub(crate) generation: &'static Generation,
    /// The number that stands for what it does ([`Doing::place`]).
    pub(crate) place: usize,
    /// Null for a function.
    pub(crate) state: *mut (),
}

impl BegunAt {
    /// Of what works on no state.
    pub(crate) fn stateless(generation: &'static Generation, doing: Doing) -> Self {
        BegunAt {
            generation,
            place: doing.place(),
            state: ptr::null_mut(),
        }
    }

    /// Enters a call there.
    #[inline(always)]
    pub(crate) fn enter(&self) -> Entered {
        slot::enter_place(self.generation, self.place, self.state)
    }

    /// The export that is called there, in words.
    pub(crate) fn export(&self) -> String {
        self.generation.export(self.place)
    }
}

/// A future that a version has begun and that waits, or is over. Its owner polls and drops it. What it is a call of is
/// noted in its block as long as the module has not dropped the future.
pub(crate) struct BegunCall {
    /// Its reference goes when the future was dropped.
    block: HeldBlock,
    /// When it began, where its version's calls are observed.
    began: Option<Instant>,
}

// SAFETY: the module's `start` and `begin` take futures that may be sent, and what wakes them may be used by any thread.
// The state's address is only told.
unsafe impl Send for BegunCall {}

/// What came of the first poll of a call.
pub(crate) enum FirstPoll<W> {
    /// With what it is ready with, as that crosses.
    Ready(Result<W, Box<NotReturned>>),
    /// It waits for something. Its caller leaves a waker with it next, by [`leave_waker`](BegunCall::leave_waker).
    Waits(BegunCall),
}

/// Begins a call of what the host awaits, and polls it, within this call of its thread, which is left then.
///
/// # Safety
///
/// - The place is linked by an expectation of an export that is awaited, whose arguments cross as `A` and which is ready
///   with `R`.
/// - The arguments are there, and are given up.
/// - What is lent lives as long as the [`BegunCall`], if there is one, and so does the state, which is what the export
///   expects, borrowed as its receiver says.
#[inline(always)]
pub(crate) unsafe fn begin<A, R: Boundary>(
    entered: Entered,
    at: BegunAt,
    args: *mut A,
) -> FirstPoll<R::Wire> {
    let block = HeldBlock::take();
    let waking = &block.room().waking;
    // SAFETY: this is the future's only owner.
    unsafe { waking.begin() };
    // What was noted outside of this poll is none of it.
    awaited::take_awaited();
    // SAFETY: the caller's; there is no future in the block.
    let started = unsafe {
        at.generation
            .begin::<A, R>(at.place, at.state, args, block.address())
    };
    let result = match started {
        Ok(Some(wire)) => Ok(wire),
        Ok(None) => {
            note_waiting(&block, at);
            drop(entered);
            return FirstPoll::Waits(BegunCall { block, began: None });
        }
        Err(why) => Err(why),
    };
    drop(entered);
    FirstPoll::Ready(result)
}

/// Notes a call as one that waits, before its first frame is left.
#[inline(always)]
fn note_waiting(block: &HeldBlock, at: BegunAt) {
    let room = block.room();
    room.note_awaits(awaited::take_awaited());
    // One that was woken in this poll is about to be polled again: its clock is read then, or by the first that looks at it.
    room.note_since(match room.waking.is_woken() {
        true => None,
        false => Some(CoarseMoment::now()),
    });
    room.frame.wait(at.generation, at.place, at.state);
}

impl BegunCall {
    /// Has a future begun in a block which `begin` is given, to be polled later. It is listed as one that waits.
    ///
    /// # Errors
    ///
    /// That of `begin`, which has left no future in the block.
    ///
    /// # Safety
    ///
    /// Where `begin` returns `Ok`, the code of this generation's image has begun a future there, which lives as long as
    /// this may.
    pub(crate) unsafe fn begin_later<T, E>(
        at: BegunAt,
        begin: impl FnOnce(NonNull<FutureBlock>) -> Result<T, E>,
    ) -> Result<(Self, T), E> {
        let block = HeldBlock::take();
        let begun = begin(block.address())?;
        awaited::take_awaited();
        note_waiting(&block, at);
        let began = at.generation.is_observed().then(Instant::now);
        Ok((BegunCall { block, began }, begun))
    }

    /// Ends its first poll: what it waits for wakes this from now on. A waker that panics when it is cloned panics here.
    #[inline]
    pub(crate) fn leave_waker(&mut self, waker: &Waker) {
        // SAFETY: this is the future's only owner, which has polled it.
        unsafe { self.block.room().waking.end(waker) };
    }

    /// Has it counted when it is over, as one that began then.
    pub(crate) fn count_from(&mut self, began: Instant) {
        self.began = Some(began);
    }

    /// What it is a call of; it is not over.
    #[inline(always)]
    pub(crate) fn at(&self) -> BegunAt {
        let (generation, place, state) = self.block.room().frame.noted();
        BegunAt {
            generation,
            place,
            state,
        }
    }

    /// Enters a call of it.
    #[inline(always)]
    pub(crate) fn enter(&self) -> Entered {
        self.at().enter()
    }

    /// Polls it within this call, which is left when it was polled. What it is ready with is given as it crosses; `is_err`
    /// says whether that is a failure.
    ///
    /// # Safety
    ///
    /// - It is ready with what crosses as `W`, and what it was lent is there.
    /// - The call is one of its generation. No poll before has returned a result.
    #[inline]
    pub(crate) unsafe fn poll<W>(
        &mut self,
        entered: Entered,
        context: &Context<'_>,
        is_err: impl FnOnce(&W) -> bool,
    ) -> Poll<Result<W, Box<NotReturned>>> {
        // SAFETY: this is the future's only owner.
        unsafe { self.block.room().waking.begin() };
        if self.block.room().is_cancelled() {
            let panic = self.drop_future(entered);
            return Poll::Ready(Err(Box::new(NotReturned::Cancelled(panic))));
        }
        let mut output = MaybeUninit::<W>::uninit();
        let mut panic = MaybeUninit::<Panic>::uninit();
        let (to_output, to_panic) = (output.as_mut_ptr().cast(), panic.as_mut_ptr().cast());
        // What was noted outside of this poll is none of it.
        awaited::take_awaited();
        let head = self.block.head();
        // SAFETY: the block is there.
        let table = unsafe { (*head.as_ptr()).table };
        // SAFETY: a future that waits has a table.
        let table = unsafe { table.assume_init() };
        // SAFETY: the future was not dropped, since no poll has returned a result; `&mut self` keeps
        // other threads away; there is room for both.
        let status = unsafe { (table.poll)(head, to_output, to_panic) };
        if status == PENDING {
            let room = self.block.room();
            room.note_awaits(awaited::take_awaited());
            if !room.has_since() {
                room.note_since(Some(CoarseMoment::now()));
            }
            drop(entered);
            self.leave_waker(context.waker());
            return Poll::Pending;
        }
        let result = match status {
            // SAFETY: `DONE` says that the result is written.
            DONE => Ok(unsafe { output.assume_init() }),
            // SAFETY: any other status says that the panic is written.
            _ => Err(unsafe { panic.assume_init() }),
        };
        if let Some(began) = self.began {
            let outcome = match &result {
                Ok(wire) => Outcome::of(is_err(wire)),
                Err(_) => Outcome::Panicked,
            };
            self.at().generation.count(began.elapsed(), outcome);
        }
        self.leave(entered);
        Poll::Ready(match result {
            Ok(wire) => Ok(wire),
            Err(panic) => Err(Box::new(NotReturned::Panicked(panic, Vec::new()))),
        })
    }

    /// Drops the module's future, if it is not over. Returns the panic of what it dropped.
    #[inline]
    pub(crate) fn cancel(&mut self) -> Option<Panic> {
        match self.block.room().frame.is_in_use() {
            true => self.drop_future(self.enter()),
            false => None,
        }
    }

    /// Drops the module's future within this call, its last one.
    #[cold]
    fn drop_future(&mut self, entered: Entered) -> Option<Panic> {
        let mut panic = MaybeUninit::<Panic>::uninit();
        let head = self.block.head();
        // SAFETY: the block is there.
        let table = unsafe { (*head.as_ptr()).table };
        // SAFETY: a future that waits has a table.
        let table = unsafe { table.assume_init() };
        // SAFETY: the future was not dropped; what it was lent is there as long as the caller's future, which drops
        // this; there is room for a panic.
        let status = unsafe { (table.cancel)(head, panic.as_mut_ptr().cast()) };
        let image = self.at().generation.image;
        image.cancelled.count(status != DONE);
        self.leave(entered);
        // SAFETY: any status but `DONE` says that the panic is written.
        (status != DONE).then(|| unsafe { panic.assume_init() })
    }

    /// Leaves the last call of it, and then notes that it is over: it can be seen in its block until then.
    #[inline(always)]
    fn leave(&mut self, entered: Entered) {
        drop(entered);
        self.block.room().frame.end_wait();
    }
}

impl Drop for BegunCall {
    #[inline]
    fn drop(&mut self) {
        // A panic is reported by callers of `cancel`; after one of them, this does nothing.
        drop(self.cancel());
        // SAFETY: this is the future's only owner, which does not poll it any more.
        unsafe { self.block.room().waking.leave() };
    }
}
