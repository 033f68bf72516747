//! Which releases state can be taken to from which, over real modules and their locks.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use hotmod_tests::fixture::BASE;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::{ARENA, hotmod, hotmod_in, lock};

/// A directory with the lock of each of these variants, as a release of this version.
fn locks(releases: &[(&str, &str)]) -> (TempDir, Vec<PathBuf>) {
    let directory = tempfile::tempdir().expect("a directory");
    let files = releases.iter().map(|(version, variant)| {
        let file = directory.path().join(format!("{version}.lock"));
        write(&file, version, variant);
        file
    });
    let files = files.collect();
    (directory, files)
}

fn write(file: &Path, version: &str, variant: &str) {
    let _ = fs::remove_file(file);
    assert_eq!(lock::write(file, variant).status, Some(0));
    let text = fs::read_to_string(file).expect("a lock");
    let mut locked: Value = serde_json::from_str(&text).expect("JSON");
    locked["build"]["version"] = json!(version);
    fs::write(file, locked.to_string()).expect("a lock");
}

/// What was renamed in the second release has no earlier name in the third: it leads on over the second.
const OVER: [(&str, &str); 3] = [
    ("1.0.0", BASE),
    ("1.1.0", "cli-migrates"),
    ("1.2.0", "cli-reuses"),
];

fn route<'a>(answer: &'a Value, from: &str, to: &str) -> &'a Value {
    let routes = answer["routes"].as_array().expect("a list").iter();
    let mut routes = routes.filter(|it| it["from"] == from && it["to"] == to);
    routes.next().expect("a route")
}

fn over(route: &Value) -> Vec<&str> {
    let steps = route["steps"].as_array().into_iter().flatten();
    steps.filter_map(|it| it["to"].as_str()).collect()
}

#[test]
fn a_release_leads_to_another_over_those_between() {
    let (directory, _) = locks(&OVER);
    let ended = hotmod(&["releases", "--format", "json"], &[directory.path()]);
    assert_eq!((ended.status, ended.stderr.as_str()), (Some(0), ""));
    let answer = ended.json();
    assert_eq!(answer["module"], "arena");
    let direct = route(&answer, "1.0.0", "1.2.0");
    assert_eq!(over(direct), ["1.1.0", "1.2.0"]);
    assert_eq!(direct["direct"]["survives"], "never");
    let refused = direct["direct"]["refused"].as_array().expect("a list");
    let paths = refused.iter().map(|it| &it["path"]);
    assert!(
        paths.clone().any(|it| it == "World.entries[].from"),
        "{refused:?}"
    );
    let first = route(&answer, "1.0.0", "1.1.0");
    assert_eq!(over(first), ["1.1.0"]);
    assert_eq!(first["steps"][0]["way"], "update");
    assert_eq!(first["steps"][0]["losses"][0]["path"], "World.slot?.taken");
    // What was removed has no value to come back with.
    let back = route(&answer, "1.1.0", "1.0.0");
    assert_eq!(back["steps"], Value::Null);
    assert_eq!(answer["adjacent"][0]["side_by_side"], "not");

    let text = hotmod(&["releases"], &[directory.path()]);
    assert_eq!(text.status, Some(0));
    text.prints(&[
        "module `arena`: 3 releases",
        "1.0.0 → 1.2.0:",
        "  update to 1.1.0",
        "    loses World.slot?.taken: u32",
        "  update to 1.2.0",
        "1.1.0 → 1.0.0: no way",
        "1.0.0 and 1.1.0 may not serve side by side",
    ]);
    let cells: Vec<Vec<&str>> = (text.stdout.lines())
        .filter(|it| it.starts_with("1.") && it.matches("  ").count() > 2)
        .map(|it| it.split_whitespace().collect())
        .collect();
    assert_eq!(cells[0], ["1.0.0", ".", "1-", "2-"], "{}", text.stdout);
    assert_eq!(cells[1][..2], ["1.1.0", "x"], "{}", text.stdout);
}

#[test]
fn what_depends_on_values_and_what_may_serve_side_by_side_is_told() {
    let (_directory, files) = locks(&[("1.0.0", BASE), ("1.1.0", "cli-names"), ("2.0.0", BASE)]);
    // A file of a module is as good as a lock of it.
    let module = ARENA.file("cli-older");
    let all: Vec<&Path> = files[..2].iter().map(PathBuf::as_path).collect();
    let ended = hotmod(
        &["releases", "--format", "json"],
        &[&[&*module], &*all].concat(),
    );
    let answer = ended.json();
    let versions: Vec<&Value> = (answer["releases"].as_array().expect("a list").iter())
        .map(|it| &it["version"])
        .collect();
    assert_eq!(versions, ["1.0.0", "1.0.9", "1.1.0"]);
    let step = &route(&answer, "1.0.0", "1.1.0")["steps"][0];
    assert_eq!(step["survives"], "conditional");
    assert_eq!(step["conditions"][0]["path"], "World.mood::Angry");
    // The two are one but for their versions.
    assert_eq!(answer["adjacent"][0]["side_by_side"], "freely");
    assert_eq!(over(route(&answer, "1.0.9", "1.0.0")), ["1.0.0"]);
    assert_eq!(ended.status, Some(0));
    let text = hotmod(&["releases"], &all);
    text.prints(&[
        "1.0.0 → 1.1.0:",
        "    if World.mood::Angry: must not be in use",
    ]);

    let refused = [&*files[1], &*files[2]];
    let ended = hotmod(&["releases"], &refused);
    assert_eq!(ended.status, Some(3), "{}", ended.stdout);
}

