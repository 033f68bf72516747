//! What is said of statics: by `inspect`, `diff`, `lock` and `check`.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use hotmod_tests::fixture::{BASE, Built, Family};

use crate::{hotmod, hotmod_in};

const SOURCE: &str = r#"
use std::cell::Cell;
use std::sync::atomic::{AtomicU64, Ordering};

hotmod::module! { name: "cli-statics", version: "1.0.0" }

static HERE: AtomicU64 = AtomicU64::new(0);
static BEFORE: AtomicU64 = AtomicU64::new(0);

thread_local! {
    static LOCAL: Cell<u64> = const { Cell::new(0) };
}

#[unsafe(no_mangle)]
static HOTMOD_TEST_C: AtomicU64 = AtomicU64::new(0);

#[hotmod::export]
pub fn all() -> u64 {
    LOCAL.set(LOCAL.get() + 1);
    HERE.fetch_add(1, Ordering::Relaxed)
        + BEFORE.fetch_add(1, Ordering::Relaxed)
        + HOTMOD_TEST_C.fetch_add(1, Ordering::Relaxed)
        + LOCAL.get()
}
"#;

static STATICS: LazyLock<Built> = LazyLock::new(|| {
    Family::written("cli-statics", SOURCE.to_owned())
        .variant(
            "next",
            &[
                ("static BEFORE:", "static AFTER:"),
                ("+ BEFORE.", "+ AFTER."),
            ],
        )
        .variant(
            "denied",
            &[(
                "\"1.0.0\"",
                "\"1.0.0\", statics: deny(except = [\"C\", crate::LOCAL])",
            )],
        )
        .build()
});

fn stripped(file: &Path, folder: &Path) -> PathBuf {
    let copy = folder.join("libstripped.so");
    let ended = Command::new("strip")
        .arg("-o")
        .arg(&copy)
        .arg(file)
        .status();
    assert!(ended.expect("strip").success());
    copy
}

#[test]
fn inspect_names_them() {
    let ended = hotmod(&["inspect"], &[&STATICS.file(BASE)]);
    assert_eq!(ended.status, Some(0), "{}", ended.stderr);
    let said = "\n\nstatics, which start anew in each version\n  cli_statics_base::BEFORE\n  \
                cli_statics_base::HERE\n  cli_statics_base::LOCAL (thread-local)\n  \
                of extern \"C\"\n    HOTMOD_TEST_C\n\nexports";
    assert!(ended.stdout.contains(said), "{}", ended.stdout);
    let json = hotmod(&["inspect", "--format=json"], &[&STATICS.file(BASE)]).json();
    let statics = &json["statics"];
    assert_eq!(
        (&statics["denied"], &statics["except"]),
        (&false.into(), &serde_json::json!([]))
    );
    assert_eq!(
        statics["seen"][2],
        serde_json::json!({
            "crate": "cli_statics_base", "path": "cli_statics_base::LOCAL",
            "thread_local": true, "denied": false
        })
    );
    assert_eq!(statics["seen"].as_array().map(Vec::len), Some(4));
}

#[test]
fn inspect_diff_and_check_refuse_what_the_module_denies() {
    let folder = tempfile::tempdir().expect("a directory");
    let denied = STATICS.file("denied");
    let ended = hotmod(&["inspect"], &[&denied]);
    assert_eq!(ended.status, Some(3), "{}", ended.stderr);
    ended.prints(&[
        "refused by a host",
        "  static cli_statics_denied::HERE: expected none that code can write, as `statics: deny` in \
         `module!` says, found one that starts anew in each version",
        "    help: keep it in the state, which is taken along, or write `statics: deny(except = \
         [crate::HERE])` if it is to start anew",
    ]);
    let json = hotmod(&["inspect", "--format=json"], &[&denied]).json();
    assert_eq!(json["statics"]["denied"], true);
    assert_eq!(
        json["statics"]["except"],
        serde_json::json!(["extern \"C\"", "crate::LOCAL"])
    );
    let lock = hotmod_in(folder.path(), &["lock"], &[&STATICS.file(BASE)]);
    assert_eq!(lock.status, Some(0), "{}", lock.stderr);
    for ended in [
        hotmod(&["diff"], &[&STATICS.file(BASE), &denied]),
        hotmod_in(folder.path(), &["check"], &[&denied]),
    ] {
        assert_eq!(ended.status, Some(3), "{}{}", ended.stdout, ended.stderr);
        let refused = ended
            .stdout
            .matches(": expected none that code can write")
            .count();
        assert_eq!(refused, 2, "{}", ended.stdout);
        assert!(
            !ended.stdout.contains("LOCAL: expected"),
            "{}",
            ended.stdout
        );
    }
    // A file without symbols does not show its statics.
    let ended = hotmod(&["inspect"], &[&stripped(&denied, folder.path())]);
    assert_eq!(ended.status, Some(3));
    assert!(
        ended.stdout.contains("\n  statics: expected none"),
        "{}",
        ended.stdout
    );
}

