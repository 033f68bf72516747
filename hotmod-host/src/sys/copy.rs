//! Copies of the process: made, kept from doing harm, and asked how they ended. Linux 5.4 or later.

use std::io::{self, PipeReader, Read};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::resource::{Resource, setrlimit};
use nix::sys::signal::{SigHandler, Signal, kill, signal};
use nix::sys::wait::{Id, WaitPidFlag, WaitStatus, waitid};
use nix::unistd::ForkResult;
use rustix::process::{
    Pid, PidfdFlags, pidfd_open, pidfd_send_signal, set_parent_process_death_signal,
};

use super::process;

/// On which side of a fork this is.
pub(crate) enum Side {
    Process(Copied),
    Copy,
}

/// A copy, seen from the process: always this copy, never a later process of the same number.
pub(crate) struct Copied(OwnedFd);

/// How a copy ended.
pub(crate) enum Ended {
    Exited(i32),
    /// By a signal, with its name.
    Killed(&'static str),
    /// Other code in the process waits for all its children, and got the answer.
    Untold,
    Otherwise(String),
}

/// Whether this process is such a copy.
static IS_COPY: AtomicBool = AtomicBool::new(false);

/// Whether this process is a copy that was made here: no other thread goes on in it, so what another thread had
/// locked stays locked.
pub(crate) fn is_this() -> bool {
    // Relaxed: the copy has one thread, and it is set before that goes on.
    IS_COPY.load(Ordering::Relaxed)
}

/// Copies the process. The copy has one thread, this one.
///
/// # Errors
///
/// If there is no room for another process, or the system is older than Linux 5.4.
///
/// # Safety
///
/// The copy takes no lock that another thread could have had, and ends by [`end`].
pub(crate) unsafe fn fork() -> io::Result<Side> {
    // SAFETY: the caller's.
    match unsafe { nix::unistd::fork() }? {
        ForkResult::Parent { child } => {
            // The number belongs to the copy until this process has asked how the copy ended.
            let pid = Pid::from_raw(child.as_raw()).ok_or(Errno::ESRCH)?;
            let process = pidfd_open(pid, PidfdFlags::empty()).map_err(|error| {
                // Without it the copy cannot be told from other processes for certain, so it is killed.
                let _ = kill(child, Signal::SIGKILL);
                let _ = waitid(Id::Pid(child), WaitPidFlag::WEXITED);
                let text = format!("pidfd_open, which Linux has from 5.3 on: {error}");
                io::Error::new(error.kind(), text)
            })?;
            Ok(Side::Process(Copied(process)))
        }
        ForkResult::Child => {
            IS_COPY.store(true, Ordering::Relaxed);
            // A copy is of no use without its process, and would keep what that has locked from the next one. Otherwise it
            // ends at its deadline.
            let _ = set_parent_process_death_signal(Some(rustix::process::Signal::KILL));
            Ok(Side::Copy)
        }
    }
}

/// Ends this process, which is a copy, without a destructor or exit handler: they belong to the process
/// that it is a copy of.
pub(crate) fn end(status: i32) -> ! {
    // SAFETY: it runs no code of this process.
    unsafe { libc::_exit(status) }
}

/// Keeps this process, which is a copy, from doing harm, as far as the system helps: it gets at most `memory`
/// more bytes if that is given, it leaves no core when it crashes, and what it prints goes to `standard_error`.
pub(crate) fn confine(memory: Option<u64>, standard_error: &impl AsFd) -> io::Result<()> {
    if let Some(memory) = memory {
        let limit = process::size().unwrap_or(0).saturating_add(memory);
        setrlimit(Resource::RLIMIT_AS, limit, limit)?;
    }
    // A crash is expected: no core of it.
    setrlimit(Resource::RLIMIT_CORE, 0, 0)?;
    for caught in [
        Signal::SIGSEGV,
        Signal::SIGBUS,
        Signal::SIGABRT,
        Signal::SIGILL,
        Signal::SIGFPE,
    ] {
        // SAFETY: the default is no function. The host's handlers would report its own crash.
        unsafe { signal(caught, SigHandler::SigDfl) }?;
    }
    for standard in [libc::STDOUT_FILENO, libc::STDERR_FILENO] {
        // SAFETY: both are open descriptors, or the call fails; no Rust value owns those of the
        // standard streams.
        if unsafe { libc::dup2(standard_error.as_fd().as_raw_fd(), standard) } < 0 {
            return Err(io::Error::last_os_error());
        }
    }
    Ok(())
}

impl Copied {
    /// Kills the copy, unless it has ended.
    pub(crate) fn kill(&self) {
        // The copy may have ended by now.
        let _ = pidfd_send_signal(&self.0, rustix::process::Signal::KILL);
    }

