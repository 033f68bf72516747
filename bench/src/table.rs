//! The migration of a state whose large part has not changed.

use bench_interface::Kept;
use hotmod_host::{Host, Instance};

use crate::Failure;
use crate::measure::{Times, shown, time};
use crate::memory::peak;
use crate::modules::Modules;

const ROUNDS: usize = 11;

pub(crate) fn run(modules: &Modules) -> Result<(), Failure> {
    println!("a field added beside a HashMap<u64, String> that has not changed");
    for entries in [1_000, 10_000, 100_000, 1_000_000] {
        let mut times = Times::default();
        for _ in 0..ROUNDS {
            let (mut table, sum) = outdated(modules, entries)?;
            let (took, migrated) = time(|| table.migrate());
            migrated?;
            times.add(took);
            assert_eq!(table.sum()?, sum + 7, "migrated");
        }
        let (mut table, _) = outdated(modules, entries)?;
        let (bytes, migrated) = peak(|| table.migrate());
        migrated?;
        println!(
            "  {entries:9} entries  {:>8}, {bytes} bytes more at most",
            shown(times.median())
        );
    }
    println!();
    Ok(())
}

/// A table that is still at the version before, and its sum.
fn outdated(modules: &Modules, entries: usize) -> Result<(Instance<dyn Kept>, u64), Failure> {
    let host = Host::builder().build()?;
    let module = host.load::<dyn Kept>(modules.file("bench-table-1"))?;
    let table = module.create(&entries.to_string())?;
    let sum = table.sum()?;
    module.update(modules.file("bench-table-2"))?;
    Ok((table, sum))
}