#[test]
fn a_release_that_a_check_refuses_for_its_names_is_told() {
    let (_directory, files) = locks(&OVER);
    let files: Vec<&Path> = files.iter().map(|it| &**it).collect();
    let answer = hotmod(&["releases", "--format", "json"], &files).json();
    let of = |place: usize| answer["releases"][place]["reused"].clone();
    assert_eq!((of(0), of(1)), (json!([]), json!([])));
    let reused = of(2);
    let paths = reused.as_array().into_iter().flatten();
    let paths: Vec<&str> = paths.filter_map(|it| it["path"].as_str()).collect();
    assert_eq!(paths, ["Entry.since", "Slot.taken"]);
    assert_eq!(reused[0]["rule"], "name-reused");
    let told = hotmod(&["releases"], &files);
    told.prints(&[
        "for `check`, 1.2.0 gives to something else:",
        "  Entry.since: was a name that is removed, now u64",
    ]);
}

#[test]
fn the_locks_of_the_past_are_those_that_git_has() {
    let directory = tempfile::tempdir().expect("a directory");
    let git = |arguments: &[&str]| {
        let mut command = Command::new("git");
        command.arg("-C").arg(directory.path());
        command.args(["-c", "user.name=a", "-c", "user.email=a@example.org"]);
        let output = command.args(arguments).output().expect("git");
        assert!(output.status.success(), "{arguments:?}");
    };
    git(&["init", "--quiet"]);
    let file = directory.path().join("hotmod.lock");
    for (version, variant) in OVER {
        write(&file, version, variant);
        git(&["add", "hotmod.lock"]);
        git(&["commit", "--quiet", "--message", version]);
    }
    let ended = hotmod_in(directory.path(), &["releases", "--format", "json"], &[]);
    assert_eq!((ended.status, ended.stderr.as_str()), (Some(0), ""));
    let answer = ended.json();
    let releases = answer["releases"].as_array().expect("a list");
    let files: Vec<&str> = releases
        .iter()
        .filter_map(|it| it["file"].as_str())
        .collect();
    assert!(files[0].starts_with("hotmod.lock at "), "{files:?}");
    assert_eq!((files.len(), files[2]), (3, "hotmod.lock"));
    // The last one is both in the directory and in git.
    assert_eq!(releases[2]["left_out"].as_array().expect("a list").len(), 1);
    assert_eq!(over(route(&answer, "1.0.0", "1.2.0")), ["1.1.0", "1.2.0"]);

    // Where git has nothing, there is the file alone.
    let alone = tempfile::tempdir().expect("a directory");
    write(&alone.path().join("hotmod.lock"), "1.0.0", BASE);
    let ended = hotmod_in(alone.path(), &["releases"], &[]);
    assert_eq!(ended.status, Some(0), "{}", ended.stderr);
    ended.prints(&["module `arena`: 1 release"]);
}

#[test]
fn releases_that_cannot_be_compared_are_named() {
    let directory = tempfile::tempdir().expect("a directory");
    let ended = hotmod(&["releases"], &[directory.path()]);
    assert_eq!(ended.status, Some(2));
    assert!(ended.stderr.contains("help: "), "{}", ended.stderr);
    let files = [ARENA.file(BASE), ARENA.file("cli-other-module")];
    let ended = hotmod(&["releases"], &[&files[0], &files[1]]);
    assert_eq!(ended.status, Some(2));
    let said = "it is of module `stage`, and others are of `arena`";
    assert!(ended.stderr.contains(said), "{}", ended.stderr);

    // What is no module is left out where it was not named.
    let beside = tempfile::tempdir().expect("a directory");
    write(&beside.path().join("1.0.lock"), "1.0.0", BASE);
    fs::write(beside.path().join("libother.so"), "no module").expect("a file");
    let ended = hotmod(&["releases", "--format", "json"], &[beside.path()]);
    assert_eq!(ended.status, Some(0), "{}", ended.stderr);
    let unusable = ended.json()["unusable"].clone();
    let of = |key: &str| unusable[0][key].as_str().unwrap_or_default().to_owned();
    assert!(of("file").ends_with("libother.so"), "{unusable}");
    assert!(
        of("reason").contains("expected an ELF object file"),
        "{unusable}"
    );
    let named = hotmod(&["releases"], &[&beside.path().join("libother.so")]);
    assert_eq!(named.status, Some(2), "{}", named.stdout);

    // A lock of the first format does not say what comes back.
    let (_directory, files) = locks(&OVER[..2]);
    let text = fs::read_to_string(&files[0]).expect("a lock");
    let mut old: Value = serde_json::from_str(&text).expect("JSON");
    old["hotmod_lock"] = json!(1);
    fs::write(&files[0], old.to_string()).expect("a lock");
    let ended = hotmod(&["releases", "--format", "json"], &[&files[0], &files[1]]);
    assert_eq!(ended.status, Some(0), "{}", ended.stderr);
    let unusable = &ended.json()["unusable"][0];
    assert!(
        unusable["reason"]
            .as_str()
            .is_some_and(|it| it.contains("of format 1")),
        "{unusable}"
    );
}
