//! How long calls of one large state wait while it is migrated, and what more threads are for its migration.

use std::num::NonZero;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use bench_interface::Shared;
use hotmod_host::{Host, Module, Pool};
use nix::time::{ClockId, clock_gettime};

use crate::Failure;
use crate::by_hand::crowd as by_hand;
use crate::measure::{Times, shown, time};
use crate::memory;
use crate::modules::Modules;

const ENTRIES: usize = 1_000_000;
/// The containers, and how often each is migrated.
const KINDS: [(&str, usize); 5] = [
    ("Vec", ROUNDS),
    ("VecDeque", 5),
    ("HashMap", 5),
    ("BTreeMap", 5),
    ("HashSet", 5),
];
const ROUNDS: usize = 11;

pub(crate) fn run(modules: &Modules) -> Result<(), Failure> {
    memory::keep();
    println!("{ENTRIES} entries of five fields that change, in one state");
    println!(
        "{:12} {:>10} {:>10} {:>7} {:>10} {:>10} {:>10} {:>10} {:>7} {:>12} {:>12} {:>12}",
        "",
        "one thread",
        "two",
        "ratio",
        "processor",
        "of two",
        "prepared",
        "by two",
        "ratio",
        "a `&self`",
        "without",
        "a `&mut self`"
    );
    for (kind, rounds) in KINDS {
        let mut times: [Times; 2] = Default::default();
        let mut used: [Times; 2] = Default::default();
        let mut prepared: [Times; 2] = Default::default();
        let mut waits: [Times; 3] = Default::default();
        for _ in 0..rounds {
            for threads in [1, 2] {
                let module = load(modules, threads)?;
                let mut crowd = module.create(&format!("{kind} {ENTRIES}"))?;
                let sum = crowd.sum()?;
                module.update(modules.file("bench-crowd-2"))?;
                have_awake(2);
                let before = processor()?;
                let (took, migrated) = time(|| crowd.migrate());
                migrated?;
                times[threads - 1].add(took);
                used[threads - 1].add(processor()? - before);
                assert_eq!(crowd.sum()?, sum, "migrated by {threads}");
                prepared[threads - 1].add(preparation(modules, kind, threads)?);
            }
            for (times, wait) in waits.iter_mut().zip(longest(modules, kind)?) {
                times.add(wait);
            }
        }
        println!(
            "  {kind:10} {:>10} {:>10} {:>6.2}× {:>10} {:>10} {:>10} {:>10} {:>6.2}× {:>12} {:>12} {:>12}",
            shown(times[0].median()),
            shown(times[1].median()),
            times[0].over(&times[1]),
            shown(used[0].median()),
            shown(used[1].median()),
            shown(prepared[0].median()),
            shown(prepared[1].median()),
            prepared[0].over(&prepared[1]),
            shown(waits[0].median()),
            shown(waits[1].median()),
            shown(waits[2].median()),
        );
        if kind == "Vec" {
            by_hand()?;
        }
    }
    println!(
        "  prepared: until the new state is in the place of the old one, as long as others wait that use it exclusively\n  \
         the last three: the longest wait of a shared call while an exclusive one has the state migrated, the same beside a \
         thread that takes as long and touches nothing of it, and the exclusive one\n"
    );
    Ok(())
}

/// What this machine and its allocator give: a `Vec` of such entries, converted by code written by hand.
fn by_hand() -> Result<(), Failure> {
    let mut times: [Times; 2] = Default::default();
    let mut used: [Times; 2] = Default::default();
    let mut prepared: [Times; 2] = Default::default();
    for _ in 0..ROUNDS {
        for threads in [1, 2] {
            let old = by_hand::entries(ENTRIES);
            have_awake(2);
            let before = processor()?;
            let (preparing, (new, left)) = time(|| by_hand::convert(old, threads));
            let (dropping, ()) = time(|| by_hand::drop_left(left, threads));
            times[threads - 1].add(preparing + dropping);
            used[threads - 1].add(processor()? - before);
            prepared[threads - 1].add(preparing);
            assert_eq!(new.len(), ENTRIES);
        }
    }
    println!(
        "  {:10} {:>10} {:>10} {:>6.2}× {:>10} {:>10} {:>10} {:>10} {:>6.2}×",
        "by hand",
        shown(times[0].median()),
        shown(times[1].median()),
        times[0].over(&times[1]),
        shown(used[0].median()),
        shown(used[1].median()),
        shown(prepared[0].median()),
        shown(prepared[1].median()),
        prepared[0].over(&prepared[1]),
    );
    Ok(())
}

fn load(modules: &Modules, threads: usize) -> Result<Module<dyn Shared>, Failure> {
    let threads = NonZero::new(threads).ok_or("a migration without a thread")?;
    let host = Host::builder().migration_threads(threads).build()?;
    Ok(host.load::<dyn Shared>(modules.file("bench-crowd-1"))?)
}

/// How long it takes until the new state is in the place of the old one, and a call runs: what is left of the old one is
/// taken apart after that.
fn preparation(modules: &Modules, kind: &str, threads: usize) -> Result<Duration, Failure> {
    let module = load(modules, threads)?;
    let crowd = module.create_shared(&format!("{kind} {ENTRIES}"))?;
    let was = crowd.version();
    module.update(modules.file("bench-crowd-2"))?;
    have_awake(2);
    let start = Instant::now();
    let took = crowd.with(|_| start.elapsed())?;
    assert_ne!(crowd.version(), was, "it was taken along");
    Ok(took)
}

/// Has so many processors at work for a while: a virtual machine gives those that slept back only after some milliseconds.
fn have_awake(processors: usize) {
    const WHILE: Duration = Duration::from_millis(40);
    thread::scope(|scope| {
        for _ in 0..processors {
            scope.spawn(|| {
                let start = Instant::now();
                while start.elapsed() < WHILE {}
            });
        }
    });
}

/// The processor time of all threads.
fn processor() -> Result<Duration, Failure> {
    Ok(Duration::from(clock_gettime(
        ClockId::CLOCK_PROCESS_CPUTIME_ID,
    )?))
}

/// The longest wait of a caller by shared reference while a call by exclusive reference has the state taken along; that of
/// the same caller beside as much other work, which is what the machine has it wait; and how long the exclusive call takes.
fn longest(modules: &Modules, kind: &str) -> Result<[Duration; 3], Failure> {
    let module = load(modules, 1)?;
    let pool: Pool<u8, dyn Shared> = module.pool();
    pool.create(1, &format!("{kind} {ENTRIES}"))?;
    module.update(modules.file("bench-crowd-2"))?;
    let mut touched = Ok(0);
    let (waited, took) = longest_beside(&pool, || touched = pool.call(&1, |it| it.touch()))?;
    touched?;
    let (without, _) = longest_beside(&pool, || {
        let start = Instant::now();
        while start.elapsed() < took {}
    })?;
    Ok([waited, without, took])
}

/// The longest wait of a caller by shared reference while this is done, and how long that takes.
fn longest_beside(
    pool: &Pool<u8, dyn Shared>,
    work: impl FnOnce(),
) -> Result<(Duration, Duration), Failure> {
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let mut longest = Duration::ZERO;
            while !done.load(Ordering::Relaxed) {
                let (took, read) = time(|| pool.call_shared(&1, |it| it.first()));
                assert!(read.is_ok(), "every call is answered");
                longest = longest.max(took);
            }
            longest
        });
        let (took, ()) = time(work);
        done.store(true, Ordering::Relaxed);
        let longest = reader.join().map_err(|_| "a reader panicked")?;
        Ok((longest, took))
    })
}
