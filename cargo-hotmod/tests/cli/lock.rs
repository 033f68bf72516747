//! Lock files: written from a release, and compared with a build.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use hotmod_tests::fixture::{BASE, Family};
use serde_json::{Value, json};

use super::{ARENA, Ended, VARIANTS, at, diff_json, hotmod, hotmod_in};

/// Writes the lock of a variant.
pub(super) fn write(lock: &Path, variant: &str) -> Ended {
    hotmod(&["lock", "--output"], &[lock, &ARENA.file(variant)])
}

fn check(lock: &Path, variant: &str) -> Ended {
    hotmod(&["check", "--lock"], &[lock, &ARENA.file(variant)])
}

pub(super) fn check_json(lock: &Path, variant: &str) -> Value {
    let arguments = ["check", "--format", "json", "--lock"];
    hotmod(&arguments, &[lock, &ARENA.file(variant)]).json()
}

fn read(lock: &Path) -> Value {
    serde_json::from_slice(&fs::read(lock).expect("a lock")).expect("JSON")
}

/// Writes the lock of the base, and of these variants after it.
fn locked(variants: &[&str]) -> tempfile::TempDir {
    let directory = tempfile::tempdir().expect("a directory");
    let lock = directory.path().join("hotmod.lock");
    for variant in [BASE].iter().chain(variants) {
        let ended = write(&lock, variant);
        assert_eq!(ended.status, Some(0), "{}{}", ended.stdout, ended.stderr);
    }
    directory
}

#[test]
fn a_lock_is_checked_in_place_of_the_file_it_was_written_from() {
    let directory = locked(&[]);
    let lock = directory.path().join("hotmod.lock");
    for variant in [BASE].iter().chain(VARIANTS.iter().map(|(name, _)| name)) {
        let (locked, compared) = (check_json(&lock, variant), diff_json(BASE, variant));
        assert_eq!(locked["differences"], compared["differences"], "{variant}");
        assert_eq!(locked["verdict"], compared["verdict"], "{variant}");
        assert_eq!(locked["new"], compared["new"], "{variant}");
        let status = match locked["verdict"].as_str() {
            Some("adopt" | "migrate") => 0,
            _ => 3,
        };
        assert_eq!(check(&lock, variant).status, Some(status), "{variant}");
    }
    let mut old = diff_json(BASE, BASE)["old"].clone();
    old["file"] = json!(lock.display().to_string());
    old["digest"] = Value::Null;
    assert_eq!(check_json(&lock, BASE)["old"], old);
}

/// A lock holds what its release's source says of values that come back to it, and of its way down: so
/// it answers as the file would.
#[test]
fn a_lock_is_gone_back_to_as_the_file_it_was_written_from() {
    let releases = [BASE, "cli-gives", "cli-hooks", "cli-down", "cli-attributes"];
    let mut answers = BTreeSet::new();
    for release in releases {
        let directory = tempfile::tempdir().expect("a directory");
        let lock = directory.path().join("hotmod.lock");
        assert_eq!(write(&lock, release).status, Some(0));
        for build in [BASE].iter().chain(VARIANTS.iter().map(|(name, _)| name)) {
            let arguments = ["check", "--back", "--format", "json", "--lock"];
            let locked = hotmod(&arguments, &[&lock, &ARENA.file(build)]).json();
            let files = [ARENA.file(release), ARENA.file(build)];
            let arguments = ["diff", "--back", "--format", "json"];
            let compared = hotmod(&arguments, &[&files[0], &files[1]]).json();
            let on = check_json(&lock, build);
            let forth = diff_json(release, build);
            for (locked, compared, way) in [(&locked, &compared, "back"), (&on, &forth, "on")] {
                for part in [
                    "verdict",
                    "survives",
                    "conditions",
                    "differences",
                    "costs",
                    "lossless",
                ] {
                    // Only a lock knows the removed names, for which a build is refused.
                    if way == "on" && locked["differences"].to_string().contains("name-reused") {
                        continue;
                    }
                    let what = format!("{way}: {release} and {build}: {part}");
                    assert_eq!(locked[part], compared[part], "{what}");
                }
            }
            for difference in locked["differences"].as_array().expect("a list") {
                answers.insert(difference["rule"].as_str().expect("a name").to_owned());
            }
        }
    }
    for rule in [
        "defaulted",
        "converted",
        "filled",
        "check-impossible",
        "form-differs",
    ] {
        assert!(answers.contains(rule), "no row for {rule}: {answers:?}");
    }
}