#[test]
fn diff_and_check_say_which_start_anew() {
    let folder = tempfile::tempdir().expect("a directory");
    let (old, new) = (STATICS.file(BASE), STATICS.file("next"));
    let lock = hotmod_in(folder.path(), &["lock"], &[&old]);
    assert_eq!(lock.status, Some(0), "{}", lock.stderr);
    for ended in [
        hotmod(&["diff"], &[&old, &new]),
        hotmod_in(folder.path(), &["check"], &[&new]),
    ] {
        assert_eq!(ended.status, Some(0), "{}{}", ended.stdout, ended.stderr);
        let said = "\nstart anew, as all statics do:\n  static cli_statics_next::HERE [HM-0319]\n  \
                    thread-local cli_statics_next::LOCAL [HM-0319]\n  \
                    statics of `extern \"C\"`: HOTMOD_TEST_C [HM-0319]\n";
        assert!(ended.stdout.ends_with(said), "{}", ended.stdout);
    }
    for json in [
        hotmod(&["diff", "--format=json"], &[&old, &new]).json(),
        hotmod_in(folder.path(), &["check", "--format=json"], &[&new]).json(),
    ] {
        assert_eq!(json["statics_seen"], true);
        let anew = json["differences"].as_array().expect("a list").iter();
        let anew: Vec<_> = anew.filter(|it| it["rule"] == "starts-anew").collect();
        assert_eq!(anew.len(), 3, "{json:#}");
        assert_eq!(
            (&anew[0]["refuses"], &anew[0]["loses"]),
            (&false.into(), &false.into())
        );
    }
    // On the way back statics are as they were left, and the statics of the file that is replaced do not
    // start anew.
    for (arguments, new) in [(&["diff", "--back"][..], &new), (&["diff"], &old)] {
        let ended = hotmod(arguments, &[&old, new]);
        assert!(!ended.stdout.contains("anew"), "{}", ended.stdout);
    }
}

#[test]
fn of_a_stripped_file_it_is_said_that_they_cannot_be_seen() {
    let folder = tempfile::tempdir().expect("a directory");
    let whole = STATICS.file(BASE);
    let stripped = stripped(&STATICS.file("next"), folder.path());
    let said = "is stripped of its symbols, so its statics cannot be seen\n    help: write `strip = \
                \"debuginfo\"` in the profile, which leaves them\n";
    let ended = hotmod(&["inspect"], &[&stripped]);
    assert_eq!(ended.status, Some(0));
    let inspected = format!("\n\nstatics\n  the file {said}");
    assert!(ended.stdout.contains(&inspected), "{}", ended.stdout);
    let json = hotmod(&["inspect", "--format=json"], &[&stripped]).json();
    assert!(json["statics"]["seen"].is_null());

    let lock = hotmod_in(folder.path(), &["lock"], &[&stripped]);
    assert_eq!(lock.status, Some(0), "{}", lock.stderr);
    let path = stripped.display();
    for (ended, file) in [
        (hotmod(&["diff"], &[&whole, &stripped]), format!("{path} ")),
        (hotmod(&["diff"], &[&stripped, &whole]), format!("{path} ")),
        (
            hotmod_in(folder.path(), &["check"], &[&whole]),
            "hotmod.lock ".to_owned(),
        ),
    ] {
        assert_eq!(ended.status, Some(0), "{}{}", ended.stdout, ended.stderr);
        let said = format!("\n{file}{said}");
        assert!(ended.stdout.contains(&said), "{}", ended.stdout);
    }
    let json = hotmod(&["diff", "--format=json"], &[&whole, &stripped]).json();
    assert_eq!(json["statics_seen"], false);
}
