//! Snapshots as of one moment, taken while closures change several instances.

use std::sync::LazyLock;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use hotmod_host::{Host, Module, Pool, SaveError, Snapshot, SnapshotOptions, Snapshots};
use hotmod_tests::fixture::{BASE, Built, Family};
use hotmod_tests::gate::Gate;
use hotmod_tests::interfaces::rooms::Room;

static ROOMS: LazyLock<Built> = LazyLock::new(|| Family::new("rooms").build());

pub(super) type Rooms = Pool<u64, dyn Room>;

pub(super) fn load() -> (Host, Module<dyn Room>) {
    let host = Host::builder().build().expect("a host");
    let module = host.load(ROOMS.file(BASE));
    (host, module.unwrap_or_else(|refusal| panic!("{refusal}")))
}

/// Two pools, between which "money" moves: what one has lost, the other one has gained.
pub(super) fn both(module: &Module<dyn Room>) -> [Rooms; 2] {
    ["given", "taken"].map(|name| Pool::builder(module).name(name).build().expect("a pool"))
}

/// How many there are in each pool of a snapshot, and what they add up to.
pub(super) fn added_up(snapshot: &Snapshot, module: &Module<dyn Room>) -> [(usize, u64); 2] {
    both(module).map(|pool| {
        let report = pool.restore(snapshot).expect("states that fit");
        assert!(report.unrestored.is_empty(), "{report:?}");
        let visits = |key: &u64| pool.call(key, |it| it.visits()).expect("a call");
        (pool.len(), pool.keys().iter().map(visits).sum())
    })
}

/// Ends the threads, also where the test fails.
struct Ends<'t>(&'t AtomicBool);

impl Drop for Ends<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// How many snapshots are taken meanwhile.
fn snapshots() -> usize {
    let asked = std::env::var("HOTMOD_SNAPSHOTS").ok();
    asked.map_or(100, |count| count.parse().expect("a number"))
}

