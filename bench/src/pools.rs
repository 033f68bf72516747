//! How long a caller waits while the instances of a large pool are migrated.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use bench_interface::Kept;
use hotmod_host::{Host, Instance, Pool};

use crate::Failure;
use crate::measure::{Times, shown, time};
use crate::modules::Modules;

const INSTANCES: u64 = 100_000;
/// How many items each instance has.
const ITEMS: &str = "4";
/// How many are migrated one after the other, for comparison.
const ALONE: usize = 20_000;
const STEADY: usize = 1_000_000;
const TICK: Duration = Duration::from_millis(2);
const BUDGET: Duration = Duration::from_millis(1);

pub(crate) fn run(modules: &Modules) -> Result<(), Failure> {
    let host = Host::builder().build()?;
    let module = host.load::<dyn Kept>(modules.file("bench-items-1"))?;
    let pool: Pool<u64, dyn Kept> = Pool::builder(&module).sweep_every(TICK, BUDGET).build()?;
    let mut creating = Times::default();
    for key in 0..INSTANCES {
        let (took, created) = time(|| pool.create(key, ITEMS));
        created?;
        creating.add(took);
    }
    let alone: Result<Vec<Instance<dyn Kept>>, _> =
        (0..ALONE).map(|_| module.create(ITEMS)).collect();
    let mut alone = alone?;

    let mut direct = Times::default();
    let mut steady = Times::default();
    for key in keys().take(STEADY) {
        let (took, called) = time(|| alone[key as usize % ALONE].sum());
        called?;
        direct.add(took);
        let (took, called) = time(|| pool.call(&key, |it| it.sum()));
        called?;
        steady.add(took);
    }

    let done = AtomicBool::new(false);
    let (moving, calls) = thread::scope(|scope| {
        let caller = scope.spawn(|| {
            let mut times = Times::default();
            for key in keys() {
                if done.load(Ordering::Relaxed) {
                    break;
                }
                let (took, called) = time(|| pool.call(&key, |it| it.sum()));
                assert!(called.is_ok(), "every call is answered");
                times.add(took);
            }
            times
        });
        let (moving, updated) = time(|| {
            module.update(modules.file("bench-items-grown"))?;
            while pool.counts().len() > 1 || !pool.counts().contains_key(module.version()) {
                thread::sleep(TICK);
            }
            Ok::<(), Failure>(())
        });
        done.store(true, Ordering::Relaxed);
        let calls = caller.join().map_err(|_| "a caller panicked")?;
        updated.map(|()| (moving, calls))
    })?;

    let mut migrating = Times::default();
    for instance in &mut alone {
        let (took, migrated) = time(|| instance.migrate());
        migrated?;
        migrating.add(took);
    }

    println!("{INSTANCES} pooled instances, one caller, a sweeper with half of a core");
    println!(
        "{:34}  {:>9} {:>9} {:>9}",
        "", "median", "99.9 %", "slowest"
    );
    for (name, times) in [
        ("creation", &creating),
        ("a call without the pool", &direct),
        ("a call while nothing happens", &steady),
        ("a call while all are migrated", &calls),
        ("the migration of one alone", &migrating),
    ] {
        let [median, most, slowest] = [0.5, 0.999, 1.0].map(|share| shown(times.within(share)));
        println!("  {name:32}  {median:>9} {most:>9} {slowest:>9}");
    }
    let over = calls.within(1.0).as_secs_f64() / migrating.within(1.0).as_secs_f64();
    println!("  the slowest call over the slowest migration: {over:.2}×");
    println!("  from the update until all had moved: {}\n", shown(moving));
    Ok(())
}

/// Keys that look like chance.
fn keys() -> impl Iterator<Item = u64> {
    let mut state = 1_u64;
    std::iter::repeat_with(move || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (state >> 33) % INSTANCES
    })
}
