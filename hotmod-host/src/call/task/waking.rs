//! How those who wake a future agree with the caller who polls it and drops it.
//!
//! The caller polls with a waker of its own. It leaves a clone of that only after a poll that is pending, so a future
//! that is ready at once costs no clone; and a wake that came during the poll is handed on when the poll is over. One
//! word says which of them may use the place for the clone:
//!
//! | state | the place is | who leaves the state |
//! |---|---|---|
//! | `OWNED` | the caller's, who polls | the caller, or a wake, to `WOKEN` |
//! | `WOKEN` | the caller's, who was woken or will be | the caller, when it polls |
//! | `WAITING` | filled; of the first that takes it | the caller, to `OWNED`; a wake, to `TAKING` |
//! | `TAKING` | of the wake that takes the waker | that wake, to `WOKEN` |
//!
//! ```text
//!    caller                                   wakes
//! a  poll: pending                          1  write what the future waits for
//! b  fill the place                         2  OWNED, WOKEN or TAKING: leave it woken  (Release)
//! c  OWNED to WAITING         (Release)     3  WAITING to TAKING                       (Acquire)
//! d  WOKEN to OWNED           (Acquire)     4  empty the place
//! e  poll again                             5  TAKING to WOKEN                         (Release)
//!                                           6  wake the caller
//! ```
//!
//! - **No wake is lost.** One that comes before c finds `OWNED` and makes it `WOKEN`; then c fails, and the caller
//!   wakes itself. One that comes after c takes the waker.
//! - **c against 3, 5 against d.** The place passes from the caller to the wake and back, so each sees what the other
//!   left there.
//! - **2 and 5 against d.** The poll at e sees what was written at 1. A wake that finds another one at 3 to 5 leaves a
//!   mark of its own on the word (2): 5, a swap, goes on from it, and so d sees what both wrote.
//!
//! The references are counted like those of an `Arc`: to see the last one go, Release against Acquire.
//!
//! [`ordering`] names the strength of each access; `tests/loom` includes this file and weakens each.

use super::ordering;
use super::sync::{AtomicUsize, WakerPlace, fence};

const OWNED: usize = 0;
const WOKEN: usize = 1;
const WAITING: usize = 2;
const TAKING: usize = 3;

/// More references than there can be: a program that forgets wakers without end.
const TOO_MANY: usize = usize::MAX / 2;

/// A waker of a caller.
pub(crate) trait Wakes: Clone {
    /// Wakes the caller.
    fn wake(self);

    /// The same, without giving the waker up.
    fn wake_by_ref(&self);

    /// Whether both wake the same.
    fn will_wake(&self, other: &Self) -> bool;
}

/// What wakes the caller of one future.
pub(crate) struct Waking<W> {
    state: AtomicUsize,
    references: AtomicUsize,
    place: WakerPlace<Option<W>>,
}

impl<W: Wakes> Waking<W> {
    /// With one reference, the caller's.
    pub(crate) fn new() -> Self {
        Waking {
            state: AtomicUsize::new(OWNED),
            references: AtomicUsize::new(1),
            place: WakerPlace::new(None),
        }
    }

    /// Begins a poll. Returns whether the place is the caller's.
    ///
    /// # Safety
    ///
    /// The caller alone calls this and what follows, never at once: it is what polls and drops the future.
    pub(crate) unsafe fn begin(&self) -> bool {
        loop {
            match self.state.load(ordering::LOOK) {
                OWNED => return true,
                TAKING => return false,
                WOKEN => {
                    // Only other wakes can come between, and each leaves it woken.
                    self.state.swap(OWNED, ordering::POLL);
                    return true;
                }
                state => {
                    let taken =
                        self.state
                            .compare_exchange(state, OWNED, ordering::LOOK, ordering::LOOK);
                    if taken.is_ok() {
                        return true;
                    }
                }
            }
        }
    }

    /// Ends a poll that is pending: from now on a wake reaches this waker.
    ///
    /// # Safety
    ///
    /// As for [`begin`](Waking::begin).
    pub(crate) unsafe fn end(&self, waker: &W) {
        if self.state.load(ordering::LOOK) == OWNED {
            // SAFETY: the place is the caller's.
            unsafe {
                self.place.with_mut(|place| match place {
                    Some(known) if known.will_wake(waker) => {}
                    place => *place = Some(waker.clone()),
                });
            }
            let left = self
                .state
                .compare_exchange(OWNED, WAITING, ordering::LEAVE, ordering::LOOK);
            if left.is_ok() {
                return;
            }
        }
        // It was woken since the poll began, and the next poll takes note of that.
        waker.wake_by_ref();
    }

    /// The caller gives the future up: no wake reaches it any more, but one that is on its way.
    ///
    /// # Safety
    ///
    /// As for [`begin`](Waking::begin). It is the last such call.
    pub(crate) unsafe fn leave(&self) {
        // SAFETY: the caller's.
        if unsafe { self.begin() } {
            // SAFETY: the place is the caller's.
            drop(unsafe { self.place.with_mut(Option::take) });
        }
    }

    /// Wakes the caller.
    pub(crate) fn wake(&self) {
        let mut state = self.state.load(ordering::LOOK);
        loop {
            let next = match state {
                OWNED => WOKEN,
                WAITING => TAKING,
                state => state,
            };
            let strength = match state {
                WAITING => ordering::TAKE,
                _ => ordering::WAKE,
            };
            match self
                .state
                .compare_exchange(state, next, strength, ordering::LOOK)
            {
                Ok(WAITING) => break,
                Ok(_) => return,
                Err(now) => state = now,
            }
        }
        // SAFETY: the state says that the place belongs to this wake.
        let waker = unsafe { self.place.with_mut(Option::take) };
        self.state.swap(WOKEN, ordering::TAKEN);
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// Counts one reference more.
    pub(crate) fn add_reference(&self) {
        // Relaxed is enough: the reference that is cloned keeps all of it there.
        if self.references.fetch_add(1, ordering::ADD) > TOO_MANY {
            std::process::abort();
        }
    }

    /// Gives up a reference. Returns whether it was the last: then nothing uses this any more.
    #[must_use]
    pub(crate) fn is_last(&self) -> bool {
        // The only reference is this one, and none can come of another: most futures hand on no waker.
        if self.references.load(ordering::ALONE) == 1 {
            return true;
        }
        if self.references.fetch_sub(1, ordering::GIVE_UP) != 1 {
            return false;
        }
        fence(ordering::LAST);
        true
    }
}
