//! Whether a file may replace another, and what becomes of state, either way.

use std::fs;
use std::path::PathBuf;

use hotmod::describe::format::RecordKind;
use hotmod_tests::fixture::BASE;
use hotmod_tests::manifest;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::{ARENA, at, diff, diff_json, hotmod, inspect};

/// The arena, with some of its bytes changed.
fn patched(patch: impl FnOnce(&mut Vec<u8>)) -> (TempDir, PathBuf) {
    let mut bytes = fs::read(ARENA.file(BASE)).expect("a module");
    patch(&mut bytes);
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("libarena.so");
    fs::write(&file, bytes).expect("a file");
    (directory, file)
}

/// Where the byte is that says whether panics unwind: before the allocator, which is last.
fn unwinds(module: &[u8]) -> usize {
    let build = manifest::record(module, RecordKind::Build as u8);
    build.end - "host".len() - size_of::<u32>() - 1
}

#[test]
fn a_file_may_replace_itself() {
    let ended = diff(BASE, BASE);
    assert_eq!((ended.status, ended.stderr.as_str()), (Some(0), ""));
    ended.prints(&[
        "  the files are equal",
        "  state World: handed over as it is",
    ]);
    let answer = diff_json(BASE, BASE);
    assert_eq!(answer["verdict"], "adopt");
    assert_eq!(answer["differences"], json!([]));
}

#[test]
fn a_module_with_another_export_may_replace_the_one_without() {
    let ended = diff(BASE, "cli-export-added");
    assert_eq!((ended.status, ended.stderr.as_str()), (Some(0), ""));
    assert!(ended.stdout.starts_with("adopt: module `arena` 1.1.0 ("));
    ended.prints(&[
        "  state World: handed over as it is",
        "not in the way:",
        "  ping(): was absent, now `fn ping(echo: u8) -> u8`",
    ]);
    let answer = diff_json(BASE, "cli-export-added");
    assert_eq!(answer["verdict"], "adopt");
    let ping = json!({
        "path": "ping()",
        "was": "absent",
        "now": "`fn ping(echo: u8) -> u8`",
        "code": "HM-0131",
        "rule": "export-added",
        "help": "",
        "refuses": false,
        "loses": false,
        "loses": false,
    });
    assert_eq!(answer["differences"], json!([ping]));
}

#[test]
fn every_change_that_would_corrupt_is_named_and_refused() {
    let ended = diff(BASE, "cli-two-changes");
    assert_eq!((ended.status, ended.stderr.as_str()), (Some(3), ""));
    assert!(ended.stdout.starts_with("refuse: module `arena` 1.1.0 ("));
    ended.prints(&["  look(_far): was absent, now `bool`"]);
    ended.prints(&[
        "  World.items[].gold: was u32, now u16",
        "state would be migrated:",
        "  World.items[].silver: widen u32 → u64",
    ]);
    assert!(!ended.stdout.contains("handed over as it is"));

    let answer = diff_json(BASE, "cli-two-changes");
    assert_eq!(answer["verdict"], "refuse");
    assert_eq!(
        answer["old"]["file"],
        ARENA.file(BASE).display().to_string()
    );
    assert_eq!(answer["new"]["module"], "arena");
    assert_ne!(answer["old"]["digest"], answer["new"]["digest"]);
    let look = at(&answer, "look(_far)");
    assert_eq!(look["rule"], "argument-added");
    assert_eq!(look["refuses"], true);
    let gold = at(&answer, "World.items[].gold");
    assert_eq!(gold["rule"], "narrowed");
    assert_eq!(gold["was"], "u32");
    assert!(gold["help"].as_str().is_some_and(|help| !help.is_empty()));
    let silver = at(&answer, "World.items[].silver");
    assert_eq!(
        (&silver["rule"], &silver["refuses"]),
        (&json!("widened"), &json!(false))
    );
}

