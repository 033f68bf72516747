//! Who is where: for every thread, the calls that it is in.
//!
//! Only the thread itself writes into its slot, so that a call shares nothing with other calls;
//! [`protocol`] says why updaters can rely on what they read there.

mod ordering;
mod protocol;
mod sync;

use std::cell::Cell;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use hotmod::mark::Mark;

use crate::forever::forever;
use crate::generation::Generation;
use crate::lane::Lane;

use protocol::Frame;
pub(crate) use protocol::Lane as LaneOf;

/// The frames of a slot that are found without a detour; deeper calls are rare.
const FRAMES: usize = 8;

/// One thread's calls, one inside the other. Slots are never freed: a thread that ends leaves its
/// slot to the next.
pub(crate) struct Slot {
    /// How many calls the thread is in. Relaxed: of the thread's own making, and for others only
    /// how far to look.
    depth: AtomicUsize,
    frames: Frames,
    thread: Mutex<Option<ThreadInfo>>,
}

/// What a report says of a thread.
#[derive(Clone)]
struct ThreadInfo {
    name: Option<String>,
    id: i64,
}

/// Frames, and more of them for calls that are deeper.
#[derive(Default)]
struct Frames {
    here: [Frame<Generation>; FRAMES],
    deeper: OnceLock<Box<Frames>>,
}

impl Frames {
    #[inline]
    fn at(&self, depth: usize) -> &Frame<Generation> {
        match self.here.get(depth) {
            Some(frame) => frame,
            None => self.deeper(depth),
        }
    }

    #[cold]
    fn deeper(&self, depth: usize) -> &Frame<Generation> {
        self.deeper.get_or_init(Box::default).at(depth - FRAMES)
    }

    fn each(&self) -> impl Iterator<Item = &Frame<Generation>> {
        let chunks = std::iter::successors(Some(self), |chunk| chunk.deeper.get().map(|c| &**c));
        chunks.flat_map(|chunk| &chunk.here)
    }
}

thread_local! {
    static MINE: Cell<Option<&'static Slot>> = const { Cell::new(None) };
    /// Apart from `MINE`, which is then read without asking whether it was destroyed.
    static TENANCY: Tenancy = const { Tenancy(Cell::new(None)) };
}

static SLOTS: Mutex<Vec<&'static Slot>> = Mutex::new(Vec::new());

fn slots() -> MutexGuard<'static, Vec<&'static Slot>> {
    // A slot is pushed whole or not at all.
    SLOTS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Gives the thread's slot to others when the thread ends.
struct Tenancy(Cell<Option<&'static Slot>>);

impl Drop for Tenancy {
    fn drop(&mut self) {
        if let Some(slot) = self.0.get() {
            MINE.set(None);
            *slot.thread() = None;
        }
    }
}

/// What a call does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Doing {
    /// It runs the shim at this place of its generation.
    Export(usize),
    /// It makes a new state, by the user's init.
    Init,
    /// It makes, converts, checks or drops a state.
    Operation,
}

/// In a frame's number of a call, its place.
const PLACE: u64 = (1 << 24) - 1;
/// As a place: an operation.
const OPERATION: u64 = PLACE;
/// As a place: an init.
const INIT: u64 = PLACE - 1;
/// In a frame's number of a call, one call more.
const NEXT: u64 = PLACE + 1;

#[inline]
fn number(last: u64, doing: Doing) -> u64 {
    let place = match doing {
        // No module has so many exports; if one had, only reports would name another.
        Doing::Export(place) => place as u64 & PLACE,
        Doing::Init => INIT,
        Doing::Operation => OPERATION,
    };
    (last & !PLACE).wrapping_add(NEXT) | place
}

/// The thread is in a call until this is dropped.
#[must_use]
pub(crate) struct Entered {
    slot: &'static Slot,
    frame: &'static Frame<Generation>,
    depth: usize,
}

impl Entered {
    #[inline]
    fn begin(doing: Doing) -> (Self, u64) {
        let slot = mine();
        let depth = slot.depth.load(Ordering::Relaxed);
        let frame = slot.frames.at(depth);
        let call = number(frame.last_call(), doing);
        slot.depth.store(depth + 1, Ordering::Relaxed);
        (Entered { slot, frame, depth }, call)
    }
}

impl Drop for Entered {
    #[inline]
    fn drop(&mut self) {
        self.frame.leave();
        self.slot.depth.store(self.depth, Ordering::Relaxed);
    }
}

/// Before a call into what is current in a lane.
#[inline]
pub(crate) fn enter(lane: &Lane, doing: Doing) -> (Entered, &'static Generation) {
    let (entered, call) = Entered::begin(doing);
    let generation = entered.frame.enter(lane, call);
    (entered, generation)
}

/// Before a call of a state, which is at this generation.
#[inline]
pub(crate) fn enter_at(generation: &'static Generation, doing: Doing, state: *mut ()) -> Entered {
    let (entered, call) = Entered::begin(doing);
    entered.frame.enter_at(generation, call, state);
    entered
}

/// Before one more step of the operation that the thread is in: a panic of the step before is none
/// of its own.
#[inline]
pub(crate) fn next_step() {
    let slot = mine();
    if let Some(depth) = slot.depth.load(Ordering::Relaxed).checked_sub(1) {
        let frame = slot.frames.at(depth);
        frame.renumber(number(frame.last_call(), Doing::Operation));
    }
}

/// Where this thread is among its calls.
pub(crate) extern "C" fn mark() -> Mark {
    let slot = mine();
    let depth = slot.depth.load(Ordering::Relaxed);
    let call = depth
        .checked_sub(1)
        .map_or(0, |at| slot.frames.at(at).last_call());
    Mark {
        depth: u32::try_from(depth).unwrap_or(u32::MAX),
        // An operation that fails has an error to tell, and no backtrace, which would be long in
        // the making.
        traced: call & PLACE != OPERATION,
        call,
    }
}

#[inline]
fn mine() -> &'static Slot {
    match MINE.get() {
        Some(slot) => slot,
        None => take_slot(),
    }
}

