//! `cargo hotmod snapshot migrate`.

use hotmod_host::{Host, Snapshot};
use hotmod_tests::fixture::BASE;

use crate::variants::TILLS;
use crate::{hotmod, load, pool, written};

#[test]
fn a_snapshot_is_taken_to_a_version_and_keeps_what_does_not_fit() {
    let directory = tempfile::tempdir().expect("a directory");
    let [old, new] = ["old", "new"].map(|it| directory.path().join(it));
    written(&old, &[1, 300, 3]);
    let to = ["--output", new.to_str().expect("UTF-8")];
    let migrate = [&["snapshot", "migrate"], &to[..]].concat();
    let ended = hotmod(&migrate, &[&old, &TILLS.file("narrow")]);
    assert_eq!(ended.status, Some(3), "{}{}", ended.stdout, ended.stderr);
    assert!(
        ended.stdout.contains("2 of 3 states fit"),
        "{}",
        ended.stdout
    );

    let migrated = Snapshot::open(&new).expect("a snapshot");
    let group = &migrated.groups()[0];
    let found: Vec<_> = migrated
        .instances(group)
        .map(|it| {
            let shown = migrated.show(group, &it).expect("a state");
            let season = shown.part("season").ok().map(|it| it.to_string());
            (it.build.build().version.clone(), season)
        })
        .collect();
    let (narrow, before) = ("1.1.0".to_owned(), "1.0.0".to_owned());
    let season = Some("7".to_owned());
    assert_eq!(
        found,
        [
            (narrow.clone(), season.clone()),
            (before, None),
            (narrow, season)
        ]
    );

    // It is a snapshot like any other.
    let host = Host::builder().build().expect("a host");
    let tills = pool(&load(&host, "narrow"));
    let report = tills.restore(&migrated).expect("states");
    assert_eq!((report.restored, report.unrestored.len()), (2, 1));
    assert_eq!(tills.call_shared(&2, |it| it.sum()).expect("a call"), 3);
    let verified = hotmod(&["snapshot", "verify"], &[&new]);
    assert_eq!(verified.status, Some(0), "{}", verified.stdout);

    // Back, where a later version may lose what is new in it.
    let refused = hotmod(&migrate, &[&new, &TILLS.file(BASE)]);
    assert_eq!(refused.status, Some(3), "{}", refused.stderr);
    assert!(
        refused.stdout.contains("is not restored"),
        "{}",
        refused.stdout
    );
    let lost = [&migrate[..], &["--allow-losses"]].concat();
    let back = hotmod(&lost, &[&new, &TILLS.file(BASE)]);
    assert_eq!(back.status, Some(0), "{}{}", back.stdout, back.stderr);
}

#[test]
fn a_state_that_ends_the_process_is_kept_as_it_was() {
    let directory = tempfile::tempdir().expect("a directory");
    let [old, new] = ["old", "new"].map(|it| directory.path().join(it));
    written(&old, &[1, u32::MAX, 3, 4_000_000_007]);
    let to = ["--output", new.to_str().expect("UTF-8")];
    let migrate = [&["snapshot", "migrate"], &to[..]].concat();
    let ended = hotmod(&migrate, &[&old, &TILLS.file("crashing")]);
    assert_eq!(ended.status, Some(3), "{}{}", ended.stdout, ended.stderr);
    assert!(
        ended.stdout.starts_with("2 of 4 states fit"),
        "{}",
        ended.stdout
    );
    let migrated = Snapshot::open(&new).expect("a snapshot");
    let versions = migrated.instances(&migrated.groups()[0]);
    let versions: Vec<&str> = versions.map(|it| &*it.build.build().version).collect();
    assert_eq!(versions, ["1.1.0", "1.0.0", "1.1.0", "1.0.0"]);
}