#[test]
fn a_change_of_state_that_has_a_rule_is_a_plan_path_by_path() {
    let ended = diff(BASE, "cli-migrates");
    assert_eq!((ended.status, ended.stderr.as_str()), (Some(0), ""));
    let (sentence, plan) = ended.stdout.split_once('\n').expect("two lines");
    let start = "migrate: module `arena` 1.1.0 (";
    assert!(sentence.starts_with(start), "{sentence}");
    assert!(sentence.contains(" may replace 1.1.0 ("), "{sentence}");
    assert_eq!(
        plan,
        "state is migrated:\n  \
         World.items[].gold: widen u32 → u64 [HM-0306]\n  \
         World.entries[].from: renamed from since [HM-0305]\n  \
         World.slot?.season: default [HM-0302]\n  \
         World.slot?.taken: removed, dropped [HM-0303]\n  \
         World.level::Top: new variant [HM-0316]\n\
         what it costs:\n  \
         copied     World\n  \
         rebuilt    World.items\n  \
         copied     World.items[]\n  \
         copied     World.items[].gold\n  \
         rebuilt    World.entries\n  \
         copied     World.entries[]\n  \
         copied     World.slot\n  \
         copied     World.slot?\n  \
         made       World.slot?.season\n  \
         dropped    World.slot?.taken\n  \
         copied     World.level\n  \
         moved      all else, however much it holds\n\
         `&self` calls while it is prepared:\n  \
         wait       World, because of\n               \
         World: its interface `Arena` is not `Sync`\n               \
         World.guarded: `Mutex<Guarded>` can be changed by a shared reference\n"
    );

    let answer = diff_json(BASE, "cli-migrates");
    assert_eq!(answer["verdict"], "migrate");
    let prepared = &answer["preparations"][0];
    assert_eq!(
        (&prepared["state"], &prepared["prepared"]),
        (&json!("World"), &json!("exclusive"))
    );
    assert_eq!(prepared["because"][1]["path"], "World.guarded");
    let gold = json!({
        "path": "World.items[].gold",
        "was": "u32",
        "now": "u64",
        "code": "HM-0306",
        "rule": "widened",
        "help": "",
        "refuses": false,
        "loses": false,
    });
    assert_eq!(answer["differences"][0], gold);
    assert_eq!(answer["lossless"], false);
    let cost = |path: &str| {
        let costs = answer["costs"].as_array().expect("a list").iter();
        costs
            .filter(|it| it["path"] == path)
            .map(|it| &it["cost"])
            .collect::<Vec<_>>()
    };
    assert_eq!(cost("World.items"), ["rebuilt"]);
    assert_eq!(cost("World.items[].gold"), ["copied"]);
    assert_eq!(cost("World.history"), ["moved"]);
    assert_eq!(cost("World.slot?.season"), ["made"]);
    assert_eq!(cost("World.slot?.taken"), ["dropped"]);
    let rules: Vec<&Value> = answer["differences"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|difference| &difference["rule"])
        .collect();
    assert_eq!(
        rules,
        [
            "widened",
            "renamed",
            "defaulted",
            "dropped",
            "variant-gained"
        ]
    );
}

#[test]
fn a_rollback_is_shown_with_what_it_loses() {
    let files = [ARENA.file(BASE), ARENA.file("cli-back")];
    let ended = hotmod(&["diff", "--back"], &[&files[0], &files[1]]);
    assert_eq!((ended.status, ended.stderr.as_str()), (Some(0), ""));
    let (sentence, plan) = ended.stdout.split_once('\n').expect("two lines");
    let expected = format!(
        "migrate: module `arena` 1.1.0 ({}) can go back to 1.1.0 ({})",
        files[1].display(),
        files[0].display()
    );
    assert_eq!(sentence, expected);
    let (back, costs) = plan.split_once("what it costs:\n").expect("the costs");
    assert_eq!(
        back,
        "state loses:\n  \
         World.slot?.season: u32 [HM-0304]\n\
         state is taken back:\n  \
         World.items[].gold: checked u64 → u32 [HM-0308]\n  \
         World.entries[].since: renamed from from [HM-0305]\n  \
         World.level::Top: removed, must not be in use [HM-0317]\n    \
         help: the newer version added it: let go of such values before going back\n\
         survives if values allow; where one does not, its state stays as it is:\n  \
         World.items[].gold: must fit `u32`: 0 to 4294967295\n  \
         World.level::Top: must not be in use\n"
    );
    assert!(
        costs.contains("  dropped    World.slot?.season\n"),
        "{costs}"
    );
    let end = "\na state that 1.1.0 took from 1.1.0 and did not change comes back as it was\n";
    assert!(costs.ends_with(end), "{costs}");

    let arguments = ["diff", "--back", "--format", "json"];
    let answer = hotmod(&arguments, &[&files[0], &files[1]]).json();
    assert_eq!(answer["lossless"], true);
    assert_eq!(at(&answer, "World.slot?.season")["loses"], true);
    assert_eq!(at(&answer, "World.items[].gold")["rule"], "checked");
}

