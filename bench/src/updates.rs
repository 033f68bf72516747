//! An update of the demo's game, from the call of `update` to published.

use hotmod_host::{Host, inspect};

use crate::Failure;
use crate::measure::{Times, shown, time};
use crate::modules::Modules;

const ROUNDS: usize = 41;

pub(crate) fn run(modules: &Modules) -> Result<(), Failure> {
    let (first, second) = (modules.file("game-1-0"), modules.file("game-1-1"));
    let mut inspecting = Times::default();
    let mut updating = Times::default();
    let mut again = Times::default();
    for _ in 0..ROUNDS {
        // A host of its own, which has not seen the file yet.
        let host = Host::builder().allow_downgrade(true).build()?;
        let game = host.load_untyped(first)?;
        inspecting.add(time(|| inspect(second)).0);
        let (took, updated) = time(|| game.update(second));
        updated?;
        updating.add(took);
        game.update(first)?;
        let (took, updated) = time(|| game.update(second));
        updated?;
        again.add(took);
    }
    let size = std::fs::metadata(second)?.len() / 1024;
    println!("an update of the demo's game, {size} KiB, to published");
    println!("  a new file    {}", shown(updating.median()));
    println!(
        "    of that, inspected {:.0} %",
        100.0 * inspecting.over(&updating)
    );
    println!("  one known     {}\n", shown(again.median()));
    Ok(())
}
