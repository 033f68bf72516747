//! Snapshots, read without any module.

use std::fs;
use std::path::Path;
use std::time::Duration;

use hotmod_host::{Host, InspectOptions, Pool, SnapshotOptions};
use hotmod_tests::fixture::BASE;
use hotmod_tests::interfaces::arena::Arena;
use serde_json::Value;

use crate::hotmod;
use crate::variants::ARENA;

/// Writes two worlds, and gives the first as its host shows it.
fn written(file: &Path) -> Value {
    written_with(file, SnapshotOptions::new(), |_| {})
}

/// As above, in this way, after something was done with the worlds.
fn written_with(
    file: &Path,
    options: SnapshotOptions,
    change: impl FnOnce(&Pool<u64, dyn Arena>),
) -> Value {
    let host = Host::builder().build().expect("a host");
    let module = host.load::<dyn Arena>(ARENA.file(BASE)).expect("a module");
    let worlds: Pool<u64, dyn Arena> = Pool::builder(&module)
        .name("worlds")
        .build()
        .expect("a pool");
    for key in [7, 8] {
        worlds.create(key, "").expect("a world");
        worlds.call(&key, |it| it.advance(key)).expect("a call");
    }
    change(&worlds);
    host.snapshot_with(file, options).expect("a snapshot");
    let all = InspectOptions::new()
        .items(1 << 20)
        .time(Duration::from_secs(60));
    let shown = worlds.inspect_with(&7, "", &all).expect("a world").value;
    serde_json::to_value(&shown).expect("a value is JSON")
}

#[test]
fn a_snapshot_says_what_is_in_it() {
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("worlds.snapshot");
    let world = written(&file);

    let info = hotmod(&["snapshot", "info"], &[&file]);
    assert_eq!(info.status, Some(0), "{}", info.stderr);
    info.prints(&["pool `worlds` by `u64` of `arena`, as `Arena`: 2 states"]);
    let info = hotmod(&["snapshot", "info", "--format", "json"], &[&file]).json();
    assert_eq!(info["versions"][0]["version"], "1.1.0");
    assert_eq!(info["groups"][0]["instances"], 2);

    let cat = [
        "snapshot", "cat", "--format", "json", "--name", "worlds", "--key",
    ];
    let shown = hotmod(&[&cat[..], &["7"]].concat(), &[&file]);
    assert_eq!(shown.status, Some(0), "{}", shown.stderr);
    let shown = shown.json();
    assert_eq!(shown.as_array().map(Vec::len), Some(1), "{shown:#}");
    assert_eq!(
        (&shown[0]["key"], &shown[0]["version"]),
        (&7.into(), &"1.1.0".into())
    );
    assert_eq!(shown[0]["state"], world);
    let none = hotmod(&[&cat[..], &["9"]].concat(), &[&file]);
    assert_eq!((none.status, &*none.stdout), (Some(2), ""));
    assert!(
        none.stderr
            .contains("the snapshot has no state of `worlds` with the key `9`"),
        "{}",
        none.stderr
    );
    let other = hotmod(&["snapshot", "cat", "--name", "nothing"], &[&file]);
    assert!(
        other.stderr.contains("no state of `nothing`") && other.stderr.contains("`worlds`"),
        "{}",
        other.stderr
    );

    let with_path = |path: &str| {
        let mut all = vec!["snapshot", "get", "--format", "json", "--key", "7"];
        let file = file.to_str().expect("UTF-8");
        all.extend([file, path]);
        hotmod(&all, &[])
    };
    for (name, field) in world.as_object().expect("fields") {
        let got = with_path(name);
        assert_eq!(got.status, Some(0), "{}", got.stderr);
        assert_eq!(got.json()[0]["state"], *field, "{name}");
    }
    let lacks = with_path("nothing.like.it");
    assert_eq!((lacks.status, &*lacks.stdout), (Some(2), ""));
    assert!(
        lacks.stderr.contains("has no `nothing`") && lacks.stderr.contains(" [HM-0527]"),
        "{}",
        lacks.stderr
    );
    let malformed = with_path("a..b");
    assert!(
        malformed.stderr.contains("at byte 2") && malformed.stderr.contains(" [HM-0526]"),
        "{}",
        malformed.stderr
    );

    let plan = hotmod(&["snapshot", "plan"], &[&file, &ARENA.file(BASE)]);
    assert_eq!(plan.status, Some(0), "{}{}", plan.stdout, plan.stderr);
    let verified = hotmod(&["snapshot", "verify"], &[&file]);
    assert_eq!(verified.status, Some(0), "{}", verified.stderr);
    verified.prints(&["all 2 states are as they were written"]);
}