#[test]
fn a_rollback_that_lacks_a_value_is_refused() {
    let files = [ARENA.file(BASE), ARENA.file("cli-migrates")];
    let ended = hotmod(&["diff", "--back"], &[&files[0], &files[1]]);
    assert_eq!((ended.status, ended.stderr.as_str()), (Some(3), ""));
    assert!(ended.stdout.contains(" cannot go back to 1.1.0 ("));
    ended.prints(&["  World.slot?.taken: was absent, now u32"]);
    ended.prints(&["state would lose:", "  World.slot?.season: u32"]);
    assert!(!ended.stdout.contains("what it costs"), "{}", ended.stdout);
    let equal = hotmod(&["diff", "--back"], &[&files[0], &files[0]]);
    assert!(equal.stdout.starts_with("adopt: "), "{}", equal.stdout);
}

#[test]
fn a_rollback_by_a_function_of_the_newer_version_names_it() {
    let files = [ARENA.file(BASE), ARENA.file("cli-down")];
    inspect("cli-down").prints(&["  migrate to Slot", "  migrate(down) slot_back of Slot"]);
    let module = hotmod(&["inspect", "--format=json"], &[&files[1]]).json();
    let down = json!({ "name": "slot_back", "from": "Slot", "to": "Slot" });
    assert_eq!(module["downs"], json!([down]));

    let ended = hotmod(&["diff", "--back"], &[&files[0], &files[1]]);
    assert_eq!((ended.status, ended.stderr.as_str()), (Some(0), ""));
    ended.prints(&[
        "state is taken back:",
        "  World.slot?: convert Slot → Slot by `slot_back`, in which `seats` has no place",
    ]);
    let end =
        "\na state that 1.1.0 took from 1.1.0 and did not change may not come back as it was\n";
    assert!(ended.stdout.ends_with(end), "{}", ended.stdout);

    let files = [ARENA.file(BASE), ARENA.file("cli-down-differs")];
    let ended = hotmod(&["diff", "--back"], &[&files[0], &files[1]]);
    assert_eq!((ended.status, ended.stderr.as_str()), (Some(3), ""));
    ended.prints(&[
        "  World.slot?: was `Slot.taken` i32 at offset 0, as `slot_back` makes it, now u32 at offset 0",
        "    help: let `slot_back` return `Slot` as 1.1.0 has it, or write another function marked \
         #[hotmod::migrate(down)] that does",
    ]);
}

#[test]
fn what_has_become_of_a_function_is_said() {
    let first = diff(BASE, "cli-filled");
    assert_eq!((first.status, first.stderr.as_str()), (Some(0), ""));
    first.prints(&["  World.slot?: convert Slot → Slot by `filled`"]);
    let left = diff("cli-filled", "cli-filled-left");
    assert_eq!((left.status, left.stderr.as_str()), (Some(0), ""));
    left.prints(&[
        "  World.slot?: the function `filled` is not applied again, since the running version has it too",
        "  World.slot?.season: default",
    ]);
    let late = diff(BASE, "cli-filled-left");
    late.prints(&["  World.slot?: convert Slot → Slot by `filled`"]);
    let back = hotmod(
        &["diff", "--back"],
        &[&ARENA.file(BASE), &ARENA.file("cli-filled")],
    );
    assert_eq!(back.status, Some(3), "{}{}", back.stdout, back.stderr);
    let gone = diff(BASE, "cli-said-gone");
    assert_eq!((gone.status, gone.stderr.as_str()), (Some(3), ""));
    gone.prints(&[
        "  World.slot?.taken: was `taken`, now said to be gone",
        "    help: `removed(\"taken\")` says that it is gone, and it is there: remove the attribute to carry \
         it over, or give what is new another name",
    ]);
}

