//! How callers and updaters agree, without a lock and without a write that others wait for.
//!
//! A caller writes into a [`Frame`] that only its own thread writes which generation it is in, and
//! then makes sure that this generation is still the one to enter. An updater publishes another
//! generation in the [`Lane`] and then reads the frames. Each must see what the other wrote first,
//! or both would go on unseen:
//!
//! ```text
//!    caller                                   updater
//! a  load the lane: old                    1  write the new generation's tables
//! b  store the frame: old                  2  store the lane: new           (Release)
//! c  light barrier                         3  heavy barrier
//! d  load the lane again                   4  load the frame                (Acquire)
//! e  run, through the tables
//! f  store the frame: none   (Release)
//! ```
//!
//! - **b c d against 2 3 4.** The interleaving to rule out is that d loads old (so the caller runs in
//!   the old generation) and 4 loads none (so the updater takes it for drained). A processor may
//!   keep b in its store buffer past d, and 2 past 4. With the barriers at c and 3 in one total
//!   order, either c is first, and 4 sees what b stored; or 3 is first, and d sees what 2 stored: the
//!   caller goes back to b with the new generation. The light barrier may be one for the compiler
//!   alone where the heavy one has every running thread of the process execute a full one
//!   (`membarrier`), wherever in its program that thread is.
//! - **a, d with Acquire against 2 with Release.** Whoever sees the new pointer at a or d sees the
//!   tables written at 1.
//! - **f with Release against 4 with Acquire.** An updater that sees the frame left has seen all that
//!   the call did, and may reuse what only the old generation needed.
//!
//! What a report says of a call belongs together:
//!
//! ```text
//!    thread, in its calls j, j + 1, ...       whoever looks
//! f  store the generation: none  (Release)    5  load the number               (Acquire)
//! g  store the number: j         (Release)    6  load the generation: not none (Acquire)
//! h  store the state             (Release)    7  load the state                (Acquire)
//! b  store the generation        (Release)    8  load the number: the same
//! ```
//!
//! - **5 against g.** Whoever reads j sees the call before left, so that 6 gives the generation of j
//!   or of a later call, or none.
//! - **6 against b.** It sees the number and the state of the call whose generation it reads. Had that
//!   call been a later one, 8 would not give j.
//! - **7 against h.** It sees the number of the call whose state it reads: 8 rules out a later one
//!   again. An earlier one is ruled out by 6.
//! - If 8 gives another number, the call at 5 is over, or is another step of its operation: look again.
//!   So nothing is found only where 6 found the frame empty.
//!
//! A call of an instance enters the generation that the instance is at, which need not be the
//! lane's. It needs no second look: the instance is counted at its generation, around a lock, from
//! within a call that entered by the lane, and moves only while nobody else uses it. Whoever reads
//! the frames and *then*, under that lock, the counts, and finds neither in a generation, finds
//! all calls in it left and sees what they did. The other way round an instance might be created
//! and its frame left between the two.
//!
//! [`ordering`] names the strength of each access; `tests/loom` includes this file, has small programs
//! run in it against each other in every way, and sees to it that each access weakened is noticed.

use super::ordering;
use super::sync::{AtomicPtr, AtomicU64, heavy, light};

/// What new calls enter. Everything in it lives for ever.
pub(crate) struct Lane<G: 'static>(AtomicPtr<G>);

impl<G: 'static> Lane<G> {
    pub(crate) fn new(first: &'static G) -> Self {
        Lane(AtomicPtr::new(std::ptr::from_ref(first).cast_mut()))
    }

    /// The generation to call into.
    #[inline]
    pub(crate) fn current(&self) -> &'static G {
        let generation = self.0.load(ordering::CURRENT);
        // SAFETY: only `new` and `publish` store here, and both take a `&'static`.
        unsafe { &*generation }
    }

    /// Makes a generation current, in one store: a call enters the one before or this one. When it
    /// returns, every frame that is still in the one before can be seen.
    pub(crate) fn publish(&self, generation: &'static G) {
        let generation = std::ptr::from_ref(generation).cast_mut();
        self.0.store(generation, ordering::PUBLISH);
        heavy();
    }
}

/// One call that a thread is in. Written by that thread only.
pub(crate) struct Frame<G: 'static> {
    /// Null where there is no call.
    generation: AtomicPtr<G>,
    /// Which call it is: another number than that of any call that somebody may still look at.
    call: AtomicU64,
    /// The state that is called.
    state: AtomicPtr<()>,
}

/// What somebody else sees of a [`Frame`].
pub(crate) struct Seen<G: 'static> {
    pub(crate) generation: &'static G,
    pub(crate) call: u64,
    pub(crate) state: *mut (),
}

impl<G: 'static> Frame<G> {
    /// Enters what is current in a lane.
    #[inline]
    pub(crate) fn enter(&self, lane: &Lane<G>, call: u64) -> &'static G {
        let mut generation = lane.current();
        loop {
            self.enter_at(generation, call, std::ptr::null_mut());
            let current = lane.current();
            if std::ptr::eq(current, generation) {
                return generation;
            }
            generation = current;
        }
    }

    /// Enters a generation that is kept for another reason: an instance is at it.
    #[inline]
    pub(crate) fn enter_at(&self, generation: &'static G, call: u64, state: *mut ()) {
        self.call.store(call, ordering::NUMBER);
        self.state.store(state, ordering::STATE);
        let generation = std::ptr::from_ref(generation).cast_mut();
        self.generation.store(generation, ordering::ENTER);
        light();
    }

    /// Leaves it.
    #[inline]
    pub(crate) fn leave(&self) {
        self.generation.store(std::ptr::null_mut(), ordering::LEAVE);
    }

    /// The number of the last call, for the thread that writes it.
    #[inline]
    pub(crate) fn last_call(&self) -> u64 {
        self.call.load(ordering::OWN)
    }

    /// Gives the call another number, for the thread that is in it.
    #[inline]
    pub(crate) fn renumber(&self, call: u64) {
        self.call.store(call, ordering::RENUMBER);
    }

    /// The call, for any thread. Nothing if, and only if, the frame was found empty.
    pub(crate) fn seen(&self) -> Option<Seen<G>> {
        loop {
            let call = self.call.load(ordering::SEEN_NUMBER);
            let generation = self.generation.load(ordering::SEEN_GENERATION);
            if generation.is_null() {
                return None;
            }
            let state = self.state.load(ordering::SEEN_STATE);
            if self.call.load(ordering::SEEN_AGAIN) == call {
                return Some(Seen {
                    // SAFETY: only `enter_at` stores anything but null here, and takes a
                    // `&'static`.
                    generation: unsafe { &*generation },
                    call,
                    state,
                });
            }
        }
    }
}

impl<G: 'static> Default for Frame<G> {
    fn default() -> Self {
        Frame {
            generation: AtomicPtr::new(std::ptr::null_mut()),
            call: AtomicU64::new(0),
            state: AtomicPtr::new(std::ptr::null_mut()),
        }
    }
}
