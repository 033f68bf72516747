//! A copy of the process: made, limited, listened to and waited for.
//!
//! # What the copy sees of other threads
//!
//! No thread is stopped for the fork, and copying the page tables takes milliseconds. All the same the
//! copy has **of each thread the writes up to some point of its program, and none after it**. What
//! rests on it: a call stores its frame ("in use") before its first write to a state, and again
//! ("left") after its last (`slot/protocol.rs`). Where the frame in the copy says that the state is
//! in no call, either no write of a call has come in, or all of them have: the state is whole.
//!
//! What Linux does (`dup_mmap` in kernel/fork.c, `copy_page_range` in mm/memory.c), with the lock of
//! the process's mappings held for writing, and each mapping's own where there is one:
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
//! - **A write that does not fault** finds its page writable: not yet protected, or protected while
//!   T's processor does not know that yet. Both times it goes to the page that the copy has too,
//!   because the process gets pages of its own only for writes that fault, and not before 4. It is in
//!   the copy.
//! - **A write that faults** waits for the lock: whether it is that of all mappings or of one, F
//!   holds it from 1 to 4. Then the process gets a page of its own, and the write is not in the copy.
//!   (One that faulted before 1, F waited for there: it is as if it had not.)
//! - **Order.** A fault is precise: when a write faults, every earlier one of T has been let through,
//!   and no later one has been made. So as long as T runs past a write while F is between 1 and 4,
//!   that is in the copy; and from the first that is not, T stands still until after 4, when all
//!   pages are protected and no processor knows better. One thread's later write is never in the copy
//!   without its earlier one, whatever pages they are on, and in which order F comes to those.
//! - **Between threads.** T2 goes on from what T1 wrote, say because T1 gave it the instance. If the
//!   write of T1 is not in the copy, T1 stood still until after 4; what T2 does afterwards is later,
//!   and not in the copy either.
//! - **Weak memory.** That a processor makes T's writes visible in another order changes nothing:
//!   which ones are in the copy is decided by whether they fault, in the order of the program. So the
//!   compiler's fence in `slot/sync.rs`, which keeps the store of the frame before what the call
//!   writes, is enough, as is the frame's `Release` on leaving; no `membarrier` is asked for. The
//!   copy reads them after 3, and when that is done, no write by the old entries is on its way any
//!   more, in a store buffer or elsewhere: the kernel relies on the same where it gives a page to
//!   another after it.
//! - **What the host keeps itself** is consistent for the same reason, and what is guarded by a lock
//!   because F holds that: see [`held`](super::held).
//!
//! Early kernels 6.4 had locks for single mappings and did not take them for a fork (commit
//! fb49c455323f mends that); on those, nothing of the kind can be said of any fork of a process with
//! threads.
//!
//! The exceptions are pages that are not shared with the copy until they are written to:
//!
//! - Pages **pinned for a device** (registered buffers of io_uring, RDMA, direct I/O under way) are
//!   copied at once, at 2, and stay writable for T. A write to one may be missing where a later one
//!   to another page is there. The state of an instance that lies on such a page can be torn in the
//!   copy, if calls of it end during the fork: it would be refused without reason, or the copy would
//!   crash, which is the same.
//! - **Shared mappings** are the same memory in both: the copy would change the process's. A global
//!   allocator has to hand out private memory for a rehearsal; so `RehearsalOptions` says.
//! - Mappings marked `MADV_DONTFORK` or `MADV_WIPEONFORK` are missing or empty, as what marked them
//!   wants it.

use std::fs;
use std::io::{self, PipeReader, PipeWriter, Read, Write};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::panic::{self, AssertUnwindSafe};
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::resource::{Resource, setrlimit};
use nix::sys::signal::{SigHandler, Signal, kill, signal};
use nix::sys::wait::{Id, WaitPidFlag, WaitStatus, waitid};
use nix::unistd::ForkResult;
use rustix::process::{Pid, PidfdFlags, pidfd_open, pidfd_send_signal};

use super::held::Held;
use super::message::Message;

/// How much of what the copy writes is told.
const SAID: usize = 2000;

/// On which side of a fork this is.
pub(super) enum Side {
    Process(Child),
    Copy(Reporter),
}

/// The copy, seen from the process. It ends with this at the latest.
pub(super) struct Child {
    /// Leads to the copy, and never to a later process of its number.
    process: OwnedFd,
    report: Heard,
    errors: Heard,
}

