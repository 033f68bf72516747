//! The variants of the arena that are shown, compared and locked.

use std::sync::LazyLock;

use hotmod_tests::fixture::{Built, Edit, Family};

/// These variants are only ever compared: no code makes their worlds.
const NEVER_MADE: Edit = (
    "include!(\"world.rs\");",
    "fn world() -> World {\n    unreachable!()\n}",
);

/// A slot has seats, made from what was taken of it; a function takes it back to this type.
macro_rules! seats {
    ($taken:literal) => {
        concat!(
            "pub type Price = u32;\n\n#[hotmod::migrate]\n",
            "fn slot(old: &hotmod::Old<'_>) -> Result<Slot, hotmod::OldError> {\n",
            "    Ok(Slot { seats: u64::from(*old.get::<u32>(\"taken\")?) })\n}\n\n",
            "#[derive(hotmod::OldState)]\n#[state(id = \"Slot\")]\n",
            "struct OldSlot { taken: ",
            $taken,
            " }\n\n#[hotmod::migrate(down)]\n",
            "fn slot_back(slot: &Slot) -> Result<OldSlot, std::num::TryFromIntError> {\n",
            "    Ok(OldSlot { taken: slot.seats.try_into()? })\n}",
        )
    };
}
const SEATS: Edit = ("    taken: u32,", "    seats: u64,");

/// Twice as much is taken of a slot that is laid out as before.
const FILLED: Edit = (
    "pub type Price = u32;",
    "pub type Price = u32;\n\n#[hotmod::migrate]\n\
     fn filled(old: &hotmod::Old<'_>) -> Result<Slot, hotmod::OldError> {\n    \
     Ok(Slot { taken: old.get::<u32>(\"taken\")? * 2 })\n}",
);
/// The same function, of a version that has a field more.
const FILLED_LATER: Edit = (
    "pub type Price = u32;",
    "pub type Price = u32;\n\n#[hotmod::migrate]\n\
     fn filled(old: &hotmod::Old<'_>) -> Result<Slot, hotmod::OldError> {\n    \
     Ok(Slot { taken: old.get::<u32>(\"taken\")? * 2, season: 0 })\n}",
);

