//! Snapshots that a copy of the process writes.

use std::io::{self, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Barrier, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use hotmod::StableState;
use hotmod_host::{Pool, SaveError, Snapshot, SnapshotOptions, Snapshots};
use hotmod_tests::interfaces::rooms::Room;

use super::moment::{Rooms, added_up, both, load};

fn by_a_copy() -> SnapshotOptions {
    SnapshotOptions::new().fork(Duration::from_secs(600))
}

/// Calls the instance whenever something is written.
struct Calling<'r> {
    rooms: &'r Rooms,
    written: Vec<u8>,
    calls: u64,
    in_use: u64,
}

impl Write for Calling<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self.rooms.call(&1, |it| it.enter()) {
            Ok(_) => self.calls += 1,
            // This thread has it, and would wait for itself.
            Err(_) => self.in_use += 1,
        }
        self.written.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn calls_go_on_while_a_copy_writes_their_instance() {
    let (host, module) = load();
    let [given, taken] = both(&module);
    let asked = std::env::var("HOTMOD_COPIED").ok();
    let size = asked
        .as_ref()
        .map_or(8 << 20, |size| size.parse().expect("a number"));
    given.create(1, &"x".repeat(size)).expect("a state");
    taken.create(1, "").expect("a state");
    let taken_so = |options| {
        let to = Calling {
            rooms: &given,
            written: Vec::new(),
            calls: 0,
            in_use: 0,
        };
        let before = given.call(&1, |it| it.visits()).expect("a call");
        let (to, report) = host.snapshot_to_with(to, options).expect("a snapshot");
        assert_eq!(report.bytes, to.written.len() as u64);
        let snapshot = Snapshot::of(to.written).expect("what was written");
        let (_restoring, restored) = load();
        let [(_, visits), _] = added_up(&snapshot, &restored);
        (to.calls, to.in_use, visits - before)
    };
    let (calls, in_use, seen) = taken_so(by_a_copy());
    assert_eq!(in_use, 0);
    // It is as it was before the first of these calls.
    assert_eq!(seen, 0);
    // A pipe takes less than a megabyte at a time: most of it is written after the first calls.
    assert!(calls > 8, "{calls} calls");
    // Nor does anything go to a disk while the process itself holds an instance.
    let (calls, in_use, _) = taken_so(SnapshotOptions::new());
    assert!(calls > 0 && in_use == 0, "{in_use} calls");
    if asked.is_none() {
        return;
    }

    // Another thread calls the instance all the time: in one way it waits while the process is copied, in the other while the
    // whole instance is.
    let shares = [by_a_copy(), SnapshotOptions::new()].map(|options| {
        let (is_over, longest) = (AtomicBool::new(false), Mutex::new(Duration::ZERO));
        let (started, begun) = (Instant::now(), Barrier::new(2));
        let took = thread::scope(|scope| {
            scope.spawn(|| {
                begun.wait();
                while !is_over.load(Ordering::Relaxed) {
                    let called = Instant::now();
                    given.call(&1, |it| it.enter()).expect("a call");
                    let mut longest = longest.lock().expect("a duration");
                    *longest = called.elapsed().max(*longest);
                }
            });
            begun.wait();
            host.snapshot_to_with(io::sink(), options)
                .expect("a snapshot");
            let took = started.elapsed();
            is_over.store(true, Ordering::Relaxed);
            took
        });
        let longest = *longest.lock().expect("a duration");
        println!("written in {took:?}, the longest call {longest:?}");
        longest.as_secs_f64() / took.as_secs_f64()
    });
    println!("longest call, of the time of writing: {shares:.3?}");
    assert!(shares[0] * 2.0 < shares[1], "{shares:?}");
}

#[test]
fn a_copy_continues_a_file_as_the_process_does() {
    let directory = tempfile::tempdir().expect("a directory");
    let snapshots = Snapshots::open(directory.path()).expect("a directory");
    let snapshots = snapshots.increments(2).options(by_a_copy());
    let (host, module) = load();
    let [given, _taken] = both(&module);
    for key in 0..50 {
        given.create(key, &"x".repeat(10_000)).expect("a state");
    }
    let (_, whole) = snapshots.save(&host).expect("a snapshot");
    given.call(&7, |it| it.enter()).expect("a call");
    let (file, next) = snapshots.save(&host).expect("a snapshot");
    assert!(Snapshot::continues(&file).expect("a file"));
    assert!(next.bytes * 5 < whole.bytes, "{next:?} after {whole:?}");
    let latest = snapshots.latest().expect("a directory");
    let (_restoring, restored) = load();
    let [given, _] = added_up(&latest.expect("a snapshot").1, &restored);
    assert_eq!(given, (50, 1));
}

#[test]
fn a_copy_that_does_not_end_in_time_is_ended() {
    let (host, module) = load();
    let [given, _taken] = both(&module);
    given.create(1, "").expect("a state");
    let options = SnapshotOptions::new().fork(Duration::ZERO);
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("states");
    let error = host.snapshot_with(&file, options).expect_err("no time");
    assert!(matches!(error, SaveError::Copy { .. }), "{error}");
    assert!(
        error.to_string().contains("did not finish within 0ns"),
        "{error}"
    );
    assert_eq!(
        std::fs::read_dir(directory.path())
            .expect("a directory")
            .count(),
        0
    );
    // The instance is used as ever, and within a use there is no moment.
    let within = given.with(&1, |_| host.snapshot_with(&file, by_a_copy()));
    let error = within.expect("an instance").expect_err("it is in use");
    assert!(
        matches!(error, SaveError::InUseByThisThread { .. }),
        "{error}"
    );
    host.snapshot_with(&file, by_a_copy()).expect("a snapshot");
}

/// What a key of the host's locks when it is copied, as each is that is written.
static LOCK: Mutex<()> = Mutex::new(());

#[derive(StableState, PartialEq, Eq, Hash)]
struct Locking(u64);

impl Clone for Locking {
    fn clone(&self) -> Self {
        drop(LOCK.lock());
        Locking(self.0)
    }
}

#[test]
fn a_copy_that_waits_for_a_lock_of_another_thread_is_ended() {
    let (host, module) = load();
    let rooms = Pool::builder(&module).name("locking").build();
    let rooms: Pool<Locking, dyn Room> = rooms.expect("a pool");
    rooms.create(Locking(1), "").expect("a state");
    let begun = Barrier::new(2);
    thread::scope(|scope| {
        scope.spawn(|| {
            let _locked = LOCK.lock();
            begun.wait();
            begun.wait();
        });
        begun.wait();
        let options = SnapshotOptions::new().fork(Duration::from_millis(200));
        let error = host.snapshot_to_with(Vec::new(), options);
        let error = error.map(drop).expect_err("it is locked in the copy");
        assert!(error.to_string().contains("did not finish"), "{error}");
        begun.wait();
    });
    let written = host.snapshot_to_with(Vec::new(), by_a_copy());
    assert_eq!(written.expect("a snapshot").1.instances, 1);
}

#[test]
fn what_a_copy_cannot_write_is_told_as_by_the_process() {
    let (host, module) = super::load("owned");
    let vaults = super::pool(&module);
    vaults.create(1, "").expect("a state");
    let told = |options| {
        let error = host.snapshot_to_with(Vec::new(), options);
        error.map(drop).expect_err("an owner outside").to_string()
    };
    assert_eq!(told(by_a_copy()), told(SnapshotOptions::new()));
}
