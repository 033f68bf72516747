//! What `hotmod-host/src/slot/sync.rs` brings, from `loom`: atomics whose every access names the place
//! it is at, and the barriers, as they are with `membarrier` and without.

use std::cell::Cell;
use std::sync::atomic::Ordering;

use loom::sync::atomic;

use crate::ordering::{HEAVY, LIGHT, Site};

pub(crate) struct AtomicPtr<T>(atomic::AtomicPtr<T>);

impl<T> AtomicPtr<T> {
    pub(crate) fn new(value: *mut T) -> Self {
        AtomicPtr(atomic::AtomicPtr::new(value))
    }

    pub(crate) fn load(&self, site: Site) -> *mut T {
        pass();
        self.0.load(site.ordering())
    }

    pub(crate) fn store(&self, value: *mut T, site: Site) {
        pass();
        self.0.store(value, site.ordering());
    }
}

pub(crate) struct AtomicU64(atomic::AtomicU64);

impl AtomicU64 {
    pub(crate) fn new(value: u64) -> Self {
        AtomicU64(atomic::AtomicU64::new(value))
    }

    pub(crate) fn load(&self, site: Site) -> u64 {
        pass();
        self.0.load(site.ordering())
    }

    pub(crate) fn store(&self, value: u64, site: Site) {
        pass();
        self.0.store(value, site.ordering());
    }
}

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

/// Before every run of a model.
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

/// What the one thread does that an updater may ask to run a fence.
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

/// Before each access of the caller and each step of a call: the interrupt may have come since the one before.
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

pub(crate) fn light() {
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
    // it, and the orders of fences would not be told apart. So it is given one, which concerns all
    // other fences; since nobody loads what is stored, it puts nothing in order.
    run().fences.store(0, Ordering::Relaxed);
    match site.ordering() {
        Ordering::Relaxed => {}
        ordering => atomic::fence(ordering),
    }
}
