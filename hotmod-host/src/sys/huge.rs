//! Large blocks in few pages.
//!
//! A new page costs a fault: where every byte of a large block is written once, the faults cost
//! more than the writing. So the system is advised to give out pages of 2 MiB where it has them.

use std::ptr::NonNull;

/// The size of huge pages on common machines, in bytes. On other machines the advice may not help,
/// and does no harm.
#[cfg(target_os = "linux")]
const PAGE: usize = 2 << 20;

/// Tells the system that a new block is about to be filled.
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
    // Only whole huge pages inside the block, so that no memory outside of it is used.
    let skipped = block.as_ptr().align_offset(PAGE);
    let whole = size.saturating_sub(skipped) / PAGE * PAGE;
    if whole != 0 {
        let first = block.as_ptr().wrapping_add(skipped);
        // SAFETY: the whole range lies in the block, which the caller owns; the advice changes how
        // the system backs the memory and not its contents. The answer does not matter: the block can
        // be used either way.
        unsafe { libc::madvise(first.cast(), whole, libc::MADV_HUGEPAGE) };
    }
}

/// Elsewhere the system knows best.
#[cfg(not(target_os = "linux"))]
pub(crate) fn advise(_: NonNull<u8>, _: usize) {}
