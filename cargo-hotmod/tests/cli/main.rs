//! The command line over real modules: what it prints, and how it ends.

mod imports;
mod lock;

use std::fs;
use std::io::Read;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::LazyLock;

use hotmod::describe::encode::Kind;
use hotmod_tests::fixture::{BASE, Built, Edit, Family};
use hotmod_tests::manifest;
use serde_json::{Value, json};
use tempfile::TempDir;

/// These are only ever compared: nothing makes their worlds.
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

const VARIANTS: &[(&str, &[Edit])] = &[
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

/// What `abort` ends a process with, on Linux.
const SIGABRT: i32 = 6;

static ARENA: LazyLock<Built> = LazyLock::new(|| {
    let base = Family::new("arena");
    let add = |family: Family, (name, edits): &(&str, &[Edit])| family.variant(name, edits);
    VARIANTS.iter().fold(base, add).build()
});

/// How a run ended.
struct Ended {
    status: Option<i32>,
    stdout: String,
    stderr: String,
}

impl Ended {
    fn json(&self) -> Value {
        serde_json::from_str(&self.stdout)
            .unwrap_or_else(|error| panic!("{error} in:\n{}", self.stdout))
    }

    fn prints(&self, wanted: &[&str]) {
        for line in wanted {
            assert!(
                self.stdout.lines().any(|printed| printed == *line),
                "no line `{line}` in:\n{}",
                self.stdout
            );
        }
    }
}

fn hotmod(arguments: &[&str], files: &[&Path]) -> Ended {
    hotmod_in(Path::new("."), arguments, files)
}

fn hotmod_in(directory: &Path, arguments: &[&str], files: &[&Path]) -> Ended {
    let output = Command::new(env!("CARGO_BIN_EXE_cargo-hotmod"))
        .current_dir(directory)
        .args(arguments)
        .args(files)
        .output()
        .expect("the command line");
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    Ended {
        status: output.status.code(),
        stdout: text(output.stdout),
        stderr: text(output.stderr),
    }
}

fn inspect(variant: &str) -> Ended {
    hotmod(&["inspect"], &[&ARENA.file(variant)])
}

fn diff(old: &str, new: &str) -> Ended {
    hotmod(&["diff"], &[&ARENA.file(old), &ARENA.file(new)])
}

fn diff_json(old: &str, new: &str) -> Value {
    hotmod(
        &["diff", "--format", "json"],
        &[&ARENA.file(old), &ARENA.file(new)],
    )
    .json()
}

/// The arena, with some of its bytes changed.
fn patched(patch: impl FnOnce(&mut Vec<u8>)) -> (TempDir, PathBuf) {
    let mut bytes = fs::read(ARENA.file(BASE)).expect("a module");
    patch(&mut bytes);
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("libarena.so");
    fs::write(&file, bytes).expect("a file");
    (directory, file)
}

/// Where the byte is that says whether panics unwind: before the allocator, which is last.
fn unwinds(module: &[u8]) -> usize {
    let build = manifest::record(module, Kind::Build as u8);
    build.end - "host".len() - size_of::<u32>() - 1
}

/// The one with this `name`.
fn named<'a>(list: &'a Value, name: &str) -> &'a Value {
    list.as_array()
        .expect("a list")
        .iter()
        .find(|item| item["name"] == name)
        .unwrap_or_else(|| panic!("no `{name}` in {list:#}"))
}

/// The only difference under this path.
fn at<'a>(answer: &'a Value, path: &str) -> &'a Value {
    let all = answer["differences"].as_array().expect("a list");
    let found: Vec<&Value> = all.iter().filter(|it| it["path"] == path).collect();
    match found.as_slice() {
        [only] => only,
        _ => panic!("not one `{path}` in {answer:#}"),
    }
}

