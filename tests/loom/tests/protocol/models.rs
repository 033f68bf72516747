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

use crate::protocol::{Entered, Frame, Seen, Stack, Track};
use crate::sync::{Barrier, FRAMES, as_caller, pass};

pub(crate) struct Generation {
    /// Whether it is linked.
    tables: UnsafeCell<bool>,
    /// What the calls of each frame, or of each of two threads, use while they run.
    used: [UnsafeCell<u64>; FRAMES],
    /// How many instances are at it.
    instances: AtomicUsize,
}

// SAFETY: `loom` runs one thread at a time, and reports accesses to a cell that would be a race.
unsafe impl Sync for Generation {}

/// For a run of the model: like slots and generations, the value has no owner that could free it.
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

    /// Uses what only the generation's calls needed for something else.
    fn reuse(&self) {
        for used in &self.used {
            // SAFETY: the only access at this moment.
            used.with_mut(|used| unsafe { *used = 0 });
        }
    }
}

/// The stack of a thread that was in a call before: what it stored then is seen, even where stores of
/// later calls are not.
fn stack() -> &'static Stack<Generation> {
    let stack = forever(Stack::default());
    drop(stack.enter_at(Generation::linked(), 0, state(0), Barrier));
    stack
}

/// Enters a track as `hotmod-host/src/call/slot.rs` does.
fn enter(
    stack: &'static Stack<Generation>,
    track: &Track<Generation>,
) -> (Entered<Generation>, &'static Generation) {
    match stack.enter_first(track, 0, Barrier) {
        Some(entered) => entered,
        None => {
            let entered = stack.enter(track, 0, Barrier);
            let generation = entered.generation();
            (entered, generation)
        }
    }
}

fn call(stack: &'static Stack<Generation>, track: &Track<Generation>) {
    call_using(stack, track, 0);
}

fn call_using(stack: &'static Stack<Generation>, track: &Track<Generation>, used: usize) {
    let (_entered, generation) = enter(stack, track);
    generation.run(used);
}

fn is_left(generation: &Generation, stack: &Stack<Generation>) -> bool {
    let mut seen = stack.seen();
    !seen.any(|seen| ptr::eq(seen.generation, generation))
}

fn reuse_if_left(generation: &Generation, stack: &Stack<Generation>) {
    if is_left(generation, stack) {
        generation.reuse();
    }
}

/// One thread calls, another publishes: a call that is not seen in the old generation will not be in
/// it, and what it did there before is seen.
pub(crate) fn a_call_against_a_publication() {
    let (old, new) = (Generation::linked(), Generation::unlinked());
    let (track, stack) = (forever(Track::new(old)), stack());
    let caller = thread::spawn(move || as_caller(move || call(stack, track)));
    new.link();
    track.publish(new);
    reuse_if_left(old, stack);
    caller.join().expect("it ends");
}

/// A call that enters a new generation sees its tables, whatever the barriers do.
pub(crate) fn tables_against_a_publication() {
    let (old, new) = (Generation::linked(), Generation::unlinked());
    let (track, stack) = (forever(Track::new(old)), stack());
    let caller = thread::spawn(move || as_caller(move || call(stack, track)));
    new.link();
    track.publish(new);
    caller.join().expect("it ends");
}

/// One call after the other in the same frame.
pub(crate) fn two_calls_against_a_publication() {
    let (old, new) = (Generation::linked(), Generation::unlinked());
    let (track, stack) = (forever(Track::new(old)), stack());
    let caller = thread::spawn(move || {
        as_caller(move || {
            call(stack, track);
            call(stack, track);
        })
    });
    new.link();
    track.publish(new);
    reuse_if_left(old, stack);
    caller.join().expect("it ends");
}

/// Two threads call.
pub(crate) fn two_callers_against_a_publication() {
    let (old, new) = (Generation::linked(), Generation::unlinked());
    let track = forever(Track::new(old));
    let stacks = [stack(), stack()];
    let callers =
        [0, 1].map(|caller| thread::spawn(move || call_using(stacks[caller], track, caller)));
    new.link();
    track.publish(new);
    if stacks.iter().all(|stack| is_left(old, stack)) {
        old.reuse();
    }
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
    let (track, stack) = (forever(Track::new(first)), stack());
    let caller = thread::spawn(move || {
        as_caller(move || {
            let (_entered, outer) = enter(stack, track);
            call_using(stack, track, 1);
            outer.run(0);
        })
    });
    second.link();
    track.publish(second);
    reuse_if_left(first, stack);
    third.link();
    track.publish(third);
    reuse_if_left(second, stack);
    caller.join().expect("it ends");
}

/// A generation is left, reused, and published again, while a caller may still hold the pointer from
/// the first time.
pub(crate) fn a_call_against_a_rollback() {
    let (old, new) = (Generation::linked(), Generation::unlinked());
    let (track, stack) = (forever(Track::new(old)), stack());
    let caller = thread::spawn(move || as_caller(move || call(stack, track)));
    new.link();
    track.publish(new);
    reuse_if_left(old, stack);
    track.publish(old);
    reuse_if_left(new, stack);
    caller.join().expect("it ends");
}

/// A thread that did not publish sees a generation in a frame, and its tables.
pub(crate) fn a_report_against_a_publication() {
    let (old, new) = (Generation::linked(), Generation::unlinked());
    let (track, stack) = (forever(Track::new(old)), stack());
    let updater = thread::spawn(move || {
        new.link();
        track.publish(new);
    });
    let caller = thread::spawn(move || call(stack, track));
    for seen in stack.seen() {
        seen.generation.check_tables();
    }
    updater.join().expect("it ends");
    caller.join().expect("it ends");
}

