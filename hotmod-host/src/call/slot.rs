//! For every thread, the calls that it is in.
//!
//! Only the thread itself writes into its slot, so that a call shares nothing with other calls;
//! [`protocol`] says why updaters can rely on what they read there.

mod ordering;
mod protocol;
mod sync;

use std::cell::Cell;
use std::num::NonZero;
use std::ops::Range;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use hotmod::root::mark::Mark;

use crate::call::generation::Generation;
use crate::forever::forever;
use crate::symbols::look_up;
use crate::sys;
use crate::sys::process;

use sync::Barrier;

/// What calls and instances follow: a module has one track, and one more for a candidate on trial.
pub(crate) type Track = protocol::Track<Generation>;

type Stack = protocol::Stack<Generation>;

/// Where a call is noted that waits.
pub(crate) type Frame = protocol::Frame<Generation>;

/// The thread is in a call until this is dropped.
pub(crate) type Entered = protocol::Entered<Generation>;

/// One thread's calls, one inside the other. Slots are never freed: a thread that ends leaves its
/// slot to the next. A slot shares its cache lines with no other data.
#[repr(align(128))]
pub(crate) struct Slot {
    stack: Stack,
    barrier: Barrier,
    thread: Mutex<Option<ThreadInfo>>,
}

/// What a report says of a thread.
#[derive(Clone)]
struct ThreadInfo {
    name: Option<String>,
    id: i64,
}

thread_local! {
    static MINE: Cell<Option<&'static Slot>> = const { Cell::new(None) };
    /// The same slot, set only where a call needs no barrier of its own: most calls read nothing else.
    static QUICK: Cell<Option<&'static Slot>> = const { Cell::new(None) };
    /// How many steps of operations the thread began. No other thread needs the number.
    static STEPS: Cell<u64> = const { Cell::new(0) };
    /// Apart from `MINE`, which is then read without asking whether it was destroyed.
    static TENANCY: Tenancy = const { Tenancy(Cell::new(None)) };
}

static SLOTS: Mutex<Vec<&'static Slot>> = Mutex::new(Vec::new());

/// The process whose threads have the slots.
static PROCESS: AtomicU32 = AtomicU32::new(0);

fn slots() -> MutexGuard<'static, Vec<&'static Slot>> {
    // A slot is pushed whole or not at all.
    let mut slots = SLOTS.lock().unwrap_or_else(PoisonError::into_inner);
    // Relaxed: the lock orders it.
    let this = process::id();
    if PROCESS.swap(this, Ordering::Relaxed) != this {
        // A forked process has one thread: the calls of all other threads would never end in it.
        slots.retain(|slot| MINE.get().is_some_and(|mine| std::ptr::eq(mine, *slot)));
    }
    slots
}

