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
mod snapshots;
mod table;
mod updates;

use std::error::Error;

use modules::Modules;

#[global_allocator]
static MEMORY: memory::Counted = memory::Counted;

type Failure = Box<dyn Error>;

/// A benchmark: what it is asked for by, the packages of the modules that it loads, and what prints it.
type Benchmark = (
    &'static str,
    &'static [&'static str],
    fn(&Modules) -> Result<(), Failure>,
);

const ALL: [Benchmark; 15] = [
    ("calls", &["bench-calls"], calls::run),
    ("measured", &["bench-calls"], measured::run),
    ("converted", &["bench-converted"], converted::run),
    ("imports", &["bench-imports"], imports::run),
    ("awaited", &["bench-calls"], awaited::run),
    (
        "instructions",
        &[
            "bench-calls",
            "bench-imports",
            "bench-users",
            "bench-converted",
            "bench-table-1",
            "bench-table-2",
            "bench-lazy-1",
            "bench-lazy-2",
        ],
        instructions::run,
    ),
    (
        "updates",
        &["game-1-0", "game-1-1", "bench-calls", "bench-calls-next"],
        updates::run,
    ),
    (
        "methods",
        &["bench-many-1", "bench-many-same", "bench-many-converted"],
        methods::run,
    ),
    (
        "items",
        &[
            "bench-items-1",
            "bench-items-grown",
            "bench-items-mixed",
            "bench-items-even",
        ],
        items::run,
    ),
    ("table", &["bench-table-1", "bench-table-2"], table::run),
    ("pools", &["bench-items-1", "bench-items-grown"], pools::run),
    ("readers", &["bench-crowd-1", "bench-crowd-2"], readers::run),
    ("lazies", &["bench-lazy-1", "bench-lazy-2"], lazies::run),
    (
        "snapshots",
        &["bench-items-1", "bench-flat"],
        snapshots::run,
    ),
    ("panics", &[], panics::run),
];

fn main() -> Result<(), Failure> {
    let asked: Vec<String> = std::env::args().skip(1).collect();
    if let Some(unknown) = asked
        .iter()
        .find(|a| ALL.iter().all(|(name, ..)| a != name))
    {
        let names = ALL.map(|(name, ..)| name).join(", ");
        return Err(format!("there is no benchmark `{unknown}`; there are {names}").into());
    }
    let runs = ALL
        .into_iter()
        .filter(|(name, ..)| asked.is_empty() || asked.iter().any(|asked| asked == name));
    let packages = runs.clone().flat_map(|(_, packages, _)| packages);
    let modules = Modules::build(packages.copied().collect())?;
    for (.., run) in runs {
        run(&modules)?;
    }
    Ok(())
}