#[test]
fn a_check_of_the_way_back_says_what_a_rollback_would_do() {
    let directory = locked(&[]);
    let lock = directory.path().join("hotmod.lock");
    let back = |variant: &str| {
        let arguments = ["check", "--back", "--lock"];
        hotmod(&arguments, &[&lock, &ARENA.file(variant)])
    };
    let ended = back("cli-down");
    assert_eq!((ended.status, ended.stderr.as_str()), (Some(0), ""));
    let sentence = format!(
        "migrate: module `arena` 1.1.0 ({}) can go back to 1.1.0 ({})",
        ARENA.file("cli-down").display(),
        lock.display()
    );
    ended.prints(&[
        &sentence,
        "state is taken back:",
        "  World.slot?: convert Slot → Slot by `slot_back`, in which `seats` has no place",
    ]);
    let ended = back("cli-down-differs");
    assert_eq!(ended.status, Some(3));
    ended.prints(&[
        "  World.slot?: was `Slot.taken` i32 at offset 0, as `slot_back` makes it, now u32 at offset 0",
    ]);

    // A lock of an older form does not say what its release makes of values that come back.
    let mut before = read(&lock);
    before["hotmod_lock"] = json!(1);
    fs::write(&lock, before.to_string()).expect("a lock");
    assert_eq!(check(&lock, "cli-migrates").status, Some(0));
    let ended = back("cli-down");
    assert_eq!((ended.status, ended.stdout.as_str()), (Some(2), ""));
    let said = "is unusable: it is of format 1, which does not say what the release makes";
    assert!(ended.stderr.contains(said), "{}", ended.stderr);
    assert!(ended.stderr.contains("write it again"), "{}", ended.stderr);
    // It is replaced by a lock that does, and that keeps the removed names.
    before["removed"] = json!({ "World": ["seed"] });
    fs::write(&lock, before.to_string()).expect("a lock");
    assert_eq!(write(&lock, BASE).status, Some(0));
    assert_eq!(read(&lock)["hotmod_lock"], 4);
    assert_eq!(read(&lock)["removed"], before["removed"]);
    assert_eq!(back("cli-down").status, Some(0));
}

/// A build that undoes what its release did: the release's own function takes its state along.
#[test]
fn a_lock_knows_the_way_down_of_its_release() {
    let directory = tempfile::tempdir().expect("a directory");
    let lock = directory.path().join("hotmod.lock");
    assert_eq!(write(&lock, "cli-down").status, Some(0));
    let locked = read(&lock);
    assert_eq!(locked["hooks"][0]["type"], json!("Slot"));
    let by = locked["hooks"][0]["by"].as_str().expect("a name");
    assert!(by.starts_with("__hotmod_migrate_"), "{by}");
    let down = &locked["downs"][0];
    assert_eq!(
        (&down["name"], &down["from"]),
        (&json!("slot_back"), &json!("Slot"))
    );
    let taken = json!({ "name": "taken", "type": "u32", "size": 4, "align": 4, "offset": 0 });
    assert_eq!(down["form"][0]["parts"]["struct"], json!([taken]));
    check(&lock, BASE).prints(&[
        "  World.slot?: convert Slot → Slot by `slot_back`, in which `seats` has no place",
    ]);

    let mut without = locked;
    without["downs"] = json!([]);
    fs::write(&lock, without.to_string()).expect("a lock");
    assert_eq!(check(&lock, BASE).status, Some(3));
}

