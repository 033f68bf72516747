//! Values that follow by themselves, each in a `Lazy`, while what holds them is handed over as it is.

use std::path::Path;
use std::sync::LazyLock;

use hotmod_host::{Host, Instance, Interface, Module, UpdateReport};
use hotmod_tests::fixture::{BASE, Built, Edit, Family};
use hotmod_tests::interfaces::hoard::Hoard;

#[path = "lazy/followed.rs"]
mod followed;

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

static HOARD: LazyLock<Built> = LazyLock::new(|| {
    let of = |edits: &[&[Edit]]| edits.concat();
    Family::new("hoard")
        .variant("same", &[SECOND])
        .variant("level", &of(&[&[SECOND], LEVEL]))
        .variant("checked", &of(&[&[SECOND], CHECKED]))
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

/// A hoard with so many entries.
fn filled(keys: u64) -> (Module<dyn Hoard>, Instance<dyn Hoard>) {
    let module = load::<dyn Hoard>(HOARD.file(BASE));
    let mut hoard = module.create("").expect("an instance");
    hoard.fill(keys).expect("a call");
    (module, hoard)
}

/// An entry of version 1.
fn first(key: u64, gold: u64) -> String {
    format!("Entry {{ name: \"entry {key}\", gold: {gold} }}")
}

/// An entry with a level.
fn levelled(key: u64, gold: u64, level: u8) -> String {
    format!("Entry {{ name: \"entry {key}\", gold: {gold}, level: {level} }}")
}