/// What came through a pipe so far.
struct Heard {
    /// Nothing, when no process can write to it any more.
    pipe: Option<PipeReader>,
    bytes: Vec<u8>,
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
/// If there is no room for another process, or the system is older than Linux 5.3.
///
/// # Safety
///
/// In the copy, nothing is done but to finish the reporter, and of hotmod's locks it takes
/// those that are held, and others only where no other thread could have them.
pub(super) unsafe fn fork(_: &Held<'_>, memory: u64) -> io::Result<Side> {
    let (report, reporter) = io::pipe()?;
    let (errors, standard_error) = io::pipe()?;
    // SAFETY: the caller's.
    match unsafe { nix::unistd::fork() }? {
        ForkResult::Parent { child } => {
            // Its number is its own until this process has asked how it ended.
            let pid = Pid::from_raw(child.as_raw()).ok_or(Errno::ESRCH)?;
            let process = pidfd_open(pid, PidfdFlags::empty()).map_err(|error| {
                // It can be told from other processes in no other way, so it is not let go on.
                let _ = kill(child, Signal::SIGKILL);
                let _ = waitid(Id::Pid(child), WaitPidFlag::WEXITED);
                let text = format!("pidfd_open, which Linux has from 5.3 on: {error}");
                io::Error::new(error.kind(), text)
            })?;
            Ok(Side::Process(Child {
                process,
                report: Heard::new(report),
                errors: Heard::new(errors),
            }))
        }
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

    /// Sees to it that the copy can do no harm, as far as the system helps.
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
        let mut deadline = Instant::now().checked_add(time);
        let mut is_late = false;
        while !self.listen(deadline)? {
            if deadline.is_some_and(|deadline| deadline <= Instant::now()) {
                is_late = true;
                deadline = None;
                // It may have ended by now.
                let _ = pidfd_send_signal(&self.process, rustix::process::Signal::KILL);
            }
        }
        let how = match self.status() {
            _ if is_late => format!("did not finish within {time:?}"),
            // Something else in the process waits for all its children: what was told must do.
            Ok(WaitStatus::Exited(_, 0)) | Err(Errno::ECHILD) => {
                match Message::decode(&self.report.bytes) {
                    Some(message) => return Ok(End::Reported(message)),
                    None => "ended before it was through".to_owned(),
                }
            }
            Ok(WaitStatus::Exited(_, status)) => format!("exited with status {status}"),
            Ok(WaitStatus::Signaled(_, signal, _)) => format!("was killed by {signal}"),
            Ok(other) => format!("ended unexpectedly: {other:?}"),
            Err(error) => return Err(error.into()),
        };
        let said = &self.errors.bytes;
        let start = said.len().saturating_sub(SAID);
        let said = String::from_utf8_lossy(&said[start..]).into_owned();
        Ok(End::Crashed { how, said })
    }

    /// Waits for something to hear, or for the end of the copy, until then. Whether it has ended, and
    /// all was heard.
    fn listen(&mut self, deadline: Option<Instant>) -> io::Result<bool> {
        let pipes = [&self.report, &self.errors].map(|heard| heard.pipe.as_ref());
        let pipes = pipes.into_iter().flatten().map(AsFd::as_fd);
        let all = [self.process.as_fd()].into_iter().chain(pipes);
        let mut ready: Vec<PollFd<'_>> = all.map(|fd| PollFd::new(fd, PollFlags::POLLIN)).collect();
        let timeout = match deadline {
            Some(deadline) => {
                let left = deadline.saturating_duration_since(Instant::now());
                // Rounded up, or it would spin through the last millisecond.
                let left = left.as_micros().div_ceil(1000);
                PollTimeout::try_from(left).unwrap_or(PollTimeout::MAX)
            }
            None => PollTimeout::NONE,
        };
        match poll(&mut ready, timeout) {
            Ok(0) | Err(Errno::EINTR) => return Ok(false),
            Ok(_) => {}
            Err(error) => return Err(error.into()),
        }
        let has_ended = is_ready(&ready[0]);
        // Before it is known to have ended, it may say more.
        self.report.hear()?;
        self.errors.hear()?;
        self.errors.forget_all_but(SAID);
        Ok(has_ended)
    }

    /// How it ended, after it has.
    fn status(&self) -> nix::Result<WaitStatus> {
        loop {
            match waitid(Id::PIDFd(self.process.as_fd()), WaitPidFlag::WEXITED) {
                Err(Errno::EINTR) => {}
                status => return status,
            }
        }
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        // Mostly it has ended, and there is none to wait for.
        let _ = pidfd_send_signal(&self.process, rustix::process::Signal::KILL);
        let _ = self.status();
    }
}

impl Heard {
    fn new(pipe: PipeReader) -> Self {
        Heard {
            pipe: Some(pipe),
            bytes: Vec::new(),
        }
    }

    /// Takes what is there, and does not wait for more: what the copy has started itself may have the
    /// other end for as long as it likes.
    fn hear(&mut self) -> io::Result<()> {
        while let Some(pipe) = &mut self.pipe {
            let mut ready = [PollFd::new(pipe.as_fd(), PollFlags::POLLIN)];
            match poll(&mut ready, PollTimeout::ZERO) {
                Err(Errno::EINTR) => continue,
                Err(error) => return Err(error.into()),
                Ok(_) => {}
            }
            if !is_ready(&ready[0]) {
                break;
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

    /// Keeps the last so many bytes, and somewhat more.
    fn forget_all_but(&mut self, len: usize) {
        if self.bytes.len() > 16 * len {
            self.bytes.drain(..self.bytes.len() - len);
        }
    }
}

fn is_ready(polled: &PollFd<'_>) -> bool {
    // Flags that are not known mean something, too.
    polled.any().unwrap_or(true)
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
