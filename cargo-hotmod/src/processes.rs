//! What is asked of the operating system: processes that are ended with all that they have started.

use std::io;
use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStdout, Command, ExitStatus};
use std::thread;

use nix::sys::signal::{Signal, kill, killpg};
use nix::sys::wait::{Id, WaitPidFlag, waitid};
use nix::unistd::Pid;

/// A process in a group of its own, in which those that it starts are too. A terminal's interrupt comes to none of them.
/// All are ended when this is dropped.
pub(crate) struct ProcessGroup {
    child: Child,
}

impl ProcessGroup {
    pub(crate) fn start(command: &mut Command) -> io::Result<Self> {
        let child = command.process_group(0).spawn()?;
        Ok(ProcessGroup { child })
    }

    /// What it prints, once, if that was asked for.
    pub(crate) fn output(&mut self) -> Option<ChildStdout> {
        self.child.stdout.take()
    }

    /// Waits for the end of the process itself.
    pub(crate) fn wait(&mut self) -> io::Result<ExitStatus> {
        self.child.wait()
    }

    /// The number of the process.
    pub(crate) fn number(&self) -> u32 {
        self.child.id()
    }

    /// Asks the process itself to stop in order.
    pub(crate) fn ask_to_stop(&self) {
        // An error says that it has ended.
        let _ = kill(self.process(), Signal::SIGTERM);
    }

    /// Tells its number when the process has ended, on a thread of its own.
    pub(crate) fn on_end(&self, tell: impl FnOnce(u32) + Send + 'static) {
        let (process, number) = (self.process(), self.number());
        thread::spawn(move || {
            // Left to be waited for by who has it, so that its number stands for no other process until then.
            let _ = waitid(
                Id::Pid(process),
                WaitPidFlag::WEXITED | WaitPidFlag::WNOWAIT,
            );
            tell(number);
        });
    }

    fn process(&self) -> Pid {
        // A process' number is an `i32` on Linux.
        Pid::from_raw(i32::try_from(self.child.id()).unwrap_or(i32::MAX))
    }
}

impl Drop for ProcessGroup {
    fn drop(&mut self) {
        // Until it is waited for, its number stands for it and its group, and for no others.
        if let Ok(None) = self.child.try_wait() {
            // An error says that all have ended by themselves.
            let _ = killpg(self.process(), Signal::SIGKILL);
            let _ = self.child.wait();
        }
    }
}
