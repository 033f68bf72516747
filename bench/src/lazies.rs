//! What a value that follows by itself costs: each use, the first one after an update, and memory.

use std::time::Duration;

use bench_interface::{Kept, Lazies};
use hotmod_host::{Host, Instance, Module};

use crate::Failure;
use crate::measure::{Times, shown, time};
use crate::memory::held;
use crate::modules::Modules;

const ENTRIES: u64 = 1_000_000;
/// How many entries a round looks up.
const USES: u64 = 1_000_000;
const ROUNDS: u64 = 15;
/// How many entries are migrated by themselves in a round, and by their first use.
const FIRST: u64 = 100_000;
const FIRST_ROUNDS: usize = 7;

pub(crate) fn run(modules: &Modules) -> Result<(), Failure> {
    println!("{ENTRIES} entries of six fields in a HashMap, each in a `Box` or in a `Lazy`");
    uses(modules)?;
    first_uses(modules)?;
    println!();
    Ok(())
}

fn load<I: hotmod_host::Interface + ?Sized + 'static>(
    modules: &Modules,
    package: &str,
) -> Result<Module<I>, Failure> {
    let host = Host::builder().build()?;
    Ok(host.load::<I>(modules.file(package))?)
}

/// What each use costs, and how much memory there is for each.
fn uses(modules: &Modules) -> Result<(), Failure> {
    let now = load::<dyn Lazies>(modules, "bench-lazy-2")?;
    let (mut boxed, mut fresh) = (now.create("")?, now.create("")?);
    let (of_boxed, filled) = held(|| boxed.fill_boxed(ENTRIES));
    filled?;
    let (of_fresh, filled) = held(|| fresh.fill_lazy(ENTRIES));
    filled?;
    let module = load::<dyn Lazies>(modules, "bench-lazy-1")?;
    let mut moved = module.create("")?;
    let (before, filled) = held(|| moved.fill_lazy(ENTRIES));
    filled?;
    module.update(modules.file("bench-lazy-2"))?;
    let (more, migrated) = held(|| moved.migrate().map(|()| moved.use_each_lazy()));
    migrated??;
    let mut times: [Times; 3] = Default::default();
    for round in 1..=ROUNDS {
        let (took, sum) = time(|| boxed.use_boxed(round, USES));
        times[0].add(took);
        let sum = sum?;
        for (times, instance) in times[1..].iter_mut().zip([&fresh, &moved]) {
            let (took, same) = time(|| instance.use_lazy(round, USES));
            times.add(took);
            assert_eq!(same?, sum, "what is used");
        }
    }
    let bytes = [of_boxed, of_fresh, before + more];
    let named = ["a Box", "a Lazy", "a Lazy that has moved"];
    for ((name, times_of), bytes) in named.into_iter().zip(&times).zip(bytes) {
        let each = times_of.median() / u32::try_from(USES)?;
        println!(
            "  {name:24} {:>8} a use, {:.2}×; {} bytes",
            shown(each),
            times_of.over(&times[0]),
            bytes / i64::try_from(ENTRIES)?,
        );
    }
    Ok(())
}

/// What the first use costs over what each use does, beside the migration of a state that is the entry.
fn first_uses(modules: &Modules) -> Result<(), Failure> {
    let mut times: [Times; 2] = Default::default();
    for _ in 0..FIRST_ROUNDS {
        times[0].add(alone(modules)?);
        times[1].add(first(modules)?);
    }
    for (name, times_of) in ["a migration alone", "the first use of a Lazy"]
        .into_iter()
        .zip(&times)
    {
        println!(
            "  {name:24} {:>8}, {:.2}×",
            shown(times_of.median() / u32::try_from(FIRST)?),
            times_of.over(&times[0])
        );
    }
    Ok(())
}

fn alone(modules: &Modules) -> Result<Duration, Failure> {
    let module = load::<dyn Kept>(modules, "bench-lazy-1")?;
    let entries: Result<Vec<Instance<dyn Kept>>, _> = (0..FIRST)
        .map(|id| module.create(&id.to_string()))
        .collect();
    let mut entries = entries?;
    module.update(modules.file("bench-lazy-2"))?;
    let (took, migrated) = time(|| entries.iter_mut().try_for_each(Instance::migrate));
    migrated?;
    Ok(took)
}

fn first(modules: &Modules) -> Result<Duration, Failure> {
    let module = load::<dyn Lazies>(modules, "bench-lazy-1")?;
    let mut shelves = module.create("")?;
    shelves.fill_lazy(FIRST)?;
    module.update(modules.file("bench-lazy-2"))?;
    shelves.migrate()?;
    let (took, first) = time(|| shelves.use_each_lazy());
    let (again, second) = time(|| shelves.use_each_lazy());
    assert_eq!(first?, second?, "what is used");
    Ok(took.saturating_sub(again))
}
