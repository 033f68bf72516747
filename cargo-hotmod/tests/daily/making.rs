//! What `new` and `init` make, and what they refuse.

use std::fs;
use std::process::Command;

use hotmod_tests::patience::PATIENCE;

fn hotmod(directory: &std::path::Path, arguments: &[&str]) -> (Option<i32>, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cargo-hotmod"));
    let output = command
        .current_dir(directory)
        .args(arguments)
        .output()
        .expect("the command line");
    let text = [output.stdout, output.stderr].concat();
    (
        output.status.code(),
        String::from_utf8_lossy(&text).into_owned(),
    )
}

#[test]
fn a_name_that_cargo_would_refuse_is_refused_and_nothing_is_made() {
    let directory = tempfile::tempdir().expect("a directory");
    for name in ["fn", "7up", "a b", "hotmod", "..", "test"] {
        let (status, said) = hotmod(directory.path(), &["new", name]);
        assert_eq!(status, Some(2), "{name}: {said}");
        assert!(said.contains("help: "), "{said}");
    }
    assert_eq!(fs::read_dir(directory.path()).expect("it").count(), 0);
}

#[test]
fn what_is_there_is_left_alone() {
    let directory = tempfile::tempdir().expect("a directory");
    let game = directory.path().join("game");
    fs::create_dir(&game).expect("a directory");
    fs::write(game.join("notes"), "mine").expect("a file");
    let (status, said) = hotmod(directory.path(), &["new", "game"]);
    assert_eq!(status, Some(2), "{said}");
    assert_eq!(fs::read_dir(game).expect("it").count(), 1);
}

#[test]
fn a_workspace_gets_the_crates_as_members_and_keeps_the_rest() {
    let directory = tempfile::tempdir().expect("a directory");
    let manifest = directory.path().join("Cargo.toml");
    let before = "# mine\n[workspace]\nmembers = [\"tools\"]   # these\n";
    fs::write(&manifest, before).expect("a manifest");
    fs::write(directory.path().join(".gitignore"), "/target").expect("a file");
    let (status, said) = hotmod(directory.path(), &["init", "game"]);
    assert_eq!(status, Some(0), "{said}");
    let after = fs::read_to_string(&manifest).expect("a manifest");
    for line in [
        "# mine",
        "members = [\"tools\", \"game/interface\", \"game/module\", \"game/server\"]   # these",
        &format!("hotmod = \"{}\"", env!("CARGO_PKG_VERSION")),
        "server = \"game-server\"",
    ] {
        assert!(
            after.lines().any(|it| it == line),
            "no `{line}` in:\n{after}"
        );
    }
    let ignored = fs::read_to_string(directory.path().join(".gitignore")).expect("a file");
    assert_eq!(ignored.matches("/target").count(), 1, "{ignored}");
    assert!(ignored.lines().any(|it| it == "/modules"), "{ignored}");
    // A second server would take the same socket.
    let (status, said) = hotmod(directory.path(), &["init", "other"]);
    assert_eq!((status, said.contains("help: ")), (Some(2), true), "{said}");
    assert_eq!(fs::read_to_string(&manifest).expect("a manifest"), after);
}

#[test]
fn what_no_server_answers_says_so() {
    let directory = tempfile::tempdir().expect("a directory");
    let begun = std::time::Instant::now();
    for verb in [
        &["status"][..],
        &["update"],
        &["rollback"],
        &["events"],
        &["get", "world"],
    ] {
        let arguments = [verb, &["--socket", "none.sock"]].concat();
        let (status, said) = hotmod(directory.path(), &arguments);
        assert_eq!(status, Some(2), "{said}");
        assert!(said.contains("no server answers at "), "{said}");
    }
    assert!(begun.elapsed() < PATIENCE);
}

#[test]
fn the_doctor_says_what_stands_in_the_way() {
    let made = crate::made::Made::new("clinic");
    let well = made.hotmod(&["doctor"]);
    assert_eq!(well.status, Some(0), "{}{}", well.stdout, well.stderr);
    assert!(
        well.stdout.contains("fine  profiles: panics unwind"),
        "{}",
        well.stdout
    );
    made.edit(
        "Cargo.toml",
        "[profile.dev]\n",
        "[profile.dev]\npanic = \"abort\"\n",
    );
    let ill = made.hotmod(&["doctor", "--format", "json"]);
    assert_eq!(ill.status, Some(3), "{}{}", ill.stdout, ill.stderr);
    let diagnosis = ill.json();
    let found = diagnosis["findings"].as_array().expect("findings");
    let fault = found
        .iter()
        .find(|it| it["kind"] == "fault")
        .expect("a fault");
    assert!(
        fault["text"]
            .as_str()
            .is_some_and(|it| it.contains("profile.dev")),
        "{fault}"
    );
}

#[test]
fn each_shell_has_completions_of_all_verbs() {
    for shell in ["bash", "zsh", "fish"] {
        let (status, script) = hotmod(std::path::Path::new("."), &["completions", shell]);
        assert_eq!(status, Some(0), "{script}");
        for verb in ["watch", "rollback", "snapshot", "doctor"] {
            assert!(script.contains(verb), "{shell} has no {verb}");
        }
    }
}