#[cold]
fn take_slot() -> &'static Slot {
    sync::registered();
    let current = std::thread::current();
    let info = ThreadInfo {
        name: current.name().map(str::to_owned),
        // SAFETY: it only asks.
        id: unsafe { libc::syscall(libc::SYS_gettid) },
    };
    let mut slots = slots();
    let free = slots.iter().find(|slot| slot.thread().is_none());
    let slot = match free {
        Some(slot) => *slot,
        None => {
            let slot = forever(Slot {
                depth: AtomicUsize::new(0),
                frames: Frames::default(),
                thread: Mutex::default(),
            });
            slots.push(slot);
            slot
        }
    };
    *slot.thread() = Some(info);
    MINE.set(Some(slot));
    // A call from a destructor of another thread-local may come after that of this one: then the
    // slot is not given on.
    let _ = TENANCY.try_with(|tenancy| tenancy.0.set(Some(slot)));
    slot
}

impl Slot {
    fn thread(&self) -> MutexGuard<'_, Option<ThreadInfo>> {
        // It is replaced whole.
        self.thread.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A call that some thread is in.
#[derive(Clone)]
pub(crate) struct Running {
    /// Which slot, how deep, and which call: equal as long as it is the same call.
    pub(crate) id: (usize, usize, u64),
    pub(crate) generation: &'static Generation,
    pub(crate) doing: Doing,
    /// The thread's name, or its number for the system.
    pub(crate) thread: String,
}

/// Keeps threads from taking and leaving slots.
pub(crate) fn hold() -> MutexGuard<'static, Vec<&'static Slot>> {
    // Whoever holds the slots may need one, and could not take it then.
    let _ = mine();
    slots()
}

/// Where the states are that are in a call, on whatever thread.
pub(crate) fn states_in_calls(slots: &[&'static Slot]) -> Vec<usize> {
    let seen = slots.iter().flat_map(|slot| slot.frames.each());
    let states = seen.filter_map(|frame| Some(frame.seen()?.state.addr()));
    states.collect()
}

/// The calls that all threads are in, at some moment each.
pub(crate) fn running() -> Vec<Running> {
    let slots = slots().clone();
    let mut running = Vec::new();
    for (index, slot) in slots.into_iter().enumerate() {
        for (depth, frame) in slot.frames.each().enumerate() {
            let Some(seen) = frame.seen() else { continue };
            let doing = match seen.call & PLACE {
                OPERATION => Doing::Operation,
                INIT => Doing::Init,
                place => Doing::Export(place as usize),
            };
            let thread = match &*slot.thread() {
                Some(ThreadInfo {
                    name: Some(name), ..
                }) => name.clone(),
                Some(ThreadInfo { id, .. }) => format!("thread {id}"),
                None => "a thread that has ended".to_owned(),
            };
            running.push(Running {
                id: (index, depth, seen.call),
                generation: seen.generation,
                doing,
                thread,
            });
        }
    }
    running
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_that_ends_leaves_its_slot_to_the_next() {
        for _ in 0..1000 {
            std::thread::spawn(|| mark()).join().expect("a thread");
        }
        // As many as ran at once, whatever other tests do meanwhile.
        assert!(slots().len() < 100, "{} slots", slots().len());
    }

    #[test]
    fn the_number_of_a_call_says_what_it_does_and_is_another_each_time() {
        let first = number(0, Doing::Export(7));
        let second = number(first, Doing::Export(7));
        assert_eq!((first & PLACE, second & PLACE), (7, 7));
        assert_ne!(first, second);
        assert_eq!(number(second, Doing::Operation) & PLACE, OPERATION);
        assert_ne!(
            number(u64::MAX, Doing::Export(3)),
            number(NEXT, Doing::Export(3))
        );
    }
}