#[test]
fn what_one_closure_does_to_several_instances_is_there_whole_or_not_at_all() {
    const KEYS: u64 = 40;
    const READ: u64 = 1000;
    let (host, module) = load();
    let [given, taken] = both(&module);
    for key in 0..KEYS {
        for pool in [&given, &taken] {
            pool.create(key, "").expect("a state");
        }
    }
    for pool in [&given, &taken] {
        pool.create(READ, "").expect("a state");
    }
    let (is_over, moved) = (AtomicBool::new(false), AtomicU64::new(0));
    let (_restoring, restored) = load();
    // Instances of another host, whose uses are none of this one.
    let elsewhere: Rooms = Pool::builder(&restored).build().expect("a pool");
    thread::scope(|scope| {
        for thread in 0..3_u64 {
            elsewhere.create(thread, "").expect("a state");
            let (given, taken, is_over, moved) = (&given, &taken, &is_over, &moved);
            let elsewhere = &elsewhere;
            scope.spawn(move || {
                let mut number = thread;
                while !is_over.load(Ordering::Relaxed) {
                    number = number
                        .wrapping_mul(6_364_136_223_846_793_005)
                        .wrapping_add(1);
                    let (from, to) = ((number >> 33) % KEYS, (number >> 43) % KEYS);
                    let enter = |pool: &Rooms, key| {
                        let entered = pool.call(&key, |it| it.enter());
                        entered.expect("a call");
                    };
                    // First or last what is held for longer; or within a use of another host's; or both within a use that
                    // only reads.
                    let done = match number >> 62 {
                        0 => given.with(&from, |it| {
                            enter(taken, to);
                            it.enter().map(drop)
                        }),
                        1 => given.with(&from, |it| {
                            let entered = it.enter();
                            enter(taken, to);
                            entered.map(drop)
                        }),
                        2 => elsewhere
                            .with(&thread, |_| {
                                given.with(&from, |it| {
                                    let entered = it.enter();
                                    enter(taken, to);
                                    entered.map(drop)
                                })
                            })
                            .expect("an instance"),
                        _ => given.with_shared(&READ, |_| {
                            enter(given, from);
                            enter(taken, to);
                            Ok(())
                        }),
                    };
                    done.expect("an instance").expect("a call");
                    // One in each that comes and goes.
                    let passing = KEYS + thread;
                    given
                        .with(&from, |_| {
                            for pool in [given, taken] {
                                match number >> 61 & 1 {
                                    0 => drop(pool.remove(&passing)),
                                    _ => drop(pool.create(passing, "")),
                                }
                            }
                        })
                        .expect("an instance");
                    moved.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        let _ends = Ends(&is_over);
        let directory = tempfile::tempdir().expect("a directory");
        let files = Snapshots::open(directory.path()).expect("a directory");
        let files = files.increments(3);
        for number in 0..snapshots() {
            // To memory, by this process or by a copy of it, or to files that continue each other.
            let snapshot = match number % 4 {
                way @ (0 | 2) => {
                    let options = SnapshotOptions::new();
                    let options = match way {
                        0 => options,
                        _ => options.fork(Duration::from_secs(600)),
                    };
                    let (bytes, _) = host
                        .snapshot_to_with(Vec::new(), options)
                        .expect("a snapshot");
                    Snapshot::of(bytes).expect("what was written")
                }
                _ => {
                    let (file, _) = files.save(&host).expect("a snapshot");
                    let (latest, snapshot) =
                        files.latest().expect("a directory").expect("a snapshot");
                    assert_eq!(latest, file);
                    snapshot
                }
            };
            let [given, taken] = added_up(&snapshot, &restored);
            assert_eq!(given, taken, "snapshot {number}");
            assert!(given.0 >= KEYS as usize);
        }
    });
    assert!(moved.load(Ordering::Relaxed) > 0);
    // The last one has all that was done.
    let (bytes, _) = host.snapshot_to(Vec::new()).expect("a snapshot");
    let snapshot = Snapshot::of(bytes).expect("what was written");
    let [(_, given), (_, taken)] = added_up(&snapshot, &restored);
    assert_eq!((given, taken), (moved.load(Ordering::Relaxed), given));
}

#[test]
fn where_uses_do_not_end_there_is_no_moment_and_instances_can_be_written_by_themselves() {
    let (host, module) = load();
    let [given, taken] = both(&module);
    given.create(1, "").expect("a state");
    taken.create(1, "").expect("a state");
    let gate = Gate::new();
    let path = gate.path();
    let options = SnapshotOptions::new().patience(Duration::from_millis(1));
    thread::scope(|scope| {
        let stays = scope.spawn(|| given.call(&1, |it| it.stay(&path)));
        let asked = gate.wait();
        let error = host.snapshot_to_with(Vec::new(), options);
        let error = error.map(drop).expect_err("one is in use");
        assert!(
            matches!(&error, SaveError::InUse { name, .. } if name == "given"),
            "{error}"
        );
        // Others are used as ever.
        taken.call(&1, |it| it.enter()).expect("a call");
        drop(asked);
        stays.join().expect("a thread").expect("a call");
    });
    // Within a use, there is no end to wait for.
    let error = taken.with(&1, |_| host.snapshot_to(Vec::new()).map(drop));
    let error = error.expect("an instance").expect_err("it is in use");
    assert!(
        matches!(&error, SaveError::InUseByThisThread { name, .. } if name == "taken"),
        "{error}"
    );
    let by_itself = options.each_by_itself(true);
    let (_, report) = host
        .snapshot_to_with(Vec::new(), by_itself)
        .expect("a snapshot");
    assert_eq!((report.groups, report.instances), (2, 2));
}

#[test]
fn a_file_follows_none_that_is_gone() {
    let directory = tempfile::tempdir().expect("a directory");
    let snapshots = Snapshots::open(directory.path()).expect("a directory");
    let snapshots = snapshots.keep(9).increments(usize::MAX);
    let (host, module) = load();
    let _both = both(&module);
    let save = || snapshots.save(&host).expect("a snapshot").0;
    let [first, _, third] = [save(), save(), save()];
    assert!(Snapshot::continues(&third).expect("a file"));
    std::fs::remove_file(first).expect("a file");
    let fourth = save();
    Snapshot::open(&fourth).expect("it is whole");
    let fifth = save();
    assert!(Snapshot::continues(&fifth).expect("a file"));
    Snapshot::open(&fifth).expect("so is what it continues");
}

#[test]
fn what_has_not_changed_is_kept_from_the_file_before() {
    let directory = tempfile::tempdir().expect("a directory");
    let snapshots = Snapshots::open(directory.path()).expect("a directory");
    let snapshots = snapshots.keep(2).increments(2);
    let (host, module) = load();
    let [given, taken] = both(&module);
    let pad = "x".repeat(10_000);
    for key in 0..50 {
        given.create(key, &pad).expect("a state");
    }
    let save = || snapshots.save(&host).expect("a snapshot");
    let (_restoring, restored) = load();
    let visits = |key: u64| {
        let (_, snapshot) = snapshots
            .latest()
            .expect("a directory")
            .expect("a snapshot");
        // However many files there are, the states are of one version.
        assert_eq!(snapshot.builds().len(), 1);
        let [given, taken] = both(&restored);
        let mut count = 0;
        for pool in [&given, &taken] {
            let report = pool.restore(&snapshot).expect("states that fit");
            assert!(report.unrestored.is_empty(), "{report:?}");
            count += report.restored;
        }
        (count, given.call(&key, |it| it.visits()).ok())
    };
    let (first, whole) = save();
    assert_eq!(visits(7), (50, Some(0)));

    given.call(&7, |it| it.enter()).expect("a call");
    given.remove(&8).expect("an instance");
    taken.create(1, "").expect("a state");
    let (second, report) = save();
    assert_eq!((report.instances, visits(7)), (50, (50, Some(1))));
    assert_eq!(visits(8), (50, None));
    assert!(report.bytes * 5 < whole.bytes, "{report:?} after {whole:?}");

    // One that comes back under the same key, and one that is read only.
    given.create(8, "#3").expect("a state");
    given.call(&9, |it| it.visits()).expect("a call");
    let (third, report) = save();
    assert_eq!((report.instances, visits(8)), (51, (51, Some(3))));
    assert_eq!(visits(7).1, Some(1));
    assert!(
        first.exists() && second.exists(),
        "the third one continues them"
    );
    let alone = Snapshot::of(std::fs::read(&third).expect("a file"));
    assert!(
        alone
            .expect_err("it continues another")
            .to_string()
            .contains("continues")
    );

    // The next one is whole again, and after another one the first are gone.
    let (fourth, report) = save();
    assert!(report.bytes > whole.bytes / 2);
    assert!(first.exists() && !Snapshot::continues(&fourth).expect("a file"));
    save();
    assert!(!first.exists() && !third.exists() && fourth.exists());

    // Of a torn one, all is there that stands before, also what it has kept.
    let (last, _) = save();
    let whole_bytes = std::fs::read(&last).expect("a file");
    let torn = directory.path().join("torn");
    std::fs::write(&torn, &whole_bytes[..whole_bytes.len() - 1]).expect("a file");
    let (salvaged, damage) = Snapshot::salvage(&torn).expect("blocks");
    assert!(damage.expect("it is torn").to_string().contains("torn"));
    assert_eq!(salvaged.group("given").map(|it| it.len()), Some(50));
    // Without the one before, the last whole one is found.
    std::fs::remove_file(&fourth).expect("a file");
    let (salvaged, damage) = Snapshot::salvage(&torn).expect("blocks");
    assert!(damage.is_some() && salvaged.group("given").is_some_and(|it| it.len() < 50));
    assert!(last.exists() && snapshots.latest().expect("a directory").is_none());
}