#[test]
fn inspect_shows_the_build_the_exports_and_the_types() {
    let ended = inspect(BASE);
    assert_eq!((ended.status, ended.stderr.as_str()), (Some(0), ""));
    ended.prints(&[
        "module      arena 1.1.0",
        &format!("file        {}", ARENA.file(BASE).display()),
        &format!("toolchain   {}", hotmod::root::RUSTC),
        &format!("target      {}", hotmod::root::TARGET),
        "panic       unwind",
        "allocator   host",
        &format!("hotmod ABI  {}", hotmod::root::ABI),
        "  impl Arena for World",
        "    fn title(&self, name: &str, titles: Vec<String>) -> Option<String>",
        "    fn shift(&self, from: &Point, to: &mut Point)",
        "  fn damage(base: u32, armour: u32) -> u32",
        "  fn sum(values: &[u32]) -> u64",
        "  fn reset()",
        "  init of World",
        "  struct Packet: size 12, align 4",
        "         0       4  kind: u32",
        "         8       4  rate: f32",
        "         0       2  left: u16",
        "  struct Pair<u16>: size 4, align 2",
        "  struct Grid<2>: size 4, align 2",
        "         0       4  rows: [u16; 2]",
        "         0       8  0: Box<Inside>",
        "  enum Tagged: size 16, align 8, representation fixed by #[repr]",
        "        1  Angry(u32)",
        "        2  Busy { with: u32, since: u32 }",
        "        3  High",
    ]);
}

#[test]
fn inspect_shows_what_the_source_says_of_earlier_forms() {
    inspect("cli-attributes").prints(&[
        "  #[state(removed(\"slope\"))]",
        "  struct Sense: size 8, align 8, meaning 2",
        "                    #[state(was = \"direction\", default)]",
        "         0       8  angle: f64",
        "           #[state(was = \"Quiet\")]",
        "        0  Calm",
    ]);
}

#[test]
fn inspect_shows_what_takes_part_in_migrations() {
    inspect("cli-hooks").prints(&["  migrate to Slot", "  after_migrate of World"]);
    let module = hotmod(&["inspect", "--format=json"], &[&ARENA.file("cli-hooks")]).json();
    assert_eq!(module["hooks"], json!([{ "type": "Slot" }]));
    assert_eq!(module["checks"], json!([{ "state": "World" }]));

    let answer = diff_json(BASE, "cli-hooks");
    assert_eq!(at(&answer, "World.slot?")["rule"], "converted");
    let guarded = answer["differences"].as_array().expect("a list");
    let checked = guarded.iter().find(|it| it["rule"] == "check-impossible");
    assert_eq!(checked.expect("a `Mutex` in the way")["refuses"], true);
}

#[test]
fn inspect_and_diff_show_which_functions_are_pure() {
    inspect("cli-pure").prints(&[
        "  pure fn damage(base: u32, armour: u32) -> u32",
        "  fn look(at: &Point) -> u32",
    ]);
    let pure = |variant| hotmod(&["inspect", "--format=json"], &[&ARENA.file(variant)]).json();
    assert_eq!(pure(BASE)["pure"], json!([]));
    assert_eq!(pure("cli-pure")["pure"], json!(["damage"]));
    let answer = diff_json("cli-pure", BASE);
    assert_eq!(answer["verdict"], "adopt");
    let purity = at(&answer, "damage()");
    assert_eq!(
        (&purity["rule"], &purity["was"], &purity["now"]),
        (&json!("purity-changed"), &json!("pure"), &json!("not pure"))
    );
}

