//! The demo, ended in the middle.

use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// So long that what has not come by then never will.
const PATIENCE: Duration = Duration::from_secs(60);

fn left(directory: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory).expect("a directory");
    entries.map(|it| it.expect("an entry").path()).collect()
}

#[test]
fn nothing_of_a_demo_is_left_however_it_is_ended() {
    for signal in [libc::SIGTERM, libc::SIGINT, libc::SIGKILL] {
        let temporary = tempfile::tempdir().expect("a directory");
        let mut demo = Command::new(env!("CARGO_BIN_EXE_demo"))
            .env("TMPDIR", temporary.path())
            .stdout(Stdio::piped())
            .process_group(0)
            .spawn()
            .expect("the demo");
        let mut said = String::new();
        BufReader::new(demo.stdout.take().expect("its output"))
            .read_line(&mut said)
            .expect("a line");
        assert!(said.starts_with("building game"), "{said}");
        assert_eq!(left(temporary.path()).len(), 1, "it has begun");
        let group = libc::pid_t::try_from(demo.id()).expect("a process");
        // SAFETY: it is the group of a child that was not waited for, and of what that has started.
        assert_eq!(unsafe { libc::kill(-group, signal) }, 0);
        assert!(!demo.wait().expect("a child").success());
        let until = Instant::now() + PATIENCE;
        while !left(temporary.path()).is_empty() {
            assert!(Instant::now() < until, "{:?}", left(temporary.path()));
            std::thread::yield_now();
        }
    }
}
