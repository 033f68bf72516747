//! The system's loader: maps a file, says what it has mapped, and whether it may map a file at all.

use std::ffi::{CStr, OsStr, c_void};
use std::mem::MaybeUninit;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

pub(crate) use libloading::Error as LoaderError;
pub(crate) use libloading::os::unix::Library;
use libloading::os::unix::{RTLD_LAZY, RTLD_LOCAL, RTLD_NOW};

/// Maps a file, and runs its constructors. Immediate binding, so that a missing symbol is an error now;
/// local, so that versions do not see each other.
///
/// # Safety
///
/// The loader can map the file without a crash, its constructors may run, and the file does not change
/// afterwards.
pub(crate) unsafe fn open(file: &Path) -> Result<Library, LoaderError> {
    // SAFETY: the caller's.
    unsafe { Library::open(Some(file), RTLD_NOW | RTLD_LOCAL) }
}

/// Whether the loader has a library of this name loaded, and so uses that when a file needs the name. The
/// name must not be a path.
pub(crate) fn is_loaded(name: &str) -> bool {
    let flags = libc::RTLD_NOLOAD | RTLD_LAZY | RTLD_LOCAL;
    // SAFETY: with the first flag the loader runs no code: it gives out a library that it has, or fails.
    let found = unsafe { Library::open(Some(name), flags) };
    // Dropping what was found sets the loader's counter back to what it was.
    found.is_ok()
}

/// The file of the image that this address lies in, and the address where the image begins. `None` if it
/// lies in no image.
pub(crate) fn image_of(address: *const c_void) -> Option<(PathBuf, usize)> {
    let mut found = MaybeUninit::<libc::Dl_info>::uninit();
    // SAFETY: `dladdr` takes any address and writes what it finds about it.
    let known = unsafe { libc::dladdr(address, found.as_mut_ptr()) } != 0;
    known.then(|| {
        // SAFETY: a result other than nought says that it was written.
        let found = unsafe { found.assume_init() };
        // SAFETY: the name is a C string that lives as long as its image, which is never closed.
        let name = unsafe { CStr::from_ptr(found.dli_fname) };
        // The address of the first segment, which a checked file has at address 0.
        let base = found.dli_fbase.expose_provenance();
        (PathBuf::from(OsStr::from_bytes(name.to_bytes())), base)
    })
}

/// Whether the file lies in a file system from which no file can be mapped for execution.
pub(crate) fn is_noexec(file: &Path) -> bool {
    let found = rustix::fs::statvfs(file);
    found.is_ok_and(|it| it.f_flag.contains(rustix::fs::StatVfsMountFlags::NOEXEC))
}
