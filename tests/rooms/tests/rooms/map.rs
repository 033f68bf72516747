//! The files and folders that ARCHITECTURE.md names.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// Where the map lies, and all that it tells of.
const FOLDERS: [&str; 11] = [
    ".cargo",
    "bench",
    "cargo-hotmod",
    "examples",
    "hotmod",
    "hotmod-admin",
    "hotmod-file",
    "hotmod-host",
    "hotmod-macros",
    "tests",
    ".ci",
];

/// Each file (`lent.rs`, `plan/lent.rs`) and folder (`plan/`) that a text names between backticks, but that
/// does not stand below `checkout`.
pub(crate) fn missing(checkout: &Path, text: &str) -> Vec<String> {
    let mut there = BTreeSet::new();
    for folder in FOLDERS {
        collect(checkout, folder, &mut there);
    }
    let named: BTreeSet<&str> = text.split('`').skip(1).step_by(2).collect();
    named
        .into_iter()
        .filter(|name| name.ends_with(".rs") || name.ends_with('/'))
        .filter(|name| !name.contains(['*', ' ']))
        .filter(|name| !there.iter().any(|path| is_at_end(path, name)))
        .map(str::to_owned)
        .collect()
}

/// Whether a path ends with these names, or is the path.
fn is_at_end(path: &str, name: &str) -> bool {
    path.strip_suffix(name)
        .is_some_and(|before| before.is_empty() || before.ends_with('/'))
}

/// Adds the files below a folder, and the folders with a `/` behind.
fn collect(checkout: &Path, folder: &str, all: &mut BTreeSet<String>) {
    all.insert(format!("{folder}/"));
    let entries = fs::read_dir(checkout.join(folder)).expect("the folder can be read");
    for entry in entries {
        let entry = entry.expect("the folder can be read");
        let name = entry.file_name();
        let path = format!("{folder}/{}", name.to_string_lossy());
        match entry.file_type().expect("a type").is_dir() {
            true if name == "target" || name == "scratch" => {}
            true => collect(checkout, &path, all),
            false => {
                all.insert(path);
            }
        }
    }
}

#[test]
fn what_is_not_there_is_told() {
    let checkout = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let text = "`map.rs`, `rooms/map.rs` and `tests/rooms/`, but not `p.rs`, `atlas/map.rs`, `charts/` or `Map`";
    assert_eq!(
        missing(&checkout, text),
        ["atlas/map.rs", "charts/", "p.rs"]
    );
}
