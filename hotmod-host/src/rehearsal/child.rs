//! A copy of the process: made, limited, listened to and waited for.
//!
//! # What the copy sees of other threads
//!
//! Nobody is stopped for the fork, and copying the page tables takes milliseconds. All the same the copy
//! has **of each thread the writes up to some point of its program, and none after it**. What rests on
//! it: a call stores its frame ("in use") before its first write to a state, and again ("left") after its
//! last (`slot/protocol.rs`). Where the frame in the copy says that the state is in no call, either no
//! write of a call has come in, or all of them have: the state is whole.
//!
//! What Linux does (`dup_mmap` in kernel/fork.c, `copy_page_range` in mm/memory.c), with the lock of the
//! process's mappings held for writing, and each mapping's own where there is one:
//!
//! ```text
//!    the forking thread F                      another thread T, in the order of its program
//! 1  lock the mappings                      w1, w2, … writes to private memory
//! 2  page by page: enter it in the copy,
//!    write-protect it in the process
//! 3  have every processor forget what it
//!    knows of the page table
//! 4  unlock the mappings
//! ```
//!
//! - **A write that does not fault** finds its page writable: not yet protected, or protected while T's
//!   processor does not know that yet. Both times it goes to the page that the copy has too, because the
//!   process gets pages of its own only for writes that fault, and not before 4. It is in the copy.
//! - **A write that faults** waits for the lock: whether it is that of all mappings or of one, F holds it
//!   from 1 to 4. Then the process gets a page of its own, and the write is not in the copy.
//! - **Order.** A fault is precise: when a write faults, every earlier one of T has been let through, and
//!   no later one has been made. So as long as T runs past a write while F is between 1 and 4, that is in
//!   the copy; and from the first that is not, T stands still until after 4, when all pages are protected
//!   and no processor knows better. One thread's later write is never in the copy without its earlier
//!   one, whatever pages they are on, and in which order F comes to those.
//! - **Between threads.** T2 goes on from what T1 wrote, say because T1 gave it the instance. If the
//!   write of T1 is not in the copy, T1 stood still until after 4; what T2 does afterwards is later, and
//!   not in the copy either.
//! - **Weak memory.** That a processor makes T's writes visible in another order changes nothing: which
//!   ones are in the copy is decided by whether they fault, in the order of the program. So the compiler's
//!   fence in `slot/sync.rs`, which keeps the store of the frame before what the call writes, is enough,
//!   as is the frame's `Release` on leaving; no `membarrier` is asked for. The copy reads them after 3, and
//!   when that is done, no write by the old entries is on its way any more, in a store buffer or
//!   elsewhere: the kernel relies on the same where it gives a page to somebody else after it.
//! - **What the host keeps itself** is consistent for the same reason, and what is guarded by a lock
//!   because F holds that: see [`held`](super::held).
//!
//! Early kernels 6.4 had locks for single mappings and did not take them for a fork (commit fb49c455323f
//! mends that); on those, nothing of the kind can be said of any fork of a process with threads.
//!
//! The exceptions are pages that are not shared with the copy until they are written to:
//!
//! - Pages **pinned for a device** (registered buffers of io_uring, RDMA, direct I/O under way) are copied
//!   at once, at 2, and stay writable for T. A write to one may be missing where a later one to another
//!   page is there. The state of an instance that lies on such a page can be torn in the copy, if calls of
//!   it end during the fork: it would be refused without reason, or the copy would crash, which is the same.
//! - **Shared mappings** are the same memory in both: the copy would change the process's. A global
//!   allocator has to hand out private memory for a rehearsal; so `Rehearsal` says.
//! - Mappings marked `MADV_DONTFORK` or `MADV_WIPEONFORK` are missing or empty, as whoever marked them
//!   wants it.

use std::fs;
use std::io::{self, PipeReader, PipeWriter, Read, Write};
use std::os::fd::{AsFd, AsRawFd};
use std::panic::{self, AssertUnwindSafe};
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::resource::{Resource, setrlimit};
use nix::sys::signal::{SigHandler, Signal, kill, signal};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::{ForkResult, Pid};

use super::held::Held;
use super::message::Message;

/// How much of what the copy writes is told.
const SAID: usize = 2000;

/// On which side of a fork this is.
pub(super) enum Side {
    Process(Child),
    Copy(Reporter),
}

/// The copy, seen from the process.
pub(super) struct Child {
    pid: Pid,
    report: PipeReader,
    /// Nothing, when it was closed.
    errors: Option<PipeReader>,
}

/// How a copy ended.
pub(super) enum End {
    Reported(Message),
    Crashed {
        /// As `was killed by SIGSEGV`.
        how: String,
        /// The last that it wrote to its standard error and output.
        said: String,
    },
}

/// Copies the process. The copy has one thread, this one, which holds the same locks there.
///
/// # Errors
///
/// If there is no room for another process.
///
/// # Safety
///
/// In the copy, nothing is done but to finish the reporter, and of hotmod's locks whoever does takes those
/// that are held, and others only where no other thread could have them.
pub(super) unsafe fn fork(_: &Held<'_>, memory: u64) -> io::Result<Side> {
    let (report, reporter) = io::pipe()?;
    let (errors, standard_error) = io::pipe()?;
    // SAFETY: the caller's.
    match unsafe { nix::unistd::fork() }? {
        ForkResult::Parent { child } => Ok(Side::Process(Child {
            pid: child,
            report,
            errors: Some(errors),
        })),
        ForkResult::Child => Ok(Side::Copy(Reporter {
            report: reporter,
            standard_error,
            memory,
        })),
    }
}

/// The copy's way to tell the process.
pub(super) struct Reporter {
    report: PipeWriter,
    standard_error: PipeWriter,
    memory: u64,
}

