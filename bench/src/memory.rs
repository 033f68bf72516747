//! The host's allocator, which counts while it is asked to.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

/// The system's allocator. While no work is measured it costs one load more, for all peers alike.
pub(crate) struct Counted;

static COUNTING: AtomicBool = AtomicBool::new(false);
static NOW: AtomicI64 = AtomicI64::new(0);
static PEAK: AtomicI64 = AtomicI64::new(0);

/// What some work gives, and how many bytes more than before were in use at its peak.
pub(crate) fn peak<T>(work: impl FnOnce() -> T) -> (i64, T) {
    NOW.store(0, Ordering::Relaxed);
    PEAK.store(0, Ordering::Relaxed);
    COUNTING.store(true, Ordering::Relaxed);
    let made = work();
    COUNTING.store(false, Ordering::Relaxed);
    (PEAK.load(Ordering::Relaxed), made)
}

/// What some work gives, and how many bytes more than before are in use afterwards.
pub(crate) fn held<T>(work: impl FnOnce() -> T) -> (i64, T) {
    let (_, made) = peak(work);
    (NOW.load(Ordering::Relaxed), made)
}

/// Has the system's allocator keep what is given back to it from now on, as it does in a server that has run for a while:
/// else what takes memory is measured by how long the system takes to give it, most of all in a virtual machine.
pub(crate) fn keep() {
    #[cfg(target_env = "gnu")]
    for (parameter, value) in [
        (libc::M_TRIM_THRESHOLD, i32::MAX),
        // Large blocks come from the heap too, which is kept, and not from the system each time.
        (libc::M_MMAP_MAX, 0),
        (libc::M_TOP_PAD, 64 << 20),
    ] {
        // SAFETY: it sets a parameter of the allocator, which may be done at any time.
        let is_set = unsafe { libc::mallopt(parameter, value) };
        assert_eq!(is_set, 1, "a parameter of the allocator");
    }
}

// Relaxed throughout: only one thread works while `peak` counts.
fn count(bytes: i64) {
    if COUNTING.load(Ordering::Relaxed) {
        let now = NOW.fetch_add(bytes, Ordering::Relaxed) + bytes;
        PEAK.fetch_max(now, Ordering::Relaxed);
    }
}

// SAFETY: all is done by the system's allocator.
unsafe impl GlobalAlloc for Counted {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size() as i64);
        // SAFETY: the caller's layout.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count(layout.size() as i64);
        // SAFETY: the caller's layout.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        count(-(layout.size() as i64));
        // SAFETY: the caller's block, which the system's allocator made.
        unsafe { System.dealloc(block, layout) }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count(size as i64 - layout.size() as i64);
        // SAFETY: the caller's block, which the system's allocator made.
        unsafe { System.realloc(block, layout, size) }
    }
}
