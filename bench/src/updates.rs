//! An update of the demo's game, from the call of `update` to published; and what callers notice of
//! updates.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bench_interface::Calls;
use hotmod_host::{Host, Instance, Module, inspect};

use crate::Failure;
use crate::measure::{Times, shown, time};
use crate::modules::Modules;

const ROUNDS: usize = 41;
/// Updates with a caller.
const UPDATES: usize = 4000;

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
    called(modules)
}

/// Calls at full speed while updates of equal layout follow each other; and while nothing happens in
/// the same time, since the system takes a thread off its processor then, too.
fn called(modules: &Modules) -> Result<(), Failure> {
    let files = [
        modules.file("bench-calls"),
        modules.file("bench-calls-next"),
    ];
    let host = Host::builder().allow_downgrade(true).build()?;
    let module = host.load::<dyn Calls>(files[0])?;
    let mut instance = module.create("")?;
    // Both are loaded.
    module.update(files[1])?;
    module.update(files[0])?;
    let mut updating = Times::default();
    let during = slowest_calls(&mut instance, |update| {
        let (took, updated) = time(|| module.update(files[(update + 1) % 2]));
        updated?;
        updating.add(took);
        Ok(())
    })?;
    let pause = updating.median();
    let without = slowest_calls(&mut instance, |_| wait(pause, &module))?;
    println!("the slowest of a caller's calls, in each of {UPDATES} updates of equal layout");
    for (name, times) in [("during them", &during), ("without", &without)] {
        let [median, most, nearly_all] = [0.5, 0.99, 0.999].map(|share| shown(times.within(share)));
        println!("  {name:13} {median}, 99 % {most}, 99.9 % {nearly_all}");
    }
    println!("  (an update: {})\n", shown(pause));
    Ok(())
}

/// Waits as long as an update takes, and as busy.
fn wait(pause: Duration, module: &Module<dyn Calls>) -> Result<(), Failure> {
    let start = std::time::Instant::now();
    while start.elapsed() < pause {
        std::hint::black_box(module.version());
    }
    Ok(())
}

/// The slowest call in each round of something that another thread does.
fn slowest_calls(
    instance: &mut Instance<dyn Calls>,
    mut round: impl FnMut(usize) -> Result<(), Failure>,
) -> Result<Times, Failure> {
    // Relaxed: how far the rounds are, and nothing else.
    let rounds = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        let caller = scope.spawn(|| -> Result<Times, hotmod_host::CallError> {
            let mut slowest = Times::default();
            let mut longest = Duration::ZERO;
            let mut seen = 0;
            while seen < UPDATES {
                let (took, called) = time(|| instance.add_exclusive(1, 2));
                called?;
                longest = longest.max(took);
                let now = rounds.load(Ordering::Relaxed);
                if now > seen {
                    seen = now;
                    slowest.add(std::mem::take(&mut longest));
                }
            }
            Ok(slowest)
        });
        for done in 0..UPDATES {
            let outcome = round(done);
            let next = if outcome.is_ok() { done + 1 } else { UPDATES };
            rounds.store(next, Ordering::Relaxed);
            outcome?;
        }
        let slowest = caller.join().map_err(|_| "the caller panicked")?;
        Ok(slowest?)
    })
}
