//! Calls, against a bare function pointer into the same module.

use std::arch::asm;
use std::hint::black_box;
use std::sync::{Barrier, Mutex, PoisonError};
use std::time::Duration;

use bench_interface::Calls;
use hotmod_host::Host;
use libloading::{Library, Symbol};
use nix::sched::{CpuSet, sched_getaffinity, sched_setaffinity};
use nix::unistd::Pid;

use crate::Failure;
use crate::measure::{Times, time};
use crate::modules::Modules;

/// So few that most rounds are over before the system interrupts one.
pub(crate) const CALLS: u32 = 20_000;
const ROUNDS: usize = 1001;

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

    let mut times: [[Times; 4]; 8] = Default::default();
    for _ in 0..ROUNDS {
        macro_rules! lying_at {
            ($($offset:literal)*) => {
                [$({
                    let bare = calls::<$offset>(|a, b| bare(a, b));
                    let function = calls::<$offset>(|a, b| function.call(a, b).unwrap_or_default());
                    let exclusive = calls::<$offset>(|a, b| instance.add_exclusive(a, b).unwrap_or_default());
                    let shared = calls::<$offset>(|a, b| instance.add_shared(a, b).unwrap_or_default());
                    [bare, function, exclusive, shared]
                }),*]
            };
        }
        for (times, took) in times.iter_mut().zip(lying_at!(0 8 16 24 32 40 48 56)) {
            for (times, took) in times.iter_mut().zip(took) {
                times.add(took);
            }
        }
    }
    println!("calls, over a bare function pointer into the same module");
    let names = ["bare pointer", "function", "&mut self", "&self"];
    let of = |i: usize| times.each_ref().map(|at| nanos(&at[i]));
    let mean = |times: &[f64]| times.iter().sum::<f64>() / times.len() as f64;
    for (i, name) in names.iter().enumerate() {
        let over = mean(&of(i)) / mean(&of(0));
        let shortest = of(i).into_iter().fold(f64::INFINITY, f64::min);
        let longest = of(i).into_iter().fold(0.0, f64::max);
        println!(
            "  {name:13} {over:.2}×  ({shortest:.2} to {longest:.2} ns, by where the loop lies)"
        );
    }

    let processors = processors()?;
    let Some(two) = processors.get(..2) else {
        println!("  (one processor: nothing to say of two threads)\n");
        return Ok(());
    };
    // An instance for each thread, which holds it for a round.
    let instances = [Mutex::new(instance), Mutex::new(module.create("")?)];
    let pointed = |_: usize| calls::<0>(|a, b| bare(a, b));
    let called = |_: usize| calls::<0>(|a, b| function.call(a, b).unwrap_or_default());
    let owned = |thread: usize| {
        let mut instance = instances[thread]
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        calls::<0>(|a, b| instance.add_exclusive(a, b).unwrap_or_default())
    };
    let rounds: [(&str, &(dyn Fn(usize) -> Duration + Sync)); 3] = [
        ("bare pointer", &pointed),
        ("function", &called),
        ("&mut self", &owned),
    ];
    let mut times: [[Times; 2]; 3] = Default::default();
    for _ in 0..ROUNDS {
        for ([alone, both], (_, round)) in times.iter_mut().zip(rounds) {
            alone.add(on(&two[..1], round)?);
            both.add(on(two, round)?);
        }
    }
    println!("calls per second of two threads, each on a processor of its own, over those of one");
    for ([alone, both], (name, _)) in times.iter().zip(rounds) {
        println!("  {name:13} {:.2}×", 2.0 * nanos(alone) / nanos(both));
    }
    println!();
    Ok(())
}

/// What one call takes, in nanoseconds: of the fastest rounds, since whatever else the machine does
/// only adds to the time.
pub(crate) fn nanos(times: &Times) -> f64 {
    times.within(0.05).as_secs_f64() * 1e9 / f64::from(CALLS)
}

/// How long one round of calls takes.
#[inline(always)]
pub(crate) fn calls<const OFFSET: usize>(mut call: impl FnMut(u32, u32) -> u32) -> Duration {
    let (time, _) = time(|| {
        // SAFETY: it does nothing.
        unsafe { asm!(".p2align 6", ".skip {}, 0x90", const OFFSET, options(nomem, nostack)) };
        (0..CALLS).fold(0_u32, |sum, i| sum.wrapping_add(call(black_box(i), i)))
    });
    time
}

/// How long the slowest of some threads, one on each of these processors, takes for its round. Left
/// to the system, two threads may begin on one processor, and be half through before it parts them.
fn on(
    processors: &[usize],
    round: &(dyn Fn(usize) -> Duration + Sync),
) -> Result<Duration, Failure> {
    let start = Barrier::new(processors.len());
    std::thread::scope(|scope| {
        let running: Vec<_> = processors
            .iter()
            .enumerate()
            .map(|(thread, processor)| {
                let start = &start;
                scope.spawn(move || {
                    let stayed = stay_on(*processor);
                    start.wait();
                    stayed.map(|()| round(thread))
                })
            })
            .collect();
        let mut slowest = Duration::ZERO;
        for thread in running {
            slowest = slowest.max(thread.join().map_err(|_| "a thread panicked")??);
        }
        Ok(slowest)
    })
}

/// The processors that this process may use.
fn processors() -> Result<Vec<usize>, Failure> {
    let allowed = sched_getaffinity(Pid::from_raw(0))?;
    let may_use = |processor: &usize| allowed.is_set(*processor).unwrap_or(false);
    Ok((0..CpuSet::count()).filter(may_use).collect())
}

/// Keeps the thread on a processor.
fn stay_on(processor: usize) -> nix::Result<()> {
    let mut this = CpuSet::new();
    this.set(processor)?;
    sched_setaffinity(Pid::from_raw(0), &this)
}