#[test]
fn an_older_version_is_refused_unless_allowed() {
    let ended = diff(BASE, "cli-older");
    assert_eq!(ended.status, Some(3));
    ended.prints(&["  version: expected 1.1.0 or newer, found 1.0.9"]);
    assert!(ended.stdout.contains("--allow-downgrade"));
    let answer = diff_json(BASE, "cli-older");
    assert_eq!(answer["verdict"], "refuse");
    assert_eq!(at(&answer, "version")["rule"], "downgrade");

    let files = [ARENA.file(BASE), ARENA.file("cli-older")];
    let allowed = hotmod(&["diff", "--allow-downgrade"], &[&files[0], &files[1]]);
    assert_eq!(allowed.status, Some(0));
    assert!(allowed.stdout.starts_with("adopt: module `arena` 1.0.9 ("));
    assert_eq!(diff("cli-older", BASE).status, Some(0));
}

#[test]
fn another_module_is_refused_by_its_name_alone() {
    let ended = diff(BASE, "cli-other-module");
    assert_eq!(ended.status, Some(3));
    assert!(ended.stdout.contains(" may not replace `arena` 1.1.0 ("));
    let answer = diff_json(BASE, "cli-other-module");
    assert_eq!(answer["differences"].as_array().map(Vec::len), Some(1));
    assert_eq!(at(&answer, "module")["rule"], "other-module");
}

#[test]
fn another_abi_is_refused_in_either_direction() {
    let own = hotmod::root::ABI;
    let other = own + 1;
    let (_directory, file) = patched(|bytes| {
        let abi = manifest::record(bytes, RecordKind::Build as u8).payload;
        bytes[abi..abi + 4].copy_from_slice(&other.to_le_bytes());
    });
    let base = ARENA.file(BASE);
    for (files, expected, found) in [([&base, &file], own, other), ([&file, &base], other, own)] {
        let ended = hotmod(&["diff"], &[files[0], files[1]]);
        assert_eq!(ended.status, Some(3), "{}{}", ended.stdout, ended.stderr);
        ended.prints(&[&format!(
            "  hotmod ABI version: expected {expected}, found {found}"
        )]);
    }
}

#[test]
fn panics_that_abort_are_refused_unless_allowed_or_running_already() {
    let (_directory, aborts) = patched(|bytes| {
        let unwinds = unwinds(bytes);
        assert_eq!(bytes[unwinds], 1);
        bytes[unwinds] = 0;
    });
    let base = ARENA.file(BASE);
    hotmod(&["inspect"], &[&aborts]).prints(&["panic       abort"]);
    let refused = hotmod(&["diff", "--format", "json"], &[&base, &aborts]);
    assert_eq!(refused.status, Some(3));
    assert_eq!(
        at(&refused.json(), "panic strategy")["rule"],
        "panic-aborts"
    );
    let allowed = hotmod(&["diff", "--allow-panic-abort"], &[&base, &aborts]);
    assert_eq!(allowed.status, Some(0));
    let running = hotmod(&["diff"], &[&aborts, &aborts]);
    assert_eq!(running.status, Some(0));
    let (_directory, copy) = patched(|bytes| {
        let unwinds = unwinds(bytes);
        bytes[unwinds] = 0;
        bytes.push(0); // another file, of the same build
    });
    assert_eq!(hotmod(&["diff"], &[&aborts, &copy]).status, Some(0));
}

#[test]
fn both_files_are_named_if_both_are_unusable() {
    let directory = tempfile::tempdir().expect("a directory");
    let [old, new] = ["old.so", "new.so"].map(|name| directory.path().join(name));
    let ended = hotmod(&["diff"], &[&old, &new]);
    assert_eq!(ended.status, Some(2));
    for file in [old, new] {
        let name = format!("error: {} is refused\n", file.display());
        assert!(ended.stderr.contains(&name), "{}", ended.stderr);
    }
}
