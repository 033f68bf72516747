//! Fields that a snapshot holds by a codec, and those that it leaves out.

use hotmod_host::describe::{Difference, Rule};
use hotmod_host::{RestoreError, SaveError, Snapshot, SnapshotOptions, unwritable};
use hotmod_tests::fixture::{BASE, Edit, ForGood};
use serde_json::json;

use super::{all, load, pool, snapshot};

/// Two fields of one opaque type, each with a codec of its own, and two that are carried over as texts by functions of
/// their own.
pub(super) const CODED: &[Edit] = &[
    (
        "    // more\n",
        r"    #[state(unsafe(opaque), snapshot = ByLetter)]
    heading: std::fmt::Alignment,
    #[state(unsafe(opaque), snapshot = ByNumber)]
    footing: std::fmt::Alignment,
    #[state(as = String, into = metal_text, from = text_metal)]
    metal: Metal,
    // more
",
    ),
    (
        "        name: config.to_owned(),\n",
        r#"        name: config.to_owned(),
        heading: std::fmt::Alignment::Right,
        footing: std::fmt::Alignment::Center,
        metal: Metal("gold".to_owned()),
"#,
    ),
    (
        "pub struct Weight(u32);",
        r#"pub struct Metal(String);

fn metal_text(metal: &Metal) -> String {
    metal.0.clone()
}

fn text_metal(text: String) -> Metal {
    Metal(text)
}

fn written(value: std::fmt::Alignment, letters: [u8; 3]) -> Vec<u8> {
    vec![letters[value as usize]]
}

fn read(from: &[u8], letters: [u8; 3]) -> Result<std::fmt::Alignment, String> {
    use std::fmt::Alignment::{Center, Left, Right};
    let known = letters.iter().position(|it| from == [*it]);
    let known = known.ok_or(format!("no alignment is written as {from:?}"))?;
    Ok([Left, Right, Center][known])
}

pub struct ByLetter;

impl hotmod::SnapshotCodec<std::fmt::Alignment> for ByLetter {
    fn write(value: &std::fmt::Alignment, to: &mut Vec<u8>) -> Result<(), String> {
        to.extend(written(*value, *b"lrc"));
        Ok(())
    }

    fn read(from: &[u8]) -> Result<std::fmt::Alignment, String> {
        read(from, *b"lrc")
    }
}

pub struct ByNumber;

impl hotmod::SnapshotCodec<std::fmt::Alignment> for ByNumber {
    fn write(value: &std::fmt::Alignment, to: &mut Vec<u8>) -> Result<(), String> {
        to.extend(written(*value, *b"012"));
        Ok(())
    }

    fn read(from: &[u8]) -> Result<std::fmt::Alignment, String> {
        read(from, *b"012")
    }
}

pub struct Weight(u32);"#,
    ),
];

/// The same, but for a text.
fn coded_but(text: &str, by: &str) -> Vec<Edit> {
    let edits = CODED.iter();
    edits
        .map(|(from, to)| (*from, to.replace(text, by).for_good()))
        .collect()
}

/// One that reads other bytes of one of them.
pub(super) fn otherwise() -> Vec<Edit> {
    coded_but("read(from, *b\"012\")", "read(from, *b\"789\")")
}

/// One without a codec for the other.
pub(super) fn opaque() -> Vec<Edit> {
    coded_but(", snapshot = ByLetter", "")
}

/// A version that carries a field over no more.
pub(super) const FORGETFUL: &[Edit] = &[
    ("version: \"1.0.0\"", "version: \"1.5.0\""),
    (
        "    path: PathBuf,\n",
        "    #[state(skip)]\n    path: PathBuf,\n",
    ),
];

/// As in an update, to which the same attribute says so.
#[test]
fn what_a_newer_version_carries_over_no_more_is_lost_in_silence() {
    let (snapshot, states) = super::written("kept", &[1]);
    assert_ne!(states[0]["path"], json!(""));
    let (_host, module) = load("forgetful");
    let restored = pool(&module);
    let report = restored.restore(&snapshot).expect("states that fit");
    assert_eq!(report.restored, 1, "{:?}", report.unrestored);
    assert_eq!(all(&restored, 1), super::updated("kept", "forgetful"));
}

#[test]
fn opaque_fields_are_written_and_read_by_their_codecs() {
    let (host, module) = load("coded");
    let vaults = pool(&module);
    vaults.create(1, "").expect("a state");
    let shown = all(&vaults, 1);
    assert_eq!(
        shown["heading"], shown["footing"],
        "opaque is shown as such"
    );
    assert_eq!(
        (&shown["metal"], &shown["weight"]),
        (&json!("gold"), &json!("12 g"))
    );
    let first = host.snapshot_to(Vec::new()).expect("a snapshot").0;
    let snapshot = Snapshot::of(first.clone()).expect("what was written");

    let (again, module) = load("coded");
    let restored = pool(&module);
    assert_eq!(restored.restore(&snapshot).expect("a plan").restored, 1);
    assert_eq!(all(&restored, 1), shown);
    let second = again.snapshot_to(Vec::new()).expect("a snapshot").0;
    assert_eq!(first.len(), second.len());

    let snapshot = Snapshot::of(second).expect("what was written");
    let (_host, module) = load("coded_otherwise");
    let restored = pool(&module);
    let report = restored.restore(&snapshot).expect("a plan");
    let told = format!("{:?}", report.unrestored);
    assert!(told.contains("Vault.footing"), "{told}");
    assert!(told.contains("no alignment is written as [50]"), "{told}");
}

