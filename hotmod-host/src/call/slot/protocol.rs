//! How callers and updaters agree, without a lock and without a write that others wait for.
//!
//! A caller writes the generation that it is in into a [`Frame`], which only its own thread writes, and
//! then makes sure that this generation is still the one to enter. An updater publishes another
//! generation in the [`Track`] and then reads the frames. At least one of them must see what the other
//! wrote first, or the caller would run in the old generation unseen:
//!
//! ```text
//!    caller                                   updater
//! a  load the track: old                    1  write the new generation's tables
//! b  store the frame: in use, old          2  store the track: new           (Release)
//! c  light barrier                         3  heavy barrier
//! d  load the track again                   4  load the frame                (Acquire)
//! e  run, through the tables
//! f  store the frame: not in use (Release)
//! ```
//!
//! - **b c d against 2 3 4.** The interleaving to rule out is that d loads old (so the caller runs in
//!   the old generation) and 4 finds no call (so the updater takes it for drained). A processor may
//!   keep b in its store buffer past d, and 2 past 4. With the barriers at c and 3 in one total
//!   order, either c is first, and 4 sees what b stored; or 3 is first, and d sees what 2 stored: the
//!   caller leaves, and enters the new generation. The light barrier may be one for the compiler
//!   alone where the heavy one has every running thread of the process execute a full one
//!   (`membarrier`), wherever in its program that thread is.
//! - **a, d with Acquire against 2 with Release.** A thread that sees the new pointer at a or d sees the
//!   tables written at 1.
//! - **f with Release against 4 with Acquire.** An updater that sees the frame left has seen all that
//!   the call did, and may reuse what only the old generation needed. So has an updater that finds
//!   another call in the frame: that call's stores come after f.
//!
//! Every store costs a call as much as a tenth of a bare one, so one word of the frame says whether
//! it is in use, what the call does and which call it is. What a report says of a call must all be of
//! that same call:
//!
//! ```text
//!    thread, in its calls j, j + 1, ...       thread that looks
//! g  store generation and state (Release)  5  load the word: in use, j      (Acquire)
//! b  store the word: in use, j  (Release)  6  load generation and state     (Acquire)
//! f  store the word: j is over  (Release)  7  load the word: the same
//! ```
//!
//! - **5 against b.** A thread that reads j sees what g stored for j, or something later.
//! - **6 against g.** A thread that reads something later sees what f stored before it: 7 does not give j.
//! - If 7 gives another word, the call at 5 is over: look again. So the thread that looks finds no call
//!   only where there was none.
//! - A call without a state stores none: its word lacks `HAS_STATE`.
//!
//! A call of an instance enters the generation that the instance is at, which need not be the
//! track's. It needs no second look: the instance is counted at its generation, around a lock, from
//! within a call that entered by the track, and moves only while no other thread uses it. A thread that reads
//! the frames and *then*, under that lock, the counts, and finds neither in a generation, finds
//! all calls in it left and sees what they did. The other way round an instance might be created
//! and its frame left between the two.
//!
//! A call that waits between two polls has a frame of its own ([`Frame::wait`]), which no thread's stack has. It is noted
//! there before the frame of the first poll is left, and is over there ([`Frame::end_wait`]) when that of the last is left:
//! so it is seen in the same way, by a thread that reads the frames of threads and *then* these.
//!
//! [`ordering`] names the strength of each access; `tests/loom` includes this file, runs small programs
//! against each other in every interleaving, and fails unless it notices each access that is weakened.

use std::sync::OnceLock;

use super::ordering;
use super::sync::{AtomicPtr, AtomicU64, Barrier, FRAMES, heavy, light};

/// What new calls enter. Everything in it lives for ever.
pub(crate) struct Track<G: 'static>(AtomicPtr<G>);

impl<G: 'static> Track<G> {
    pub(crate) fn new(first: &'static G) -> Self {
        Track(AtomicPtr::new(std::ptr::from_ref(first).cast_mut()))
    }

    /// The generation to call into.
    #[inline]
    pub(crate) fn current(&self) -> &'static G {
        let generation = self.0.load(ordering::CURRENT);
        // SAFETY: only `new` and `publish` store here, and both take a `&'static`.
        unsafe { &*generation }
    }

    /// Makes a generation current, in one store: a call enters the generation before or this one. When
    /// this returns, every call that is still in the generation before can be seen.
    pub(crate) fn publish(&self, generation: &'static G) {
        let generation = std::ptr::from_ref(generation).cast_mut();
        self.0.store(generation, ordering::PUBLISH);
        heavy();
    }
}

/// The calls that a thread is in, one inside the other. Written by that thread only.
///
/// No field counts the calls, which would take two stores more: a call takes the first frame that is
/// not in use.
pub(crate) struct Stack<G: 'static> {
    here: [Frame<G>; FRAMES],
    deeper: OnceLock<Box<Stack<G>>>,
}

/// One call that a thread is in; or, where it is no thread's, one that waits while no thread is in it.
pub(crate) struct Frame<G: 'static> {
    /// Whether it is in use, and by which call: from below, the `IN_USE`, `HAS_STATE` and `PLACE` of a
    /// call and its number. Between calls, the number of the next alone.
    word: AtomicU64,
    generation: AtomicPtr<G>,
    /// The state that is called, if the word says that there is one.
    state: AtomicPtr<()>,
}