#[test]
fn inspect_prints_all_of_it_as_json() {
    let file = ARENA.file(BASE);
    let ended = hotmod(&["inspect", "--format=json"], &[&file]);
    assert_eq!((ended.status, ended.stderr.as_str()), (Some(0), ""));
    let module = ended.json();
    let known = hotmod_host::inspect(&file).expect("a module");
    assert_eq!(module["file"], file.display().to_string());
    assert_eq!(module["digest"], known.digest().to_string());
    assert_eq!(module["module"], "arena");
    assert_eq!(module["version"], "1.1.0");
    assert_eq!(module["abi"], hotmod::root::ABI);
    assert_eq!(
        module["toolchain"],
        json!({
            "rustc": hotmod::root::RUSTC,
            "commit": hotmod::root::COMMIT,
            "target": hotmod::root::TARGET,
        })
    );
    assert_eq!(module["panic"], "unwind");
    assert_eq!(module["allocator"], "host");
    assert_eq!(module["inits"], json!([{ "state": "World" }]));
    assert_eq!(
        (&module["hooks"], &module["checks"]),
        (&json!([]), &json!([]))
    );

    let damage = json!({
        "name": "damage",
        "signature": "fn damage(base: u32, armour: u32) -> u32",
        "receiver": "none",
        "params": [{ "name": "base", "type": "u32" }, { "name": "armour", "type": "u32" }],
        "returns": "u32",
    });
    assert_eq!(*named(&module["functions"], "damage"), damage);
    let arena = named(&module["interfaces"], "Arena");
    assert_eq!(arena["state"], "World");
    let advance = json!({
        "name": "advance",
        "signature": "fn advance(&mut self, ticks: u64) -> u64",
        "receiver": "exclusive",
        "params": [{ "name": "ticks", "type": "u64" }],
        "returns": "u64",
    });
    assert_eq!(*named(&arena["methods"], "advance"), advance);

    let packet = named(&module["types"], "Packet");
    assert_eq!(packet["kind"], "struct");
    assert_eq!(packet["size"], 12);
    let rate = json!({
        "name": "rate", "type": "f32", "size": 4, "align": 4, "offset": 8, "attributes": [],
    });
    assert_eq!(*named(&packet["fields"], "rate"), rate);
    let level = named(&module["types"], "Level");
    assert_eq!(level["kind"], "enum");
    assert_eq!(level["repr"], false);
    assert_eq!(named(&level["variants"], "High")["discriminant"], 3);
    let angry = named(&named(&module["types"], "Mood")["variants"], "Angry").clone();
    assert_eq!(angry["fields"][0]["offset"], Value::Null);
    assert_eq!(named(&module["types"], "Tagged")["repr"], true);

    for ty in known.manifest().types.keys() {
        let prints = hotmod::describe::Fingerprints::of(known.manifest(), ty);
        let expected = json!({
            "layout": prints.layout.to_string(),
            "schema": prints.schema.to_string(),
            "meaning": prints.meaning.to_string(),
        });
        let shown = named(&module["types"], &ty.to_string());
        assert_eq!(shown["fingerprints"], expected, "{ty}");
    }
}

#[test]
fn a_file_may_replace_itself() {
    let ended = diff(BASE, BASE);
    assert_eq!((ended.status, ended.stderr.as_str()), (Some(0), ""));
    ended.prints(&[
        "  the files are equal",
        "  state World: handed over as it is",
    ]);
    let answer = diff_json(BASE, BASE);
    assert_eq!(answer["verdict"], "adopt");
    assert_eq!(answer["differences"], json!([]));
}

#[test]
fn a_module_with_another_export_may_replace_the_one_without() {
    let ended = diff(BASE, "cli-export-added");
    assert_eq!((ended.status, ended.stderr.as_str()), (Some(0), ""));
    assert!(ended.stdout.starts_with("adopt: module `arena` 1.1.0 ("));
    ended.prints(&[
        "  state World: handed over as it is",
        "not in the way:",
        "  ping(): was absent, now `fn ping(echo: u8) -> u8`",
    ]);
    let answer = diff_json(BASE, "cli-export-added");
    assert_eq!(answer["verdict"], "adopt");
    let ping = json!({
        "path": "ping()",
        "was": "absent",
        "now": "`fn ping(echo: u8) -> u8`",
        "rule": "export-added",
        "help": "",
        "refuses": false,
        "loses": false,
        "loses": false,
    });
    assert_eq!(answer["differences"], json!([ping]));
}