/// Gives the thread's slot to others when the thread ends.
struct Tenancy(Cell<Option<&'static Slot>>);

impl Drop for Tenancy {
    fn drop(&mut self) {
        if let Some(slot) = self.0.get() {
            MINE.set(None);
            QUICK.set(None);
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
    /// It runs what is called again and again, by the host's thread for that or by the owner of an instance.
    Timer,
    /// It polls or drops a future that the module has spawned.
    Spawned,
    /// It begins, polls or drops what runs from version to version.
    Task,
    /// It runs a pure function on copies of the arguments of a call, to see whether it does the same.
    Trial,
    /// It makes, converts, checks or drops a state.
    Operation,
}

/// How many places of exports there may be that the host calls.
pub(crate) const PLACES: usize = TRIAL / 2;
/// The places of exports that other modules call.
pub(crate) const USED_PLACES: Range<usize> = PLACES..TRIAL;
/// As a place: an operation.
const OPERATION: usize = protocol::LAST_PLACE;
/// As a place: an init.
const INIT: usize = OPERATION - 1;
/// As a place: what is called again and again.
const TIMER: usize = INIT - 1;
/// As a place: a future that was spawned.
const SPAWNED: usize = TIMER - 1;
/// As a place: what runs from version to version.
const TASK: usize = SPAWNED - 1;
/// As a place: a pure function on copies of arguments.
const TRIAL: usize = TASK - 1;

impl Doing {
    /// The number that stands for it.
    #[inline(always)]
    pub(crate) fn place(self) -> usize {
        match self {
            Doing::Export(place) => place,
            Doing::Init => INIT,
            Doing::Timer => TIMER,
            Doing::Spawned => SPAWNED,
            Doing::Task => TASK,
            Doing::Trial => TRIAL,
            Doing::Operation => OPERATION,
        }
    }

    /// What such a number stands for.
    pub(crate) fn at(place: usize) -> Self {
        match place {
            OPERATION => Doing::Operation,
            INIT => Doing::Init,
            TIMER => Doing::Timer,
            SPAWNED => Doing::Spawned,
            TASK => Doing::Task,
            TRIAL => Doing::Trial,
            place => Doing::Export(place),
        }
    }
}

/// Enters a call into what is current in a track.
#[inline(always)]
pub(crate) fn enter(track: &Track, doing: Doing) -> (Entered, &'static Generation) {
    if let Some(slot) = QUICK.get()
        && let Some(entered) = slot
            .stack
            .enter_first(track, doing.place(), Barrier::Remote)
    {
        return entered;
    }
    let entered = enter_slowly(track, doing);
    let generation = entered.generation();
    (entered, generation)
}

/// As [`enter`], of a call that is made within another one.
#[inline(always)]
pub(crate) fn enter_within(track: &Track, doing: Doing) -> (Entered, &'static Generation) {
    if let Some(slot) = QUICK.get()
        && let Some(entered) = slot
            .stack
            .enter_within(track, doing.place(), Barrier::Remote)
    {
        return entered;
    }
    let entered = enter_slowly(track, doing);
    let generation = entered.generation();
    (entered, generation)
}

#[cold]
#[inline(never)]
fn enter_slowly(track: &Track, doing: Doing) -> Entered {
    let slot = mine();
    slot.stack.enter(track, doing.place(), slot.barrier)
}

/// Enters a call of a state that is at this generation.
#[inline(always)]
pub(crate) fn enter_at(generation: &'static Generation, doing: Doing, state: *mut ()) -> Entered {
    enter_place(generation, doing.place(), state)
}

/// The same, given the number that stands for what it does.
#[inline(always)]
pub(crate) fn enter_place(
    generation: &'static Generation,
    place: usize,
    state: *mut (),
) -> Entered {
    if let Some(slot) = QUICK.get()
        && let Some(entered) = slot
            .stack
            .enter_first_at(generation, place, state, Barrier::Remote)
    {
        return entered;
    }
    enter_at_slowly(generation, place, state)
}

/// The version that the innermost call of this thread is in.
pub(crate) fn current() -> Option<&'static Generation> {
    mine().stack.seen().last().map(|seen| seen.generation)
}

/// Enters a part of an operation that another thread is in, which waits for its end.
pub(crate) fn enter_part(of: &'static Generation) -> Entered {
    enter_at(of, Doing::Operation, std::ptr::null_mut())
}

#[cold]
#[inline(never)]
fn enter_at_slowly(generation: &'static Generation, place: usize, state: *mut ()) -> Entered {
    let slot = mine();
    slot.stack.enter_at(generation, place, state, slot.barrier)
}

/// Called before each further step of the operation that the thread is in, so that a panic of an
/// earlier step is not taken for one of this step.
#[inline]
pub(crate) fn next_step() {
    STEPS.set(STEPS.get().wrapping_add(1));
}

/// Where this thread is among its calls.
pub(crate) extern "C" fn mark() -> Mark {
    let innermost = mine().stack.innermost();
    let depth = innermost.map_or(0, |call| call.depth + 1);
    Mark {
        depth: u32::try_from(depth).unwrap_or(u32::MAX),
        traced: look_up::are_wanted(),
        // Neither number ever becomes less, so their sum changes when one of them does.
        call: innermost.map_or(0, |call| call.number().wrapping_add(STEPS.get())),
    }
}

fn mine() -> &'static Slot {
    match MINE.get() {
        Some(slot) => slot,
        None => take_slot(),
    }
}

#[cold]
fn take_slot() -> &'static Slot {
    let current = std::thread::current();
    let info = ThreadInfo {
        name: current.name().map(str::to_owned),
        id: sys::thread::number(),
    };
    let mut slots = slots();
    let free = slots.iter().find(|slot| slot.thread().is_none());
    let slot = match free {
        Some(slot) => *slot,
        None => {
            let slot = forever(Slot {
                stack: Stack::default(),
                barrier: sync::barrier(),
                thread: Mutex::default(),
            });
            slots.push(slot);
            slot
        }
    };
    *slot.thread() = Some(info);
    MINE.set(Some(slot));
    if slot.barrier == Barrier::Remote {
        QUICK.set(Some(slot));
    }
    // A destructor of another thread-local may make a call after `TENANCY` was destroyed: then the
    // slot is given to no other thread.
    let _ = TENANCY.try_with(|tenancy| tenancy.0.set(Some(slot)));
    slot
}

