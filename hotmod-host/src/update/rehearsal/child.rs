//! A copy of the process: made, limited, listened to and waited for.
//!
//! # What the copy sees of other threads
//!
//! No thread is stopped for the fork, and copying the page tables takes milliseconds. All the same the copy
//! has **of each thread the writes up to some point of its program, and none after it**. What rests on
//! that: a call stores its frame ("in use") before its first write to a state, and again ("left") after its
//! last (`slot/protocol.rs`). Where the frame in the copy says that the state is in no call, either no
//! write of a call has come in, or all of them have: the state is whole.
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
//! - **A write that does not fault** finds its page writable: not yet protected, or protected while T's
//!   processor does not know that yet. In both cases it goes to the page that the copy has too, because the
//!   process gets pages of its own only for writes that fault, and not before 4. It is in the copy.
//! - **A write that faults** waits for the lock: whether it is that of all mappings or of one, F holds it
//!   from 1 to 4. Then the process gets a page of its own, and the write is not in the copy. (At 1, F
//!   waited for a write that had faulted before: it counts as one that did not fault.)
//! - **Order.** A fault is precise: when a write faults, every earlier one of T has been let through, and
//!   no later one has been made. So every write that T gets past while F is between 1 and 4 is in the copy;
//!   at the first that is not, T stands still until after 4, when all pages are protected and every
//!   processor knows it. One thread's later write is never in the copy without its earlier one, whatever
//!   pages they are on, and in whatever order F comes to those.
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
//! - **The host's own data** is consistent for the same reason. What a lock guards is consistent because F
//!   holds that lock: see [`held`](super::held).
//!
//! Early kernels 6.4 had locks for single mappings and did not take them for a fork (commit fb49c455323f
//! mends that); on those kernels, none of this holds for a fork of a process with threads.
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
//! - Mappings marked `MADV_DONTFORK` or `MADV_WIPEONFORK` are missing or empty, as the code that marked
//!   them wants it.

use std::io::{self, PipeWriter, Write};
use std::os::fd::AsFd;
use std::panic::{self, AssertUnwindSafe};
use std::time::{Duration, Instant};

use crate::sys::copy::{self, Copied, Ended, Heard};

use super::held::HeldLocks;
use super::message::Message;

/// How many of the last bytes that the copy writes are reported.
const SAID: usize = 2000;

/// On which side of a fork this is.
pub(super) enum ForkSide {
    Process(Child),
    Copy(Reporter),
}

/// The copy, seen from the process. Dropping this ends the copy, if it has not ended before.
pub(super) struct Child {
    process: Copied,
    report: Heard,
    errors: Heard,
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
/// If there is no room for another process, or the system is older than Linux 5.4.
///
/// # Safety
///
/// In the copy, the caller does nothing but finish the reporter. Of hotmod's locks, the copy takes those
/// that are held, and others only where no other thread could have them.
pub(super) unsafe fn fork(_: &HeldLocks<'_>, memory: u64) -> io::Result<ForkSide> {
    let (report, reporter) = io::pipe()?;
    let (errors, standard_error) = io::pipe()?;
    // SAFETY: the caller promises this; a reporter ends the copy.
    Ok(match unsafe { copy::fork() }? {
        copy::Side::Process(process) => ForkSide::Process(Child {
            process,
            report: Heard::new(report),
            errors: Heard::new(errors),
        }),
        copy::Side::Copy => ForkSide::Copy(Reporter {
            report: reporter,
            standard_error,
            memory,
        }),
    })
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
        let status = match copy::confine(Some(self.memory), &self.standard_error) {
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
        copy::end(status)
    }
}

impl Child {
    /// Waits for the end of the copy, and kills it when the time is over.
    pub(super) fn wait(mut self, time: Duration) -> io::Result<End> {
        let mut deadline = Instant::now().checked_add(time);
        let mut is_late = false;
        while !self.listen(deadline)? {
            if deadline.is_some_and(|deadline| deadline <= Instant::now()) {
                is_late = true;
                deadline = None;
                self.process.kill();
            }
        }
        let how = match self.process.ended()? {
            _ if is_late => format!("did not finish within {time:?}"),
            // Where the system does not say how the copy ended, its own message has to do.
            Ended::Exited(0) | Ended::Untold => match Message::decode(&self.report.bytes) {
                Some(message) => return Ok(End::Reported(message)),
                None => "ended before it was through".to_owned(),
            },
            Ended::Exited(status) => format!("exited with status {status}"),
            Ended::Killed(signal) => format!("was killed by {signal}"),
            Ended::Otherwise(other) => format!("ended unexpectedly: {other}"),
        };
        let said = &self.errors.bytes;
        let start = said.len().saturating_sub(SAID);
        let said = String::from_utf8_lossy(&said[start..]).into_owned();
        Ok(End::Crashed { how, said })
    }

    /// Waits until the copy writes something or ends, and no longer than until the deadline. Returns
    /// whether it has ended and everything that it wrote was read.
    fn listen(&mut self, deadline: Option<Instant>) -> io::Result<bool> {
        let pipes = [&self.report, &self.errors].map(Heard::pipe).into_iter();
        let all: Vec<_> = [self.process.as_fd()]
            .into_iter()
            .chain(pipes.flatten())
            .collect();
        let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
        let Some(ready) = copy::readable(&all, left)? else {
            return Ok(false);
        };
        let has_ended = ready[0];
        // Read after that was asked: a copy that had not ended by then may write more.
        self.report.hear()?;
        self.errors.hear()?;
        self.errors.forget_all_but(SAID);
        Ok(has_ended)
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        // Mostly the copy has ended before, and this does nothing.
        self.process.kill();
        let _ = self.process.ended();
    }
}
