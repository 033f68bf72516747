//! The update of a module with many methods, some of which are converted from then on, against one after which
//! all are called straight.

use hotmod_host::Host;

use crate::Failure;
use crate::measure::{Times, shown, time};
use crate::modules::Modules;

const ROUNDS: usize = 101;

/// As the first version has it.
#[allow(
    dead_code,
    missing_docs,
    unreachable_pub,
    reason = "none is passed, or called"
)]
mod known {
    use hotmod::StableState;

    #[derive(StableState)]
    pub struct Order {
        id: u64,
        buyer: String,
        count: u32,
    }

    #[derive(StableState)]
    pub struct Receipt {
        id: u64,
        buyer: String,
    }

    include!("../shapes/many.rs");
}

pub(crate) fn run(modules: &Modules) -> Result<(), Failure> {
    let first = modules.file("bench-many-1");
    let mut times: [Times; 2] = Default::default();
    for _ in 0..ROUNDS {
        for (times, next) in times
            .iter_mut()
            .zip(["bench-many-same", "bench-many-converted"])
        {
            // A host of its own, which has not seen the file yet.
            let host = Host::builder().build()?;
            let module = host.load::<dyn known::Many>(first)?;
            let (took, updated) = time(|| module.update(modules.file(next)));
            updated?;
            times.add(took);
        }
    }
    let [straight, converted] = times.map(|times| times.median());
    println!("an update of a module with 200 methods, to published");
    println!("  all called straight  {}", shown(straight));
    println!(
        "  50 converted         {}, {:.2} ms more",
        shown(converted),
        1e3 * (converted.as_secs_f64() - straight.as_secs_f64())
    );
    println!();
    Ok(())
}