#[test]
fn a_lock_says_by_what_its_release_has_values_of_its_own() {
    let directory = tempfile::tempdir().expect("a directory");
    let lock = directory.path().join("hotmod.lock");
    assert_eq!(write(&lock, "cli-gives").status, Some(0));
    let locked = read(&lock);
    let types = locked["types"].as_array().expect("a list");
    let field = |ty: &str, name: &str| {
        let ty = types.iter().find(|it| it["type"] == ty).expect("the type");
        let fields = ty["parts"]["struct"].as_array().expect("a struct").iter();
        let mut fields = fields.filter(|it| it["name"] == name);
        fields.next().expect("the field").clone()
    };
    assert_eq!(field("Slot", "taken")["attributes"], json!(["default"]));
    assert_eq!(field("World", "cells")["attributes"], json!(["fill"]));
    assert_eq!(field("'Cell'", "alive")["with"], "u16");
    assert_eq!(
        field("'Cell'", "alive")["attributes"][0]["by"]
            .as_str()
            .map(str::is_empty),
        Some(false)
    );
    // What it allowed was done to the state, and still holds for what calls pass.
    assert_eq!(
        field("Entry", "since")["attributes"],
        json!([{ "was": "begun" }, "checked"])
    );
    assert_eq!(field("Entry", "since").get("with"), None);
}

#[test]
fn a_lock_knows_which_functions_are_pure() {
    let directory = locked(&["cli-pure"]);
    let lock = directory.path().join("hotmod.lock");
    assert_eq!(read(&lock)["pure"], json!(["damage"]));
    assert_eq!(check_json(&lock, "cli-pure")["differences"], json!([]));
    let base = check_json(&lock, BASE);
    assert_eq!(at(&base, "damage()")["rule"], "purity-changed");

    let mut edited = read(&lock);
    edited["pure"] = json!(["damage", "harm"]);
    fs::write(&lock, edited.to_string()).expect("a lock");
    let ended = check(&lock, BASE);
    assert_eq!(ended.status, Some(2), "{}", ended.stdout);
    let told = "pure: expected names of functions, found `harm`";
    assert!(ended.stderr.contains(told), "{}", ended.stderr);
}

/// The lock holds the type of an opaque field, so a check sees another type.
#[test]
fn an_opaque_type_is_locked_as_the_one_that_it_is() {
    let foreign = Family::new("foreign")
        .variant("cli-grown", &[("    rolls: u32,", "    rolls: u64,")])
        .variant(
            "cli-renamed",
            &[
                (
                    "use library::{Cards, Dice};",
                    "use library::{Cards as Dice, Dice as Cards};",
                ),
                (
                    "        dice: Dice::new(42),",
                    "        dice: Dice::new(7),",
                ),
                ("        self.dice.roll()", "        0"),
            ],
        )
        .build();
    let directory = tempfile::tempdir().expect("a directory");
    let lock = directory.path().join("hotmod.lock");
    let ended = hotmod(&["lock", "--output"], &[&lock, &foreign.file(BASE)]);
    assert_eq!(ended.status, Some(0), "{}{}", ended.stdout, ended.stderr);
    let check = |variant| {
        let arguments = ["check", "--format", "json", "--lock"];
        hotmod(&arguments, &[&lock, &foreign.file(variant)]).json()
    };
    assert_eq!(check(BASE)["verdict"], "adopt");
    assert_eq!(check("cli-grown")["verdict"], "migrate");
    let renamed = check("cli-renamed");
    assert_eq!(renamed["verdict"], "refuse");
    assert_eq!(renamed["differences"][0]["path"], "Game.dice");
}

#[test]
fn the_verdict_of_a_check_names_the_lock() {
    let directory = locked(&[]);
    let lock = directory.path().join("hotmod.lock");
    let adopted = check(&lock, BASE);
    let sentence = format!(
        "adopt: module `arena` 1.1.0 ({}) may replace 1.1.0 ({})",
        ARENA.file(BASE).display(),
        lock.display()
    );
    adopted.prints(&[&sentence, "  state World: handed over as it is"]);
    check(&lock, "cli-migrates").prints(&[
        "state is migrated:",
        "  World.items[].gold: widen u32 → u64",
        "  World.slot?.taken: removed, dropped",
    ]);
    check(&lock, "cli-two-changes").prints(&["  World.items[].gold: was u32, now u16"]);
    let older = check(&lock, "cli-older");
    assert_eq!(older.status, Some(3));
    let allowed = ["check", "--allow-downgrade", "--lock"];
    let allowed = hotmod(&allowed, &[&lock, &ARENA.file("cli-older")]);
    assert_eq!(allowed.status, Some(0));
}

