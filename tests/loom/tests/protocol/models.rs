//! Callers and updaters that run against each other. Each states a promise of the protocol, and
//! panics in an interleaving that breaks it.
//!
//! What an updater may do when it finds a generation left is modelled as writing over what its
//! calls write: two such accesses that no ordering puts one after the other are a race, which `loom`
//! reports. So are tables that a call reads before it can see them written.

use std::ptr;

use loom::cell::UnsafeCell;
use loom::sync::Mutex;
use loom::sync::atomic::{AtomicUsize, Ordering};
use loom::thread;

use crate::protocol::{Frame, Lane, Seen};
use crate::sync::{as_caller, pass};

/// The most frames that a model has.
const FRAMES: usize = 2;

pub(crate) struct Generation {
    /// Whether it is linked.
    tables: UnsafeCell<bool>,
    /// What the calls of each frame use while they run.
    used: [UnsafeCell<u64>; FRAMES],
    /// How many instances are at it.
    instances: AtomicUsize,
}

// SAFETY: `loom` runs one thread at a time, and reports accesses to a cell that would be a race.
unsafe impl Sync for Generation {}

/// For a run of the model: like slots and generations, it has no owner who could free it.
fn forever<T>(value: T) -> &'static T {
    Box::leak(Box::new(value))
}

impl Generation {
    fn unlinked() -> &'static Self {
        forever(Generation {
            tables: UnsafeCell::new(false),
            used: std::array::from_fn(|_| UnsafeCell::new(0)),
            instances: AtomicUsize::new(0),
        })
    }

    fn linked() -> &'static Self {
        let generation = Generation::unlinked();
        generation.link();
        generation
    }

    fn link(&self) {
        // SAFETY: the only access at this moment.
        self.tables.with_mut(|tables| unsafe { *tables = true });
    }

    fn check_tables(&self) {
        // SAFETY: the only access at this moment.
        let is_linked = self.tables.with(|tables| unsafe { *tables });
        assert!(is_linked, "broken: a generation is known before its tables");
    }

    /// What a call does.
    fn run(&self, frame: usize) {
        pass();
        self.check_tables();
        // SAFETY: the only access at this moment.
        self.used[frame].with_mut(|used| unsafe { *used += 1 });
    }

    /// What only its calls needed, used for something else.
    fn reuse(&self) {
        for used in &self.used {
            // SAFETY: the only access at this moment.
            used.with_mut(|used| unsafe { *used = 0 });
        }
    }
}

type Frames = &'static [Frame<Generation>];

fn frames<const N: usize>() -> Frames {
    forever::<[_; N]>(std::array::from_fn(|_| Frame::default()))
}

fn call(frames: Frames, frame: usize, lane: &Lane<Generation>) {
    let number = frames[frame].last_call() + 1;
    let generation = frames[frame].enter(lane, number);
    generation.run(frame);
    frames[frame].leave();
}

fn is_left(generation: &Generation, frames: Frames) -> bool {
    let mut seen = frames.iter().filter_map(Frame::seen);
    !seen.any(|seen| ptr::eq(seen.generation, generation))
}

fn reuse_if_left(generation: &Generation, frames: Frames) {
    if is_left(generation, frames) {
        generation.reuse();
    }
}

/// One thread calls, another publishes: whoever is not seen in the old generation will not be in it,
/// and was it before.
pub(crate) fn a_call_against_a_publication() {
    let (old, new) = (Generation::linked(), Generation::unlinked());
    let (lane, frames) = (forever(Lane::new(old)), frames::<1>());
    let caller = thread::spawn(move || as_caller(move || call(frames, 0, lane)));
    new.link();
    lane.publish(new);
    reuse_if_left(old, frames);
    caller.join().expect("it ends");
}

