//! Pages of memory: gives them back to the system, maps a file over them, and tells their size.

use std::fs::File;
use std::io;
use std::ops::Range;
use std::os::fd::AsRawFd;

/// Gives pages back: the system reads them from their file again when they are used.
///
/// # Safety
///
/// The range is of whole pages that are mapped privately from a file, and that were never written to; and
/// the file does not change.
pub(crate) unsafe fn give_back(range: &Range<usize>) -> io::Result<()> {
    let start = std::ptr::with_exposed_provenance_mut(range.start);
    // SAFETY: the pages stay mapped, and a read of them finds the file's bytes, as before.
    let result = unsafe { libc::madvise(start, range.len(), libc::MADV_DONTNEED) };
    if result == 0 {
        Ok(())
    } else {
        Err(io::Error::last_os_error())
    }
}

/// Puts the pages of a file in the place of others that hold the same.
///
/// # Safety
///
/// The range is of whole mapped pages that are read-only, `file` begins with their bytes, and the
/// file does not change.
pub(crate) unsafe fn map_over(range: &Range<usize>, file: &File) -> io::Result<()> {
    let start = std::ptr::with_exposed_provenance_mut(range.start);
    let (rights, flags) = (libc::PROT_READ, libc::MAP_PRIVATE | libc::MAP_FIXED);
    // SAFETY: the kernel puts one mapping in the place of the other in one step: a thread that reads
    // the pages meanwhile waits for it, and finds the same bytes with the same rights.
    let mapped = unsafe { libc::mmap(start, range.len(), rights, flags, file.as_raw_fd(), 0) };
    if mapped == libc::MAP_FAILED {
        Err(io::Error::last_os_error())
    } else {
        Ok(())
    }
}

/// How many bytes a page has.
pub(crate) fn page_size() -> usize {
    // SAFETY: it asks for a number.
    let size = unsafe { libc::sysconf(libc::_SC_PAGESIZE) };
    usize::try_from(size).expect("every system has pages")
}