#[test]
fn the_lock_of_a_build_is_the_same_text_each_time() {
    let [once, twice] = [&[][..], &[BASE][..]].map(locked);
    let text = |directory: &tempfile::TempDir| {
        fs::read_to_string(directory.path().join("hotmod.lock")).expect("a lock")
    };
    assert_eq!(text(&once), text(&twice));
    // Another build of the same source has other bytes, but no other description.
    assert_eq!(
        write(&once.path().join("hotmod.lock"), "cli-constructor").status,
        Some(0)
    );
    assert_eq!(text(&once), text(&twice));
}

#[test]
fn a_lock_is_written_to_the_current_directory_unless_told_otherwise() {
    let directory = tempfile::tempdir().expect("a directory");
    let base = ARENA.file(BASE);
    let written = hotmod_in(directory.path(), &["lock"], &[&base]);
    assert_eq!((written.status, written.stderr.as_str()), (Some(0), ""));
    let line = format!("hotmod.lock: module `arena` 1.1.0 ({}); ", base.display());
    assert!(written.stdout.starts_with(&line), "{}", written.stdout);
    let checked = hotmod_in(directory.path(), &["check"], &[&base]);
    assert_eq!((checked.status, checked.stderr.as_str()), (Some(0), ""));
    let json = hotmod_in(directory.path(), &["lock", "--format", "json"], &[&base]).json();
    let expected = json!({
        "file": base.display().to_string(),
        "module": "arena",
        "version": "1.1.0",
        "lock": "hotmod.lock",
        "written": true,
        "reused": [],
    });
    assert_eq!(json, expected);
}

#[test]
fn a_lock_lists_the_names_that_its_releases_removed() {
    let directory = locked(&[]);
    assert_eq!(
        read(&directory.path().join("hotmod.lock"))["removed"],
        json!({})
    );

    // Locked again, the names stay.
    for releases in [&["cli-migrates"][..], &["cli-migrates", "cli-migrates"]] {
        let directory = locked(releases);
        let removed = json!({ "Entry": ["since"], "Slot": ["taken"] });
        assert_eq!(
            read(&directory.path().join("hotmod.lock"))["removed"],
            removed
        );
    }

    let directory = locked(&["cli-names"]);
    let removed = json!({
        "Feeling": ["angle"],
        "Grid": ["rows"],
        "Mood": ["Angry", "Busy.with"],
        "World": ["grid"],
    });
    assert_eq!(
        read(&directory.path().join("hotmod.lock"))["removed"],
        removed
    );
}

#[test]
fn a_first_lock_lists_the_names_that_the_source_says_were_removed() {
    let directory = tempfile::tempdir().expect("a directory");
    let lock = directory.path().join("first.lock");
    assert_eq!(write(&lock, "cli-migrates").status, Some(0));
    let removed = json!({ "Entry": ["since"], "Slot": ["taken"] });
    assert_eq!(read(&lock)["removed"], removed);
}