impl Reporter {
    /// Does what the copy is for, tells what came of it, and ends the copy.
    pub(super) fn finish(mut self, perform: impl FnOnce() -> Message) -> ! {
        let status = match self.limit() {
            Ok(()) => {
                // A panic is hotmod's own: those of the candidate are caught in its code.
                let message = panic::catch_unwind(AssertUnwindSafe(perform));
                let told = message.map(|message| self.report.write_all(&message.encode()));
                i32::from(!matches!(told, Ok(Ok(()))))
            }
            Err(error) => {
                let _ = writeln!(self.standard_error, "{error}");
                1
            }
        };
        // SAFETY: it ends the process without a destructor or exit handler: they belong to the
        // process that this is a copy of.
        unsafe { libc::_exit(status) }
    }

    /// Sees to it that the copy can hurt nobody, as far as the system helps.
    fn limit(&self) -> io::Result<()> {
        let own = own_size().unwrap_or(0);
        let limit = own.saturating_add(self.memory);
        setrlimit(Resource::RLIMIT_AS, limit, limit)?;
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
            // SAFETY: both are open descriptors, or the call fails; nothing in Rust owns those of
            // the standard streams.
            if unsafe { libc::dup2(self.standard_error.as_raw_fd(), standard) } < 0 {
                return Err(io::Error::last_os_error());
            }
        }
        Ok(())
    }
}

impl Child {
    /// Waits for the end of the copy, and makes an end of it when the time is over.
    pub(super) fn wait(mut self, time: Duration) -> io::Result<End> {
        let deadline = Instant::now().checked_add(time);
        let mut message = Vec::new();
        let mut said = Vec::new();
        let mut is_late = false;
        loop {
            let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
            if left == Some(Duration::ZERO) {
                is_late = true;
                break;
            }
            if !self.read_some(left, &mut message, &mut said)? {
                break;
            }
        }
        // It has closed its end of the report: by ending, or it does not mean to end.
        let mut options = WaitPidFlag::WNOHANG;
        let status = loop {
            is_late |= deadline.is_some_and(|deadline| deadline <= Instant::now());
            if is_late && options == WaitPidFlag::WNOHANG {
                // It may have ended by now.
                let _ = kill(self.pid, Signal::SIGKILL);
                options = WaitPidFlag::empty();
            }
            match waitpid(self.pid, Some(options)) {
                Err(Errno::EINTR) => {}
                Ok(WaitStatus::StillAlive) => std::thread::sleep(Duration::from_millis(1)),
                status => break status,
            }
        };
        let how = match status {
            _ if is_late => format!("did not finish within {time:?}"),
            // Something else in the process waits for all its children: what was told must do.
            Ok(WaitStatus::Exited(_, 0)) | Err(Errno::ECHILD) => match Message::decode(&message) {
                Some(message) => return Ok(End::Reported(message)),
                None => "ended before it was through".to_owned(),
            },
            Ok(WaitStatus::Exited(_, status)) => format!("exited with status {status}"),
            Ok(WaitStatus::Signaled(_, signal, _)) => format!("was killed by {signal}"),
            Ok(other) => format!("ended unexpectedly: {other:?}"),
            Err(error) => return Err(error.into()),
        };
        let start = said.len().saturating_sub(SAID);
        let said = String::from_utf8_lossy(&said[start..]).into_owned();
        Ok(End::Crashed { how, said })
    }

    /// Waits for something to read, for so long at most. Whether there may be more.
    fn read_some(
        &mut self,
        time: Option<Duration>,
        message: &mut Vec<u8>,
        said: &mut Vec<u8>,
    ) -> io::Result<bool> {
        let report = PollFd::new(self.report.as_fd(), PollFlags::POLLIN);
        let mut ready = vec![report];
        let errors = self.errors.as_ref();
        ready.extend(errors.map(|errors| PollFd::new(errors.as_fd(), PollFlags::POLLIN)));
        let timeout = match time {
            // At least one, or it would spin through the last millisecond.
            Some(time) => PollTimeout::try_from(time.max(Duration::from_millis(1)))
                .unwrap_or(PollTimeout::MAX),
            None => PollTimeout::NONE,
        };
        match poll(&mut ready, timeout) {
            Ok(0) | Err(Errno::EINTR) => return Ok(true),
            Ok(_) => {}
            Err(error) => return Err(error.into()),
        }
        let has = |at: usize| ready.get(at).is_some_and(|it| it.any().unwrap_or(true));
        let (has_report, has_errors) = (has(0), has(1));
        let mut buffer = [0; 4096];
        if has_errors && let Some(errors) = &mut self.errors {
            let len = errors.read(&mut buffer)?;
            said.extend_from_slice(&buffer[..len]);
            if len == 0 {
                self.errors = None;
            }
        }
        if !has_report {
            return Ok(true);
        }
        let len = self.report.read(&mut buffer)?;
        message.extend_from_slice(&buffer[..len]);
        Ok(len > 0)
    }
}

/// The size of this process, in bytes.
fn own_size() -> Option<u64> {
    let statm = fs::read_to_string("/proc/self/statm").ok()?;
    let pages: u64 = statm.split_whitespace().next()?.parse().ok()?;
    // SAFETY: it only asks.
    let page = unsafe { libc::sysconf(libc::_SC_PAGESIZE) };
    pages.checked_mul(u64::try_from(page).ok()?)
}

/// The bytes of memory that this process shares with no other, as far as the system says.
pub(super) fn own_memory() -> u64 {
    let rollup = fs::read_to_string("/proc/self/smaps_rollup").unwrap_or_default();
    let line = rollup
        .lines()
        .find_map(|line| line.strip_prefix("Private_Dirty:"));
    let kib = line.and_then(|line| line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok());
    1024 * kib.unwrap_or(0)
}
