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
//! - **The state and number of a call** are stored before b and with it (Release), and read after 4
//!   (Acquire) and checked against another load of the generation, so that what is reported
//!   belongs together. Nothing rests on them but reports.
//!
//! A call of an instance enters the generation that the instance is at, which need not be the
//! lane's. It needs no second look: an instance is counted at its generation, moves only while
//! nobody else uses it, and whoever finds the count at nought (Acquire, with the Release of the
//! decrement) finds all frames of its earlier calls left.

use super::sync::{AtomicPtr, AtomicU64, Ordering, heavy, light};

/// What new calls enter. Everything in it lives for ever.
pub(crate) struct Lane<G: 'static>(AtomicPtr<G>);

impl<G: 'static> Lane<G> {
    pub(crate) fn new(first: &'static G) -> Self {
        Lane(AtomicPtr::new(std::ptr::from_ref(first).cast_mut()))
    }

    /// The generation to call into.
    #[inline]
    pub(crate) fn current(&self) -> &'static G {
        let generation = self.0.load(Ordering::Acquire);
        // SAFETY: only `new` and `publish` store here, and both take a `&'static`.
        unsafe { &*generation }
    }

    /// Makes a generation current, in one store: a call enters the one before or this one. When it
    /// returns, every frame that is still in the one before can be seen.
    pub(crate) fn publish(&self, generation: &'static G) {
        let generation = std::ptr::from_ref(generation).cast_mut();
        self.0.store(generation, Ordering::Release);
        heavy();
    }
}

/// One call that a thread is in. Written by that thread only.
pub(crate) struct Frame<G: 'static> {
    /// Null where there is no call.
    generation: AtomicPtr<G>,
    /// Which call it is.
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
        self.call.store(call, Ordering::Relaxed);
        self.state.store(state, Ordering::Relaxed);
        let generation = std::ptr::from_ref(generation).cast_mut();
        self.generation.store(generation, Ordering::Release);
        light();
    }

    /// Leaves it.
    #[inline]
    pub(crate) fn leave(&self) {
        self.generation
            .store(std::ptr::null_mut(), Ordering::Release);
    }

    /// The number of the last call, for the thread that writes it.
    #[inline]
    pub(crate) fn last_call(&self) -> u64 {
        self.call.load(Ordering::Relaxed)
    }

    /// Gives the call another number, for the thread that is in it.
    #[inline]
    pub(crate) fn renumber(&self, call: u64) {
        self.call.store(call, Ordering::Relaxed);
    }

    /// The call, for any thread. Nothing, if it was left or changed meanwhile.
    pub(crate) fn seen(&self) -> Option<Seen<G>> {
        let generation = self.generation.load(Ordering::Acquire);
        let call = self.call.load(Ordering::Acquire);
        let state = self.state.load(Ordering::Acquire);
        if generation.is_null() || self.generation.load(Ordering::Acquire) != generation {
            return None;
        }
        // SAFETY: only `enter_at` stores anything but null here, and takes a `&'static`.
        let generation = unsafe { &*generation };
        Some(Seen {
            generation,
            call,
            state,
        })
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