#[test]
fn a_removed_name_is_refused_when_it_comes_back() {
    let directory = locked(&["cli-migrates"]);
    let lock = directory.path().join("hotmod.lock");
    let before = fs::read(&lock).expect("a lock");
    // Only the names stand in the way.
    assert_eq!(
        diff_json("cli-migrates", "cli-reuses")["verdict"],
        "migrate"
    );

    let ended = check(&lock, "cli-reuses");
    assert_eq!((ended.status, ended.stderr.as_str()), (Some(3), ""));
    assert!(ended.stdout.starts_with("refuse: module `arena` 1.1.0 ("));
    let lines = [
        "  Entry.since: was a name that is removed, now u64",
        "  Slot.taken: was a name that is removed, now u32",
    ];
    ended.prints(&lines);
    ended.prints(&["state would be migrated:", "  World.slot?.taken: default"]);
    let answer = check_json(&lock, "cli-reuses");
    assert_eq!(answer["verdict"], "refuse");
    let taken = at(&answer, "Slot.taken");
    assert_eq!(taken["rule"], "name-reused");
    assert_eq!(taken["refuses"], true);
    assert!(taken["help"].as_str().is_some_and(|help| !help.is_empty()));

    let refused = write(&lock, "cli-reuses");
    assert_eq!((refused.status, refused.stderr.as_str()), (Some(3), ""));
    refused.prints(&lines);
    assert_eq!(fs::read(&lock).expect("a lock"), before);

    // A user who knows that no such state is left says so in the lock.
    let mut edited = read(&lock);
    edited["removed"] = json!({});
    fs::write(&lock, edited.to_string()).expect("a lock");
    assert_eq!(check(&lock, "cli-reuses").status, Some(0));
    assert_eq!(write(&lock, "cli-reuses").status, Some(0));
}

#[test]
fn variants_and_their_fields_are_refused_when_they_come_back() {
    let directory = locked(&["cli-names"]);
    let lock = directory.path().join("hotmod.lock");
    let answer = check_json(&lock, BASE);
    for (path, now) in [
        ("Mood::Angry", "a variant"),
        ("Mood::Busy.with", "u32"),
        ("Grid.rows", "[u16; 2]"),
        ("World.grid", "Grid<2>"),
    ] {
        let all = answer["differences"].as_array().expect("a list");
        let reuse = |it: &&Value| it["path"] == path && it["rule"] == "name-reused";
        let found = all.iter().find(reuse);
        let found = found.unwrap_or_else(|| panic!("no `{path}` in {answer:#}"));
        assert_eq!(found["now"], now);
    }
}

#[test]
fn the_lock_of_another_module_is_not_replaced() {
    let directory = locked(&[]);
    let lock = directory.path().join("hotmod.lock");
    let before = fs::read(&lock).expect("a lock");
    let ended = write(&lock, "cli-other-module");
    assert_eq!((ended.status, ended.stdout.as_str()), (Some(2), ""));
    assert!(
        ended.stderr.contains("`arena`, not `stage`"),
        "{}",
        ended.stderr
    );
    assert!(ended.stderr.contains("\n    help: "), "{}", ended.stderr);
    assert_eq!(fs::read(&lock).expect("a lock"), before);
    assert_eq!(check(&lock, "cli-other-module").status, Some(3));
}

#[test]
fn a_lock_that_cannot_be_written_is_named() {
    let directory = tempfile::tempdir().expect("a directory");
    let lock = directory.path().join("absent/hotmod.lock");
    let ended = write(&lock, BASE);
    assert_eq!((ended.status, ended.stdout.as_str()), (Some(2), ""));
    let name = format!(
        "error: {} is unusable: it cannot be written: ",
        lock.display()
    );
    assert!(ended.stderr.starts_with(&name), "{}", ended.stderr);
    assert!(ended.stderr.contains("\n    help: "), "{}", ended.stderr);
}