#[test]
fn every_change_that_would_corrupt_is_named_and_refused() {
    let ended = diff(BASE, "cli-two-changes");
    assert_eq!((ended.status, ended.stderr.as_str()), (Some(3), ""));
    assert!(ended.stdout.starts_with("refuse: module `arena` 1.1.0 ("));
    ended.prints(&["  look(_far): was absent, now `bool`"]);
    ended.prints(&[
        "  World.items[].gold: was u32, now u16",
        "state would be migrated:",
        "  World.items[].silver: widen u32 → u64",
    ]);
    assert!(!ended.stdout.contains("handed over as it is"));

    let answer = diff_json(BASE, "cli-two-changes");
    assert_eq!(answer["verdict"], "refuse");
    assert_eq!(
        answer["old"]["file"],
        ARENA.file(BASE).display().to_string()
    );
    assert_eq!(answer["new"]["module"], "arena");
    assert_ne!(answer["old"]["digest"], answer["new"]["digest"]);
    let look = at(&answer, "look(_far)");
    assert_eq!(look["rule"], "argument-added");
    assert_eq!(look["refuses"], true);
    let gold = at(&answer, "World.items[].gold");
    assert_eq!(gold["rule"], "narrowed");
    assert_eq!(gold["was"], "u32");
    assert!(gold["help"].as_str().is_some_and(|help| !help.is_empty()));
    let silver = at(&answer, "World.items[].silver");
    assert_eq!(
        (&silver["rule"], &silver["refuses"]),
        (&json!("widened"), &json!(false))
    );
}

#[test]
fn a_change_of_state_that_has_a_rule_is_a_plan_path_by_path() {
    let ended = diff(BASE, "cli-migrates");
    assert_eq!((ended.status, ended.stderr.as_str()), (Some(0), ""));
    let (sentence, plan) = ended.stdout.split_once('\n').expect("two lines");
    let start = "migrate: module `arena` 1.1.0 (";
    assert!(sentence.starts_with(start), "{sentence}");
    assert!(sentence.contains(" may replace 1.1.0 ("), "{sentence}");
    assert_eq!(
        plan,
        "state is migrated:\n  \
         World.items[].gold: widen u32 → u64\n  \
         World.entries[].from: renamed from since\n  \
         World.slot?.season: default\n  \
         World.slot?.taken: removed, dropped\n  \
         World.level::Top: new variant\n\
         what it costs:\n  \
         copied     World\n  \
         rebuilt    World.items\n  \
         copied     World.items[]\n  \
         copied     World.items[].gold\n  \
         rebuilt    World.entries\n  \
         copied     World.entries[]\n  \
         copied     World.slot\n  \
         copied     World.slot?\n  \
         made       World.slot?.season\n  \
         dropped    World.slot?.taken\n  \
         copied     World.level\n  \
         moved      all else, however much it holds\n"
    );

    let answer = diff_json(BASE, "cli-migrates");
    assert_eq!(answer["verdict"], "migrate");
    let gold = json!({
        "path": "World.items[].gold",
        "was": "u32",
        "now": "u64",
        "rule": "widened",
        "help": "",
        "refuses": false,
        "loses": false,
    });
    assert_eq!(answer["differences"][0], gold);
    assert_eq!(answer["lossless"], false);
    let cost = |path: &str| {
        let costs = answer["costs"].as_array().expect("a list").iter();
        costs
            .filter(|it| it["path"] == path)
            .map(|it| &it["cost"])
            .collect::<Vec<_>>()
    };
    assert_eq!(cost("World.items"), ["rebuilt"]);
    assert_eq!(cost("World.items[].gold"), ["copied"]);
    assert_eq!(cost("World.history"), ["moved"]);
    assert_eq!(cost("World.slot?.season"), ["made"]);
    assert_eq!(cost("World.slot?.taken"), ["dropped"]);
    let rules: Vec<&Value> = answer["differences"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|difference| &difference["rule"])
        .collect();
    assert_eq!(
        rules,
        [
            "widened",
            "renamed",
            "defaulted",
            "dropped",
            "variant-gained"
        ]
    );
}