/// In a frame's word, that there is a call.
const IN_USE: u64 = 1;
/// In a frame's word, that its call has a state.
const HAS_STATE: u64 = 2;
/// In a frame's word, what the call does, in units of this.
const PLACE: u64 = 4;
/// In a frame's word, one call more.
const NEXT: u64 = 1 << 24;

/// The greatest place that can be told from others.
pub(crate) const LAST_PLACE: usize = (NEXT / PLACE - 1) as usize;

/// A call that a thread is in.
pub(crate) struct Seen<G: 'static> {
    pub(crate) call: Call,
    pub(crate) generation: &'static G,
    /// Null, if the call has no state.
    pub(crate) state: *mut (),
}

/// Which call it is, by the word of its frame.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Call {
    /// How many calls of the thread it is inside of.
    pub(crate) depth: usize,
    word: u64,
}

impl Call {
    /// Differs from the number of every other call of this depth that a thread may still look at.
    pub(crate) fn number(self) -> u64 {
        self.word / NEXT
    }

    /// What stands for it in its frame.
    pub(crate) fn word(self) -> u64 {
        self.word
    }

    /// The place that the call was entered with.
    pub(crate) fn place(self) -> usize {
        (self.word % NEXT / PLACE) as usize
    }
}

/// The thread is in a call until this is dropped, which is after all calls inside it.
#[must_use]
pub(crate) struct Entered<G: 'static> {
    frame: &'static Frame<G>,
    /// The frame's word before the call.
    before: u64,
}

impl<G: 'static> Entered<G> {
    /// The generation that the call is in.
    #[inline(always)]
    pub(crate) fn generation(&self) -> &'static G {
        let generation = self.frame.generation.load(ordering::OWN);
        // SAFETY: only `Free::store` stores there, takes a `&'static`, and made this call.
        unsafe { &*generation }
    }
}

impl<G: 'static> Drop for Entered<G> {
    #[inline(always)]
    fn drop(&mut self) {
        let word = self.before.wrapping_add(NEXT);
        self.frame.word.store(word, ordering::LEAVE);
    }
}

impl<G: 'static> Stack<G> {
    /// Enters what is current in a track, at a place up to [`LAST_PLACE`].
    pub(crate) fn enter(
        &'static self,
        track: &Track<G>,
        place: usize,
        barrier: Barrier,
    ) -> Entered<G> {
        let free = self.free();
        loop {
            if let Some((entered, _)) = free.frame.enter(track, place, barrier) {
                return entered;
            }
        }
    }

    /// The same, where this can be done straight away: the thread is in no other call, and no
    /// generation is published meanwhile.
    #[inline(always)]
    pub(crate) fn enter_first(
        &'static self,
        track: &Track<G>,
        place: usize,
        barrier: Barrier,
    ) -> Option<(Entered<G>, &'static G)> {
        self.here[0].enter(track, place, barrier)
    }

    /// The same, where the thread is in calls already, but not in many.
    #[inline(always)]
    pub(crate) fn enter_within(
        &'static self,
        track: &Track<G>,
        place: usize,
        barrier: Barrier,
    ) -> Option<(Entered<G>, &'static G)> {
        let free = |frame: &&Frame<G>| frame.word.load(ordering::OWN) & IN_USE == 0;
        self.here.iter().find(free)?.enter(track, place, barrier)
    }

    /// Enters a generation that need not be current: an instance is at it.
    pub(crate) fn enter_at(
        &'static self,
        generation: &'static G,
        place: usize,
        state: *mut (),
        barrier: Barrier,
    ) -> Entered<G> {
        self.free().enter_at(generation, place, state, barrier)
    }

    /// The same, if the thread is in no other call.
    #[inline(always)]
    pub(crate) fn enter_first_at(
        &'static self,
        generation: &'static G,
        place: usize,
        state: *mut (),
        barrier: Barrier,
    ) -> Option<Entered<G>> {
        let free = self.here[0].free()?;
        Some(free.enter_at(generation, place, state, barrier))
    }

    /// The innermost call that the thread is in, for that thread.
    pub(crate) fn innermost(&self) -> Option<Call> {
        let words = self.frames().map(|frame| frame.word.load(ordering::OWN));
        let in_use = words.take_while(|word| word & IN_USE != 0).enumerate();
        in_use.map(|(depth, word)| Call { depth, word }).last()
    }

    /// The calls that the thread is in, for any thread. Each is read at a moment of its own.
    pub(crate) fn seen(&self) -> impl Iterator<Item = Seen<G>> {
        let frames = self.frames().enumerate();
        frames.filter_map(|(depth, frame)| frame.seen(depth))
    }

    fn frames(&self) -> impl Iterator<Item = &Frame<G>> {
        let stacks = std::iter::successors(Some(self), |stack| stack.deeper.get().map(|d| &**d));
        stacks.flat_map(|stack| &stack.here)
    }

    fn free(&'static self) -> Free<G> {
        match self.here.iter().find_map(Frame::free) {
            Some(free) => free,
            None => self.deeper.get_or_init(Box::default).free(),
        }
    }
}

