//! No file imports from a room above its own, and no two files, nor two rooms, import each other.
//!
//! A room is a module right below a crate's root: a folder with its door, `pool/` and `pool.rs`, or one
//! file. What a file imports is read from its `use` lines and from the paths in its code; what only
//! tests import does not count.
//!
//! Nor does a file ask the operating system for more than the standard library does, but for those that are
//! there for it. Within a crate, a name stands for one type. What the
//! map names is there, and what an operator sets and hears of is documented.

mod documented;
mod imports;
mod map;
mod names;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use imports::{Files, Module};

/// The rooms of each crate, a floor a line, the lowest first. A room may import from those on lower
/// floors, and not from those beside it. Where no floors are written down, rooms must not import each
/// other in a circle.
const HOUSE: &[(&str, &[&str])] = &[
    (
        "hotmod-macros",
        &[
            "codes",
            "faults names options period",
            "evolution features",
            "innermost",
            "signature emitted",
            "marked",
            "every",
            "interface export import init migrate check lifecycle module resource state task",
        ],
    ),
    (
        "hotmod",
        &[
            "printed",
            "codes",
            "root",
            "describe",
            "operations linked",
            "state",
            "thunks",
            "call",
            "flat",
            "types marked",
            "runtime",
            "private macros",
        ],
    ),
    (
        "hotmod-file",
        &[
            "deep past",
            "contract",
            "in_place",
            "plan",
            "names digest live fix",
            "refusal",
            "found object",
            "statics",
            "inspect",
            "verify expected view between snapshot",
            "known releases",
            "expectations",
            "compare json",
            "schema",
        ],
    ),
    (
        "hotmod-host",
        &[
            "sys",
            "work whole",
            "helping journal",
            "ahead forever wake turn later events runtime",
            "symbols resource",
            "forward",
            "image",
            "call",
            "migrate",
            "uses",
            "module",
            "update",
            "trial host",
            "pool",
            "read watch",
            "signals snapshot",
            "testing handoff",
        ],
    ),
    (
        "hotmod-admin",
        &[
            "time auth header limits ring",
            "fault peer counts",
            "operations audit stream",
            "shared",
            "body files views",
            "guard state changes metrics page",
            "routes",
            "admin",
            "listener",
        ],
    ),
    (
        "cargo-hotmod",
        &[
            "output json processes left",
            "text lock project admin completions",
            "others building",
            "lists placed",
            "host inspect run operate new doctor fix releases",
            "snapshot build",
            "comparison watch",
            "diff check explain",
        ],
    ),
];

/// Crates whose functions are those of the operating system.
const SYSTEM: [&str; 4] = ["libc", "libloading", "nix", "rustix"];

/// The room of each crate that may use them.
const ASKS: [(&str, Option<&str>); 6] = [
    ("hotmod-macros", None),
    ("hotmod", None),
    ("hotmod-file", Some("found")),
    ("hotmod-host", Some("sys")),
    ("hotmod-admin", Some("listener")),
    ("cargo-hotmod", Some("processes")),
];

#[test]
fn one_room_asks_the_operating_system() {
    let checkout = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    for (name, room) in ASKS {
        let files = Files::read(&checkout.join(name).join("src"));
        let (asked, others): (Vec<_>, Vec<_>) = files
            .using(&SYSTEM)
            .partition(|(from, _)| Some(from.room().as_str()) == room);
        let others = others
            .iter()
            .map(|(from, to)| format!("{}: uses `{to}`", from.file()));
        let others: Vec<_> = others.collect();
        assert!(
            others.is_empty(),
            "{name}, outside of {room:?}: {others:#?}"
        );
        assert_eq!(
            asked.is_empty(),
            room.is_none(),
            "{name}: {room:?} asks nothing"
        );
    }
}

#[test]
fn no_arrow_runs_up_and_nothing_goes_round() {
    let checkout = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut faults = Vec::new();
    for (name, floors) in HOUSE {
        let files = Files::read(&checkout.join(name).join("src"));
        let found = upward(&files, floors).into_iter();
        let found = found.chain(circles("files", &files.arrows(|module| module.file())));
        let found = found.chain(circles("rooms", &files.arrows(|module| module.room())));
        faults.extend(found.map(|fault| format!("{name}: {fault}")));
    }
    assert!(faults.is_empty(), "\n{}\n", faults.join("\n"));
}

#[test]
fn a_name_stands_for_one_type() {
    let checkout = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut faults = Vec::new();
    for (name, _) in HOUSE {
        let found = names::repeated(&checkout.join(name).join("src"));
        faults.extend(found.iter().map(|fault| format!("{name}: {fault}")));
    }
    assert!(faults.is_empty(), "\n{}\n", faults.join("\n"));
}

#[test]
fn the_map_leads_to_files_that_are_there() {
    let checkout = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let text = std::fs::read_to_string(checkout.join("ARCHITECTURE.md")).expect("the map");
    let missing = map::missing(&checkout, &text);
    assert!(
        missing.is_empty(),
        "ARCHITECTURE.md names what is not there: {missing:#?}"
    );
}

#[test]
fn each_feature_is_in_the_readme_of_its_crate() {
    let checkout = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut missing = Vec::new();
    for (name, _) in HOUSE {
        let read = |file: &str| std::fs::read_to_string(checkout.join(name).join(file));
        let readme = read("README.md").expect("a readme");
        let manifest = read("Cargo.toml").expect("a manifest");
        let features = documented::features(&manifest).into_iter();
        let of_it = features.filter(|it| !readme.contains(&format!("`{it}`")));
        missing.extend(of_it.map(|it| format!("{name}: `{it}`")));
    }
    assert!(missing.is_empty(), "{missing:#?}");
}

