//! Types of other crates as state, by the features of hotmod that are named after the crates: over updates and back,
//! between compilers, looked at, and written to a file and read again.

use std::process::Command;
use std::sync::LazyLock;
use std::time::Duration;

use hotmod::interface::Interface;
use hotmod_host::describe::Verdict;
use hotmod_host::{Host, InspectOptions, Module, Pool, Snapshot};
use hotmod_tests::compiler::OTHERS;
use hotmod_tests::fixture::{BASE, Built, Edit, Family};
use serde_json::Value;

#[path = "of_crates/apart.rs"]
mod apart;
#[path = "of_crates/looked_at.rs"]
mod looked_at;
#[path = "of_crates/moved.rs"]
mod moved;
#[path = "of_crates/neighbours.rs"]
mod neighbours;
#[path = "of_crates/nested.rs"]
mod nested;
#[path = "of_crates/owned.rs"]
mod owned;
#[path = "of_crates/source.rs"]
mod source;

#[hotmod::interface]
trait Crates {
    fn show(&self) -> String;
    fn finds(&self) -> bool;
}

/// Fields around the foreign ones, and in what they hold.
const GROWN: &[Edit] = &[
    ("    // more", "    #[state(default = 7)]\n    more: u64,"),
    ("        // made", "        more: 1,"),
    (
        "    // wider",
        "    #[state(default = 3)]\n    column: u32,",
    ),
    (" /* seat */", ", column: 0"),
];

fn family() -> Family {
    source::CRATES
        .iter()
        .fold(
            Family::written("of_crates", source::SOURCE.to_owned())
                .depends("serde = { version = \"1\", features = [\"derive\"] }"),
            |family, (feature, line)| family.feature(feature).depends(line),
        )
        .variant("grown", GROWN)
}

static CRATES: LazyLock<Built> = LazyLock::new(|| family().build());

type PoolOf<I> = Pool<u64, I>;
type Worlds = PoolOf<dyn Crates>;

/// A host with a version of a module, and a pool of its worlds.
fn loaded<I: Interface + ?Sized + 'static>(
    file: impl AsRef<std::path::Path>,
) -> (Host, Module<I>, PoolOf<I>) {
    let host = Host::builder().build().expect("a host");
    let module = host
        .load::<I>(file)
        .unwrap_or_else(|refusal| panic!("{refusal}"));
    let worlds = Pool::builder(&module)
        .name("worlds")
        .build()
        .expect("a pool");
    (host, module, worlds)
}

fn worlds(file: impl AsRef<std::path::Path>) -> (Host, Module<dyn Crates>, Worlds) {
    loaded(file)
}

fn show(worlds: &Worlds) -> String {
    assert!(worlds.call(&1, |world| world.finds()).expect("a call"));
    worlds.call(&1, |world| world.show()).expect("a call")
}

fn grown(shown: &str) -> String {
    let grown = shown.replace(", end: () }", ", more: 7, end: () }");
    let grown = grown.replace("Seat { row: 1 }", "Seat { row: 1, column: 3 }");
    assert_ne!(grown, shown);
    grown
}

fn update(module: &Module<dyn Crates>, file: impl AsRef<std::path::Path>) {
    let update = module.update(file);
    let update = update.unwrap_or_else(|refusal| panic!("{refusal}"));
    assert_eq!(update.verdict, Verdict::Migrate);
}

fn inspected(worlds: &Worlds) -> Value {
    let options = InspectOptions::new()
        .items(1 << 20)
        .bytes(1 << 30)
        .time(Duration::from_secs(60));
    let shown = worlds.inspect_with(&1, "", &options).expect("a state");
    serde_json::to_value(&shown.value).expect("a value is JSON")
}

#[test]
fn values_go_on_and_back() {
    let (_host, module, worlds) = worlds(CRATES.file(BASE));
    worlds.create(1, "").expect("an instance");
    let shown = show(&worlds);
    update(&module, CRATES.file("grown"));
    assert_eq!(show(&worlds), grown(&shown));
    module
        .rollback()
        .unwrap_or_else(|refusal| panic!("{refusal}"));
    assert_eq!(show(&worlds), shown);
}

/// Where another compiler lays all of them out anew.
#[test]
fn values_go_on_to_another_compiler_and_back() {
    for rustc in &*OTHERS {
        let built = family().compiler(rustc.clone()).build();
        let (_host, module, worlds) = worlds(CRATES.file(BASE));
        worlds.create(1, "").expect("an instance");
        let shown = show(&worlds);
        update(&module, built.file("grown"));
        assert_eq!(show(&worlds), grown(&shown));
        update(&module, CRATES.file("grown"));
        assert_eq!(show(&worlds), grown(&shown));
    }
}

#[test]
fn values_are_shown_by_their_forms() {
    let (_host, _module, worlds) = worlds(CRATES.file(BASE));
    worlds.create(1, "").expect("an instance");
    let shown = inspected(&worlds);
    for (field, expected) in source::shown() {
        assert_eq!(shown[field], expected, "{field}: {shown:#}");
    }
}

#[test]
fn values_are_written_to_a_file_and_read_again() {
    let (host, _module, written) = worlds(CRATES.file(BASE));
    written.create(1, "").expect("an instance");
    let (shown, looked_at) = (show(&written), inspected(&written));
    let (bytes, _) = host.snapshot_to(Vec::new()).expect("a snapshot");
    let snapshot = Snapshot::of(bytes).expect("what was written");
    let group = &snapshot.groups()[0];
    let instance = snapshot.instances(group).next().expect("an instance");
    let told = snapshot.show(group, &instance).expect("a state");
    let told = serde_json::to_value(&told).expect("a value is JSON");
    for (field, value) in looked_at.as_object().expect("a struct") {
        assert_eq!(told[field], *value, "{field} in the file");
    }
    for (variant, expected) in [(BASE, shown.clone()), ("grown", grown(&shown))] {
        let (_host, _module, restored) = worlds(CRATES.file(variant));
        let report = restored.restore(&snapshot).expect("states that fit");
        assert_eq!(report.restored, 1, "{report:?}");
        assert_eq!(show(&restored), expected);
        if variant == BASE {
            assert_eq!(inspected(&restored), looked_at);
        }
    }
}

#[test]
fn none_of_them_is_in_a_build_without_its_feature() {
    let output = Command::new(env!("CARGO"))
        .args([
            "metadata",
            "--no-deps",
            "--offline",
            "--format-version",
            "1",
        ])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo");
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("metadata");
    let packages = metadata["packages"].as_array().expect("packages");
    let hotmod = packages.iter().find(|it| it["name"] == "hotmod");
    let hotmod = hotmod.expect("hotmod");
    assert_eq!(hotmod["features"].get("default"), None);
    let chapter = include_str!("../../guide/src/state/types-of-other-crates.md");
    let told = include_str!("../../hotmod-macros/src/features.rs");
    for (feature, _) in source::CRATES {
        assert!(hotmod["features"].get(feature).is_some(), "{feature}");
        let name = format!("\"{feature}\"");
        assert!(
            told.contains(&name),
            "no error tells of the feature {feature}"
        );
        let dependencies = hotmod["dependencies"].as_array().expect("dependencies");
        let mut used = dependencies
            .iter()
            .filter(|it| it["name"] == *feature && it["kind"].is_null());
        assert!(used.all(|it| it["optional"] == true), "{feature}");
        let row = format!("`{feature}`");
        let mut rows = chapter.lines().filter(|line| line.starts_with("| `"));
        assert!(
            rows.any(|line| line.split('|').nth(1).is_some_and(|it| it.contains(&row))),
            "the guide says nothing of {feature}"
        );
    }
}