/// What is changed in a lock, and what is said of it.
type Damage = (fn(&mut Value), &'static str);

#[test]
fn a_lock_is_believed_no_more_than_a_file() {
    let directory = locked(&[]);
    let whole = read(&directory.path().join("hotmod.lock"));
    let lock = directory.path().join("damaged.lock");
    let damages: &[Damage] = &[
        (
            |it| it["hotmod_lock"] = json!(5),
            "it is of format 5, and 4 is the last that is known",
        ),
        (
            |it| it["hotmod_lock"] = json!(0),
            "it is of format 0, and 4 is the last that is known",
        ),
        (
            |it| it["hooks"] = json!([{ "type": "Nobody", "by": "x" }]),
            "a record of the type `Nobody`",
        ),
        (
            |it| it["downs"] = json!([{ "name": "b", "from": "World", "to": "W", "form": [] }]),
            "expected a form of the type `W`, found none",
        ),
        (
            |it| first_field(it)["attributes"] = json!(["skip"]),
            "unknown variant `skip`",
        ),
        (|it| *it = json!({}), "it is no lock file"),
        (|it| it["more"] = json!(1), "unknown field `more`"),
        (|it| it["types"] = Value::Null, "invalid type: null"),
        (
            |it| it["types"][0]["type"] = json!("Vec<"),
            "in the type `Vec<`: expected a type",
        ),
        (
            |it| it["types"][0]["type"] = json!("u32"),
            "a type with an id",
        ),
        (
            |it| it["types"][0]["size"] = json!(u64::MAX),
            "size 18446744073709551615",
        ),
        (
            |it| drop(it["types"].as_array_mut().map(|all| all.remove(0))),
            "found none",
        ),
        (|it| first_field(it)["align"] = json!(3), "alignment 3"),
        (
            |it| first_field(it)["offset"] = json!(1 << 20),
            "a place inside the",
        ),
        (
            |it| first_field(it)["offset"] = Value::Null,
            "expected an offset",
        ),
        (
            |it| first_field(it)["name"] = json!("a\nb"),
            "expected a text",
        ),
        (
            |it| first_field(it)["type"] = json!("Vec<u8, u8>"),
            "expected 1 type parameters",
        ),
        (
            |it| first_field(it)["type"] = json!("Nobody"),
            "a record of the type `Nobody`",
        ),
        (|it| first_field(it)["size"] = json!(-1), "invalid value"),
    ];
    for (damage, said) in damages {
        let mut damaged = whole.clone();
        damage(&mut damaged);
        fs::write(&lock, damaged.to_string()).expect("a lock");
        unusable(&lock, said);
    }

    fs::write(&lock, "").expect("a lock");
    unusable(&lock, "it is no lock file");
    fs::write(&lock, [0xff; 99]).expect("a lock");
    unusable(&lock, "it cannot be read");
    fs::remove_file(&lock).expect("a lock");
    fs::create_dir(&lock).expect("a directory");
    unusable(&lock, "not a regular file");
    fs::remove_dir(&lock).expect("a directory");
    assert!(
        Command::new("mkfifo")
            .arg(&lock)
            .status()
            .expect("mkfifo")
            .success()
    );
    unusable(&lock, "not a regular file");

    fs::remove_file(&lock).expect("a pipe");
    let ended = check(&lock, BASE);
    assert_eq!((ended.status, ended.stdout.as_str()), (Some(2), ""));
    assert!(
        ended.stderr.contains("`cargo hotmod lock`"),
        "{}",
        ended.stderr
    );
}

/// Neither verb takes this lock, and `lock` does not replace it.
fn unusable(lock: &Path, said: &str) {
    let before = fs::metadata(lock)
        .expect("a lock")
        .is_file()
        .then(|| fs::read(lock));
    for ended in [check(lock, BASE), write(lock, BASE)] {
        assert_eq!(
            (ended.status, ended.stdout.as_str()),
            (Some(2), ""),
            "{said}"
        );
        let name = format!("error: {} is unusable: ", lock.display());
        assert!(ended.stderr.starts_with(&name), "{}", ended.stderr);
        assert!(
            ended.stderr.contains(said),
            "no `{said}` in {}",
            ended.stderr
        );
        assert!(
            ended.stderr.contains(" [HM-0701]\n    help: "),
            "{}",
            ended.stderr
        );
    }
    if let Some(before) = before {
        assert_eq!(fs::read(lock).expect("a lock"), before.expect("a lock"));
    }
}

/// The first field of the last struct.
fn first_field(lock: &mut Value) -> &mut Value {
    let types = lock["types"].as_array_mut().expect("a list");
    let mut structs = types.iter_mut().rev().map(|it| &mut it["parts"]["struct"]);
    let fields = structs.find(|fields| fields.is_array());
    &mut fields.expect("a struct")[0]
}
