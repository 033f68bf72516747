//! Files that may be good modules, but not for this host, or not now.

use std::fs;
use std::path::Path;

use hotmod_host::describe::Rule;
use hotmod_host::{Host, Refusal, RefusalStage, UpdateOutcome};
use hotmod_tests::fixture::{self, BASE};
use hotmod_tests::interfaces::arena::Arena;
use hotmod_tests::manifest::text;

use super::{ARENA, Running, file, state};

/// The stage and the rule of a refusal for one reason.
fn reason(refusal: &Refusal) -> (RefusalStage, Rule) {
    match refusal.differences() {
        [only] => {
            assert!(!only.help.is_empty(), "{refusal}");
            (refusal.stage(), only.rule)
        }
        _ => panic!("one reason: {refusal}"),
    }
}

const TARGET: &str = "x86_64-unknown-linux-gnu";

/// The arena, with other bytes so far after the start of a text of its manifest.
fn patched(said: &str, after: usize, bytes: &[u8]) -> tempfile::NamedTempFile {
    let mut module = fs::read(ARENA.file(BASE)).expect("the arena");
    let at = text(&module, said) + after;
    assert_ne!(module[at..at + bytes.len()], *bytes);
    module[at..at + bytes.len()].copy_from_slice(bytes);
    let file = tempfile::NamedTempFile::new().expect("a file");
    fs::write(file.path(), module).expect("a module");
    file
}

fn updated(running: &mut Running, file: &Path) -> Refusal {
    let refusal = match running.module.update(file) {
        Ok(update) => panic!("{update:?}"),
        Err(refusal) => refusal,
    };
    running
        .goes_on()
        .unwrap_or_else(|reason| panic!("{reason}"));
    let text = refusal.to_string();
    assert!(text.contains("1.1.0 keeps running"), "{text}");
    refusal
}

#[test]
fn a_library_without_hotmod_is_refused() {
    let file = fixture::build("plain");
    let mut running = Running::new();
    let refusal = updated(&mut running, &file);
    assert_eq!(reason(&refusal), (RefusalStage::Inspect, Rule::NotAModule));
    let host = Host::builder().build().expect("a host");
    let refusal = host.load_untyped(&file).expect_err("no module");
    assert_eq!(reason(&refusal), (RefusalStage::Inspect, Rule::NotAModule));
}

#[test]
fn a_file_that_is_not_there_is_refused() {
    let mut running = Running::new();
    let refusal = updated(&mut running, Path::new("/nowhere/libarena.so"));
    assert_eq!(
        reason(&refusal),
        (RefusalStage::Inspect, Rule::FileUnreadable)
    );
    let refusal = updated(&mut running, &std::env::temp_dir());
    assert_eq!(
        reason(&refusal),
        (RefusalStage::Inspect, Rule::FileUnreadable)
    );
}

#[test]
fn another_module_is_refused() {
    let mut running = Running::new();
    let refusal = updated(&mut running, &ARENA.file("another-name"));
    assert_eq!(reason(&refusal), (RefusalStage::Verify, Rule::OtherModule));
    assert!(refusal.to_string().contains("`arena`"), "{refusal}");
    assert!(refusal.to_string().contains("`circus`"), "{refusal}");
}

#[test]
fn an_older_version_is_refused_unless_allowed() {
    let mut running = Running::new();
    for version in ["older-version", "older-prerelease"] {
        let refusal = updated(&mut running, &ARENA.file(version));
        assert_eq!(reason(&refusal), (RefusalStage::Verify, Rule::Downgrade));
    }

    let host = Host::builder()
        .allow_downgrade(true)
        .build()
        .expect("a host");
    let module = host.load::<dyn Arena>(ARENA.file(BASE)).expect("the arena");
    let update = module
        .update(ARENA.file("older-version"))
        .expect("an older version, allowed");
    assert_eq!(update.outcome, UpdateOutcome::Published);
    assert_eq!((&*update.from, &*update.to), ("1.1.0", "1.0.9"));
}

