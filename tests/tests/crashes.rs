//! Snapshots of processes that are killed, and whose disk fails.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::LazyLock;
use std::thread;
use std::time::Duration;

use hotmod_host::{Host, Module, Pool, Snapshots};
use hotmod_tests::fixture::{BASE, Built, Family};
use hotmod_tests::interfaces::rooms::Room;

static ROOMS: LazyLock<Built> = LazyLock::new(|| Family::new("rooms").build());

fn probe(directory: &Path, times: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_snapshot_probe"));
    command.arg(ROOMS.file(BASE)).arg(directory).arg(times);
    command
}

/// Reads what is in the newest snapshot that is whole: how often every room was entered.
struct Reader {
    _host: Host,
    module: Module<dyn Room>,
}

impl Reader {
    fn new() -> Self {
        let host = Host::builder().build().expect("a host");
        let module = host.load(ROOMS.file(BASE)).expect("rooms");
        Reader {
            _host: host,
            module,
        }
    }

    fn entered(&self, directory: &Path) -> u64 {
        let snapshots = Snapshots::open(directory).expect("a directory");
        let (_, snapshot) = snapshots
            .latest()
            .expect("a directory")
            .expect("a snapshot");
        let rooms: Pool<u64, dyn Room> = Pool::builder(&self.module)
            .name("rooms")
            .build()
            .expect("a pool");
        let report = rooms.restore(&snapshot).expect("what was written");
        assert_eq!((report.restored, report.unrestored.len()), (100, 0));
        let mut all: Vec<u64> = rooms
            .keys()
            .iter()
            .map(|key| rooms.call(key, |it| it.visits()).expect("a call"))
            .collect();
        all.dedup();
        assert_eq!(all.len(), 1, "{all:?}");
        all[0]
    }
}

fn unfinished(directory: &Path) -> usize {
    let entries = fs::read_dir(directory).expect("a directory");
    let names = entries.map(|entry| entry.expect("a file").file_name());
    names
        .filter(|name| name.to_string_lossy().starts_with(".unfinished"))
        .count()
}

#[test]
fn the_last_good_snapshot_is_found_whenever_a_process_is_killed() {
    let kills = std::env::var("HOTMOD_KILLS").ok();
    let kills: u64 = kills.map_or(25, |text| text.parse().expect("a number"));
    let folder = tempfile::tempdir().expect("a folder");
    let directory = folder.path().join("snapshots");
    assert!(
        probe(&directory, "1")
            .status()
            .expect("the probe")
            .success()
    );
    let reader = Reader::new();
    let mut number = 7_u64;
    let mut least = 1;
    for _ in 0..kills {
        let mut child = probe(&directory, "0")
            .stdout(Stdio::piped())
            .spawn()
            .expect("the probe");
        let mut lines = BufReader::new(child.stdout.take().expect("it is piped")).lines();
        let first = lines.next().expect("a line").expect("a line");
        number = number
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        // Anywhere in the next few snapshots.
        thread::sleep(Duration::from_micros(number >> 33 & 0x7fff));
        child.kill().expect("a process");
        child.wait().expect("a process");
        let saved = std::iter::once(first).chain(lines.map_while(Result::ok));
        for line in saved {
            let saved = line.strip_prefix("saved ").expect("nothing failed");
            least = saved.parse().expect("a number");
        }
        let found = reader.entered(&directory);
        assert!(
            found == least || found == least + 1,
            "{found} after {least}"
        );
        // Looking for the latest has removed the unfinished file of the process that was killed.
        assert_eq!(unfinished(&directory), 0);
    }
}

/// The library that has writing fail.
fn faulty_disk(folder: &Path) -> PathBuf {
    let source = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/fixtures/faulty_disk/faulty.rs"
    );
    let library = folder.join("libfaulty.so");
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let built = Command::new(rustc)
        .args([
            "--edition=2024",
            "--crate-type=cdylib",
            "-Copt-level=1",
            source,
            "-o",
        ])
        .arg(&library)
        .status();
    assert!(built.expect("rustc").success());
    library
}

#[test]
fn the_last_good_snapshot_is_found_where_a_write_or_a_sync_fails() {
    let folder = tempfile::tempdir().expect("a folder");
    let library = faulty_disk(folder.path());
    let directory = folder.path().join("snapshots");
    assert!(
        probe(&directory, "1")
            .status()
            .expect("the probe")
            .success()
    );
    let reader = Reader::new();
    let mut known = reader.entered(&directory);
    let mut steps = Vec::new();
    for error in [libc::ENOSPC, libc::EIO, 0] {
        let mut at = 0;
        loop {
            at += 1;
            let output = probe(&directory, "1")
                .env("LD_PRELOAD", &library)
                .env("FAULT_AT", at.to_string())
                .env("FAULT", error.to_string())
                .output()
                .expect("the probe");
            assert!(output.status.success(), "{output:?}");
            let told = String::from_utf8_lossy(&output.stdout).into_owned();
            assert_eq!(unfinished(&directory), 0, "{told}");
            let found = reader.entered(&directory);
            if let Some(saved) = told.strip_prefix("saved ") {
                assert_eq!(saved.trim(), found.to_string());
                known = found;
                // Short writes are gone on with, so only their number says when none was left.
                if error != 0 || at > 20 {
                    break;
                }
            } else {
                assert!(told.starts_with("failed "), "{told}");
                let reason = std::io::Error::from_raw_os_error(error).to_string();
                assert!(told.contains(&reason), "{told}");
                // The directory may be what could not be synced.
                assert!(
                    found == known || found == known + 1,
                    "{found} after {known}"
                );
                known = found;
            }
        }
        steps.push(at - 1);
    }
    // The writes of the file, its sync, and that of the directory.
    assert!(steps[0] >= 5 && steps[0] == steps[1], "{steps:?}");
}