#[test]
fn a_rollback_is_shown_with_what_it_loses() {
    let files = [ARENA.file(BASE), ARENA.file("cli-back")];
    let ended = hotmod(&["diff", "--back"], &[&files[0], &files[1]]);
    assert_eq!((ended.status, ended.stderr.as_str()), (Some(0), ""));
    let (sentence, plan) = ended.stdout.split_once('\n').expect("two lines");
    let expected = format!(
        "migrate: module `arena` 1.1.0 ({}) can go back to 1.1.0 ({})",
        files[1].display(),
        files[0].display()
    );
    assert_eq!(sentence, expected);
    let (back, costs) = plan.split_once("what it costs:\n").expect("the costs");
    assert_eq!(
        back,
        "state loses:\n  \
         World.slot?.season: u32\n\
         state is taken back:\n  \
         World.items[].gold: checked u64 → u32\n  \
         World.entries[].since: renamed from from\n  \
         World.level::Top: removed, must not be in use\n    \
         help: the newer version added it: let go of such values before going back\n"
    );
    assert!(
        costs.contains("  dropped    World.slot?.season\n"),
        "{costs}"
    );
    let end = "\na state that 1.1.0 took from 1.1.0 and did not change comes back as it was\n";
    assert!(costs.ends_with(end), "{costs}");

    let arguments = ["diff", "--back", "--format", "json"];
    let answer = hotmod(&arguments, &[&files[0], &files[1]]).json();
    assert_eq!(answer["lossless"], true);
    assert_eq!(at(&answer, "World.slot?.season")["loses"], true);
    assert_eq!(at(&answer, "World.items[].gold")["rule"], "checked");
}

#[test]
fn a_rollback_that_lacks_a_value_is_refused() {
    let files = [ARENA.file(BASE), ARENA.file("cli-migrates")];
    let ended = hotmod(&["diff", "--back"], &[&files[0], &files[1]]);
    assert_eq!((ended.status, ended.stderr.as_str()), (Some(3), ""));
    assert!(ended.stdout.contains(" cannot go back to 1.1.0 ("));
    ended.prints(&["  World.slot?.taken: was absent, now u32"]);
    ended.prints(&["state would lose:", "  World.slot?.season: u32"]);
    assert!(!ended.stdout.contains("what it costs"), "{}", ended.stdout);
    let equal = hotmod(&["diff", "--back"], &[&files[0], &files[0]]);
    assert!(equal.stdout.starts_with("adopt: "), "{}", equal.stdout);
}

#[test]
fn a_rollback_by_a_function_of_the_newer_version_names_it() {
    let files = [ARENA.file(BASE), ARENA.file("cli-down")];
    inspect("cli-down").prints(&["  migrate to Slot", "  migrate(down) slot_back of Slot"]);
    let module = hotmod(&["inspect", "--format=json"], &[&files[1]]).json();
    let down = json!({ "name": "slot_back", "from": "Slot", "to": "Slot" });
    assert_eq!(module["downs"], json!([down]));

    let ended = hotmod(&["diff", "--back"], &[&files[0], &files[1]]);
    assert_eq!((ended.status, ended.stderr.as_str()), (Some(0), ""));
    ended.prints(&[
        "state is taken back:",
        "  World.slot?: convert Slot → Slot by `slot_back`",
    ]);
    let end =
        "\na state that 1.1.0 took from 1.1.0 and did not change may not come back as it was\n";
    assert!(ended.stdout.ends_with(end), "{}", ended.stdout);

    let files = [ARENA.file(BASE), ARENA.file("cli-down-differs")];
    let ended = hotmod(&["diff", "--back"], &[&files[0], &files[1]]);
    assert_eq!((ended.status, ended.stderr.as_str()), (Some(3), ""));
    ended.prints(&[
        "  World.slot?: was `Slot.taken` i32 at offset 0, as `slot_back` makes it, now u32 at offset 0",
        "    help: let `slot_back` return `Slot` as 1.1.0 has it, or write another function marked \
         #[hotmod::migrate(down)] that does",
    ]);
}

#[test]
fn an_older_version_is_refused_unless_allowed() {
    let ended = diff(BASE, "cli-older");
    assert_eq!(ended.status, Some(3));
    ended.prints(&["  version: expected 1.1.0 or newer, found 1.0.9"]);
    assert!(ended.stdout.contains("--allow-downgrade"));
    let answer = diff_json(BASE, "cli-older");
    assert_eq!(answer["verdict"], "refuse");
    assert_eq!(at(&answer, "version")["rule"], "downgrade");

    let files = [ARENA.file(BASE), ARENA.file("cli-older")];
    let allowed = hotmod(&["diff", "--allow-downgrade"], &[&files[0], &files[1]]);
    assert_eq!(allowed.status, Some(0));
    assert!(allowed.stdout.starts_with("adopt: module `arena` 1.0.9 ("));
    assert_eq!(diff("cli-older", BASE).status, Some(0));
}