#[test]
fn each_setting_and_each_state_of_an_update_is_documented() {
    let checkout = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let read = |file: &str| std::fs::read_to_string(checkout.join(file)).expect("a document");
    let admin = read("hotmod-admin/README.md");
    let documents = documented::pages(&checkout.join("guide/src")) + &admin;
    let mut missing = Vec::new();
    let mut settings = 0;
    for name in ["hotmod-host", "hotmod-admin"] {
        for setting in documented::settings(&checkout.join(name).join("src")) {
            let (_, method) = setting.split_once("::").expect("a method of a type");
            settings += 1;
            if !documented::is_named(method, &documents) {
                missing.push(format!("{name}: the setting {setting}"));
            }
        }
    }
    let events = checkout.join("hotmod-host/src/events.rs");
    let states = documented::words(&events, "UpdateState");
    for state in &states {
        if !admin.contains(&format!("\n| `{state}` |")) {
            missing.push(format!("hotmod-admin/README.md: the state `{state}`"));
        }
    }
    assert!(settings > 60 && states.len() > 20, "{settings}, {states:?}");
    assert!(missing.is_empty(), "not documented: {missing:#?}");
}

#[test]
fn whoever_shows_how_the_admin_is_nested_has_it_know_addresses() {
    let checkout = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut shown = Vec::new();
    for place in ["examples", "cargo-hotmod/templates", "guide/src"] {
        shown.extend(documented::wholes(&checkout.join(place)));
    }
    shown.extend(documented::wholes(&checkout.join("hotmod-admin/src")));
    let readme = std::fs::read_to_string(checkout.join("hotmod-admin/README.md"));
    shown.push(("hotmod-admin/README.md".into(), readme.expect("a readme")));
    shown.retain(|(_, text)| text.contains("axum::serve(") && text.contains("hotmod_admin"));
    let knows = |text: &str| text.contains(".into_make_service_with_connect_info::<SocketAddr>()");
    let unknown = shown.iter().filter(|(_, text)| !knows(text));
    let unknown: Vec<_> = unknown.map(|(path, _)| path).collect();
    assert!(shown.len() >= 5, "{} are found", shown.len());
    assert!(unknown.is_empty(), "no addresses: {unknown:#?}");
}

/// Every import from a room that does not stand below.
fn upward(files: &Files, floors: &[&str]) -> Vec<String> {
    if floors.is_empty() {
        return Vec::new();
    }
    let floor = |room: &str| {
        let mut known = floors.iter();
        known.position(|floor| floor.split(' ').any(|known| known == room))
    };
    let mut faults = Vec::new();
    for (from, to) in files.imports() {
        // The root shows what all rooms have, and is imported by none.
        if from.is_root() || from.room() == to.room() {
            continue;
        }
        let (low, high) = (floor(&to.room()), floor(&from.room()));
        let fault = match (low, high) {
            (Some(low), Some(high)) if low < high => continue,
            (None, _) => format!("imports from `{}`, which is no room", to.room()),
            (_, None) => format!("`{}` stands on no floor", from.room()),
            _ => format!("imports {}, which does not stand below it", to.file()),
        };
        faults.push(format!("{}: {fault}", from.file()));
    }
    faults
}

/// The circles among these arrows: for each group of which all lead to each other, a shortest way round.
fn circles(what: &str, arrows: &BTreeMap<String, BTreeSet<String>>) -> Vec<String> {
    let mut faults = Vec::new();
    let mut told = BTreeSet::new();
    for start in arrows.keys() {
        if told.contains(start) {
            continue;
        }
        if let Some(way) = way_round(arrows, start) {
            told.extend(way.iter().cloned());
            faults.push(format!("{what} import each other: {}", way.join(" → ")));
        }
    }
    faults
}

/// A shortest way from here back to here.
fn way_round(arrows: &BTreeMap<String, BTreeSet<String>>, start: &str) -> Option<Vec<String>> {
    let mut seen = BTreeSet::new();
    let mut ways = std::collections::VecDeque::from([vec![start.to_owned()]]);
    while let Some(way) = ways.pop_front() {
        let next = arrows.get(way.last()?).into_iter().flatten();
        for next in next {
            let mut way = way.clone();
            way.push(next.clone());
            if next == start {
                return Some(way);
            }
            if seen.insert(next.clone()) {
                ways.push_back(way);
            }
        }
    }
    None
}

#[test]
fn what_a_file_imports_is_found_wherever_it_is_written() {
    let files = Files::of(&[
        ("lib.rs", "mod high; mod low; pub use high::door::Door;"),
        ("high.rs", "pub(crate) mod door; mod cellar;"),
        (
            "high/door.rs",
            "use super::cellar::{self, Key}; use crate::low; fn f() -> crate::low::Low { todo!() }",
        ),
        (
            "high/cellar.rs",
            "use std::fmt; #[cfg(test)] mod tests { use crate::high::door::Door; }",
        ),
        (
            "low.rs",
            "mod inner { fn f() { super::super::high::door::open(); } }",
        ),
    ]);
    let found: Vec<String> = files
        .imports()
        .map(|(from, to)| format!("{} → {}", from.file(), to.file()))
        .collect();
    assert_eq!(
        found,
        [
            "lib.rs → high/door.rs",
            "high/door.rs → high/cellar.rs",
            "high/door.rs → low.rs",
            "low.rs → high/door.rs",
        ]
    );
    assert_eq!(
        upward(&files, &["low", "high"]),
        ["low.rs: imports high/door.rs, which does not stand below it"]
    );
    let rooms = files.arrows(Module::room);
    assert_eq!(
        circles("rooms", &rooms),
        ["rooms import each other: high → low → high"]
    );
}
