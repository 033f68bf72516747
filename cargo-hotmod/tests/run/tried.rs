//! `cargo hotmod try`.

use std::path::Path;
use std::process::Command;

use hotmod_host::{Host, Pool, SharedInstance, Snapshot};
use hotmod_tests::fixture::BASE;
use hotmod_tests::interfaces::till::Till;
use serde_json::json;

use crate::variants::TILLS;
use crate::{Ended, hotmod, load, pool, written};

fn tried(variant: &str, snapshot: &Path, arguments: &[&str]) -> Ended {
    let file = TILLS.file(variant);
    let all = [&["try"], arguments, &["--snapshot"]].concat();
    hotmod(&all, &[snapshot, &file])
}

#[test]
fn states_that_fit_are_counted_with_what_they_take() {
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("tills.snapshot");
    written(&file, &[1, 200, 3]);
    let ended = tried("narrow", &file, &["--format", "json"]);
    assert_eq!(ended.status, Some(0), "{}{}", ended.stdout, ended.stderr);
    let answer = ended.json();
    assert_eq!(
        (&answer["module"], &answer["version"]),
        (&"till".into(), &"1.1.0".into())
    );
    let group = &answer["groups"][0];
    assert_eq!(
        (&group["name"], &group["fit"]),
        (&"tills".into(), &3.into())
    );
    assert_eq!(group["versions"][0], "1.0.0");
    for figure in ["took_ns", "longest_ns", "bytes", "largest_bytes"] {
        assert!(group[figure].as_u64() > Some(0), "{figure} in {answer:#}");
    }
    let rollback = &answer["rollbacks"][0];
    assert_eq!(rollback["to"], "1.0.0");
    let lost = rollback["differences"].as_array().expect("a list");
    assert!(
        lost.iter()
            .any(|it| it["path"] == "Drawer.season" && it["loses"] == true),
        "{answer:#}"
    );

    let told = tried("narrow", &file, &[]).stdout;
    assert!(
        told.starts_with("3 of 3 states fit `till` 1.1.0\ntills: 3 of 3 states of 1.0.0; "),
        "{told}"
    );
    assert!(
        told.contains("a rollback to 1.0.0:\n  Drawer.season: "),
        "{told}"
    );
}

/// As under `cargo hotmod try … | head`.
#[test]
fn the_verdict_stands_where_nothing_reads_what_is_told() {
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("tills.snapshot");
    for (coin, status) in [(200, Some(0)), (u32::MAX, Some(3))] {
        written(&file, &[1, coin]);
        let (reader, writer) = std::io::pipe().expect("a pipe");
        drop(reader);
        let ended = Command::new(env!("CARGO_BIN_EXE_cargo-hotmod"))
            .args(["hotmod", "try", "--snapshot"])
            .args([&file, &TILLS.file("narrow")])
            .stdout(writer)
            .output()
            .expect("cargo-hotmod");
        let told = String::from_utf8_lossy(&ended.stderr);
        assert_eq!((ended.status.code(), &*told), (status, ""));
    }
}

#[test]
fn one_that_does_not_fit_is_named_by_key_and_path() {
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("tills.snapshot");
    written(&file, &[1, 300, 3]);
    let ended = tried("narrow", &file, &["--format", "json"]);
    assert_eq!(ended.status, Some(3), "{}", ended.stderr);
    let answer = ended.json();
    let group = &answer["groups"][0];
    assert_eq!((&group["fit"], &group["states"]), (&2.into(), &3.into()));
    let stuck = &group["stuck"][0];
    assert_eq!(
        (&stuck["key"], &stuck["version"]),
        (&1.into(), &"1.0.0".into())
    );
    assert_eq!(stuck["path"], "Drawer.coins[0].worth");
    assert!(
        stuck["reason"]
            .as_str()
            .is_some_and(|it| it.contains("300")),
        "{answer:#}"
    );
    let told = tried("narrow", &file, &[]).stdout;
    assert!(
        told.contains("\n  tills[1] 1.0.0: Drawer.coins[0].worth: "),
        "{told}"
    );

    // A live update says the same of the same state.
    let host = Host::builder().build().expect("a host");
    let module = load(&host, BASE);
    let mut till = module.create("").expect("a till");
    till.take(300, "silver").expect("a call");
    module.update(TILLS.file("narrow")).expect("an update");
    let error = till.migrate().expect_err("a coin that does not fit");
    assert_eq!(
        (&*error.path, &*error.reason),
        (
            "Drawer.coins[0].worth",
            stuck["reason"].as_str().expect("a reason")
        )
    );
}