/// `module!` takes no such version: the text is changed in the file.
#[test]
fn a_version_that_cannot_be_compared_is_refused() {
    let refusal = updated(&mut Running::new(), patched("1.1.0", 0, b"later").path());
    assert_eq!(
        reason(&refusal),
        (RefusalStage::Verify, Rule::VersionMalformed)
    );
}

#[test]
fn a_module_for_another_target_is_refused() {
    let refusal = updated(&mut Running::new(), patched(TARGET, 0, b"mips64").path());
    assert_eq!(
        reason(&refusal),
        (RefusalStage::Verify, Rule::OtherArchitecture)
    );
}

/// The profile of the fixtures unwinds: the byte that says so is made to say otherwise.
#[test]
fn a_module_whose_panics_abort_is_refused_unless_allowed() {
    let file = patched(TARGET, TARGET.len(), &[0]);
    let refusal = updated(&mut Running::new(), file.path());
    assert_eq!(reason(&refusal), (RefusalStage::Verify, Rule::PanicAborts));
    // The refusal says what a workspace does whose other members are to abort.
    let said = refusal.to_string();
    assert!(said.contains("cargo build --profile module"), "{said}");
    assert!(said.contains("`[profile.module]`"), "{said}");
    let host = Host::builder()
        .allow_panic_abort(true)
        .build()
        .expect("a host");
    host.load::<dyn Arena>(file.path()).expect("allowed");
}

#[test]
fn a_module_that_is_loaded_already_is_refused() {
    let host = Host::builder().build().expect("a host");
    let module = host.load::<dyn Arena>(ARENA.file(BASE)).expect("the arena");
    let raised = state::ROWS.iter().find(|row| row.name == "version-raised");
    let raised = file(raised.expect("the row"));
    for again in [ARENA.file(BASE), raised, ARENA.file("older-version")] {
        let refusal = host.load::<dyn Arena>(again).expect_err("a second one");
        assert_eq!(
            reason(&refusal),
            (RefusalStage::Verify, Rule::AlreadyLoaded)
        );
        assert_eq!(refusal.running(), Some("1.1.0"));
    }
    assert_eq!(module.versions().len(), 1);
    assert_eq!(host.modules().len(), 1);
}

/// A refused load leaves no module behind: the good one can be loaded afterwards.
#[test]
fn a_refused_load_leaves_nothing() {
    let host = Host::builder().build().expect("a host");
    host.load::<dyn Arena>(ARENA.file("method-removed"))
        .expect_err("another interface");
    assert!(host.modules().is_empty());
    host.load::<dyn Arena>(ARENA.file(BASE)).expect("the arena");
}

#[test]
fn a_file_outside_the_module_directory_is_refused() {
    let inside = tempfile::tempdir().expect("a directory");
    let outside = tempfile::tempdir().expect("a directory");
    let copy = |directory: &Path, name: &str| {
        let file = directory.join(name);
        fs::copy(ARENA.file(BASE), &file).expect("a copy");
        file
    };
    copy(inside.path(), "libarena.so");
    let escaped = copy(outside.path(), "libarena.so");
    std::os::unix::fs::symlink(&escaped, inside.path().join("link.so")).expect("a link");
    let name = outside.path().file_name().expect("a name").to_str();
    let climbing = format!("../{}/libarena.so", name.expect("a name in UTF-8"));

    let host = Host::builder()
        .module_dir(inside.path())
        .build()
        .expect("a host");
    for file in [
        escaped,
        inside.path().join("link.so"),
        Path::new("link.so").to_owned(),
        inside.path().join(climbing),
    ] {
        let refusal = host.load::<dyn Arena>(&file).expect_err("outside");
        assert_eq!(
            reason(&refusal),
            (RefusalStage::Inspect, Rule::FileOutside),
            "{}",
            file.display()
        );
    }
    host.load::<dyn Arena>("libarena.so").expect("inside");
}