/// Whoever enters a new generation sees its tables, whatever the barriers do.
pub(crate) fn tables_against_a_publication() {
    let (old, new) = (Generation::linked(), Generation::unlinked());
    let (lane, frames) = (forever(Lane::new(old)), frames::<1>());
    let caller = thread::spawn(move || as_caller(move || call(frames, 0, lane)));
    new.link();
    lane.publish(new);
    caller.join().expect("it ends");
}

/// One call after the other in the same frame.
pub(crate) fn two_calls_against_a_publication() {
    let (old, new) = (Generation::linked(), Generation::unlinked());
    let (lane, frames) = (forever(Lane::new(old)), frames::<1>());
    let caller = thread::spawn(move || {
        as_caller(move || {
            call(frames, 0, lane);
            call(frames, 0, lane);
        })
    });
    new.link();
    lane.publish(new);
    reuse_if_left(old, frames);
    caller.join().expect("it ends");
}

/// Two threads call.
pub(crate) fn two_callers_against_a_publication() {
    let (old, new) = (Generation::linked(), Generation::unlinked());
    let (lane, frames) = (forever(Lane::new(old)), frames::<2>());
    let callers = [0, 1].map(|frame| thread::spawn(move || call(frames, frame, lane)));
    new.link();
    lane.publish(new);
    reuse_if_left(old, frames);
    for caller in callers {
        caller.join().expect("it ends");
    }
}

/// A call within a call, and two publications: each frame is in a generation of its own.
pub(crate) fn nested_calls_against_two_publications() {
    let (first, second, third) = (
        Generation::linked(),
        Generation::unlinked(),
        Generation::unlinked(),
    );
    let (lane, frames) = (forever(Lane::new(first)), frames::<2>());
    let caller = thread::spawn(move || {
        as_caller(move || {
            let outer = frames[0].enter(lane, 1);
            call(frames, 1, lane);
            outer.run(0);
            frames[0].leave();
        })
    });
    second.link();
    lane.publish(second);
    reuse_if_left(first, frames);
    third.link();
    lane.publish(third);
    reuse_if_left(second, frames);
    caller.join().expect("it ends");
}

/// A generation is left, reused, and published again, while a caller may still hold the pointer from
/// the first time.
pub(crate) fn a_call_against_a_rollback() {
    let (old, new) = (Generation::linked(), Generation::unlinked());
    let (lane, frames) = (forever(Lane::new(old)), frames::<1>());
    let caller = thread::spawn(move || as_caller(move || call(frames, 0, lane)));
    new.link();
    lane.publish(new);
    reuse_if_left(old, frames);
    lane.publish(old);
    reuse_if_left(new, frames);
    caller.join().expect("it ends");
}

/// Somebody else than who published: sees a generation in a frame, and its tables.
pub(crate) fn a_report_against_a_publication() {
    let (old, new) = (Generation::linked(), Generation::unlinked());
    let (lane, frames) = (forever(Lane::new(old)), frames::<1>());
    let updater = thread::spawn(move || {
        new.link();
        lane.publish(new);
    });
    let caller = thread::spawn(move || call(frames, 0, lane));
    if let Some(seen) = frames[0].seen() {
        seen.generation.check_tables();
    }
    updater.join().expect("it ends");
    caller.join().expect("it ends");
}

/// An instance is created within a call, called where it is, and moved; as
/// `hotmod-host/src/instance/registered.rs` counts it.
fn instances(is_needed: fn(&Generation, Frames, &Mutex<()>) -> bool) {
    let (old, new) = (Generation::linked(), Generation::unlinked());
    let (lane, frames) = (forever(Lane::new(old)), frames::<1>());
    let registered = forever(Mutex::new(()));
    let owner = thread::spawn(move || {
        as_caller(move || {
            let at = frames[0].enter(lane, 1);
            at.instances.fetch_add(1, Ordering::Relaxed);
            drop(registered.lock().expect("nobody panicked"));
            frames[0].leave();
            frames[0].enter_at(at, 2, ptr::null_mut());
            at.run(0);
            frames[0].leave();
            let current = lane.current();
            current.instances.fetch_add(1, Ordering::Relaxed);
            drop(registered.lock().expect("nobody panicked"));
            at.instances.fetch_sub(1, Ordering::Relaxed);
        })
    });
    new.link();
    lane.publish(new);
    if !is_needed(old, frames, registered) {
        old.reuse();
    }
    owner.join().expect("it ends");
}

