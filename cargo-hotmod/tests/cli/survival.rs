//! Whether state survives for sure, or only if its values allow it.

use std::sync::LazyLock;

use hotmod_file::plan::{Survival, Way};
use hotmod_file::{Comparison, inspect};
use hotmod_tests::fixture::{BASE, Built, Family};
use serde_json::{Value, json};

use super::{ARENA, Ended, diff, diff_json, hotmod, lock};

/// A check of a variant against a lock of the base.
fn check(arguments: &[&str], variant: &str) -> Ended {
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("hotmod.lock");
    assert_eq!(lock::write(&file, BASE).status, Some(0));
    let arguments = [&["check"], arguments, &["--lock"]].concat();
    hotmod(&arguments, &[&file, &ARENA.file(variant)])
}

const IN_USE: &str = "World.mood::Angry";
const HEADING: &str = "survives if values allow; where one does not, its state stays as it is:";

#[test]
fn what_values_must_be_is_told_and_is_no_refusal() {
    for ended in [check(&[], "cli-names"), diff(BASE, "cli-names")] {
        assert_eq!((ended.status, ended.stderr.as_str()), (Some(0), ""));
        ended.prints(&[HEADING, &format!("  {IN_USE}: must not be in use")]);
        assert!(!ended.stdout.contains("--deny"), "{}", ended.stdout);
    }
    let conditions = json!([{ "path": IN_USE, "must": "must not be in use" }]);
    let answers = [
        check(&["--format", "json"], "cli-names").json(),
        diff_json(BASE, "cli-names"),
    ];
    for answer in answers {
        assert_eq!(answer["verdict"], "migrate");
        assert_eq!(answer["survives"], "conditional");
        assert_eq!(answer["conditions"], conditions);
    }
}

#[test]
fn what_depends_on_values_is_refused_where_that_is_asked_for() {
    let deny = ["--deny", "conditional"];
    let ended = check(&deny, "cli-names");
    assert_eq!((ended.status, ended.stderr.as_str()), (Some(3), ""));
    ended.prints(&[HEADING, "  refused by --deny conditional"]);
    let json = check(&["--format", "json", "--deny", "conditional"], "cli-names");
    assert_eq!(
        (json.status, &json.json()["survives"]),
        (Some(3), &Value::from("conditional"))
    );

    // What survives for sure is as it was, and so is what does not.
    for (variant, status, survives) in [
        (BASE, 0, "always"),
        ("cli-export-added", 0, "always"),
        ("cli-migrates", 0, "always"),
        ("cli-two-changes", 3, "never"),
    ] {
        let json = check(&["--format", "json", "--deny", "conditional"], variant);
        let answer = json.json();
        assert_eq!(json.status, Some(status), "{variant}");
        assert_eq!(answer["survives"], survives, "{variant}");
        assert_eq!(answer["conditions"], json!([]), "{variant}");
    }
}

/// A module with fields that serde carries over.
static CARRIED: LazyLock<Built> = LazyLock::new(|| {
    Family::new("carried")
        .feature("serde")
        .depends("serde = { version = \"1.0\", features = [\"derive\"] }")
        .variant("cli-grown", &[("    rolls: u32,", "    rolls: u64,")])
        .variant(
            "cli-other-dice",
            &[
                (
                    "    dice: Dice,\n    #[state(as",
                    "    dice: [u64; 9],\n    #[state(as",
                ),
                ("        self.dice.roll();", ""),
                ("        dice: Dice::new(42),", "        dice: [0; 9],"),
            ],
        )
        .build()
});

/// What every update asks of values is no reason to refuse one.
#[test]
fn what_serde_carries_over_is_denied_only_where_its_type_is_another() {
    let directory = tempfile::tempdir().expect("a directory");
    let lock = directory.path().join("hotmod.lock");
    let written = hotmod(&["lock", "--output"], &[&lock, &CARRIED.file(BASE)]);
    assert_eq!(written.status, Some(0), "{}", written.stderr);
    let check = |arguments: &[&str], variant: &str| {
        let arguments = [&["check", "--deny", "conditional"], arguments, &["--lock"]].concat();
        hotmod(&arguments, &[&lock, &CARRIED.file(variant)])
    };
    let kept = check(&[], "cli-grown");
    assert_eq!(kept.status, Some(0), "{}{}", kept.stdout, kept.stderr);
    kept.prints(&[
        HEADING,
        "  World.dice: must be readable by the new version, as serde wrote it",
        "  not refused by --deny conditional: every update asks that, and this one changes nothing there",
    ]);
    let json = check(&["--format", "json"], "cli-grown").json();
    assert_eq!(json["survives"], "conditional");

    let other = check(&[], "cli-other-dice");
    assert_eq!(other.status, Some(3), "{}{}", other.stdout, other.stderr);
    other.prints(&[
        HEADING,
        "  World.dice: must be readable by the new version, as serde wrote it of a type that was another",
        "  refused by --deny conditional: World.dice",
    ]);
}

#[test]
fn the_way_back_has_conditions_of_its_own() {
    let back = ["--back", "--deny", "conditional"];
    let ended = check(&back, "cli-migrates");
    // What was removed without a default cannot come back at all.
    assert_eq!(ended.status, Some(3), "{}", ended.stdout);
    let ended = check(&back, "cli-back");
    assert_eq!(ended.status, Some(3), "{}", ended.stdout);
    ended.prints(&[
        HEADING,
        "  World.items[].gold: must fit `u32`: 0 to 4294967295",
        "  World.level::Top: must not be in use",
    ]);
    assert_eq!(check(&["--back"], "cli-back").status, Some(0));
}

#[test]
#[cfg(feature = "daily")]
fn a_refusal_says_what_fix_would_write() {
    let ended = check(&[], "cli-two-changes");
    let file = ARENA.file("cli-two-changes").display().to_string();
    let start = format!("help: `cargo hotmod fix {file} --lock ");
    let said = ended.stdout.lines().find(|it| it.starts_with(&start));
    let said = said.unwrap_or_else(|| panic!("{}", ended.stdout));
    assert!(
        said.ends_with("writes #[state(checked)] on Item.gold"),
        "{said}"
    );
    // Nothing else is said where nothing is refused.
    let ended = check(&[], "cli-names");
    assert!(!ended.stdout.contains("hotmod fix"), "{}", ended.stdout);
}

/// The library gives the same answer as the command line.
#[test]
fn a_comparison_says_what_is_printed() {
    let base = inspect(ARENA.file(BASE)).expect("a module");
    for variant in [
        BASE,
        "cli-names",
        "cli-migrates",
        "cli-two-changes",
        "cli-back",
    ] {
        let other = inspect(ARENA.file(variant)).expect("a module");
        let comparison = Comparison::new(&base, &other);
        for (way, arguments) in [(Way::On, &[][..]), (Way::Back, &["--back"][..])] {
            let arguments = [&["diff", "--format", "json"], arguments].concat();
            let printed = hotmod(&arguments, &[&ARENA.file(BASE), &ARENA.file(variant)]).json();
            let survival = comparison.survival(way);
            assert_eq!(printed["survives"], survival.as_str(), "{variant} {way:?}");
            let conditions = printed["conditions"].as_array().expect("a list");
            assert_eq!(
                conditions.len(),
                survival.conditions().len(),
                "{variant} {way:?}"
            );
        }
    }
    assert_eq!(
        Comparison::new(&base, &base).survival(Way::On),
        Survival::Always
    );
}
