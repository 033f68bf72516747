//! Servers that are killed: at each step of what they do, and at any moment.
//!
//! `HOTMOD_KILLS` says how often at any moment, and then each step is tried instead of some of each.

use std::io::Read as _;
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use super::Place;

/// An event that does not come.
const NEVER: u64 = u64::MAX >> 1;

/// How many steps of each operation are tried, unless all are.
const SOME: u64 = 6;

/// What a server has said, and whether it was killed.
#[derive(Debug)]
struct Ran {
    said: Vec<String>,
    is_killed: bool,
}

impl Ran {
    /// What it said behind this word, each time.
    fn all(&self, word: &str) -> Vec<&str> {
        let lines = self.said.iter().filter_map(|line| line.strip_prefix(word));
        lines.filter_map(|rest| rest.strip_prefix(' ')).collect()
    }

    fn begins(&self) -> &str {
        match self.all("begins")[..] {
            [version] => version,
            _ => panic!("{self:#?}"),
        }
    }

    /// The versions that ran after each command.
    fn did(&self) -> Vec<&str> {
        let version = |did: &str| did.len() - did.rsplit(' ').next().unwrap_or_default().len();
        self.all("did")
            .into_iter()
            .map(|did| &did[version(did)..])
            .collect()
    }

    fn events(&self) -> u64 {
        self.all("events")[0].parse().expect("a number")
    }
}

fn command(place: &Place, commands: &[String]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kept_host"));
    command.arg(place.0.path()).args(commands);
    command
}

/// Runs a server, which kills itself at this event if there is one.
fn run(place: &Place, commands: &[String], kill_at: Option<u64>) -> Ran {
    let mut command = command(place, commands);
    if let Some(event) = kill_at {
        command.env("HOTMOD_KILL_AT", event.to_string());
    }
    let output = command.output().expect("a process");
    let is_killed = output.status.signal() == Some(libc::SIGKILL);
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(
        is_killed || output.status.success(),
        "{}: {told}",
        output.status
    );
    Ran {
        said: String::from_utf8_lossy(&output.stdout)
            .lines()
            .map(str::to_owned)
            .collect(),
        is_killed,
    }
}

fn how_often() -> Option<u64> {
    let kills = std::env::var("HOTMOD_KILLS").ok();
    kills.map(|it| it.parse().expect("HOTMOD_KILLS is a number"))
}

/// Where the file of a variant lies, in the module directory.
fn file(place: &Place, variant: &str) -> String {
    let file = place.puts_as(variant, &format!("lib{variant}.so"));
    file.display().to_string()
}

