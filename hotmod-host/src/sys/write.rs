//! Writes a file as large as an image without being killed for it.

use std::fs::File;
use std::io::{self, ErrorKind, Write};
use std::ptr;

use nix::sys::signal::{SigSet, SigmaskHow, Signal, pthread_sigmask};

/// Writes all of these bytes. A file that would become larger than the process may write
/// (`RLIMIT_FSIZE`) is an error; by itself, the system would end the process by a signal.
pub(crate) fn write_whole(file: &mut File, bytes: &[u8]) -> io::Result<()> {
    let signal = SigSet::from(Signal::SIGXFSZ);
    let mut before = SigSet::empty();
    pthread_sigmask(SigmaskHow::SIG_BLOCK, Some(&signal), Some(&mut before))?;
    let written = file.write_all(bytes);
    let is_too_large = matches!(&written, Err(error) if error.kind() == ErrorKind::FileTooLarge);
    if is_too_large && !before.contains(Signal::SIGXFSZ) {
        take(&signal);
    }
    pthread_sigmask(SigmaskHow::SIG_SETMASK, Some(&before), None)?;
    written
}

/// Takes a signal that is pending for this thread, if there is one: none is where the process ignores it.
fn take(signal: &SigSet) {
    let at_once = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: both pointers that are read are valid; the null says that no details are asked for.
    unsafe { libc::sigtimedwait(signal.as_ref(), ptr::null_mut(), &raw const at_once) };
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    /// In a process of its own, whose limit it is.
    #[test]
    fn a_file_that_may_not_become_so_large_is_an_error() {
        const INSIDE: &str = "HOTMOD_TEST_FILE_LIMIT";
        if std::env::var_os(INSIDE).is_none() {
            let name = "sys::write::tests::a_file_that_may_not_become_so_large_is_an_error";
            let mut test = Command::new(std::env::current_exe().expect("this program"));
            let test = test.args(["--exact", name]).env(INSIDE, "1");
            let ended = test.output().expect("the test");
            assert!(ended.status.success(), "{ended:?}");
            return;
        }
        use nix::sys::resource::{Resource, setrlimit};
        let mut file = tempfile::tempfile().expect("a file");
        setrlimit(Resource::RLIMIT_FSIZE, 1000, 1000).expect("a limit");
        for _ in 0..3 {
            let error = write_whole(&mut file, &[0; 2000]).expect_err("a limit");
            assert_eq!(error.kind(), ErrorKind::FileTooLarge);
        }
        assert!(
            !SigSet::thread_get_mask()
                .expect("a mask")
                .contains(Signal::SIGXFSZ)
        );
    }
}