/// `HOTMOD_STATES` says among how many; `tests/long/tried.sh` asks for a million.
#[test]
fn one_bad_value_among_very_many_is_named() {
    let count = std::env::var("HOTMOD_STATES").ok();
    let count: u32 = count.map_or(10_000, |it| it.parse().expect("HOTMOD_STATES is a number"));
    let bad = count / 3 * 2;
    let worth: Vec<u32> = (0..count)
        .map(|it| if it == bad { 300 } else { it % 256 })
        .collect();
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("tills.snapshot");
    written(&file, &worth);
    let ended = tried("narrow", &file, &["--format", "json"]);
    assert_eq!(ended.status, Some(3), "{}", ended.stderr);
    let answer = ended.json();
    let group = &answer["groups"][0];
    println!(
        "{count} states: {} ns, {} bytes",
        group["took_ns"], group["bytes"]
    );
    assert_eq!(
        (&group["states"], &group["fit"]),
        (&count.into(), &(count - 1).into())
    );
    let stuck = group["stuck"].as_array().expect("a list");
    let [stuck] = stuck.as_slice() else {
        panic!("{stuck:?}");
    };
    assert_eq!(
        (&stuck["key"], &stuck["path"]),
        (&bad.into(), &"Drawer.coins[0].worth".into())
    );
}

#[test]
fn what_is_refused_is_refused_as_an_update_would_be() {
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("tills.snapshot");
    written(&file, &[1]);
    let ended = tried("refused", &file, &["--format", "json"]);
    assert_eq!(ended.status, Some(3), "{}", ended.stderr);
    let answer = ended.json();
    let refused = answer["groups"][0]["refused"].as_str().expect("a reason");
    assert!(refused.contains("Drawer.last"), "{refused}");
}

#[test]
fn a_call_of_an_import_fails_without_a_server() {
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("tills.snapshot");
    written(&file, &[1]);
    let ended = tried("asking", &file, &["--format", "json"]);
    assert_eq!(ended.status, Some(3), "{}", ended.stderr);
    let answer = ended.json();
    let stuck = &answer["groups"][0]["stuck"][0];
    let reason = stuck["reason"].as_str().expect("a reason");
    assert!(
        reason.starts_with("`is_allowed` finds it wrong: "),
        "{reason}"
    );
    assert!(
        reason.contains("the import `allowed` was called, and the host has stubs"),
        "{reason}"
    );
}

/// Where this test is the server's own program: see below.
const SERVER: &str = "HOTMOD_TEST_SERVER";

#[test]
fn a_server_answers_in_its_own_program() {
    if std::env::var_os(SERVER).is_some() {
        let host = Host::builder().provide("allowed", |name: &str| -> bool { name != "till 1" });
        let host = host.build().expect("a host");
        let status = host.try_if_asked().expect("a request");
        std::process::exit(match status == std::process::ExitCode::from(3) {
            true => 3,
            false => 0,
        });
    }
    let directory = tempfile::tempdir().expect("a directory");
    let path = |name: &str| directory.path().join(name);
    let file = path("tills.snapshot");
    written(&file, &[1, 2, 3]);
    let server = path("server");
    let own = std::env::current_exe().expect("this program");
    let script = format!(
        "#!/bin/sh\nexec env {SERVER}=1 '{}' --exact tried::a_server_answers_in_its_own_program --nocapture -q\n",
        own.display()
    );
    std::fs::write(&server, script).expect("a file");
    let permissions = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(&server, permissions).expect("a program");
    let host = server.to_str().expect("UTF-8");
    let ended = tried("asking", &file, &["--host", host]);
    assert_eq!(ended.status, Some(3), "{}{}", ended.stdout, ended.stderr);
    assert!(
        ended.stdout.contains("2 of 3 states fit `till` 1.1.0"),
        "{}",
        ended.stdout
    );
    assert!(
        ended
            .stdout
            .contains("tills[1] 1.0.0: `is_allowed` finds it wrong: till 1 is not allowed"),
        "{}",
        ended.stdout
    );

    // What a preflight did to a state is not written down.
    let new = path("new.snapshot");
    let migrate = ["snapshot", "migrate", "--host", host, "--output"];
    let ended = hotmod(&migrate, &[&new, &file, &TILLS.file("asking")]);
    assert_eq!(ended.status, Some(3), "{}{}", ended.stdout, ended.stderr);
    let migrated = Snapshot::open(&new).expect("a snapshot");
    let states = migrated.instances(&migrated.groups()[0]).map(|it| {
        let shown = migrated.show(&migrated.groups()[0], &it).expect("a state");
        let worth = shown.part("coins[0].worth").map(|it| it.to_string());
        (it.build.build().version.clone(), worth.expect("a coin"))
    });
    let states: Vec<_> = states.collect();
    let state = |version: &str, worth: &str| (version.to_owned(), worth.to_owned());
    let expected = [
        state("1.1.0", "1"),
        state("1.0.0", "2"),
        state("1.1.0", "3"),
    ];
    assert_eq!(states, expected);

    let silent = tried("asking", &file, &["--host", "/bin/true"]);
    assert_eq!(silent.status, Some(2));
    assert!(
        silent.stderr.contains("let it call `Host::try_if_asked`"),
        "{}",
        silent.stderr
    );
}

