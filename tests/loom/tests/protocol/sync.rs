//! What `hotmod-host/src/call/slot/sync.rs` brings, from `loom`: atomics whose every access names the place
//! it is at, and the barriers, as they are with `membarrier` and without.

use std::cell::Cell;
use std::sync::atomic::Ordering;

use loom::sync::atomic;

use crate::ordering::{HEAVY, LIGHT, OWN, Site};

/// As many frames as are in use at once, so that few are looked at in vain.
pub(crate) const FRAMES: usize = 2;

/// What callers know of the barriers: here they ask the run.
#[derive(Clone, Copy)]
pub(crate) struct Barrier;

/// An atomic, as others see it, and as the one thread does that stores there: what it stored last.
///
/// A thread that reads back its own store learns nothing of others, so `loom` need not know; if it
/// did, it would take the store that follows to depend on that load alone, and leave out the orders
/// in which another thread's load comes before the store.
pub(crate) struct Atomic<A, O> {
    seen: A,
    own: O,
}

pub(crate) type AtomicPtr<T> = Atomic<atomic::AtomicPtr<T>, std::sync::atomic::AtomicPtr<T>>;
pub(crate) type AtomicU64 = Atomic<atomic::AtomicU64, std::sync::atomic::AtomicU64>;

macro_rules! atomic {
    ([$($T:ident)?] $Atomic:ident, $value:ty) => {
        impl $(<$T>)? Atomic<atomic::$Atomic $(<$T>)?, std::sync::atomic::$Atomic $(<$T>)?> {
            pub(crate) fn new(value: $value) -> Self {
                Atomic {
                    seen: atomic::$Atomic::new(value),
                    own: std::sync::atomic::$Atomic::new(value),
                }
            }

            pub(crate) fn load(&self, site: Site) -> $value {
                if site.name == OWN.name {
                    return self.own.load(Ordering::Relaxed);
                }
                pass();
                self.seen.load(site.ordering())
            }

            pub(crate) fn store(&self, value: $value, site: Site) {
                pass();
                self.own.store(value, Ordering::Relaxed);
                self.seen.store(value, site.ordering());
            }
        }
    };
}

atomic!([T] AtomicPtr, *mut T);
atomic!([] AtomicU64, u64);

/// How the barriers come about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Barriers {
    /// Each side runs a fence.
    Fences,
    /// Callers run none, until an updater has every caller run one, wherever it is.
    Membarrier,
}

/// What one run of a model shares.
#[derive(Clone, Copy)]
struct Run {
    barriers: Barriers,
    /// Stored to before every fence, and never read.
    fences: &'static atomic::AtomicUsize,
    /// How many times the caller was asked to run a fence, and the last time that it did.
    asked: &'static atomic::AtomicUsize,
    passed: &'static atomic::AtomicUsize,
}

thread_local! {
    static RUN: Cell<Option<Run>> = const { Cell::new(None) };
}

loom::thread_local! {
    /// The last time that this thread was asked, if it is a caller.
    static CALLER: Cell<Option<usize>> = Cell::new(None);
}

/// Called before every run of a model.
pub(crate) fn begin(barriers: Barriers) {
    let counter = || &*Box::leak(Box::new(atomic::AtomicUsize::new(0)));
    RUN.set(Some(Run {
        barriers,
        fences: counter(),
        asked: counter(),
        passed: counter(),
    }));
}

fn run() -> Run {
    RUN.get().expect("a run has begun")
}

/// Runs what the one thread does that an updater may ask to run a fence.
pub(crate) fn as_caller(calls: impl FnOnce()) {
    CALLER.with(|caller| caller.set(Some(0)));
    calls();
    CALLER.with(|caller| caller.set(None));
    if run().barriers == Barriers::Membarrier {
        // A thread that has ended has passed whatever it may be asked.
        atomic::fence(Ordering::SeqCst);
        run().passed.store(usize::MAX, Ordering::Relaxed);
    }
}

/// Called before each access of the caller and each step of a call: the interrupt may have come since
/// the one before.
pub(crate) fn pass() {
    let last = CALLER.with(Cell::get);
    if let (Some(last), Barriers::Membarrier) = (last, run().barriers) {
        let asked = run().asked.load(Ordering::Relaxed);
        if asked != last {
            atomic::fence(Ordering::SeqCst);
            run().passed.store(asked, Ordering::Relaxed);
            CALLER.with(|caller| caller.set(Some(asked)));
        }
    }
}

pub(crate) fn light(_: Barrier) {
    match run().barriers {
        Barriers::Fences => fence(LIGHT),
        Barriers::Membarrier => {}
    }
}

pub(crate) fn heavy() {
    fence(HEAVY);
    if run().barriers == Barriers::Membarrier {
        let time = run().asked.load(Ordering::Relaxed) + 1;
        run().asked.store(time, Ordering::Relaxed);
        while run().passed.load(Ordering::Relaxed) < time {
            loom::thread::yield_now();
        }
        fence(HEAVY);
    }
}

fn fence(site: Site) {
    // To `loom` a fence is no step of its own: it would always run together with the step before
    // it, and the orders of fences would not be told apart. So the fence gets a step, a store that
    // concerns all other fences; since no thread loads what is stored, it puts nothing in order.
    run().fences.store(0, Ordering::Relaxed);
    match site.ordering() {
        Ordering::Relaxed => {}
        ordering => atomic::fence(ordering),
    }
}
