//! Calls, against a bare function pointer into the same module.

use std::hint::black_box;
use std::time::Duration;

use bench_interface::Calls;
use hotmod_host::Host;
use libloading::{Library, Symbol};

use crate::Failure;
use crate::measure::{Times, shown, time};
use crate::modules::Modules;

const CALLS: u32 = 2_000_000;
const ROUNDS: usize = 41;

pub(crate) fn run(modules: &Modules) -> Result<(), Failure> {
    let file = modules.file("bench-calls");
    let host = Host::builder().build()?;
    let module = host.load::<dyn Calls>(file)?;
    // On the heap, as it would be in a server.
    let function = Box::new(module.function::<fn(u32, u32) -> u32>("add")?);
    let mut instance = module.create("")?;
    // SAFETY: the module's constructors do nothing.
    let library = unsafe { Library::new(file) }?;
    // SAFETY: this is its type.
    let bare: Symbol<extern "C" fn(u32, u32) -> u32> = unsafe { library.get("bare_add") }?;
    let bare = *bare;

    let mut times: [Times; 4] = Default::default();
    for _ in 0..ROUNDS {
        times[0].add(calls(|a, b| bare(a, b)));
        times[1].add(calls(|a, b| function.call(a, b).unwrap_or_default()));
        times[2].add(calls(|a, b| {
            instance.add_exclusive(a, b).unwrap_or_default()
        }));
        times[3].add(calls(|a, b| instance.add_shared(a, b).unwrap_or_default()));
    }
    println!("calls, over a bare function pointer into the same module");
    let names = ["bare pointer", "function", "&mut self", "&self"];
    for (name, of) in names.iter().zip(&times) {
        let each = of.median().as_secs_f64() * 1e9 / f64::from(CALLS);
        println!("  {name:13} {:.2}×  ({each:.2} ns)", of.over(&times[0]));
    }

    let mut alone = [Times::default(), Times::default()];
    let mut both = [Times::default(), Times::default()];
    for _ in 0..ROUNDS {
        let called = || calls(|a, b| function.call(a, b).unwrap_or_default());
        let pointed = || calls(|a, b| bare(a, b));
        alone[0].add(on(1, pointed));
        alone[1].add(on(1, called));
        both[0].add(on(2, pointed));
        both[1].add(on(2, called));
    }
    println!("calls per second of two threads, over those of one");
    for (i, name) in ["bare pointer", "function"].into_iter().enumerate() {
        println!("  {name:13} {:.2}×", 2.0 * alone[i].over(&both[i]));
    }
    println!("  (a round on one thread: {})\n", shown(alone[1].median()));
    Ok(())
}

/// How long one round of calls takes.
#[inline(always)]
fn calls(mut call: impl FnMut(u32, u32) -> u32) -> Duration {
    let (time, _) =
        time(|| (0..CALLS).fold(0_u32, |sum, i| sum.wrapping_add(call(black_box(i), i))));
    time
}

/// How long the slowest of so many threads takes for its round.
fn on(threads: usize, round: impl Fn() -> Duration + Sync) -> Duration {
    let start = std::sync::Barrier::new(threads);
    std::thread::scope(|scope| {
        let running: Vec<_> = (0..threads)
            .map(|_| {
                scope.spawn(|| {
                    start.wait();
                    round()
                })
            })
            .collect();
        let rounds = running.into_iter().map(|thread| thread.join());
        rounds.map(|round| round.unwrap_or_default()).max()
    })
    .unwrap_or_default()
}
