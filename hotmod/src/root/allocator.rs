//! The allocator of every module: the host's.
//!
//! A value made on one side can then be dropped on the other, outlives the version that made it,
//! and is counted for its module. Before the module is initialised, and in a test of the module's
//! own crate, where there is no host, it is the system's.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicPtr, AtomicUsize, Ordering};

use crate::root::services::{Services, ServicesRef};

/// Forwards to the host; `module!` installs it.
#[doc(hidden)]
pub struct HostAllocator;

/// What the forwarding needs of [`Services`], flat: asking the prefix type for a field on every
/// allocation would check for its presence again and again.
struct Forward {
    context: *const (),
    alloc: unsafe extern "C" fn(*const (), usize, usize) -> *mut u8,
    alloc_zeroed: unsafe extern "C" fn(*const (), usize, usize) -> *mut u8,
    dealloc: unsafe extern "C" fn(*const (), *mut u8, usize, usize),
    realloc: unsafe extern "C" fn(*const (), *mut u8, usize, usize, usize) -> *mut u8,
}

static FORWARD: AtomicPtr<Forward> = AtomicPtr::new(std::ptr::null_mut());

/// Live blocks of the system's allocator. Counted only until [`connect`]: afterwards no block is taken
/// from that allocator.
static EARLY: AtomicUsize = AtomicUsize::new(0);

/// Forwards to the host from now on. `Err` with the number of live blocks if some were already
/// taken from the system's allocator: the host could not free them.
pub(crate) fn connect(services: ServicesRef) -> Result<(), usize> {
    let early = EARLY.load(Ordering::Relaxed);
    if early != 0 {
        return Err(early);
    }
    let forward = Forward {
        context: services.context(),
        alloc: services.alloc(),
        alloc_zeroed: services.alloc_zeroed(),
        dealloc: services.dealloc(),
        realloc: services.realloc(),
    };
    let layout = Layout::new::<Forward>();
    // SAFETY: `alloc` is the host's, for which `context` was made; the layout is not empty.
    let block = unsafe { (forward.alloc)(forward.context, layout.size(), layout.align()) };
    let block = block.cast::<Forward>();
    if block.is_null() {
        std::alloc::handle_alloc_error(layout);
    }
    // SAFETY: the block is new and of this layout.
    unsafe { block.write(forward) };
    // Release: a thread that sees the pointer sees what it points to. The host calls nothing else of the
    // module before `initialise` returns, so no thread can be between the two allocators.
    FORWARD.store(block, Ordering::Release);
    Ok(())
}

#[inline]
fn forward() -> Option<&'static Forward> {
    // SAFETY: null, or the block that `connect` filled before it stored it and never frees.
    unsafe { FORWARD.load(Ordering::Acquire).as_ref() }
}

// SAFETY: both allocators keep the contract of `GlobalAlloc`, the host's because it forwards to
// the host's own global allocator with the very same layout. A block is freed by the allocator it
// came from: `connect` refuses to switch while blocks of the first are live.
unsafe impl GlobalAlloc for HostAllocator {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        match forward() {
            // SAFETY: the host's function with its context; the layout is the caller's.
            Some(host) => unsafe { (host.alloc)(host.context, layout.size(), layout.align()) },
            None => {
                EARLY.fetch_add(1, Ordering::Relaxed);
                // SAFETY: the layout is the caller's.
                unsafe { System.alloc(layout) }
            }
        }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        match forward() {
            // SAFETY: the host's function with its context; the layout is the caller's.
            Some(host) => unsafe {
                (host.alloc_zeroed)(host.context, layout.size(), layout.align())
            },
            None => {
                EARLY.fetch_add(1, Ordering::Relaxed);
                // SAFETY: the layout is the caller's.
                unsafe { System.alloc_zeroed(layout) }
            }
        }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        match forward() {
            // SAFETY: the host's function with its context; the block came from it, with this
            // layout.
            Some(host) => unsafe {
                (host.dealloc)(host.context, block, layout.size(), layout.align());
            },
            None => {
                EARLY.fetch_sub(1, Ordering::Relaxed);
                // SAFETY: the block came from the system's allocator, with this layout.
                unsafe { System.dealloc(block, layout) }
            }
        }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        match forward() {
            // SAFETY: the host's function with its context; the block came from it, with this
            // layout.
            Some(host) => unsafe {
                (host.realloc)(host.context, block, layout.size(), layout.align(), new_size)
            },
            // SAFETY: the block came from the system's allocator, with this layout.
            None => unsafe { System.realloc(block, layout, new_size) },
        }
    }
}

static_assertions::assert_impl_all!(ServicesRef: Copy);
static_assertions::assert_eq_size!(Services, [usize; 10]);