fn has_instance(generation: &Generation, registered: &Mutex<()>) -> bool {
    let _at_rest = registered.lock().expect("nobody panicked");
    generation.instances.load(Ordering::Relaxed) > 0
}

/// Whoever looks for calls and then for instances, and finds none, has found all there will be.
pub(crate) fn instances_after_calls() {
    instances(|generation, frames, registered| {
        !is_left(generation, frames) || has_instance(generation, registered)
    });
}

/// The other way round it does not hold.
pub(crate) fn calls_after_instances() {
    instances(|generation, frames, registered| {
        has_instance(generation, registered) || !is_left(generation, frames)
    });
}

/// Nor does it without the lock.
pub(crate) fn instances_without_the_lock() {
    instances(|generation, frames, _registered| {
        !is_left(generation, frames) || generation.instances.load(Ordering::Relaxed) > 0
    });
}

/// The state of a call, as a number that tells it from that of other calls.
fn state(call: u64) -> *mut () {
    ptr::without_provenance_mut(usize::try_from(call).expect("a small number") * 16)
}

fn check(seen: &Seen<Generation>, generation: &Generation, call: u64) {
    assert!(
        ptr::eq(seen.generation, generation),
        "broken: call {} is reported in another generation",
        seen.call
    );
    assert!(
        seen.state == state(call),
        "broken: call {} is reported with the state of another",
        seen.call
    );
}

/// Calls in one generation and then another: what is reported of one belongs together.
pub(crate) fn a_report_against_calls() {
    let (first, second) = (Generation::linked(), Generation::linked());
    let frames = frames::<1>();
    let caller = thread::spawn(move || {
        for (call, generation) in [(1, first), (2, second)] {
            frames[0].enter_at(generation, call, state(call));
            frames[0].leave();
        }
    });
    if let Some(seen) = frames[0].seen() {
        let generation = if seen.call == 1 { first } else { second };
        check(&seen, generation, seen.call);
    }
    caller.join().expect("it ends");
}

/// The same, where all calls are in one generation.
pub(crate) fn a_report_against_calls_of_one_generation() {
    let generation = Generation::linked();
    let frames = frames::<1>();
    let caller = thread::spawn(move || {
        for call in [1, 2] {
            frames[0].enter_at(generation, call, state(call));
            frames[0].leave();
        }
    });
    if let Some(seen) = frames[0].seen() {
        check(&seen, generation, seen.call);
    }
    caller.join().expect("it ends");
}

/// A call is left and an operation of several steps is entered: each step is reported with the
/// generation and state of the operation.
pub(crate) fn a_report_against_steps() {
    let (first, second) = (Generation::linked(), Generation::linked());
    let frames = frames::<1>();
    frames[0].enter_at(first, 1, state(1));
    let caller = thread::spawn(move || {
        frames[0].leave();
        frames[0].enter_at(second, 2, state(2));
        frames[0].renumber(3);
        frames[0].leave();
    });
    if let Some(seen) = frames[0].seen() {
        match seen.call {
            1 => check(&seen, first, 1),
            _ => check(&seen, second, 2),
        }
    }
    caller.join().expect("it ends");
}

/// An operation is never overlooked because it goes on to its next step.
pub(crate) fn a_look_against_steps() {
    let generation = Generation::linked();
    let frames = frames::<1>();
    frames[0].enter_at(generation, 1, state(1));
    let caller = thread::spawn(move || {
        frames[0].renumber(2);
        frames[0].renumber(3);
    });
    let seen = frames[0].seen().expect("broken: a call is overlooked");
    check(&seen, generation, 1);
    caller.join().expect("it ends");
}
