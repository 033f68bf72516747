//! What `hotmod-host/src/slot/sync.rs` brings, from `loom`: atomics whose every access names the place
//! it is at, and the fences of a system without `membarrier`.

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
        self.0.load(site.ordering())
    }

    pub(crate) fn store(&self, value: *mut T, site: Site) {
        self.0.store(value, site.ordering());
    }
}

pub(crate) struct AtomicU64(atomic::AtomicU64);

impl AtomicU64 {
    pub(crate) fn new(value: u64) -> Self {
        AtomicU64(atomic::AtomicU64::new(value))
    }

    pub(crate) fn load(&self, site: Site) -> u64 {
        self.0.load(site.ordering())
    }

    pub(crate) fn store(&self, value: u64, site: Site) {
        self.0.store(value, site.ordering());
    }
}

pub(crate) fn light() {
    fence(LIGHT);
}

pub(crate) fn heavy() {
    fence(HEAVY);
}

thread_local! {
    /// Stored to before every fence, and never read.
    static FENCES: Cell<Option<&'static atomic::AtomicUsize>> = const { Cell::new(None) };
}

/// Before every run of a model.
pub(crate) fn begin() {
    let fences = Box::leak(Box::new(atomic::AtomicUsize::new(0)));
    FENCES.set(Some(fences));
}

fn fence(site: Site) {
    // To `loom` a fence is no step of its own: it would always run together with the step before
    // it, and the orders of fences would not be told apart. So it is given one, which concerns all
    // other fences; since nobody loads what is stored, it puts nothing in order.
    let fences = FENCES.get().expect("a run has begun");
    fences.store(0, Ordering::Relaxed);
    match site.ordering() {
        Ordering::Relaxed => {}
        ordering => atomic::fence(ordering),
    }
}
