//! Snapshots that another kind of processor writes and reads.

use std::path::Path;
use std::process::Command;

use hotmod_tests::machine;

use super::{KEPT, NEXT, TREASURIES, family, kept};

/// What a host says of its vaults once it has written them down, or built them again.
fn vaults(mut host: Command, what: &str, module: &Path, file: &Path) -> String {
    let output = host.arg(what).arg(module).arg(file).output();
    let output = output.expect("a host");
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{what}: {told}");
    String::from_utf8(output.stdout).expect("JSON")
}

#[test]
fn states_go_between_kinds_of_processors_both_ways() {
    if !*machine::IS_THERE {
        return;
    }
    let there = family()
        .elsewhere()
        .variant("kept", KEPT)
        .variant("kept_next", &kept(NEXT))
        .build();
    let program = machine::program("snapshot_host");
    let directory = tempfile::tempdir().expect("a directory");
    let here = || Command::new(env!("CARGO_BIN_EXE_snapshot_host"));
    let other = || machine::run(&program);
    let (ours, theirs) = (&*TREASURIES, &there);

    let file = directory.path().join("from here");
    let written = vaults(here(), "write", &ours.file("kept"), &file);
    let restored = vaults(other(), "restore", &theirs.file("kept"), &file);
    assert_eq!(restored, written);
    let migrated = vaults(other(), "restore", &theirs.file("kept_next"), &file);
    assert!(migrated.contains(r#""of":"metal 2","age":3"#), "{migrated}");

    let file = directory.path().join("from there");
    let written = vaults(other(), "write", &theirs.file("kept"), &file);
    let restored = vaults(here(), "restore", &ours.file("kept"), &file);
    assert_eq!(restored, written);
    let migrated = vaults(here(), "restore", &ours.file("kept_next"), &file);
    assert!(migrated.contains(r#""of":"metal 2","age":3"#), "{migrated}");
}