/// A frame that is not in use, for the thread that owns it.
struct Free<G: 'static> {
    frame: &'static Frame<G>,
    word: u64,
}

impl<G: 'static> Free<G> {
    #[inline(always)]
    fn enter_at(
        self,
        generation: &'static G,
        place: usize,
        state: *mut (),
        barrier: Barrier,
    ) -> Entered<G> {
        self.frame.state.store(state, ordering::STATE);
        let entered = self.store(generation, HAS_STATE, place);
        light(barrier);
        entered
    }

    #[inline(always)]
    fn store(self, generation: &'static G, has_state: u64, place: usize) -> Entered<G> {
        let Free { frame, word } = self;
        let generation = std::ptr::from_ref(generation).cast_mut();
        frame.generation.store(generation, ordering::GENERATION);
        let in_use = word.wrapping_add(place as u64 * PLACE + has_state + IN_USE);
        frame.word.store(in_use, ordering::ENTER);
        Entered {
            frame,
            before: word,
        }
    }
}

impl<G: 'static> Frame<G> {
    #[inline(always)]
    fn free(&'static self) -> Option<Free<G>> {
        let word = self.word.load(ordering::OWN);
        let free = Free { frame: self, word };
        (word & IN_USE == 0).then_some(free)
    }

    /// Enters the generation that is current in a track, if the frame is free and the generation stays
    /// current until the call can be seen.
    #[inline(always)]
    fn enter(
        &'static self,
        track: &Track<G>,
        place: usize,
        barrier: Barrier,
    ) -> Option<(Entered<G>, &'static G)> {
        let free = self.free()?;
        let generation = track.current();
        let entered = free.store(generation, 0, place);
        light(barrier);
        std::ptr::eq(track.current(), generation).then_some((entered, generation))
    }

    /// Notes a call that waits, in a frame of its own: before the thread leaves that in which it runs, so that one that
    /// looks at threads' frames first, and at these then, finds it here or there.
    pub(crate) fn wait(&self, generation: &'static G, place: usize, state: *mut ()) {
        self.state.store(state, ordering::STATE);
        let generation = std::ptr::from_ref(generation).cast_mut();
        self.generation.store(generation, ordering::GENERATION);
        let word = self.word.load(ordering::OWN);
        let in_use = word.wrapping_add(place as u64 * PLACE + HAS_STATE + IN_USE);
        self.word.store(in_use, ordering::ENTER);
    }

    /// The call that was noted is over: after its thread has left the last frame in which it ran.
    pub(crate) fn end_wait(&self) {
        let number = self.word.load(ordering::OWN) / NEXT;
        self.word
            .store((number + 1).wrapping_mul(NEXT), ordering::LEAVE);
    }

    /// The call that was noted last, for its owner: its generation, its place, and its state.
    #[inline(always)]
    pub(crate) fn noted(&self) -> (&'static G, usize, *mut ()) {
        let generation = self.generation.load(ordering::OWN);
        assert!(!generation.is_null(), "bug in hotmod: no call was noted");
        // SAFETY: only `wait` and `Free::store` store there, and both take a `&'static`.
        let generation = unsafe { &*generation };
        let place = self.word.load(ordering::OWN) % NEXT / PLACE;
        (generation, place as usize, self.state.load(ordering::OWN))
    }

    /// What stands for the call that the frame is in use by, for its owner: that of no other one in this frame.
    #[inline(always)]
    pub(crate) fn word(&self) -> u64 {
        self.word.load(ordering::OWN)
    }

    /// Whether it is in use, for its owner.
    #[inline(always)]
    pub(crate) fn is_in_use(&self) -> bool {
        self.word() & IN_USE != 0
    }

    /// The call that the frame is in use by; `None` if, and only if, there was none.
    pub(crate) fn seen(&self, depth: usize) -> Option<Seen<G>> {
        loop {
            let word = self.word.load(ordering::SEEN_WORD);
            if word & IN_USE == 0 {
                return None;
            }
            let generation = self.generation.load(ordering::SEEN_GENERATION);
            let state = match word & HAS_STATE {
                0 => std::ptr::null_mut(),
                _ => self.state.load(ordering::SEEN_STATE),
            };
            if self.word.load(ordering::SEEN_AGAIN) == word {
                return Some(Seen {
                    call: Call { depth, word },
                    // SAFETY: only `Free::store` stores there, takes a `&'static`, and does it before
                    // the frame is in use.
                    generation: unsafe { &*generation },
                    state,
                });
            }
        }
    }
}

impl<G: 'static> Default for Stack<G> {
    fn default() -> Self {
        Stack {
            here: Default::default(),
            deeper: OnceLock::new(),
        }
    }
}

impl<G: 'static> Default for Frame<G> {
    fn default() -> Self {
        Frame {
            word: AtomicU64::new(0),
            generation: AtomicPtr::new(std::ptr::null_mut()),
            state: AtomicPtr::new(std::ptr::null_mut()),
        }
    }
}
