//! What calls, updates and migrations cost, as ratios to what does the same without hotmod.
//!
//! Everything that is compared takes its turns in one run, and each figure is the median of many.
#![allow(
    clippy::duplicate_mod,
    reason = "every shape brings the same sum, over its own types"
)]

mod awaited;
mod by_hand;
mod calls;
mod converted;
mod imports;
mod instructions;
mod items;
mod lazies;
mod measure;
mod measured;
mod memory;
mod methods;
mod modules;
mod panics;
mod pools;
mod readers;
mod table;
mod updates;

use std::error::Error;

use modules::Modules;

#[global_allocator]
static MEMORY: memory::Counted = memory::Counted;

type Failure = Box<dyn Error>;

/// A benchmark: what it is asked for by, and what prints it.
type Benchmark = (&'static str, fn(&Modules) -> Result<(), Failure>);

const ALL: [Benchmark; 14] = [
    ("calls", calls::run),
    ("measured", measured::run),
    ("converted", converted::run),
    ("imports", imports::run),
    ("awaited", awaited::run),
    ("instructions", instructions::run),
    ("updates", updates::run),
    ("methods", methods::run),
    ("items", items::run),
    ("table", table::run),
    ("pools", pools::run),
    ("readers", readers::run),
    ("lazies", lazies::run),
    ("panics", panics::run),
];

fn main() -> Result<(), Failure> {
    let asked: Vec<String> = std::env::args().skip(1).collect();
    if let Some(unknown) = asked.iter().find(|a| ALL.iter().all(|(name, _)| a != name)) {
        let names = ALL.map(|(name, _)| name).join(", ");
        return Err(format!("there is no benchmark `{unknown}`; there are {names}").into());
    }
    let modules = Modules::build()?;
    for (name, run) in ALL {
        if asked.is_empty() || asked.iter().any(|asked| asked == name) {
            run(&modules)?;
        }
    }
    Ok(())
}