impl Slot {
    fn thread(&self) -> MutexGuard<'_, Option<ThreadInfo>> {
        // It is replaced whole.
        self.thread.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The thread's name, or its number for the system.
    fn name(&self) -> String {
        match &*self.thread() {
            Some(ThreadInfo {
                name: Some(name), ..
            }) => name.clone(),
            Some(ThreadInfo { id, .. }) => format!("thread {id}"),
            None => ENDED.to_owned(),
        }
    }
}

const ENDED: &str = "a thread that has ended";

/// A call that some thread is in.
#[derive(Clone)]
pub(crate) struct RunningCall {
    /// Which slot, how deep, and which call: equal as long as it is the same call.
    pub(crate) id: (usize, usize, u64),
    pub(crate) generation: &'static Generation,
    pub(crate) doing: Doing,
    /// The thread's name, or its number for the system.
    pub(crate) thread: String,
    /// The call of the same thread that it is made within.
    pub(crate) within: Option<(&'static Generation, Doing)>,
}

impl RunningCall {
    /// Whether this thread is in it.
    pub(crate) fn is_by(&self, thread: ThreadAt) -> bool {
        self.id.0 == thread.0.get()
    }
}

/// A thread, by the address of its slot: that of one thread as long as it lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ThreadAt(NonZero<usize>);

impl ThreadAt {
    /// The calling thread.
    #[inline]
    pub(crate) fn this() -> Self {
        ThreadAt(NonNull::from(mine()).addr())
    }

    pub(crate) fn from_number(number: usize) -> Option<Self> {
        NonZero::new(number).map(ThreadAt)
    }

    pub(crate) fn number(self) -> usize {
        self.0.get()
    }
}

/// The thread's name, or its number for the system.
pub(crate) fn name_of(thread: ThreadAt) -> String {
    let slots = slots().clone();
    let is_its = |slot: &&&Slot| std::ptr::from_ref::<Slot>(slot).addr() == thread.number();
    let slot = slots.iter().find(is_its);
    slot.map_or_else(|| ENDED.to_owned(), |slot| slot.name())
}

/// Keeps threads from taking and leaving slots.
pub(crate) fn hold() -> MutexGuard<'static, Vec<&'static Slot>> {
    // The thread that holds the slots may need one itself, and could not take it while it holds them.
    let _ = mine();
    slots()
}

/// The addresses of the states that are in a call, on any thread.
pub(crate) fn states_in_calls(slots: &[&'static Slot]) -> Vec<usize> {
    let seen = slots.iter().flat_map(|slot| slot.stack.seen());
    seen.map(|seen| seen.state.addr()).collect()
}

/// The calls that all threads are in. Each was read at a moment of its own.
pub(crate) fn running() -> Vec<RunningCall> {
    let slots = slots().clone();
    let mut running = Vec::new();
    for slot in slots {
        let calls: Vec<_> = slot.stack.seen().collect();
        // A call that is there before and after one within it was seen has been there all the time.
        let again: Vec<_> = match calls.len() {
            0 | 1 => Vec::new(),
            _ => slot.stack.seen().map(|it| it.call).collect(),
        };
        for seen in &calls {
            let thread = slot.name();
            let around = calls.iter().find(|it| it.call.depth + 1 == seen.call.depth);
            let around = around.filter(|it| again.contains(&it.call));
            running.push(RunningCall {
                within: around.map(|it| (it.generation, Doing::at(it.call.place()))),
                id: (
                    std::ptr::from_ref(slot).addr(),
                    seen.call.depth,
                    seen.call.number(),
                ),
                generation: seen.generation,
                doing: Doing::at(seen.call.place()),
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
    fn calls_inside_each_other_are_all_seen_and_none_has_the_number_of_one_before() {
        let generation = forever(0_u8);
        let stack = forever(protocol::Stack::default());
        let enter =
            |place| stack.enter_at(generation, place, std::ptr::null_mut(), sync::barrier());
        let calls = || -> Vec<_> { stack.seen().map(|seen| seen.call).collect() };

        let mut entered: Vec<_> = (0..20).map(enter).collect();
        let seen = calls();
        let places: Vec<_> = seen.iter().map(|call| (call.depth, call.place())).collect();
        assert_eq!(places, (0..20).map(|at| (at, at)).collect::<Vec<_>>());
        assert_eq!(stack.innermost().map(|call| call.place()), Some(19));

        while entered.pop().is_some() {}
        assert!(calls().is_empty() && stack.innermost().is_none());

        let _entered = enter(PLACES);
        let again = calls()[0];
        assert_eq!((again.depth, again.place()), (0, PLACES));
        assert_ne!(again.number(), seen[0].number());
    }
}
