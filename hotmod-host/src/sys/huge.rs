//! Large blocks in few pages.
//!
//! A new page costs a fault: where every byte of a large block is written once, the faults cost
//! more than the writing. The system is told so, and gives out pages of 2 MiB where it has them.

use std::ptr::NonNull;

/// The size that huge pages have on common machines, in bytes. On others the advice may be of no
/// use, and does no harm.
#[cfg(target_os = "linux")]
const PAGE: usize = 2 << 20;

/// Says that a new block is about to be filled.
#[cfg(target_os = "linux")]
#[inline]
pub(crate) fn advise(block: NonNull<u8>, size: usize) {
    if size >= PAGE {
        advise_large(block, size);
    }
}

#[cfg(target_os = "linux")]
#[cold]
fn advise_large(block: NonNull<u8>, size: usize) {
    // Only what are whole pages, so that no memory is used that is not the block's.
    let skipped = block.as_ptr().align_offset(PAGE);
    let whole = size.saturating_sub(skipped) / PAGE * PAGE;
    if whole != 0 {
        let first = block.as_ptr().wrapping_add(skipped);
        // SAFETY: all of the range is the block's, which is the caller's; the advice changes how
        // the system backs the memory and not what is in it. What it answers is of no matter: the
        // block can be used either way.
        unsafe { libc::madvise(first.cast(), whole, libc::MADV_HUGEPAGE) };
    }
}

/// Elsewhere the system knows best.
#[cfg(not(target_os = "linux"))]
pub(crate) fn advise(_: NonNull<u8>, _: usize) {}
