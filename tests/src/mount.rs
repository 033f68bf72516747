//! File systems that a test mounts.

use std::ffi::OsStr;
use std::path::PathBuf;
use std::process::Command;

/// A file system that goes with the test.
#[derive(Debug)]
pub struct Mount(PathBuf);

/// Says so where a test needs the rights of root, and does not have them.
#[must_use]
pub fn is_root() -> bool {
    // SAFETY: it only asks.
    let is_root = unsafe { libc::geteuid() } == 0;
    if !is_root {
        println!("skipped: it takes root");
    }
    is_root
}

impl Mount {
    /// Mounts with these arguments of `mount`. `None`, said so, where this process may not.
    #[must_use]
    pub fn new(at: PathBuf, arguments: &[&OsStr]) -> Option<Self> {
        if !is_root() {
            return None;
        }
        let mounted = Command::new("mount").args(arguments).arg(&at).output();
        match mounted.is_ok_and(|output| output.status.success()) {
            true => Some(Mount(at)),
            false => {
                println!("skipped: nothing can be mounted here");
                None
            }
        }
    }

    /// One in memory, with so many bytes.
    #[must_use]
    pub fn small(at: PathBuf, bytes: u64) -> Option<Self> {
        let options = format!("size={bytes}");
        Mount::new(at, &["-t", "tmpfs", "-o", &options, "none"].map(OsStr::new))
    }

    /// Gives one in memory so many bytes.
    ///
    /// # Panics
    ///
    /// If that cannot be done.
    pub fn resize(&self, bytes: u64) {
        let options = format!("remount,size={bytes}");
        let options = ["-o", &options].map(OsStr::new);
        let more = Mount::new(self.0.clone(), &options).expect("another size");
        // It is unmounted once.
        std::mem::forget(more);
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        let ended = Command::new("umount").arg("--lazy").arg(&self.0).status();
        assert!(ended.is_ok_and(|status| status.success()), "{:?}", self.0);
    }
}
