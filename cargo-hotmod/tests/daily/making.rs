//! What `new` and `init` make, and what they refuse.

use std::fs;
use std::process::Command;

use hotmod_tests::patience::PATIENCE;
use object::{Object, ObjectSection};

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
    for name in [
        "fn",
        "7up",
        "a b",
        "hotmod",
        "hotmod-host",
        "tokio",
        "..",
        "test",
    ] {
        let (status, said) = hotmod(directory.path(), &["new", name]);
        assert_eq!(status, Some(2), "{name}: {said}");
        assert!(said.contains("help: "), "{said}");
    }
    assert_eq!(fs::read_dir(directory.path()).expect("it").count(), 0);
}

#[test]
fn who_operates_a_server_from_elsewhere_is_told_to_name_its_socket() {
    let nowhere = tempfile::tempdir_in("/tmp").expect("a directory");
    for verb in ["status", "events", "update", "rollback"] {
        let (status, said) = hotmod(nowhere.path(), &[verb]);
        assert_eq!(status, Some(2), "{verb}: {said}");
        assert!(
            said.contains("help: ") && said.contains("`--socket`"),
            "{said}"
        );
        // Which it does not have.
        assert!(!said.contains("--manifest-path"), "{verb}: {said}");
    }
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
    package(&directory.path().join("tools"), "tools");
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

/// A package of this name in a directory.
fn package(directory: &std::path::Path, name: &str) {
    fs::create_dir_all(directory.join("src")).expect("a directory");
    let manifest = format!("[package]\nname = \"{name}\"\nversion = \"1.0.0\"\n");
    fs::write(directory.join("Cargo.toml"), manifest).expect("a manifest");
    fs::write(directory.join("src/lib.rs"), "").expect("a source");
}

#[test]
fn a_workspace_whose_members_are_a_pattern_has_them_too() {
    for (pattern, excludes) in [
        ("*", true),
        ("t*", false),
        ("?*", true),
        ("crates/*", false),
    ] {
        let directory = tempfile::tempdir_in("/tmp").expect("a directory");
        package(&directory.path().join("tools"), "tools");
        package(&directory.path().join("crates/a"), "a");
        let manifest = directory.path().join("Cargo.toml");
        // One that `*` would take for a package, too.
        let before = format!("[workspace]\nmembers = [\"{pattern}\"]\nexclude = [\"crates\"]\n");
        fs::write(&manifest, before).expect("a manifest");
        // That they are members was asked of cargo.
        let (status, said) = hotmod(directory.path(), &["init", "game"]);
        assert_eq!(status, Some(0), "{pattern}: {said}");
        let after = fs::read_to_string(&manifest).expect("a manifest");
        let expected = match excludes {
            true => "exclude = [\"crates\", \"game\"]",
            false => "exclude = [\"crates\"]",
        };
        assert!(after.lines().any(|it| it == expected), "{pattern}: {after}");
    }
}

#[test]
fn a_workspace_that_cannot_take_the_crates_is_left_as_it_was() {
    // What lies there, the manifest, and what is said of it.
    type Place = (
        &'static str,
        fn(&std::path::Path),
        &'static str,
        &'static str,
    );
    let places: [Place; 5] = [
        (
            "game",
            |root| package(&root.join("crates/game"), "game"),
            "[workspace]\nmembers = [\"crates/*\"]\n",
            "the workspace has a package `game` already",
        ),
        (
            "game",
            |_| {},
            "[workspace]\n[workspace.dependencies]\nhotmod = \"which?\"\n",
            "the workspace does not take the crates up: cargo says: ",
        ),
        (
            "game",
            |root| {
                fs::create_dir_all(root.join("game/server")).expect("a directory");
                fs::write(root.join("game/server/Cargo.toml"), "").expect("a file");
            },
            "[workspace]\n",
            "game/server/Cargo.toml cannot be written",
        ),
        (
            "game",
            |_| {},
            "[workspace]\nmembers = [\"gone\"]\n",
            "the workspace cannot be read: cargo says: ",
        ),
        ("new", |_| {}, "[workspace", "is no manifest"),
    ];
    for (name, make, manifest, says) in places {
        let directory = tempfile::tempdir_in("/tmp").expect("a directory");
        make(directory.path());
        fs::write(directory.path().join("Cargo.toml"), manifest).expect("a manifest");
        let before = everything(directory.path());
        let (status, said) = hotmod(directory.path(), &["init", name]);
        assert_eq!(status, Some(2), "{said}");
        assert!(said.contains(says) && said.contains("help: "), "{said}");
        assert_eq!(everything(directory.path()), before, "{said}");
    }
    // A member is no place for crates of its workspace.
    let directory = tempfile::tempdir_in("/tmp").expect("a directory");
    let tools = directory.path().join("tools");
    package(&tools, "tools");
    let manifest = "[workspace]\nmembers = [\"tools\"]\n";
    fs::write(directory.path().join("Cargo.toml"), manifest).expect("a manifest");
    let before = everything(directory.path());
    let (status, said) = hotmod(&tools, &["init", "game"]);
    assert_eq!(status, Some(2), "{said}");
    assert!(said.contains("is a part of the workspace in "), "{said}");
    assert_eq!(everything(directory.path()), before, "{said}");
}

/// All that lies in a directory, with what the files hold.
fn everything(directory: &std::path::Path) -> Vec<(std::path::PathBuf, Option<Vec<u8>>)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(directory).expect("a directory").flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(everything(&path));
        }
        found.push((path.clone(), fs::read(&path).ok()));
    }
    found.sort();
    found
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
        assert!(said.contains(" [HM-0711]\n"), "{said}");
    }
    assert!(begun.elapsed() < PATIENCE);
}

