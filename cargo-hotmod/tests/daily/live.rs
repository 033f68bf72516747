//! From nothing to a live edit.

use std::fs;
use std::time::Instant;

use serde_json::Value;

use crate::made::{Made, Running, curl};

/// Prints how long each step took.
struct Steps(Instant);

impl Steps {
    fn done(&mut self, what: &str) {
        println!("{what}: {:.2} s", self.0.elapsed().as_secs_f64());
        self.0 = Instant::now();
    }
}

/// Whether the module that was built is the one that cargo builds together with the server, of what both share.
fn is_of_what_the_server_is_built_of(made: &Made) -> bool {
    let server = format!("{}-server", made.name);
    let together = [
        "build",
        "--package",
        made.name,
        "--package",
        &server,
        "--lib",
    ];
    let built = made.cargo_beside(&[&together[..], &["--message-format", "json"]].concat());
    assert_eq!(built.status, Some(0), "{}", built.stderr);
    let messages = built
        .stdout
        .lines()
        .map(|it| serde_json::from_str(it).expect("a message"));
    let mut modules = messages.filter(|it: &Value| it["target"]["name"] == made.name);
    let module = modules.next().expect("what is said of the module");
    module["fresh"] == true
}

#[test]
fn an_edit_of_a_new_workspace_is_live_and_is_taken_back() {
    let made = Made::new("arcade");
    println!("cargo hotmod new: {:.2} s", made.took.as_secs_f64());
    let mut steps = Steps(Instant::now());
    let built = made.prints(&["build"]);
    assert!(built.contains("arcade 0.2.0 ("), "{built}");
    assert!(
        built.contains("modules/libarcade.so: no server runs it"),
        "{built}"
    );
    steps.done("cargo hotmod build");
    let server = made.server();
    steps.done("the server is built");
    assert!(
        is_of_what_the_server_is_built_of(&made),
        "another hotmod was compiled for the module"
    );
    let mut running = Running::start(made.command(server.to_str().expect("a path")));
    let ada = running.waits_for("/greet/ada");
    assert_eq!(curl(&ada), "hello ada, visit 1");
    steps.done("serving");

    let module = made.path("modules/libarcade.so");
    let first = fs::read(&module).expect("a module");

    // The server of another `run` would take over from it.
    let second = made.hotmod(&["run"]);
    assert_eq!(second.status, Some(2), "{}", second.stdout);
    let why = "a server that `cargo hotmod run` did not start answers at ";
    assert!(second.stderr.contains(why), "{}", second.stderr);

    // An edit that keeps the state.
    made.edit(
        "module/src/lib.rs",
        "{} {name}, visit {}",
        "{} {name}, your visit {}",
    );
    let built = made.prints(&["build"]);
    assert!(
        built.contains(": adopt, held against 0.2.0, which runs"),
        "{built}"
    );
    // The server's watch may have taken it already, or is about to: this answers once it runs.
    made.prints(&["update", "--yes"]);
    steps.done("edit to live");
    assert_eq!(curl(&ada), "hello ada, your visit 2");

    let status = made.prints(&["status"]);
    assert!(status.contains("\n  world: 1 instances"), "{status}");
    // By now it is known what links here.
    let doctor = made.hotmod(&["doctor"]).stdout;
    let linker = doctor.lines().find(|it| it.contains("linker: "));
    assert!(
        linker.is_some_and(|it| !it.contains("no module is built")),
        "{doctor}"
    );
    assert_eq!(
        made.prints(&["get", "world", "guests[\"ada\"].visits"])
            .trim(),
        "2"
    );
    let events = made.prints(&["events", "--kept"]);
    assert!(
        events.contains("arcade 0.2.0 → 0.2.0: published"),
        "{events}"
    );

    // The server's watch and the command both take the new file up. Whichever is first, the command succeeds.
    let second = fs::read(&module).expect("a module");
    let bob = ada.replace("ada", "bob");
    for (visit, file) in (1..=20).zip([&first, &second].into_iter().cycle()) {
        let aside = module.with_extension("next");
        fs::write(&aside, file).expect("a file");
        fs::rename(&aside, &module).expect("a file");
        made.prints(&["update", "libarcade.so", "--yes"]);
        let your = if visit % 2 == 0 { "your " } else { "" };
        assert_eq!(curl(&bob), format!("hello bob, {your}visit {visit}"));
    }

    // Without a terminal and without `--yes`, only the plan is shown.
    let asked = made.prints(&["rollback"]);
    assert!(
        asked.ends_with("nothing was changed; `--yes` does it\n"),
        "{asked}"
    );
    assert_eq!(curl(&ada), "hello ada, your visit 3");
    made.prints(&["rollback", "--yes", "--reason", "a test"]);
    assert_eq!(curl(&ada), "hello ada, visit 4");

    // One that loses the way to make a value.
    let field = "    greeting: String,\n}";
    made.edit(
        "module/src/lib.rs",
        field,
        "    greeting: String,\n    season: u32,\n}",
    );
    let init = "greeting: greeting.to_owned(),";
    made.edit("module/src/lib.rs", init, &format!("{init} season: 1,"));
    let refused = made.hotmod(&["build", "--format", "json"]);
    assert_eq!(refused.status, Some(3), "{}", refused.stderr);
    let build = &refused.json()["builds"][0];
    assert_eq!(
        (&build["verdict"], &build["moved"]),
        (&"refuse".into(), &false.into())
    );
    let why = build["refusal"].as_str().expect("a refusal");
    assert!(
        why.contains("World.season") && why.contains("#[state(default)]"),
        "{why}"
    );
    let proposed = "help: `cargo hotmod fix` writes #[state(default)] on World.season";
    assert!(why.ends_with(proposed), "{why}");
    // It names the file that it would be, and not the copy that was judged.
    assert!(why.contains("/modules/libarcade.so) is refused"), "{why}");
    let shown = made.prints(&["fix", "--dry-run"]);
    assert!(
        shown.contains("\n+     #[state(default)]\n      season: u32,\n"),
        "{shown}"
    );

    // One that migrates, shown first.
    made.edit(
        "module/src/lib.rs",
        "    season: u32,",
        "    #[state(default = 3)]\n    season: u32,",
    );
    let built = made.prints(&["build"]);
    assert!(
        built.contains(": migrate, held against 0.2.0, which runs"),
        "{built}"
    );
    made.prints(&["update", "--yes"]);
    // The state follows at its next use.
    assert_eq!(curl(&ada), "hello ada, your visit 5");
    assert_eq!(made.prints(&["get", "world", "season"]).trim(), "3");

    // What the server says against a request has its own code, and no other beside it.
    for (asked, code) in [
        (&["get", "world", "nonsense"][..], "[HM-0527]"),
        (&["get", "world", "guests["], "[HM-0526]"),
        (&["get", "nowhere"], "[HM-0802]"),
        (&["update", "../libarcade.so"], "[HM-0002]"),
    ] {
        let denied = made.hotmod(asked);
        assert_eq!(denied.status, Some(2), "{asked:?}: {}", denied.stdout);
        let first = denied.stderr.lines().next().unwrap_or_default();
        assert!(first.ends_with(code), "{asked:?}: {}", denied.stderr);
        for once in ["[HM-", "help: "] {
            let count = denied.stderr.matches(once).count();
            assert_eq!(count, 1, "{asked:?}: {}", denied.stderr);
        }
    }

    // The next process goes on with the state.
    let (status, printed) = running.stop();
    assert!(
        status.success() && printed.contains("state kept in "),
        "{printed}"
    );
    let mut running = Running::start(made.command(server.to_str().expect("a path")));
    let ada = running.waits_for("/greet/ada");
    assert!(
        running.printed.contains(" goes on\n"),
        "{}",
        running.printed
    );
    assert_eq!(curl(&ada), "hello ada, your visit 6");
    running.stop();
}

#[test]
fn what_is_new_passes_its_own_tests() {
    let made = Made::new("kiosk");
    let formatted = made.cargo(&["fmt", "--all", "--check"]);
    assert_eq!(formatted.status, Some(0), "{}", formatted.stdout);
    let passes = || {
        let tested = made.cargo_beside(&["test", "--workspace"]);
        assert_eq!(tested.status, Some(0), "{}{}", tested.stdout, tested.stderr);
        let passed = "test what_the_last_release_remembers_survives ... ok";
        assert!(tested.stdout.contains(passed), "{}", tested.stdout);
    };
    passes();
    // Also once it was edited as the first ten minutes have it.
    made.edit(
        "module/src/lib.rs",
        "{} {name}, visit {}",
        "{} {name}! This is visit {}.",
    );
    passes();
}