/// An instance is created within a call, called where it is, and moved; as
/// `hotmod-host/src/module/registered.rs` counts it.
fn instances(is_needed: fn(&Generation, &Stack<Generation>, &Mutex<()>) -> bool) {
    let (old, new) = (Generation::linked(), Generation::unlinked());
    let (track, stack) = (forever(Track::new(old)), stack());
    let registered = forever(Mutex::new(()));
    let owner = thread::spawn(move || {
        as_caller(move || {
            let (entered, at) = enter(stack, track);
            at.instances.fetch_add(1, Ordering::Relaxed);
            drop(registered.lock().expect("no thread panicked"));
            drop(entered);
            let entered = stack.enter_first_at(at, 0, ptr::null_mut(), Barrier);
            at.run(0);
            drop(entered);
            let current = track.current();
            current.instances.fetch_add(1, Ordering::Relaxed);
            drop(registered.lock().expect("no thread panicked"));
            at.instances.fetch_sub(1, Ordering::Relaxed);
        })
    });
    new.link();
    track.publish(new);
    if !is_needed(old, stack, registered) {
        old.reuse();
    }
    owner.join().expect("it ends");
}

fn has_instance(generation: &Generation, registered: &Mutex<()>) -> bool {
    let _at_rest = registered.lock().expect("no thread panicked");
    generation.instances.load(Ordering::Relaxed) > 0
}

/// An updater that looks for calls and then for instances, and finds none, has found all there will be.
pub(crate) fn instances_after_calls() {
    instances(|generation, stack, registered| {
        !is_left(generation, stack) || has_instance(generation, registered)
    });
}

/// In the other order, the promise does not hold.
pub(crate) fn calls_after_instances() {
    instances(|generation, stack, registered| {
        has_instance(generation, registered) || !is_left(generation, stack)
    });
}

/// Nor does it hold without the lock.
pub(crate) fn instances_without_the_lock() {
    instances(|generation, stack, _registered| {
        !is_left(generation, stack) || generation.instances.load(Ordering::Relaxed) > 0
    });
}

/// A call that waits between two polls, in a frame of its own, as `hotmod-host/src/call/task.rs` notes it.
fn waiting(is_needed: fn(&Generation, &Stack<Generation>, &Frame<Generation>) -> bool) {
    let (old, new) = (Generation::linked(), Generation::unlinked());
    let (track, stack) = (forever(Track::new(old)), stack());
    let frame = forever(Frame::default());
    let caller = thread::spawn(move || {
        as_caller(move || {
            let (entered, at) = enter(stack, track);
            at.run(0);
            frame.wait(at, 0, ptr::null_mut());
            drop(entered);
            let entered = stack.enter_first_at(at, 0, ptr::null_mut(), Barrier);
            at.run(0);
            drop(entered);
            frame.end_wait();
        })
    });
    new.link();
    track.publish(new);
    if !is_needed(old, stack, frame) {
        old.reuse();
    }
    caller.join().expect("it ends");
}

fn waits_in(generation: &Generation, frame: &Frame<Generation>) -> bool {
    frame
        .seen(0)
        .is_some_and(|seen| ptr::eq(seen.generation, generation))
}

/// An updater that looks for calls and then for those that wait, and finds none, has found all there will be.
pub(crate) fn waiting_calls_after_calls() {
    waiting(|generation, stack, frame| !is_left(generation, stack) || waits_in(generation, frame));
}

/// In the other order, the promise does not hold.
pub(crate) fn calls_after_waiting_calls() {
    waiting(|generation, stack, frame| waits_in(generation, frame) || !is_left(generation, stack));
}

/// The state of a call, as an address that tells it from that of other calls.
fn state(call: u64) -> *mut () {
    ptr::without_provenance_mut(usize::try_from(call + 1).expect("a small number") * 16)
}

fn check(seen: &Seen<Generation>, generation: &Generation, state: *mut ()) {
    let call = seen.call.number();
    assert!(
        ptr::eq(seen.generation, generation),
        "broken: call {call} is reported in another generation"
    );
    assert!(
        seen.state == state,
        "broken: call {call} is reported with the state of another"
    );
    assert!(
        seen.call.place() as u64 == call,
        "broken: call {call} is reported to do what another does"
    );
}

/// Two calls, each of a state of its own.
fn calls_against_a_report(generations: [&'static Generation; 2]) {
    let stack = stack();
    let caller = thread::spawn(move || {
        for (call, generation) in (1..).zip(generations) {
            let place = usize::try_from(call).expect("a small number");
            drop(stack.enter_at(generation, place, state(call), Barrier));
        }
    });
    for seen in stack.seen() {
        let call = seen.call.number();
        let generation = if call == 1 { 0 } else { 1 };
        check(&seen, generations[generation], state(call));
    }
    caller.join().expect("it ends");
}

/// Calls in one generation and then another: what is reported of one belongs together.
pub(crate) fn a_report_against_calls() {
    calls_against_a_report([Generation::linked(), Generation::linked()]);
}

/// The same, where all calls are in one generation.
pub(crate) fn a_report_against_calls_of_one_generation() {
    let generation = Generation::linked();
    calls_against_a_report([generation, generation]);
}

/// A call that has no state, between two that have one, is reported without.
pub(crate) fn a_report_against_a_call_without_a_state() {
    let generation = Generation::linked();
    let (track, stack) = (forever(Track::new(generation)), stack());
    let caller = thread::spawn(move || {
        drop(stack.enter_first_at(generation, 1, state(1), Barrier));
        drop(stack.enter_first(track, 2, Barrier));
        drop(stack.enter_first_at(generation, 3, state(3), Barrier));
    });
    for seen in stack.seen() {
        let expected = match seen.call.number() {
            2 => ptr::null_mut(),
            call => state(call),
        };
        check(&seen, generation, expected);
    }
    caller.join().expect("it ends");
}
