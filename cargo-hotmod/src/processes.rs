//! What is asked of the operating system: processes that are ended with all that they have started.
//!
//! That has to hold where this process is killed, too, and can do nothing any more. So each group is led by a guard: this
//! program again, which reads what this process writes, and ends the group when that ends.

use std::env;
use std::io::{self, Read, Write};
use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStdout, Command, ExitCode, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill, killpg};
use nix::sys::wait::{Id, WaitPidFlag, waitid};
use nix::unistd::{Pid, getpgid, getpgrp};

/// What this program is called with where it is a guard.
const GUARD: &str = "--guard-of-a-process-group";

/// How long what a guard ends may take to stop in order. A server takes 25 s at most by itself, unless it was told otherwise.
const STOPPING: Duration = Duration::from_secs(40);

/// How often a guard looks whether that has stopped. It is no child of the guard's, so nothing tells.
const LOOKING: Duration = Duration::from_millis(50);

/// A process in a group of its own, in which those that it starts are too. A terminal's interrupt comes to none of them.
/// All are ended when this is dropped, and when this process is killed.
pub(crate) struct ProcessGroup {
    child: Child,
    guard: Guard,
}

/// The process that leads a group: the group is there as long as this is.
struct Guard(Child);

impl ProcessGroup {
    /// Starts one that is killed with this process.
    pub(crate) fn start(command: &mut Command) -> io::Result<Self> {
        let guard = Guard::start()?;
        let child = command.process_group(guard.group().as_raw()).spawn()?;
        Ok(ProcessGroup { child, guard })
    }

    /// Starts one that is asked to stop in order where this process is killed.
    pub(crate) fn start_in_order(command: &mut Command) -> io::Result<Self> {
        let mut started = ProcessGroup::start(command)?;
        let number = started.number();
        started.guard.ask_first(number)?;
        Ok(started)
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
        pid(self.child.id())
    }
}

fn pid(number: u32) -> Pid {
    // A process' number is an `i32` on Linux.
    Pid::from_raw(i32::try_from(number).unwrap_or(i32::MAX))
}

impl Drop for ProcessGroup {
    fn drop(&mut self) {
        // What a process that has ended by itself left behind is left alone. The guard is not waited for before, so that its
        // number stands for the group until then.
        if let Ok(None) = self.child.try_wait() {
            let _ = killpg(self.guard.group(), Signal::SIGKILL);
            let _ = self.child.wait();
        }
    }
}

impl Guard {
    fn start() -> io::Result<Self> {
        // The file that this process runs, be there another one under its name by now.
        let mut command = Command::new("/proc/self/exe");
        command.arg0("cargo-hotmod").arg(GUARD).process_group(0);
        command.stdin(Stdio::piped());
        // Who reads what this process prints sees the end of it.
        command.stdout(Stdio::null()).stderr(Stdio::null());
        Ok(Guard(command.spawn()?))
    }

    fn group(&self) -> Pid {
        pid(self.0.id())
    }

    /// Has it ask a process to stop, before it ends what goes on.
    fn ask_first(&mut self, process: u32) -> io::Result<()> {
        match &mut self.0.stdin {
            Some(told) => writeln!(told, "{process}"),
            None => Ok(()),
        }
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        // Before what it reads is closed, which is its sign to end the group.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Guards a group of processes, if this process is there for that.
pub(crate) fn guarded() -> Option<ExitCode> {
    (env::args_os().nth(1)? == GUARD).then(guard)
}

fn guard() -> ExitCode {
    let mut told = String::new();
    // An error is an end, too.
    let _ = io::stdin().read_to_string(&mut told);
    let group = getpgrp();
    let asked = told.trim().parse().map(Pid::from_raw);
    // Were its number another process' by now, that would be of another group.
    let goes_on = |process: Pid| getpgid(Some(process)) == Ok(group);
    if let Ok(process) = asked
        && goes_on(process)
    {
        let _ = kill(process, Signal::SIGTERM);
        let deadline = Instant::now() + STOPPING;
        while goes_on(process) && Instant::now() < deadline {
            // It is no child of this process, so its end cannot be waited for.
            thread::sleep(LOOKING);
        }
    }
    // This process is one of them.
    let _ = killpg(group, Signal::SIGKILL);
    ExitCode::SUCCESS
}
