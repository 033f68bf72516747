//! Servers that get signals.

use std::fs;
use std::io::{BufRead, BufReader, Lines, Write};
use std::os::unix::fs::symlink;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};

use hotmod_tests::fixture::BASE;
use hotmod_tests::ledger::file;
use tempfile::TempDir;

/// A server that runs, and the folder with its modules.
struct Server {
    folder: TempDir,
    process: Child,
    said: Lines<BufReader<ChildStdout>>,
}

impl Server {
    /// One whose modules are in a release, which a link leads to that nothing tells of.
    fn new(words: &[&str]) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        release(&folder, BASE);
        let mut command = Command::new(env!("CARGO_BIN_EXE_signal_probe"));
        // Whatever these tests were started by: `nohup` has its children ignore a hangup.
        let by_default = || {
            for signal in [libc::SIGHUP, libc::SIGTERM, libc::SIGINT] {
                // SAFETY: it may be called in a process that was just forked, and only changes what a signal does.
                unsafe { libc::signal(signal, libc::SIG_DFL) };
            }
            Ok(())
        };
        // SAFETY: it allocates nothing, and takes no lock.
        unsafe { command.pre_exec(by_default) };
        let mut process = command
            .arg(directory(&folder))
            .arg(format!("next={}", file("second").display()))
            .args(words)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("a process");
        let said = process.stdout.take().expect("what it says");
        Server {
            folder,
            process,
            said: BufReader::new(said).lines(),
        }
    }

    /// What it says up to the line that begins so.
    fn until(&mut self, begins: &str) -> Vec<String> {
        let mut said = Vec::new();
        loop {
            match self.said.next() {
                Some(line) => said.push(line.expect("text")),
                None => panic!("not `{begins}`, but {said:#?}"),
            }
            if said.last().is_some_and(|it| it.starts_with(begins)) {
                return said;
            }
        }
    }

    fn signal(&self, signal: libc::c_int) {
        let id = self.process.id().try_into().expect("a number");
        // SAFETY: it touches no memory; the process was not waited for, so that it is the one with this number.
        assert_eq!(unsafe { libc::kill(id, signal) }, 0);
    }

    fn line(&mut self) {
        let stdin = self.process.stdin.as_mut().expect("a pipe");
        stdin.write_all(b"\n").expect("a line");
    }

    fn ended(mut self) -> ExitStatus {
        self.process.wait().expect("an end")
    }
}

fn directory(folder: &TempDir) -> PathBuf {
    folder.path().join("current").join("inner").join("modules")
}

/// Makes a release, and has the link lead to it.
fn release(folder: &TempDir, variant: &str) {
    let modules = folder.path().join(variant).join("inner").join("modules");
    fs::create_dir_all(&modules).expect("a directory");
    fs::copy(file(variant), modules.join("libledger.so")).expect("a copy");
    symlink(variant, folder.path().join("next")).expect("a link");
    fs::rename(folder.path().join("next"), folder.path().join("current")).expect("a link");
}

#[test]
fn a_hangup_takes_up_what_has_changed_and_tries_again_what_was_refused() {
    let mut server = Server::new(&["own"]);
    server.until("ready");
    release(&server.folder, "second");
    server.signal(libc::SIGHUP);
    server.until("module `ledger` 1.0.0 → 1.1.0 is published");
    release(&server.folder, "shrunk");
    server.signal(libc::SIGHUP);
    server.until("module `ledger` 4.0.0");
    // As it is.
    server.signal(libc::SIGHUP);
    server.until("module `ledger` 4.0.0");
    server.signal(libc::SIGTERM);
    server.until("stopping 15");
    server.line();
    // Its own handler ran each time.
    server.until("own: 4");
    assert!(server.ended().success());
}

#[test]
fn a_server_stops_in_order() {
    for (signal, name) in [(libc::SIGTERM, "SIGTERM"), (libc::SIGINT, "SIGINT")] {
        let mut server = Server::new(&[]);
        server.until("ready");
        server.signal(signal);
        server.until("told to stop");
        server.until(&format!("stopping {signal}"));
        server.line();
        server.until(&format!("stopped by {name} in "));
        server.until("complete: true");
        server.until("the watch has ended: true");
        assert!(server.ended().success());
    }
}

#[test]
fn an_update_that_has_not_begun_is_given_up() {
    let mut server = Server::new(&["waits"]);
    server.until("ready");
    server.signal(libc::SIGTERM);
    server.until("stopping 15");
    server.line();
    server.until("stopped by SIGTERM");
    server.until("  the update of `ledger` to ");
    server.until("complete: true");
    let refusal = server.until("own: 0").join("\n");
    assert!(refusal.contains("1.1.0 keeps running"), "{refusal}");
    assert!(refusal.contains("begins no update"), "{refusal}");
    assert!(server.ended().success());
}

#[test]
fn what_does_not_end_by_the_deadline_is_told() {
    let mut server = Server::new(&["left"]);
    server.until("ready");
    server.signal(libc::SIGTERM);
    server.until("stopping 15");
    server.line();
    server.until("stopped by SIGTERM, not complete after ");
    server.until("  `ledger`, clerk: `wait` of version 1.0.0 runs for ");
    server.until("complete: false");
    assert!(server.ended().success());
}

#[test]
fn a_second_signal_ends_it_at_once() {
    for (first, second) in [
        (libc::SIGTERM, libc::SIGTERM),
        (libc::SIGTERM, libc::SIGINT),
        (libc::SIGINT, libc::SIGTERM),
    ] {
        let mut server = Server::new(&["own"]);
        server.until("ready");
        server.signal(first);
        server.until("waits for a line");
        server.signal(second);
        assert_eq!(server.ended().code(), Some(128 + second));
    }
}

#[test]
fn a_signal_does_what_it_did_before_when_nothing_listens_any_more() {
    for signal in [libc::SIGHUP, libc::SIGTERM, libc::SIGINT] {
        let mut server = Server::new(&["drops"]);
        server.until("this process handles signals by `Signals` already");
        server.until("waits for a line");
        server.signal(signal);
        assert_eq!(server.ended().signal(), Some(signal));
    }

    let mut server = Server::new(&["drops", "own"]);
    server.until("waits for a line");
    server.signal(libc::SIGHUP);
    server.signal(libc::SIGTERM);
    server.line();
    server.until("own: 2");
    assert!(server.ended().success());
}