#[test]
fn another_module_is_refused_by_its_name_alone() {
    let ended = diff(BASE, "cli-other-module");
    assert_eq!(ended.status, Some(3));
    assert!(ended.stdout.contains(" may not replace `arena` 1.1.0 ("));
    let answer = diff_json(BASE, "cli-other-module");
    assert_eq!(answer["differences"].as_array().map(Vec::len), Some(1));
    assert_eq!(at(&answer, "module")["rule"], "other-module");
}

#[test]
fn another_abi_is_refused_in_either_direction() {
    let (_directory, file) = patched(|bytes| {
        let abi = manifest::record(bytes, Kind::Build as u8).payload;
        bytes[abi..abi + 4].copy_from_slice(&7_u32.to_le_bytes());
    });
    let base = ARENA.file(BASE);
    let own = hotmod::root::ABI;
    for (files, expected, found) in [([&base, &file], own, 7), ([&file, &base], 7, own)] {
        let ended = hotmod(&["diff"], &[files[0], files[1]]);
        assert_eq!(ended.status, Some(3), "{}{}", ended.stdout, ended.stderr);
        ended.prints(&[&format!(
            "  hotmod ABI version: expected {expected}, found {found}"
        )]);
    }
}

#[test]
fn panics_that_abort_are_refused_unless_allowed_or_running_already() {
    let (_directory, aborts) = patched(|bytes| {
        let unwinds = unwinds(bytes);
        assert_eq!(bytes[unwinds], 1);
        bytes[unwinds] = 0;
    });
    let base = ARENA.file(BASE);
    hotmod(&["inspect"], &[&aborts]).prints(&["panic       abort"]);
    let refused = hotmod(&["diff", "--format", "json"], &[&base, &aborts]);
    assert_eq!(refused.status, Some(3));
    assert_eq!(
        at(&refused.json(), "panic strategy")["rule"],
        "panic-aborts"
    );
    let allowed = hotmod(&["diff", "--allow-panic-abort"], &[&base, &aborts]);
    assert_eq!(allowed.status, Some(0));
    let running = hotmod(&["diff"], &[&aborts, &aborts]);
    assert_eq!(running.status, Some(0));
    let (_directory, copy) = patched(|bytes| {
        let unwinds = unwinds(bytes);
        bytes[unwinds] = 0;
        bytes.push(0); // another file, of the same build
    });
    assert_eq!(hotmod(&["diff"], &[&aborts, &copy]).status, Some(0));
}

#[test]
fn nothing_of_a_file_is_run() {
    let file = ARENA.file("cli-constructor");
    // Whoever loads it does not survive its constructor.
    let mut loads = Command::new("true");
    let ended = loads.env("LD_PRELOAD", &file).status().expect("true");
    assert_eq!(ended.signal(), Some(SIGABRT));

    let base = ARENA.file(BASE);
    let inspected = hotmod(&["inspect"], &[&file]);
    assert_eq!(inspected.status, Some(0), "{}", inspected.stderr);
    let compared = hotmod(&["diff"], &[&base, &file]);
    assert_eq!(compared.status, Some(0), "{}", compared.stderr);
}