#[test]
fn the_doctor_says_what_stands_in_the_way() {
    let made = crate::made::Made::new("clinic");
    let well = made.hotmod(&["doctor"]);
    assert_eq!(well.status, Some(0), "{}{}", well.stdout, well.stderr);
    // What only its test depends on has a runtime, and is none of the module's.
    assert!(!well.stdout.contains("note  runtime"), "{}", well.stdout);
    assert!(
        well.stdout.contains("fine  profiles: panics unwind"),
        "{}",
        well.stdout
    );
    // Cargo has it from elsewhere, too.
    fs::create_dir(made.path(".cargo")).expect("a directory");
    let settings = made.path(".cargo/config.toml");
    fs::write(&settings, "[profile.release]\npanic = \"abort\"\n").expect("a file");
    let mut command = made.command(env!("CARGO_BIN_EXE_cargo-hotmod"));
    command.env("CARGO_PROFILE_DEV_PANIC", "abort");
    command.env("TMPDIR", made.path("nowhere")).arg("doctor");
    let ill = crate::made::Ended::of(&command.output().expect("the command line"));
    assert_eq!(ill.status, Some(3), "{}{}", ill.stdout, ill.stderr);
    for says in [
        "`panic = \"abort\"` in `profile.release` of ",
        "`CARGO_PROFILE_DEV_PANIC=abort` in the environment",
        "nowhere is no directory",
    ] {
        assert!(ill.stdout.contains(says), "no {says} in {}", ill.stdout);
    }
    fs::remove_file(settings).expect("a file");
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

/// What bash completes of the last of some words, with completions of cargo's own that know nothing but `stub`.
fn completed(script: &std::path::Path, words: &[&str]) -> Vec<String> {
    const ASKING: &str = r#"
        of_cargo() { COMPREPLY=(stub); }
        complete -F of_cargo cargo
        source "$1"
        shift
        COMP_WORDS=("$@")
        COMP_CWORD=$(($# - 1))
        registered=$(complete -p "$1")
        [[ $registered =~ -F[[:space:]]+([^[:space:]]+) ]]
        "${BASH_REMATCH[1]}" "$1" "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
        printf '%s\n' "${COMPREPLY[@]}"
    "#;
    let mut command = Command::new("bash");
    command.args(["--norc", "-c", ASKING, "bash"]).arg(script);
    let output = command.args(words).output().expect("bash");
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(said, "", "{words:?}");
    let completed = String::from_utf8(output.stdout).expect("a text");
    completed.lines().map(str::to_owned).collect()
}

#[test]
fn bash_completes_what_follows_cargo_and_leaves_the_rest_to_it() {
    let directory = tempfile::tempdir().expect("a directory");
    let (status, script) = hotmod(directory.path(), &["completions", "bash"]);
    assert_eq!(status, Some(0), "{script}");
    let file = directory.path().join("script");
    fs::write(&file, script).expect("a file");
    for (words, expected) in [
        (&["cargo", "hotmod", "roll"][..], &["rollback"][..]),
        (&["cargo", "+nightly", "hotmod", "stat"], &["status"]),
        (&["cargo", "hotmod", "check", "--den"], &["--deny"]),
        (
            &["cargo", "hotmod", "check", "--deny", ""],
            &["conditional"],
        ),
        (&["cargo", "hotmod", "snapshot", "inf"], &["info"]),
        (&["cargo-hotmod", "snapshot", "inf"], &["info"]),
        (&["cargo-hotmod", "check", "--den"], &["--deny"]),
        (&["cargo", "buil"], &["stub"]),
        (&["cargo", "hotmod"], &["stub"]),
    ] {
        assert_eq!(completed(&file, words), expected, "{words:?}");
    }
}

#[test]
fn a_release_has_no_symbols_and_is_held_against_the_last_one() {
    let made = crate::made::Made::new("forge");
    // Optimised code takes long to make, and nothing here is of it.
    let quick = ["--", "--config", "profile.release.opt-level=0"];
    let build = |more: &[&str]| made.hotmod(&[&["build", "--release"], more, &quick].concat());
    let built = build(&["--format", "json"]);
    assert_eq!(built.status, Some(0), "{}", built.stderr);
    let built = &built.json()["builds"][0];
    assert_eq!(built["against"]["kind"], "nothing", "{built}");
    let module = made.path("modules/libforge.so");
    let sections = |file: &std::path::Path| {
        let bytes = fs::read(file).expect("a file");
        let parsed = object::File::parse(&*bytes).expect("an object file");
        let names = parsed
            .sections()
            .filter_map(|it| it.name().map(str::to_owned).ok());
        (
            parsed.build_id().ok().flatten().map(<[u8]>::to_vec),
            names.collect::<Vec<_>>(),
        )
    };
    let debug_file = std::path::PathBuf::from(built["debug_file"].as_str().expect("a debug file"));
    let ((id, stripped), (debug_id, symbols)) = (sections(&module), sections(&debug_file));
    let has_lines = |names: &[String]| names.iter().any(|it| it == ".debug_line");
    assert!(
        !has_lines(&stripped) && has_lines(&symbols),
        "{stripped:?} {symbols:?}"
    );
    assert!(id.is_some() && id == debug_id);

    // The next one is held against its lock.
    made.prints(&["lock", "modules/libforge.so"]);
    let version = ["version = \"0.2.0\"", "version = \"0.3.0\""];
    made.edit("module/Cargo.toml", version[0], version[1]);
    let built = build(&[]);
    assert_eq!(built.status, Some(0), "{}{}", built.stdout, built.stderr);
    let held = format!(
        ": adopt, held against 0.2.0 of {}",
        made.path("hotmod.lock").display()
    );
    assert!(built.stdout.contains(&held), "{}", built.stdout);
    made.edit(
        "module/src/lib.rs",
        "    visits: u64,",
        "    visits: u64,\n    best: u64,",
    );
    made.edit(
        "module/src/lib.rs",
        "Guest { visits: 0 }",
        "Guest { visits: 0, best: 0 }",
    );
    let (before, refused) = (fs::read(&module).expect("a file"), build(&[]));
    assert_eq!(refused.status, Some(3), "{}", refused.stderr);
    assert!(
        refused
            .stdout
            .contains("World.guests[].best: was absent, now u64 [HM-0201]"),
        "{}",
        refused.stdout
    );
    assert_eq!(fs::read(&module).expect("a file"), before);
}
