//! The migration of half a million items, against the same conversion written by hand and a round
//! trip through JSON.

use std::num::NonZero;

use bench_interface::Kept;
use hotmod_host::{Host, Instance};
use serde::de::DeserializeOwned;

use crate::Failure;
use crate::by_hand::{Convert, even, first, grown, mixed};
use crate::measure::{Times, shown, time};
use crate::memory::peak;
use crate::modules::Modules;

const ITEMS: usize = 500_000;
const ROUNDS: usize = 15;

pub(crate) fn run(modules: &Modules) -> Result<(), Failure> {
    println!("{ITEMS} items with a text and four events, over the conversion by hand");
    let changed = changed(size_of::<grown::Item>(), size_of::<grown::Event>());
    let name = "items and events grow";
    shape::<grown::World>(modules, "bench-items-grown", name, changed)?;
    let changed = self::changed(size_of::<mixed::Item>(), size_of::<mixed::Event>());
    let name = "events keep their size: by hand in place";
    shape::<mixed::World>(modules, "bench-items-mixed", name, changed)?;
    let changed = self::changed(size_of::<even::Item>(), size_of::<even::Event>());
    let name = "items and events keep their size: by hand all in place";
    shape::<even::World>(modules, "bench-items-even", name, changed)
}

/// The bytes of what changes: all but the texts.
fn changed(item: usize, event: usize) -> usize {
    ITEMS * (item + 4 * event)
}

fn shape<W: Convert + DeserializeOwned>(
    modules: &Modules,
    package: &str,
    name: &str,
    changed: usize,
) -> Result<(), Failure> {
    let mut times: [Times; 4] = Default::default();
    let mut most = 0;
    for round in 0..ROUNDS {
        let old = first::World::new(ITEMS);
        let sum = first::sum(&old);
        let (took, new) = time(|| W::convert(old));
        times[0].add(took);
        assert_eq!(new.sum(), sum, "converted by hand");
        drop(new);

        if round == 0 {
            // Counting costs time, so this round has none.
            let mut world = outdated(modules, package, 1)?;
            let (bytes, migrated) = peak(|| world.migrate());
            migrated?;
            most = bytes;
        } else {
            for threads in [1, 2] {
                let mut world = outdated(modules, package, threads)?;
                let (took, migrated) = time(|| world.migrate());
                migrated?;
                times[threads].add(took);
                assert_eq!(world.sum()?, sum, "migrated by {threads}");
            }
        }

        // The round trip takes so long that a few rounds will do.
        if round % 4 == 0 {
            let old = first::World::new(ITEMS);
            let (took, new) = time(|| -> serde_json::Result<W> {
                let text = serde_json::to_vec(&old)?;
                drop(old);
                serde_json::from_slice(&text)
            });
            times[3].add(took);
            assert_eq!(new?.sum(), sum, "through JSON");
        }
    }
    println!("  {name}");
    for (of, name) in times
        .iter()
        .zip(["by hand", "migrated", "two threads", "serde_json"])
    {
        let median = shown(of.median());
        println!("    {name:11} {:5.2}×  ({median})", of.over(&times[0]));
    }
    println!(
        "    serde_json over migrated: {:.1}×",
        times[3].over(&times[1])
    );
    let over = most as f64 / changed as f64;
    println!("    most extra memory over what changed: {over:.2}×\n");
    Ok(())
}

/// A world that is still at the version before, on a host that migrates with so many threads.
fn outdated(
    modules: &Modules,
    package: &str,
    threads: usize,
) -> Result<Instance<dyn Kept>, Failure> {
    let threads = NonZero::new(threads).ok_or("a migration without a thread")?;
    let host = Host::builder().migration_threads(threads).build()?;
    let module = host.load::<dyn Kept>(modules.file("bench-items-1"))?;
    let world = module.create(&ITEMS.to_string())?;
    module.update(modules.file(package))?;
    Ok(world)
}