#[test]
fn unusable_files_are_named_with_what_to_do() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = |name: &str| directory.path().join(name);
    fs::write(path("empty.so"), "").expect("a file");
    fs::write(path("text.so"), "[workspace]\n").expect("a file");
    let whole = fs::read(ARENA.file(BASE)).expect("a module");
    fs::write(path("half.so"), &whole[..whole.len() / 2]).expect("a file");
    let pipe = Command::new("mkfifo").arg(path("pipe.so")).status();
    assert!(pipe.expect("mkfifo").success());
    let program = PathBuf::from(env!("CARGO_BIN_EXE_cargo-hotmod"));

    let unusable = [
        path("absent.so"),
        directory.path().to_owned(),
        path("empty.so"),
        path("text.so"),
        path("half.so"),
        path("pipe.so"),
        program,
    ];
    let base = ARENA.file(BASE);
    let [lock, whole] = ["new.lock", "whole.lock"].map(path);
    assert_eq!(lock::write(&whole, BASE).status, Some(0));
    for file in &unusable {
        let name = format!("error: {} is refused\n", file.display());
        for format in ["text", "json"] {
            let runs = [
                hotmod(&["inspect", "--format", format], &[file]),
                hotmod(&["diff", "--format", format], &[file, &base]),
                hotmod(&["diff", "--format", format], &[&base, file]),
                hotmod(&["lock", "--format", format, "--output"], &[&lock, file]),
                hotmod(&["check", "--format", format, "--lock"], &[&whole, file]),
            ];
            for ended in runs {
                assert_eq!((ended.status, ended.stdout.as_str()), (Some(2), ""));
                assert!(ended.stderr.starts_with(&name), "{}", ended.stderr);
                assert!(ended.stderr.contains("\n    help: "), "{}", ended.stderr);
            }
        }
    }
    assert!(!lock.exists());
}

#[test]
fn both_files_are_named_if_both_are_unusable() {
    let directory = tempfile::tempdir().expect("a directory");
    let [old, new] = ["old.so", "new.so"].map(|name| directory.path().join(name));
    let ended = hotmod(&["diff"], &[&old, &new]);
    assert_eq!(ended.status, Some(2));
    for file in [old, new] {
        let name = format!("error: {} is refused\n", file.display());
        assert!(ended.stderr.contains(&name), "{}", ended.stderr);
    }
}

#[test]
fn unusable_arguments_end_with_two_and_show_the_usage() {
    let wrong: [&[&str]; 7] = [
        &["inspect"],
        &["lock"],
        &["check", "--lock", "only.lock"],
        &["diff", "only-one.so"],
        &["inspect", "--format", "yaml", "a.so"],
        &["forget", "a.so"],
        &[],
    ];
    for arguments in wrong {
        let ended = hotmod(arguments, &[]);
        assert_eq!(
            (ended.status, ended.stdout.as_str()),
            (Some(2), ""),
            "{arguments:?}"
        );
        let shown = ["Usage: cargo hotmod", "possible values: text, json"];
        assert!(
            shown.iter().any(|it| ended.stderr.contains(it)),
            "{}",
            ended.stderr
        );
    }
}

#[test]
fn cargo_runs_it_as_a_subcommand() {
    let file = ARENA.file(BASE);
    let direct = hotmod(&["inspect"], &[&file]);
    let through = hotmod(&["hotmod", "inspect"], &[&file]);
    assert_eq!(through.status, Some(0));
    assert_eq!(direct.stdout, through.stdout);
}

#[test]
fn help_documents_the_json_and_the_exit_status() {
    for (verb, documented) in [
        ("inspect", ["fingerprints", "offset is null"]),
        ("diff", ["\"refuse\"", "The exit status is 0"]),
        ("lock", ["written", "The exit status is 0"]),
        ("check", ["name-reused", "The exit status is 0"]),
    ] {
        let ended = hotmod(&[verb, "--help"], &[]);
        assert_eq!(ended.status, Some(0));
        for text in documented {
            assert!(
                ended.stdout.contains(text),
                "no `{text}` in:\n{}",
                ended.stdout
            );
        }
    }
}

#[test]
fn a_reader_that_has_seen_enough_is_no_error() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_cargo-hotmod"))
        .args(["inspect", "--format", "json"])
        .arg(ARENA.file(BASE))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the command line");
    // Closed before anything is read: the answer has nowhere to go.
    drop(child.stdout.take());
    let mut complaint = String::new();
    let mut stderr = child.stderr.take().expect("a pipe");
    stderr.read_to_string(&mut complaint).expect("UTF-8");
    let status = child.wait().expect("an end");
    assert_eq!((status.code(), complaint.as_str()), (Some(0), ""));
}
