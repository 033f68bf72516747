//! Calls of the host from a module, against a bare function pointer that it is given.

use hotmod_host::Host;
use libloading::{Library, Symbol};

use crate::Failure;
use crate::measure::{Times, time};
use crate::modules::Modules;

const CALLS: u32 = 2_000_000;
const ROUNDS: usize = 41;

type BareAdded = extern "C" fn(u32, extern "C" fn(u32, u32) -> u32) -> u32;

pub(crate) fn run(modules: &Modules) -> Result<(), Failure> {
    let file = modules.file("bench-imports");
    let host = Host::builder()
        .provide("add", |a: u32, b: u32| a.wrapping_add(b))
        .provide("measure", |text: &str, values: Vec<u32>| {
            (text.len() + values.len()) as u64
        })
        .build()?;
    let module = host.load_untyped(file)?;
    let added = module.function::<fn(u32) -> u32>("added")?;
    let measured = module.function::<fn(u32) -> u64>("measured")?;
    // SAFETY: the module's constructors do nothing.
    let library = unsafe { Library::new(file) }?;
    // SAFETY: this is its type.
    let bare: Symbol<BareAdded> = unsafe { library.get("bare_added") }?;

    let mut times: [Times; 3] = Default::default();
    for _ in 0..ROUNDS {
        let (bare, expected) = time(|| bare(CALLS, add));
        let (imported, sum) = time(|| added.call(CALLS));
        let (owned, _) = time(|| measured.call(CALLS / 10));
        if sum? != expected {
            return Err("the two sums differ".into());
        }
        times[0].add(bare);
        times[1].add(imported);
        times[2].add(owned * 10);
    }
    println!("calls of the host, over a bare function pointer that the module is given");
    for (name, of) in ["bare pointer", "import", "text, vector"]
        .iter()
        .zip(&times)
    {
        let each = of.median().as_secs_f64() * 1e9 / f64::from(CALLS);
        println!("  {name:13} {:.2}×  ({each:.2} ns)", of.over(&times[0]));
    }
    println!();
    Ok(())
}

extern "C" fn add(a: u32, b: u32) -> u32 {
    a.wrapping_add(b)
}