#[test]
fn a_codec_that_is_gone_is_refused() {
    let (host, module) = load("coded");
    let vaults = pool(&module);
    vaults.create(1, "").expect("a state");
    let snapshot = snapshot(&host);
    let (_host, module) = load("kept");
    let restored = pool(&module);
    let error = restored.restore(&snapshot).expect_err("fields are gone");
    assert!(matches!(error, RestoreError::Refused { .. }), "{error}");
}

#[test]
fn what_no_snapshot_can_hold_is_known_from_the_file_and_told_with_the_cure() {
    let of = |variant: &str| {
        let (_host, module) = load(variant);
        unwritable(&module.manifest())
    };
    let [difference]: [Difference; 1] = of(BASE).try_into().expect("one field");
    assert_eq!(
        (&*difference.path, difference.rule),
        ("Vault.since", Rule::Unwritable)
    );
    assert!(difference.help.contains("#[state(as = …)]"), "{difference}");
    assert!(of("coded").is_empty());
    let [difference]: [Difference; 1] = of("opaque").try_into().expect("one field");
    assert_eq!(difference.path, "Vault.heading");
    assert!(difference.help.contains("SnapshotCodec"), "{difference}");

    let (host, module) = load("opaque");
    let vaults = pool(&module);
    vaults.create(1, "").expect("a state");
    let error = host.snapshot_to(Vec::new()).expect_err("an opaque field");
    let SaveError::Unwritable { path, help, .. } = &error else {
        panic!("{error}");
    };
    assert_eq!((&**path, *help), ("Vault.heading", &*difference.help));
}

#[test]
fn secrets_are_left_out_where_that_is_asked_for() {
    let (host, module) = load("kept");
    let vaults = pool(&module);
    vaults.create(1, "").expect("a state");
    let holds_secret = |bytes: &[u8]| bytes.windows(11).any(|it| it == b"open sesame");
    let options = SnapshotOptions::new().leave_out_secrets(true);
    let (bytes, _) = host
        .snapshot_to_with(Vec::new(), options)
        .expect("a snapshot");
    assert!(!holds_secret(&bytes));
    assert!(holds_secret(
        &host.snapshot_to(Vec::new()).expect("a snapshot").0
    ));
    let snapshot = Snapshot::of(bytes).expect("what was written");
    assert!(snapshot.leaves_out_secrets());

    // The same version does not say what the secret is where there is none.
    let (_host, module) = load("kept");
    let error = pool(&module).restore(&snapshot).expect_err("no secret");
    let RestoreError::Refused { differences, .. } = &error else {
        panic!("{error}");
    };
    let told: Vec<_> = differences.iter().map(|it| (&*it.path, it.rule)).collect();
    assert_eq!(told, [("Vault.key", Rule::FieldAdded)]);

    let (host, module) = load("kept_next");
    let restored = pool(&module);
    assert_eq!(restored.restore(&snapshot).expect("a plan").restored, 1);
    let (bytes, _) = host.snapshot_to(Vec::new()).expect("a snapshot");
    assert!(bytes.windows(7).any(|it| it == b"unknown"));
}

#[test]
fn a_compressed_snapshot_is_the_same_and_shorter() {
    let (host, module) = load("kept");
    let vaults = pool(&module);
    for key in 0..3 {
        vaults.create(key, "").expect("a state");
        vaults.call(&key, |it| it.fill(2000)).expect("a call");
    }
    let (whole, _) = host.snapshot_to(Vec::new()).expect("a snapshot");
    let options = SnapshotOptions::new().compress(true);
    let (packed, report) = host
        .snapshot_to_with(Vec::new(), options)
        .expect("a snapshot");
    assert_eq!(packed.len() as u64, report.bytes);
    assert!(
        packed.len() * 2 < whole.len(),
        "{} of {}",
        packed.len(),
        whole.len()
    );
    let cut = Snapshot::of(packed[..packed.len() / 2].to_vec());
    assert!(cut.expect_err("it was cut").block().is_some());
    let snapshot = Snapshot::of(packed).expect("what was written");
    assert_eq!(snapshot.size(), report.bytes);
    let (again, module) = load("kept");
    let restored = pool(&module);
    assert_eq!(restored.restore(&snapshot).expect("a plan").restored, 3);
    assert_eq!(all(&restored, 2), all(&vaults, 2));
    let (after, _) = again.snapshot_to(Vec::new()).expect("a snapshot");
    // Its maps have their items in another order, in which a column may take some bytes more or fewer.
    let (after, whole) = (after.len(), whole.len());
    assert!(after.abs_diff(whole) * 100 < whole, "{after} and {whole}");
}
