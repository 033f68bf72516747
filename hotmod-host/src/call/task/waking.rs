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
//! The references are counted in the same word, above the state, so that a waker that is used up wakes and goes in one
//! exchange. They are counted like those of an `Arc`: to see the last one go, Release against Acquire.
//!
//! [`ordering`] names the strength of each access; `tests/loom` includes this file and weakens each.

use super::ordering;
use super::sync::{AtomicUsize, WakerPlace, fence};

const OWNED: usize = 0;
const WOKEN: usize = 1;
const WAITING: usize = 2;
const TAKING: usize = 3;
/// Of the word, the state.
const STATE: usize = 3;
/// Of the word, one reference.
const REFERENCE: usize = 4;

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
    /// The state, and the references.
    word: AtomicUsize,
    place: WakerPlace<Option<W>>,
}

impl<W: Wakes> Waking<W> {
    /// With one reference, the caller's.
    pub(crate) fn new() -> Self {
        Waking {
            word: AtomicUsize::new(OWNED + REFERENCE),
            place: WakerPlace::new(None),
        }
    }

    /// Begins a poll. Returns whether the place is the caller's.
    ///
    /// # Safety
    ///
    /// The caller alone calls this and what follows, never at once: it is what polls and drops the future.
    #[inline]
    pub(crate) unsafe fn begin(&self) -> bool {
        loop {
            let word = self.word.load(ordering::LOOK);
            match word & STATE {
                OWNED => return true,
                TAKING => return false,
                WOKEN => {
                    // Only other wakes can come between, and each leaves it woken.
                    self.word.fetch_sub(WOKEN - OWNED, ordering::POLL);
                    return true;
                }
                _ => {
                    let owned = word - (WAITING - OWNED);
                    let taken =
                        self.word
                            .compare_exchange(word, owned, ordering::LOOK, ordering::LOOK);
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
        let mut word = self.word.load(ordering::LOOK);
        if word & STATE == OWNED {
            // SAFETY: the place is the caller's.
            unsafe {
                self.place.with_mut(|place| match place {
                    Some(known) if known.will_wake(waker) => {}
                    place => *place = Some(waker.clone()),
                });
            }
            // Others may count references meanwhile.
            while word & STATE == OWNED {
                let waiting = word + (WAITING - OWNED);
                let left =
                    self.word
                        .compare_exchange(word, waiting, ordering::LEAVE, ordering::LOOK);
                match left {
                    Ok(_) => return,
                    Err(now) => word = now,
                }
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
        if let Some(waker) = self.take_waker() {
            waker.wake();
        }
    }

    /// Marks the future as woken, and takes what wakes the caller, if it is for the one that takes it to wake it.
    pub(crate) fn take_waker(&self) -> Option<W> {
        // Nothing is given up.
        self.woken(0).0
    }

    /// Wakes the caller, and gives up a reference. Returns whether it was the last, as [`is_last`](Waking::is_last) does.
    #[must_use]
    pub(crate) fn wake_and_go(&self) -> bool {
        let (waker, is_last) = self.woken(REFERENCE);
        if let Some(waker) = waker {
            waker.wake();
        }
        is_last
    }

    /// Marks the future as woken, and gives up so many references, one or none.
    #[inline]
    fn woken(&self, gives_up: usize) -> (Option<W>, bool) {
        let mut word = self.word.load(ordering::LOOK);
        loop {
            // One that takes the waker needs the reference until then.
            let (next, strength) = match word & STATE {
                OWNED => (word + (WOKEN - OWNED) - gives_up, ordering::WAKE),
                WAITING => (word + (TAKING - WAITING), ordering::TAKE),
                _ => (word - gives_up, ordering::WAKE),
            };
            match self
                .word
                .compare_exchange(word, next, strength, ordering::LOOK)
            {
                Ok(_) if word & STATE == WAITING => break,
                Ok(_) => return (None, gives_up > 0 && self.was_last(next)),
                Err(now) => word = now,
            }
        }
        // SAFETY: the state says that the place belongs to this wake.
        let waker = unsafe { self.place.with_mut(Option::take) };
        let goes = TAKING - WOKEN + gives_up;
        let left = self.word.fetch_sub(goes, ordering::TAKEN) - goes;
        (waker, gives_up > 0 && self.was_last(left))
    }

    /// Whether it was woken since its poll began, for the caller.
    #[inline]
    pub(crate) fn is_woken(&self) -> bool {
        self.word.load(ordering::LOOK) & STATE != OWNED
    }

    /// Counts one reference more.
    pub(crate) fn add_reference(&self) {
        // Relaxed is enough: the reference that is cloned keeps all of it there.
        if self.word.fetch_add(REFERENCE, ordering::ADD) > TOO_MANY {
            std::process::abort();
        }
    }

    /// Gives up a reference. Returns whether it was the last: then nothing uses this any more, and it has one reference
    /// again, that of what uses it next.
    #[must_use]
    #[inline]
    pub(crate) fn is_last(&self) -> bool {
        // The only reference is this one, and none can come of another: most futures hand on no waker.
        if self.word.load(ordering::ALONE) / REFERENCE == 1 {
            return true;
        }
        let left = self.word.fetch_sub(REFERENCE, ordering::GIVE_UP) - REFERENCE;
        self.was_last(left)
    }

    /// Whether there is no reference left in a word.
    #[inline]
    fn was_last(&self, left: usize) -> bool {
        if left / REFERENCE != 0 {
            return false;
        }
        fence(ordering::LAST);
        // Added, since one that has all calls of a version end may change the state, for which it needs no reference.
        self.word.fetch_add(REFERENCE, ordering::ADD);
        true
    }
}