#[test]
fn a_damaged_snapshot_is_told_with_its_block() {
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("worlds.snapshot");
    written(&file);
    let mut bytes = fs::read(&file).expect("a file");
    let end = bytes.len() - 100;
    bytes[end] ^= 1;
    fs::write(&file, &bytes).expect("a file");
    for verb in ["info", "cat"] {
        let ended = hotmod(&["snapshot", verb], &[&file]);
        assert_eq!((ended.status, &*ended.stdout), (Some(2), ""));
        assert!(
            ended.stderr.contains("block 2 (states, at byte ")
                && ended.stderr.contains(" [HM-0601]"),
            "{}",
            ended.stderr
        );
    }
    let salvaged = hotmod(&["snapshot", "info", "--salvage"], &[&file]);
    assert_eq!(salvaged.status, Some(0), "{}", salvaged.stderr);
    assert!(
        salvaged.stderr.contains("block 2 (states, at byte "),
        "{}",
        salvaged.stderr
    );
    salvaged.prints(&["pool `worlds` by `u64` of `arena`, as `Arena`: 0 states"]);
    let verified = hotmod(&["snapshot", "verify", "--format", "json"], &[&file]);
    assert_eq!(verified.status, Some(2));
    let verified = verified.json();
    assert_eq!(
        (&verified["block"], &verified["states"]),
        (&2.into(), &0.into())
    );
}

#[test]
fn what_differs_between_two_snapshots_is_told_by_key_and_path() {
    let directory = tempfile::tempdir().expect("a directory");
    let [old, new] = ["old", "new"].map(|it| directory.path().join(it));
    let was = written(&old);
    let same = hotmod(&["snapshot", "diff"], &[&old, &old]);
    assert_eq!(same.status, Some(0), "{}", same.stderr);
    same.prints(&["no state differs"]);
    let compressed = SnapshotOptions::new().compress(true);
    let now = written_with(&new, compressed, |worlds| {
        worlds.call(&7, |it| it.advance(5)).expect("a call");
        worlds.remove(&8).expect("a world");
        worlds.create(9, "").expect("a world");
    });
    let ended = hotmod(&["snapshot", "diff", "--format", "json"], &[&old, &new]);
    assert_eq!(ended.status, Some(3), "{}", ended.stderr);
    let told = ended.json();
    let found: Vec<_> = told
        .as_array()
        .expect("a list")
        .iter()
        .map(|it| (&it["key"], &it["was"], &it["now"]))
        .collect();
    let (version, none) = (Value::from("1.1.0"), Value::Null);
    assert_eq!(
        found,
        [
            (&7.into(), &version, &version),
            (&8.into(), &version, &none),
            (&9.into(), &none, &version)
        ]
    );
    let differences = told[0]["differences"].as_array().expect("a list");
    assert!(!differences.is_empty());
    for difference in differences {
        let path = difference["path"].as_str().expect("a path");
        let field = path.trim_start_matches('.').split(['.', '[']).next();
        let field = field.expect("a field");
        assert_ne!(was[field], now[field], "{path}");
    }
    hotmod(&["snapshot", "diff"], &[&old, &new]).prints(&["worlds[8] 1.1.0: not there any more"]);
}
