//! Files that are refused, each with the code whose page names it.

use std::fs;
use std::path::Path;

use hotmod::codes::{self, Code};
use hotmod_host::{Host, Refusal, RefusalStage, inspect};
use hotmod_tests::damage::section;
use hotmod_tests::fixture::{self, BASE, Family};

/// The codes of the reasons for which a file with these bytes is refused.
fn refused(bytes: &[u8]) -> Vec<Code> {
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("libgame.so");
    fs::write(&file, bytes).expect("a file");
    codes_of(&inspect(file).expect_err("a refusal"))
}

fn codes_of(refusal: &Refusal) -> Vec<Code> {
    refusal
        .differences()
        .iter()
        .map(|it| it.rule.code())
        .collect()
}

fn good() -> Vec<u8> {
    fs::read(fixture::build("arena")).expect("a module")
}

#[test]
fn empty() {
    assert_eq!(refused(b""), [codes::FILE_EMPTY]);
}

#[test]
fn text() {
    assert_eq!(
        refused(b"[package]\nname = \"game\"\n"),
        [codes::NOT_AN_OBJECT]
    );
}

#[test]
fn truncated() {
    let good = good();
    let all = refused(&good[..good.len() / 2]);
    assert!(all.contains(&codes::FILE_TRUNCATED), "{all:?}");
}

#[test]
fn of_32_bits() {
    let mut bytes = good();
    bytes[4] = 1;
    assert_eq!(refused(&bytes), [codes::OTHER_CLASS]);
}

#[test]
fn without_sections() {
    let mut bytes = good();
    // Where the table of section headers begins, and how many it has.
    bytes[40..48].fill(0);
    bytes[60..62].fill(0);
    assert_eq!(refused(&bytes), [codes::FILE_NOT_ALLOWED]);
}

#[test]
fn damaged() {
    let mut bytes = good();
    bytes[32..36].fill(0xff);
    let all = refused(&bytes);
    assert!(
        all.iter()
            .all(|it| [codes::FILE_DAMAGED, codes::FILE_TRUNCATED].contains(it)),
        "{all:?}"
    );
    // Where the dynamic table begins, as its program header says: inside of the file, and wrong.
    let mut bytes = good();
    let table = section(&bytes, ".dynamic");
    bytes[table].fill(0xff);
    let all = refused(&bytes);
    assert!(all.contains(&codes::FILE_DAMAGED), "{all:?}");
}

#[test]
fn a_program() {
    let program = std::env::current_exe().expect("this test");
    let refusal = inspect(program).expect_err("a refusal");
    assert!(
        codes_of(&refusal).contains(&codes::NOT_A_MODULE),
        "{refusal}"
    );
}

/// A function that nothing has: the linker leaves it for the system's loader to find.
const UNRESOLVED: &str = r#"
hotmod::module! { name: "unresolved", version: "1.0.0" }

unsafe extern "C" {
    safe fn hotmod_test_is_nowhere() -> u32;
}

#[hotmod::export]
pub fn one(_first: u32) -> u32 {
    hotmod_test_is_nowhere()
}

#[hotmod::export]
pub fn two(_first: u32, _second: u32) -> u32 {
    2
}
"#;

fn load(file: &Path) -> Refusal {
    let host = Host::builder().build().expect("a host");
    let refusal = host.load_untyped(file).expect_err("a refusal");
    assert_eq!(refusal.stage(), RefusalStage::Load, "{refusal}");
    refusal
}

#[test]
fn unresolved() {
    let built = Family::written("unresolved", UNRESOLVED.to_owned()).build();
    let refusal = load(&built.file(BASE));
    assert_eq!(codes_of(&refusal), [codes::LOADING_FAILED], "{refusal}");
    assert!(
        refusal.to_string().contains("hotmod_test_is_nowhere"),
        "{refusal}"
    );
}

#[test]
fn of_two_builds() {
    let resolved = UNRESOLVED
        .replace(
            "unsafe extern \"C\" {\n    safe fn hotmod_test_is_nowhere() -> u32;\n}",
            "",
        )
        .replace("hotmod_test_is_nowhere()", "1")
        .replace("name: \"unresolved\"", "name: \"swapped\"");
    let file = Family::written("swapped", resolved).build().file(BASE);
    let module = inspect(&file).expect("a module");
    let functions = &module.manifest().functions;
    let [one, two] = ["one", "two"].map(|it| functions[it].crossing.clone().into_bytes());
    assert_eq!(
        one.len(),
        two.len(),
        "one can stand in the place of the other"
    );
    let mut bytes = fs::read(&file).expect("the module");
    let manifest = section(&bytes, ".hotmod");
    let mut swapped = 0;
    for at in manifest.start..manifest.end - one.len() {
        let place = at..at + one.len();
        let other = match &bytes[place.clone()] {
            it if *it == one => &two,
            it if *it == two => &one,
            _ => continue,
        };
        bytes[place].copy_from_slice(other);
        swapped += 1;
    }
    assert_eq!(swapped, 2, "each once");
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("libswapped.so");
    fs::write(&file, bytes).expect("a file");
    let refusal = load(&file);
    assert_eq!(codes_of(&refusal), [codes::OTHER_IMAGE], "{refusal}");
}