/// A command, what goes on in it, and the version that runs after it.
type Done = (&'static str, &'static str, &'static str);

/// Each command with the file of its variant.
fn with_files(place: &Place, commands: &[&str]) -> Vec<String> {
    let with_file = |command: &&str| match command.split_once('=') {
        Some((verb, variants)) => {
            let files: Vec<String> = variants.split(',').map(|it| file(place, it)).collect();
            format!("{verb}={}", files.join(","))
        }
        None => (*command).to_owned(),
    };
    commands.iter().map(with_file).collect()
}

/// Has servers be killed at each step of these commands, or some, and sees what the next ones begin with.
fn at_each_step(done: &[Done]) {
    let commands: Vec<&str> = done.iter().map(|(command, ..)| *command).collect();
    // The server before was not stopped in order, and had refused what is in the module's file.
    let prepared = || {
        let place = Place::new();
        let refused = with_files(&place, &["refused=refused"]);
        run(&place, &refused, Some(NEVER));
        place.puts("refused");
        place
    };
    let place = prepared();
    let whole = run(&place, &with_files(&place, &commands), None);
    let versions: Vec<&str> = done.iter().map(|(.., version)| *version).collect();
    assert_eq!(whole.did(), versions, "{whole:#?}");
    let events = whole.events();
    assert!(events > 0, "{whole:#?}");
    let stride = how_often().map_or(events.div_ceil(SOME).max(1), |_| 1);
    let mut interrupted = 0;
    for event in (1..=events).rev().step_by(stride as usize) {
        let place = prepared();
        let ran = run(&place, &with_files(&place, &commands), Some(event));
        // What is told by other threads may come later, or not before the end.
        assert!(
            ran.is_killed || event > events / 2,
            "event {event} of {events}: {ran:#?}"
        );
        interrupted += usize::from(sees(&place, done, &ran, event));
    }
    assert!(interrupted > 0, "{done:?}");
}

/// What the server after one that was killed begins with. Whether that was told of something that was going on.
fn sees(place: &Place, done: &[Done], killed: &Ran, event: u64) -> bool {
    let next = run(place, &[], Some(NEVER));
    let told = format!("{done:?} killed at event {event}: {killed:#?}, then {next:#?}");
    let begins = next.begins();
    let did = killed.did();
    // What was seen to run.
    let seen = did.last().copied().unwrap_or("1.0.0");
    let interrupted = next.all("interrupted");
    let is_told = match done.get(did.len()) {
        Some((_, operation, version)) => {
            let expected = format!("{operation} counter");
            let is_told = interrupted.iter().any(|it| it.starts_with(&expected));
            // It was recorded as what runs, or that it was going on is: unless what other threads do of the command
            // before was told just then.
            let is_recorded = is_told || !did.is_empty();
            let is_known = begins == *version || (begins == seen && is_recorded);
            assert!(is_known, "{told}");
            is_told
        }
        None => {
            assert_eq!(begins, seen, "{told}");
            false
        }
    };
    assert_eq!(next.all("unread"), ["0"], "{told}");
    assert!(next.all("kept")[0].contains("was not refused"), "{told}");
    // And so on, from server to server. What was going on is told once.
    let then = run(place, &with_files(place, &["update=third"]), None);
    assert_eq!(then.begins(), begins, "{told}, then {then:#?}");
    assert_eq!(then.all("interrupted"), [""; 0], "{told}, then {then:#?}");
    assert_eq!(then.did(), ["1.2.0"], "{told}, then {then:#?}");
    is_told
}

#[test]
fn in_an_update() {
    at_each_step(&[("update=second", "update", "1.1.0")]);
}

#[test]
fn in_an_update_that_was_asked_for() {
    at_each_step(&[("request=second", "update", "1.1.0")]);
}

#[test]
fn in_a_rollback() {
    at_each_step(&[
        ("update=second", "update", "1.1.0"),
        ("back", "rollback", "1.0.0"),
    ]);
}

#[test]
fn in_a_canary_that_is_promoted() {
    at_each_step(&[
        ("canary=second", "canary", "1.0.0"),
        ("promote", "canary", "1.1.0"),
    ]);
}

#[test]
fn in_a_canary_that_is_aborted() {
    at_each_step(&[
        ("canary=second", "canary", "1.0.0"),
        ("abort", "canary", "1.0.0"),
    ]);
}

#[test]
fn in_what_changes_nothing() {
    at_each_step(&[("rehearse=second", "rehearsal", "1.0.0")]);
    at_each_step(&[("candidate=second", "candidate", "1.0.0")]);
    at_each_step(&[("refused=refused", "update", "1.0.0")]);
}

#[test]
fn when_the_version_before_is_given_up() {
    at_each_step(&[
        ("update=second", "update", "1.1.0"),
        ("permanent", "permanent", "1.1.0"),
    ]);
}

/// Of two modules that are updated together, the next process begins with both or with none.
#[test]
fn in_an_update_of_two_modules() {
    let prepare = |place: &Place| with_files(place, &["load=other"]);
    let commands = |place: &Place| with_files(place, &["load=other", "both=second,other-second"]);
    let place = Place::new();
    run(&place, &prepare(&place), None);
    let events = run(&place, &commands(&place), None).events();
    let stride = how_often().map_or(events.div_ceil(2 * SOME), |_| 1);
    for event in (1..=events).rev().step_by(stride as usize) {
        let place = Place::new();
        run(&place, &prepare(&place), None);
        let ran = run(&place, &commands(&place), Some(event));
        // What is told by other threads may come later, or not before the end.
        assert!(
            ran.is_killed || event > events / 2,
            "event {event} of {events}: {ran:#?}"
        );
        let next = run(&place, &prepare(&place), None);
        let other = format!("other {}", next.begins());
        assert_eq!(
            next.all("loads"),
            [&*other],
            "event {event}: {ran:#?}, then {next:#?}"
        );
    }
}

#[test]
fn when_a_module_is_loaded() {
    let place = Place::new();
    run(&place, &[], None);
    place.puts("second");
    let mut event = 0;
    loop {
        event += 1;
        let place = Place::new();
        run(&place, &[], None);
        place.puts("second");
        let ran = run(&place, &[], Some(event));
        // What came new was being loaded: either it is what runs, or what ran before, and that is told.
        let next = run(&place, &[], None);
        let told = format!("event {event}: {ran:#?}, then {next:#?}");
        let is_told = next
            .all("interrupted")
            .iter()
            .any(|it| it.starts_with("load "));
        assert_eq!(next.all("unread"), ["0"], "{told}");
        match next.begins() {
            "1.1.0" => {}
            "1.0.0" => assert!(is_told, "{told}"),
            _ => panic!("{told}"),
        }
        if !ran.is_killed {
            assert_eq!((ran.begins(), next.begins()), ("1.1.0", "1.1.0"), "{told}");
            assert!(event > 1, "{told}");
            return;
        }
    }
}

/// A server after the other, each killed at some moment of what it does for ever.
#[test]
fn at_any_moment() {
    const ROUND: [&str; 7] = [
        "?update=second",
        "?rollback",
        "?update=third",
        "?rollback",
        "?canary=second",
        "?abort",
        "permanent",
    ];
    let kills = how_often().unwrap_or(12);
    let mut random = 0x9e37_79b9_7f4a_7c15_u64;
    let place = Place::new();
    // The longest that a server has to live to have begun.
    let started = Instant::now();
    run(&place, &[], None);
    let longest = started.elapsed() * 3;
    let round = with_files(&place, &ROUND);
    let commands: Vec<String> = round.iter().cycle().take(7 * 200).cloned().collect();
    let mut runs = vec!["1.0.0".to_owned()];
    for kill in 0..kills {
        let mut server = command(&place, &commands);
        let mut server = server
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("a process");
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        // How long a server lives is what is tried here.
        let lives = longest.as_micros() as u64;
        thread::sleep(Duration::from_micros(random % lives.max(1)));
        server.kill().expect("a process");
        let mut said = String::new();
        let mut output = server.stdout.take().expect("what it says");
        output.read_to_string(&mut said).expect("text");
        let status = server.wait().expect("a status");
        let mut told = String::new();
        let mut errors = server.stderr.take().expect("what it says");
        errors.read_to_string(&mut told).expect("text");
        assert_eq!(
            status.signal(),
            Some(libc::SIGKILL),
            "kill {kill}: {said}\n{told}"
        );
        let ran = Ran {
            said: said.lines().map(str::to_owned).collect(),
            is_killed: true,
        };
        let what = format!("kill {kill}, after {runs:?}: {ran:#?}");
        let [begins] = ran.all("begins")[..] else {
            continue;
        };
        assert!(runs.iter().any(|it| it == begins), "{what}");
        assert_eq!(ran.all("unread"), ["0"], "{what}");
        let versions: Vec<&str> = [begins].into_iter().chain(ran.did()).collect();
        let current = versions[versions.len() - 1];
        runs = vec![current.to_owned()];
        // What had begun and was not over by then.
        if ran.all("try").len() > ran.did().len() {
            let tried = ran.all("try").pop().expect("one");
            let before = versions.iter().rev().find(|it| **it != current);
            runs.extend(match tried {
                "?rollback" => before.map(|it| (*it).to_owned()),
                tried if tried.starts_with("?update") && tried.contains("libsecond") => {
                    Some("1.1.0".to_owned())
                }
                tried if tried.starts_with("?update") => Some("1.2.0".to_owned()),
                _ => None,
            });
        }
    }
}
