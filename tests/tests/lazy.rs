//! Values that follow by themselves, each in a `Lazy`, while what holds them is handed over as it is.

use std::path::Path;
use std::sync::LazyLock;
use std::time::Duration;

use hotmod_host::{Host, Instance, Interface, Module, UpdateReport};
use hotmod_tests::fixture::{BASE, Built, Edit, Family};
use hotmod_tests::interfaces::hoard::Hoard;

#[path = "lazy/aside.rs"]
mod aside;
#[path = "lazy/before_final.rs"]
mod before_final;
#[path = "lazy/followed.rs"]
mod followed;
#[path = "lazy/hard.rs"]
mod hard;
#[path = "lazy/moved.rs"]
mod moved;
#[path = "lazy/needed.rs"]
mod needed;
#[path = "lazy/refused.rs"]
mod refused;
#[path = "lazy/rehearsed.rs"]
mod rehearsed;
#[path = "lazy/settled.rs"]
mod settled;
#[path = "lazy/swept.rs"]
mod swept;
#[path = "lazy/threads.rs"]
mod threads;
#[path = "lazy/unfit.rs"]
mod unfit;

const SECOND: Edit = ("version: \"1.0.0\"", "version: \"2.0.0\"");
const THIRD: Edit = ("version: \"1.0.0\"", "version: \"3.0.0\"");

/// Entries with one field more.
const LEVEL: &[Edit] = &[
    (
        "    // more of an entry",
        "    #[state(default = 5)]\n    level: u8,\n    // more of an entry",
    ),
    (
        "        // more of a new entry",
        "        level: 0,\n        // more of a new entry",
    ),
];

/// Shelves with larger numbers.
const NUMBER: &[Edit] = &[("    number: u16,", "    number: u32,")];

/// Entries with a number that may not fit.
const CHECKED: &[Edit] = &[
    ("    gold: u32,", "    #[state(checked)]\n    gold: u8,"),
    (
        "u32::try_from(key).unwrap_or(0)",
        "u8::try_from(key).unwrap_or(0)",
    ),
    ("entry.gold += gold;", "entry.gold += gold as u8;"),
];