pub(super) const VARIANTS: &[(&str, &[Edit])] = &[
    (
        "cli-export-added",
        &[(
            "pub fn reset() {}",
            "pub fn reset() {}\n\n#[hotmod::export]\npub fn ping(echo: u8) -> u8 {\n    echo\n}",
        )],
    ),
    (
        "cli-pure",
        &[(
            "#[hotmod::export]\npub fn damage(",
            "#[hotmod::export(pure)]\npub fn damage(",
        )],
    ),
    (
        "cli-two-changes",
        &[
            ("    gold: u32,", "    gold: u16,"),
            ("    silver: u32,", "    silver: u64,"),
            (
                "pub fn look(at: &Point) -> u32 {",
                "pub fn look(at: &Point, _far: bool) -> u32 {",
            ),
        ],
    ),
    ("cli-older", &[("version: \"1.1.0\"", "version: \"1.0.9\"")]),
    (
        "cli-other-module",
        &[("name: \"arena\"", "name: \"stage\"")],
    ),
    (
        "cli-attributes",
        &[
            (
                "pub struct Sense {",
                "#[state(meaning = 2, removed(\"slope\"))]\npub struct Sense {",
            ),
            (
                "    angle: f64,",
                "    #[state(default, was = \"direction\")]\n    angle: f64,",
            ),
            ("    Calm,", "    #[state(was = \"Quiet\")]\n    Calm,"),
        ],
    ),
    (
        "cli-migrates",
        &[
            NEVER_MADE,
            ("    gold: u32,", "    gold: u64,"),
            (
                "    since: u64,\n}",
                "    #[state(was = \"since\")]\n    from: u64,\n}",
            ),
            (
                "pub struct Slot {\n    taken: u32,",
                "#[state(removed(\"taken\"))]\npub struct Slot {\n    \
                 #[state(default = 60)]\n    season: u32,",
            ),
            ("    High = 3,", "    High = 3,\n    Top = 4,"),
        ],
    ),
    (
        "cli-back",
        &[
            NEVER_MADE,
            ("    gold: u32,", "    gold: u64,"),
            (
                "    since: u64,\n}",
                "    #[state(was = \"since\")]\n    from: u64,\n}",
            ),
            (
                "pub struct Slot {",
                "pub struct Slot {\n    #[state(default = 60)]\n    season: u32,",
            ),
            ("    High = 3,", "    High = 3,\n    Top = 4,"),
        ],
    ),
    (
        "cli-reuses",
        &[
            NEVER_MADE,
            ("    gold: u32,", "    gold: u64,"),
            (
                "    since: u64,\n}",
                "    from: u64,\n    #[state(default)]\n    since: u64,\n}",
            ),
            (
                "pub struct Slot {\n    taken: u32,",
                "pub struct Slot {\n    season: u32,\n    #[state(default)]\n    taken: u32,",
            ),
            ("    High = 3,", "    High = 3,\n    Top = 4,"),
        ],
    ),
    (
        "cli-names",
        &[
            NEVER_MADE,
            ("    Angry(u32),\n", ""),
            (
                "    Busy { with: u32, since: u32 },",
                "    Busy { #[state(was = \"with\")] whom: u32, since: u32 },",
            ),
            ("    sense: Sense,", "    sense: Feeling,"),
            (
                "pub struct Sense {\n    angle: f64,",
                "#[state(was = \"Sense\")]\npub struct Feeling {\n    \
                 #[state(was = \"angle\")]\n    slope: f64,",
            ),
            (
                "#[derive(StableState, Debug)]\npub struct World {",
                "#[derive(StableState, Debug)]\n#[state(removed(\"grid\"))]\npub struct World {",
            ),
            ("    grid: Grid<2>,\n", ""),
        ],
    ),
    (
        "cli-hooks",
        &[
            NEVER_MADE,
            ("    taken: u32,", "    seats: u64,"),
            (
                "pub type Price = u32;",
                "pub type Price = u32;\n\n#[hotmod::migrate]\n\
                 fn slot(old: &hotmod::Old<'_>) -> Result<Slot, hotmod::OldError> {\n    \
                 let seats = u64::from(*old.get::<u32>(\"taken\")?);\n    \
                 Ok(Slot { seats })\n}\n\n#[hotmod::after_migrate]\n\
                 fn check(_: &World, _: &hotmod::VersionInfo<'_>) -> Result<(), String> {\n    \
                 Ok(())\n}",
            ),
        ],
    ),
    (
        "cli-gives",
        &[
            NEVER_MADE,
            ("    taken: u32,", "    #[state(default)]\n    taken: u32,"),
            (
                "    cells: [Cell; 3],",
                "    #[state(fill = Cell { alive: 0 })]\n    cells: [Cell; 3],",
            ),
            (
                "    alive: u8,\n}",
                "    #[state(with = shorter)]\n    alive: u8,\n}\n\n\
                 fn shorter(old: &u16) -> u8 {\n    *old as u8\n}",
            ),
            (
                "    since: u64,\n}",
                "    #[state(was = \"begun\", checked)]\n    since: u64,\n}",
            ),
        ],
    ),
    (
        "cli-takes",
        &[
            NEVER_MADE,
            ("    cells: [Cell; 3],", "    cells: [Cell; 2],"),
            (
                "    alive: u8,\n}",
                "    #[state(with = longer)]\n    alive: u16,\n}\n\n\
                 fn longer(old: &u8) -> u16 {\n    u16::from(*old)\n}",
            ),
        ],
    ),
    (
        "cli-down",
        &[NEVER_MADE, SEATS, ("pub type Price = u32;", seats!("u32"))],
    ),
    (
        "cli-down-differs",
        &[NEVER_MADE, SEATS, ("pub type Price = u32;", seats!("i32"))],
    ),
    ("cli-filled", &[NEVER_MADE, FILLED]),
    (
        "cli-filled-left",
        &[
            NEVER_MADE,
            FILLED_LATER,
            (
                "    taken: u32,",
                "    taken: u32,\n    #[state(default)]\n    season: u8,",
            ),
        ],
    ),
    (
        "cli-said-gone",
        &[(
            "#[derive(StableState, Debug)]\npub struct Slot {",
            "#[derive(StableState, Debug)]\n#[state(removed(\"taken\"))]\npub struct Slot {",
        )],
    ),
    (
        "cli-imports",
        &[(
            "pub fn reset() {}",
            "pub fn reset() {}\n\n#[hotmod::import]\n\
             fn broadcast(room: u64, at: &Point) -> u32;\n\n#[hotmod::import]\n\
             fn note(text: &str);",
        )],
    ),
    (
        "cli-imports-changed",
        &[(
            "pub fn reset() {}",
            "pub fn reset() {}\n\n#[hotmod::import]\n\
             fn broadcast(room: u32, at: &Point) -> u32;",
        )],
    ),
    (
        "cli-constructor",
        &[(
            "pub type Price = u32;",
            "pub type Price = u32;\n\n#[used]\n#[unsafe(link_section = \".init_array\")]\n\
             static RUNS: extern \"C\" fn() = {\n    extern \"C\" fn run() {\n        \
             std::process::abort()\n    }\n    run\n};",
        )],
    ),
];

/// The arena, in all variants that these tests show, compare and lock.
pub(super) static ARENA: LazyLock<Built> = LazyLock::new(|| {
    let base = Family::new("arena");
    let add = |family: Family, (name, edits): &(&str, &[Edit])| family.variant(name, edits);
    VARIANTS.iter().fold(base, add).build()
});