    /// Waits for the copy to end, and says how it ended.
    pub(crate) fn ended(&self) -> io::Result<Ended> {
        loop {
            return Ok(
                match waitid(Id::PIDFd(self.0.as_fd()), WaitPidFlag::WEXITED) {
                    Err(Errno::EINTR) => continue,
                    Err(Errno::ECHILD) => Ended::Untold,
                    Err(error) => return Err(error.into()),
                    Ok(WaitStatus::Exited(_, status)) => Ended::Exited(status),
                    Ok(WaitStatus::Signaled(_, signal, _)) => Ended::Killed(signal.as_str()),
                    Ok(other) => Ended::Otherwise(format!("{other:?}")),
                },
            );
        }
    }
}

/// What came from a copy through a pipe so far.
pub(crate) struct Heard {
    /// `None` when no process can write to it any more.
    pipe: Option<PipeReader>,
    pub(crate) bytes: Vec<u8>,
}

impl Heard {
    pub(crate) fn new(pipe: PipeReader) -> Self {
        Heard {
            pipe: Some(pipe),
            bytes: Vec::new(),
        }
    }

    /// The pipe, as long as a process can write to it.
    pub(crate) fn pipe(&self) -> Option<BorrowedFd<'_>> {
        self.pipe.as_ref().map(AsFd::as_fd)
    }

    /// Reads what is there, and does not wait for more: a process that the copy started may keep the other
    /// end open for as long as it likes.
    pub(crate) fn hear(&mut self) -> io::Result<()> {
        while let Some(pipe) = &mut self.pipe {
            match readable(&[pipe.as_fd()], Some(Duration::ZERO))? {
                Some(ready) if ready[0] => {}
                _ => break,
            }
            let mut buffer = [0; 4096];
            let len = pipe.read(&mut buffer)?;
            self.bytes.extend_from_slice(&buffer[..len]);
            if len == 0 {
                self.pipe = None;
            }
        }
        Ok(())
    }

    /// Keeps the last `len` bytes at least, and forgets the others once there are many.
    pub(crate) fn forget_all_but(&mut self, len: usize) {
        if self.bytes.len() > 16 * len {
            self.bytes.drain(..self.bytes.len() - len);
        }
    }
}

/// The descriptor is readable when the copy has ended.
impl AsFd for Copied {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

/// Waits until one of these descriptors is readable, or the time has passed, or a signal comes. Says of each
/// whether it is readable; `None` where none is known to be.
pub(crate) fn readable(
    all: &[BorrowedFd<'_>],
    time: Option<Duration>,
) -> io::Result<Option<Vec<bool>>> {
    let mut all: Vec<PollFd<'_>> = all
        .iter()
        .map(|fd| PollFd::new(*fd, PollFlags::POLLIN))
        .collect();
    let timeout = match time {
        Some(time) => {
            // Rounded up, or a caller that waits until a deadline would spin through the last millisecond.
            let time = time.as_micros().div_ceil(1000);
            PollTimeout::try_from(time).unwrap_or(PollTimeout::MAX)
        }
        None => PollTimeout::NONE,
    };
    match poll(&mut all, timeout) {
        Ok(0) | Err(Errno::EINTR) => Ok(None),
        // Unknown flags count as readable: the caller then reads, and sees.
        Ok(_) => Ok(Some(
            all.iter().map(|it| it.any().unwrap_or(true)).collect(),
        )),
        Err(error) => Err(error.into()),
    }
}
