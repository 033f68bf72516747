//! States that are read while they are taken to another version.

use std::num::NonZero;
use std::path::PathBuf;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use hotmod_host::{
    Event, Host, Module, NeededFor, Pool, PoolError, RehearsalOptions, UpdateOptions, UpdateReport,
    UpdateState, plan::Preparation,
};
use hotmod_tests::fixture::{BASE, Built, Edit, Family};
use hotmod_tests::gate::Gate;
use hotmod_tests::interfaces::archive::Archive;
use hotmod_tests::patience::{Ended, PATIENCE, until, until_equal};

#[path = "readers/alone.rs"]
mod alone;
#[path = "readers/meanwhile.rs"]
mod meanwhile;

/// A version whose entries have wider numbers.
const WIDE: &[Edit] = &[
    ("\"1.0.0\"", "\"2.0.0\""),
    ("CODE: u32 = 1", "CODE: u32 = 2"),
    ("number: u32,\n    tags", "number: u64,\n    tags"),
    ("number: u32,\n}", "number: u64,\n}"),
];

/// One whose numbers are wider still.
const WIDER: &[Edit] = &[
    ("\"1.0.0\"", "\"3.0.0\""),
    ("CODE: u32 = 1", "CODE: u32 = 3"),
    ("number: u32,\n    tags", "number: u128,\n    tags"),
    ("number: u32,\n}", "number: u128,\n}"),
];

/// One whose numbers are not wide enough for all.
const NARROW: &[Edit] = &[
    ("\"1.0.0\"", "\"2.0.0\""),
    ("CODE: u32 = 1", "CODE: u32 = 2"),
    ("number: u32,\n    tags", "number: u8,\n    tags"),
];

/// A check that comes to an archive's gate before the archive is taken to this version.
const GATED: Edit = (
    "// hooks",
    "#[hotmod::after_migrate]
     fn ask_first(shelves: &Shelves, _: &hotmod::VersionInfo<'_>) -> Result<(), String> {
         if !shelves.gate.is_empty() { ask(&shelves.gate); }
         Ok(())
     }",
);

/// A check that finds fault with every archive.
const REFUSING: Edit = (
    "// hooks",
    "#[hotmod::after_migrate]
     fn refuse(shelves: &Shelves, _: &hotmod::VersionInfo<'_>) -> Result<(), String> {
         if !shelves.gate.is_empty() { ask(&shelves.gate); }
         Err(\"not like this\".to_owned())
     }",
);

/// A check that panics.
const PANICKING: Edit = (
    "// hooks",
    "#[hotmod::after_migrate]
     fn fall(_: &Shelves, _: &hotmod::VersionInfo<'_>) -> Result<(), String> { panic!(\"a shelf fell\") }",
);

/// A set whose elements panic when they are hashed: not all of them.
const UNHASHED: &[Edit] = &[
    ("PartialOrd, Ord, Hash)]", "PartialOrd, Ord)]"),
    (
        "// hooks",
        "impl std::hash::Hash for Number {
             fn hash<H: std::hash::Hasher>(&self, hasher: &mut H) {
                 if self.number == 15_000 { panic!(\"this one\"); }
                 hasher.write_u64(self.number as u64);
             }
         }",
    ),
];

/// A field whose value comes to the gate when it is dropped, and one that panics then.
const LEAVING: &[Edit] = &[
    ("// more", "gone: Gone, fell: Fell,"),
    (
        "// made",
        "gone: Gone { gate: gate.to_owned() }, fell: Fell { name: entries.to_owned() },",
    ),
    (
        "// hooks",
        "#[derive(StableState)] pub struct Gone { gate: String }
         impl Drop for Gone {
             fn drop(&mut self) { if !self.gate.is_empty() { ask(&self.gate); } }
         }
         #[derive(StableState)] pub struct Fell { name: String }
         impl Drop for Fell {
             fn drop(&mut self) { if self.name == \"3\" { panic!(\"{} fell\", self.name) } }
         }",
    ),
];

/// The next version of that, without them.
const LEFT: &[Edit] = &[(
    "#[derive(StableState)]\npub struct Shelves",
    "#[derive(StableState)]\n#[state(removed(\"gone\"), removed(\"fell\"))]\npub struct Shelves",
)];

static ARCHIVES: LazyLock<Built> = LazyLock::new(|| {
    let family = Family::new("archive")
        .feature("serde")
        .variant("wide", WIDE)
        .variant("wider", WIDER)
        .variant("narrow", NARROW)
        .variant("gated", &[WIDE, &[GATED]].concat())
        .variant("refusing", &[WIDE, &[REFUSING]].concat())
        .variant("panicking", &[WIDE, &[PANICKING]].concat())
        .variant("unhashed", &[WIDE, UNHASHED].concat())
        .variant("leaving", LEAVING)
        .variant("left", &[WIDE, LEFT].concat());
    alone::variants(family).build()
});

fn file(variant: &str) -> PathBuf {
    ARCHIVES.file(variant)
}

/// A host that goes back to older versions too.
fn host() -> Host {
    let host = Host::builder().allow_downgrade(true).build();
    host.expect("a host")
}

fn load(host: &Host, variant: &str) -> Module<dyn Archive> {
    let module = host.load::<dyn Archive>(file(variant));
    module.unwrap_or_else(|refusal| panic!("{refusal}"))
}

/// A module in a host that has so many threads for a migration.
fn threaded(threads: usize) -> Module<dyn Archive> {
    let threads = NonZero::new(threads).expect("a thread");
    let host = Host::builder().allow_downgrade(true);
    let host = host.migration_threads(threads).build();
    load(&host.expect("a host"), BASE)
}

fn archives(variant: &str) -> Module<dyn Archive> {
    load(&host(), variant)
}

fn update(module: &Module<dyn Archive>, variant: &str) -> UpdateReport {
    let update = module.update(file(variant));
    update.unwrap_or_else(|refusal| panic!("{refusal}"))
}

/// A pool with one archive, of so many entries, that has its gate there.
fn pool(module: &Module<dyn Archive>, gate: &str, entries: usize) -> Pool<u64, dyn Archive> {
    let pool = module.pool();
    let created = pool.create(1, &format!("{gate}#{entries}"));
    created.unwrap_or_else(|error| panic!("{error}"));
    pool
}

fn read(pool: &Pool<u64, dyn Archive>) -> (u32, u64) {
    let read = pool.call_shared(&1, |archive| archive.read());
    read.unwrap_or_else(|error| panic!("{error}"))
}

fn add(pool: &Pool<u64, dyn Archive>, text: &str) -> u64 {
    let added = pool.call(&1, |archive| archive.add(text));
    added.unwrap_or_else(|error| panic!("{error}"))
}

/// What an archive of so many entries amounts to.
fn amount(entries: u64) -> u64 {
    let each = (0..entries).map(|number| {
        let text = format!("entry {number}").len() as u64;
        3 * text + "tag of ".len() as u64 + 2 * number
    });
    each.sum()
}