/// Entries that a function makes, which panics for one of them.
const MADE: Edit = (
    "// more items",
    "#[hotmod::migrate]
fn entry_of(old: &OldEntry) -> Entry {
    assert!(old.gold != 13, \"thirteen\");
    Entry { name: old.name.clone(), gold: old.gold, level: 6 }
}

#[derive(hotmod::OldState)]
#[state(id = \"Entry\")]
struct OldEntry {
    name: String,
    gold: u32,
}",
);

/// Entries that a function makes, which refuses one of them and counts how often.
const COUNTED: Edit = (
    "// more items",
    "static TRIES: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);

#[hotmod::migrate]
fn entry_of(old: &OldEntry) -> Result<Entry, String> {
    if old.gold == 13 {
        let tries = 1 + TRIES.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        return Err(format!(\"refused, try {tries}\"));
    }
    Ok(Entry { name: old.name.clone(), gold: old.gold, level: 6 })
}

#[derive(hotmod::OldState)]
#[state(id = \"Entry\")]
struct OldEntry {
    name: String,
    gold: u32,
}",
);

/// Shelves that a function makes, which looks at the entries: here, or on another thread.
const OPENS: Edit = (
    "// more items",
    "#[hotmod::migrate]
fn shelf_of(old: &OldShelf) -> Shelf {
    let sum = match old.number {
        7 => sum(old),
        _ => std::thread::scope(|scope| scope.spawn(|| sum(old)).join().expect(\"a sum\")),
    };
    Shelf { number: old.number, wide: sum, entries: Vec::new() }
}

fn sum(old: &OldShelf) -> u64 {
    old.entries.iter().map(|it| u64::from(it.gold)).sum()
}

#[derive(hotmod::OldState)]
#[state(id = \"Shelf\")]
struct OldShelf {
    number: u16,
    entries: Vec<Lazy<Entry>>,
}",
);
const WIDE: &[Edit] = &[
    (
        "    // more of a shelf",
        "    #[state(default = 0)]\n    wide: u64,\n    // more of a shelf",
    ),
    (
        "            // more of a new shelf",
        "            wide: 0,\n            // more of a new shelf",
    ),
];

/// A world with one field more, and a check that looks at an entry.
const SEEN: &[Edit] = &[
    (
        "    // more fields",
        "    #[state(default = 3)]\n    tick: u32,\n    // more fields",
    ),
    (
        "// more items",
        "#[hotmod::after_migrate]
fn check(world: &World, _from: &hotmod::VersionInfo<'_>) -> Result<(), String> {
    match world.row.first() {
        Some(first) => first.try_get().map(|_| ()).map_err(|error| error.to_string()),
        None => Ok(()),
    }
}",
    ),
];

/// A world whose entries stand in it.
const PLAIN: &[Edit] = &[
    ("    row: Vec<Lazy<Entry>>,", "    row: Vec<Entry>,"),
    (
        "self.row.push(Lazy::new(entry(key)))",
        "self.row.push(entry(key))",
    ),
    (
        "        let entry = self.row[place].try_get();\n        entry.map(|it| format!(\"{it:?}\")).map_err(|error| error.to_string())",
        "        Ok(format!(\"{:?}\", self.row[place]))",
    ),
    (
        "swap(&mut value, &mut self.row[place])",
        "swap(&mut *value, &mut self.row[place])",
    ),
];

static HOARD: LazyLock<Built> = LazyLock::new(|| {
    let of = |edits: &[&[Edit]]| edits.concat();
    Family::new("hoard")
        .variant("same", &[SECOND])
        .variant("level", &of(&[&[SECOND], LEVEL]))
        .variant("checked", &of(&[&[SECOND], CHECKED]))
        .variant("made", &of(&[&[SECOND], LEVEL, &[MADE]]))
        .variant("counted", &of(&[&[SECOND], LEVEL, &[COUNTED]]))
        .variant("counted-again", &of(&[&[THIRD], LEVEL, &[COUNTED]]))
        .variant("opens", &of(&[&[SECOND], WIDE, &[OPENS]]))
        .variant("seen", &of(&[&[SECOND], SEEN]))
        .variant("plain", &of(&[&[SECOND], LEVEL, PLAIN]))
        .variant("number", &of(&[&[THIRD], LEVEL, NUMBER]))
        .build()
});

/// A host that goes back to older versions too.
fn host() -> Host {
    let host = Host::builder().allow_downgrade(true);
    host.build().expect("a host")
}

fn load<I: Interface + ?Sized>(file: impl AsRef<Path>) -> Module<I> {
    let module = host().load::<I>(file);
    module.unwrap_or_else(|refusal| panic!("{refusal}"))
}

fn update<I: ?Sized>(module: &Module<I>, file: impl AsRef<Path>) -> UpdateReport {
    let update = module.update(file);
    update.unwrap_or_else(|refusal| panic!("{refusal}"))
}

/// How many bytes modules of these files hold while they have no state.
fn at_rest(names: &[&str]) -> i64 {
    let memory = names
        .iter()
        .map(|name| load::<dyn Hoard>(HOARD.file(name)).memory());
    memory.sum()
}

/// A hoard with so many entries.
fn filled(keys: u64) -> (Module<dyn Hoard>, Instance<dyn Hoard>) {
    let module = load::<dyn Hoard>(HOARD.file(BASE));
    let mut hoard = module.create("").expect("an instance");
    hoard.fill(keys).expect("a call");
    (module, hoard)
}

/// Takes the state, and not its values, to the current version.
fn arrive(hoard: &mut Instance<dyn Hoard>) {
    hoard.migrate().unwrap_or_else(|error| panic!("{error}"));
}

/// An entry of version 1.
fn first(key: u64, gold: u64) -> String {
    format!("Entry {{ name: \"entry {key}\", gold: {gold} }}")
}

/// An entry with a level.
fn levelled(key: u64, gold: u64, level: u8) -> String {
    format!("Entry {{ name: \"entry {key}\", gold: {gold}, level: {level} }}")
}

/// For as long as it takes.
const LONG: Duration = Duration::from_secs(3600);