#[test]
fn states_that_end_the_process_are_told_and_the_others_tried() {
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("tills.snapshot");
    written(
        &file,
        &[1, 300, u32::MAX, 2, 4_000_000_007, u32::MAX, 300, 3],
    );
    let ended = tried("crashing", &file, &["--format", "json"]);
    assert_eq!(ended.status, Some(3), "{}", ended.stderr);
    let answer = ended.json();
    let group = &answer["groups"][0];
    let numbers = ["states", "fit", "untried"].map(|it| group[it].as_u64());
    assert_eq!(numbers, [Some(8), Some(3), Some(0)], "{answer:#}");
    let stuck = group["stuck"].as_array().expect("a list").iter();
    let stuck: Vec<(u64, &str)> = stuck
        .map(|it| (it["key"].as_u64(), it["reason"].as_str()))
        .map(|(key, reason)| (key.expect("a key"), reason.expect("a reason")))
        .collect();
    let by_signal = "the process that made it was ended by signal 6 [HM-0704]";
    assert_eq!(
        stuck,
        [
            (1, "too much"),
            (2, by_signal),
            (4, "the process that made it ended with status 0 [HM-0704]"),
            (5, by_signal),
            (6, "too much"),
        ]
    );
    // What was counted before the process ended is counted.
    let [all, largest] = ["bytes", "largest_bytes"].map(|it| group[it].as_u64());
    assert!(all > largest && largest > Some(0), "{answer:#}");

    let ended = tried("crashing", &file, &[]);
    assert_eq!((ended.status, &*ended.stderr), (Some(3), ""));
    assert!(
        ended.stdout.starts_with("3 of 8 states fit `till` 1.1.0\n")
            && ended
                .stdout
                .contains("\n  tills[2] 1.0.0: the process that made it was ended by "),
        "{}",
        ended.stdout
    );
}

/// What a process is asked for once too many have ended.
#[test]
fn what_is_left_untried_is_told() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = |name: &str| directory.path().join(name);
    let file = path("tills.snapshot");
    written(&file, &[1, u32::MAX, u32::MAX, u32::MAX]);
    let at = |state: u64| json!({"group": 0, "state": state, "how": "was ended"});
    let request = json!({
        "module": TILLS.file("crashing"),
        "snapshot": file,
        "progress": path("progress"),
        "ended": [at(1), at(2)],
        "stops": true,
    });
    let output = Command::new(env!("CARGO_BIN_EXE_cargo-hotmod"))
        .env("HOTMOD_TRY", request.to_string())
        .env("HOTMOD_TRY_BESIDE", "[]")
        .output()
        .expect("cargo-hotmod");
    let told = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(3), "{told}");
    assert!(told.starts_with("1 of 4 states fit"), "{told}");
    assert!(
        told.contains("\n  1 were not tried, since the process ended so often"),
        "{told}"
    );
}

#[test]
fn files_that_cannot_be_tried_are_told() {
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("tills.snapshot");
    let absent = tried(BASE, &file, &[]);
    assert_eq!(
        (absent.status, &*absent.stdout),
        (Some(2), ""),
        "{}",
        absent.stderr
    );
    written(&file, &[1]);
    let ended = hotmod(&["try", "--snapshot"], &[&file, &file]);
    assert_eq!(
        (ended.status, &*ended.stdout),
        (Some(2), ""),
        "{}",
        ended.stderr
    );
    // Nothing of this module.
    let host = Host::builder().build().expect("a host");
    let empty = directory.path().join("empty.snapshot");
    host.snapshot(&empty).expect("a snapshot");
    let ended = tried(BASE, &empty, &[]);
    assert_eq!(ended.status, Some(2));
    assert!(
        ended
            .stderr
            .contains("the snapshot has no states of `till`"),
        "{}",
        ended.stderr
    );
}

#[test]
fn a_shared_instance_has_no_key() {
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("tills.snapshot");
    let host = Host::builder().build().expect("a host");
    let module = load(&host, BASE);
    let till = SharedInstance::builder(&module).name("the till").create("");
    let till: SharedInstance<dyn Till> = till.expect("a till");
    till.call(|it| it.take(300, "gold")).expect("a call");
    let _none: Pool<u64, dyn Till> = pool(&module);
    host.snapshot(&file).expect("a snapshot");
    let told = tried("narrow", &file, &[]);
    assert_eq!(told.status, Some(3), "{}", told.stderr);
    assert!(
        told.stdout
            .contains("\n  the till 1.0.0: Drawer.coins[0].worth: "),
        "{}",
        told.stdout
    );
    assert!(
        told.stdout.contains("\ntills: 0 of 0 states"),
        "{}",
        told.stdout
    );
}
