//! How long callers wait while many instances are written.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use bench_interface::Kept;
use hotmod_host::{Pool, SnapshotOptions};

use super::load;
use crate::Failure;
use crate::measure::{Times, shown, time};
use crate::modules::Modules;

const INSTANCES: u64 = 100_000;
const ITEMS: &str = "4";
const SNAPSHOTS: usize = 5;
const ALONE: usize = 1_000;

pub(super) fn run(modules: &Modules) -> Result<(), Failure> {
    let (host, module) = load(modules, "bench-items-1")?;
    let pool: Pool<u64, dyn Kept> = Pool::builder(&module).name("worlds").build()?;
    for key in 0..INSTANCES {
        pool.create(key, ITEMS)?;
    }
    // One alone, written as a call writes it that comes before its turn.
    let (single, other) = load(modules, "bench-items-1")?;
    let lone: Pool<u64, dyn Kept> = Pool::builder(&other).name("worlds").build()?;
    lone.create(0, ITEMS)?;
    let mut alone = Times::default();
    let options = SnapshotOptions::new().each_by_itself(true);
    for _ in 0..ALONE {
        let (took, written) = time(|| single.snapshot_to_with(Vec::new(), options));
        written?;
        alone.add(took);
    }
    let call = |number: u64| {
        let key = number.wrapping_mul(0x9e37_79b9) % INSTANCES;
        time(|| pool.call(&key, |it| it.sum()))
    };
    let mut steady = Times::default();
    for number in 0..1_000_000 {
        let (took, called) = call(number);
        called?;
        steady.add(took);
    }
    let is_over = AtomicBool::new(false);
    let mut whole = Times::default();
    let meanwhile = thread::scope(|scope| -> Result<Times, Failure> {
        let caller = scope.spawn(|| {
            let mut times = Times::default();
            for number in 0.. {
                if is_over.load(Ordering::Relaxed) {
                    break;
                }
                let (took, called) = call(number);
                assert!(called.is_ok(), "every call is answered");
                times.add(took);
            }
            times
        });
        let mut taken = Ok(());
        for _ in 0..SNAPSHOTS {
            let (took, written) = time(|| host.snapshot_to(std::io::sink()));
            whole.add(took);
            taken = taken.and(written.map(drop));
        }
        is_over.store(true, Ordering::Relaxed);
        let times = caller.join().map_err(|_| "a caller panicked")?;
        taken?;
        Ok(times)
    })?;
    println!(
        "  {INSTANCES} instances of four items, written in {}, while a thread calls them",
        shown(whole.median())
    );
    println!(
        "    one alone, as a snapshot       {}",
        shown(alone.median())
    );
    for (name, times) in [("calls before", &steady), ("calls meanwhile", &meanwhile)] {
        println!(
            "    {name:16} median {}, 99.9 % within {}, longest {}",
            shown(times.within(0.5)),
            shown(times.within(0.999)),
            shown(times.within(1.0))
        );
    }
    Ok(())
}
