//! Loads a module as a host does, calls it and ends: `host_probe MODULE`.
//!
//! Exits 0 if all went well, and 1 with what was refused or failed. What else may happen is what the
//! tests that run it are about.
//!
//! `host_probe --each` does the same with each module whose path it reads, in a process of its own,
//! and prints how that ended: `0`, `1`, another code, or `signal N`.

use std::io::{BufRead, Write};
use std::process::ExitCode;

use hotmod_host::Host;

fn run(file: &str) -> Result<(), Box<dyn std::error::Error>> {
    let host = Host::builder().build()?;
    let module = host.load_untyped(file)?;
    let double = module.function::<fn(u32) -> u32>("double")?;
    match double.call(21)? {
        42 => Ok(()),
        other => Err(format!("the double of 21 is {other}").into()),
    }
}

/// How long it may take, in seconds: a file may lead the loader, or its own code, round and round.
const LONGEST: u32 = 60;
/// How much of a processor it may take, in seconds, where very many are tried.
const MOST: libc::rlim_t = 5;

fn main() -> ExitCode {
    let argument = std::env::args().nth(1).expect("the module to load");
    match argument.as_str() {
        "--each" => each(),
        file => one(file),
    }
}

fn one(file: &str) -> ExitCode {
    // SAFETY: it has the system end this process later, and touches no memory.
    unsafe { libc::alarm(LONGEST) };
    match run(file) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            println!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn each() -> ExitCode {
    for file in std::io::stdin().lock().lines() {
        let file = file.expect("a path");
        let ended = match in_a_copy(&file) {
            status if libc::WIFSIGNALED(status) => format!("signal {}", libc::WTERMSIG(status)),
            status => libc::WEXITSTATUS(status).to_string(),
        };
        let mut out = std::io::stdout().lock();
        writeln!(out, "{ended}").expect("the test reads the answer");
        out.flush().expect("the test reads the answer");
    }
    ExitCode::SUCCESS
}

/// Runs it in a copy of this process. Gives how that ended, as `waitpid` tells it.
fn in_a_copy(file: &str) -> libc::c_int {
    // SAFETY: this process has only this thread, so that whatever the copy needs is whole in it.
    let child = unsafe { libc::fork() };
    assert_ne!(child, -1, "no process");
    if child == 0 {
        silence();
        let limit = libc::rlimit {
            rlim_cur: MOST,
            rlim_max: MOST,
        };
        // SAFETY: it reads the limit alone.
        unsafe { libc::setrlimit(libc::RLIMIT_CPU, &raw const limit) };
        // SAFETY: as in `one`.
        unsafe { libc::alarm(LONGEST) };
        std::process::exit(i32::from(run(file).is_err()));
    }
    let mut status = 0;
    // SAFETY: it writes the status alone.
    let ended = unsafe { libc::waitpid(child, &raw mut status, 0) };
    assert_eq!(ended, child, "the copy is waited for");
    status
}

/// Discards what the module prints, which is no answer, and keeps no core of it.
fn silence() {
    // SAFETY: a path that ends with a zero.
    let nowhere = unsafe { libc::open(c"/dev/null".as_ptr(), libc::O_WRONLY) };
    for place in [libc::STDOUT_FILENO, libc::STDERR_FILENO] {
        // SAFETY: it concerns the numbers of files of this process, which does not own any of them
        // otherwise.
        unsafe { libc::dup2(nowhere, place) };
    }
    let none = libc::rlimit {
        rlim_cur: 0,
        rlim_max: 0,
    };
    // SAFETY: it reads the limit alone.
    unsafe { libc::setrlimit(libc::RLIMIT_CORE, &raw const none) };
}
