//! The command line over real modules: what it prints, and how it ends.

mod between;
mod diff;
mod explain;
mod host;
mod imports;
mod inspect;
mod lock;
mod releases;
mod snapshot;
mod statics;
mod survival;
mod variants;

use std::fs;
use std::io::Read;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use hotmod_tests::fixture::BASE;
use serde_json::Value;

use variants::{ARENA, VARIANTS};

const SIGABRT: i32 = 6;

/// How a run ended.
struct Ended {
    status: Option<i32>,
    stdout: String,
    stderr: String,
}

impl Ended {
    fn json(&self) -> Value {
        serde_json::from_str(&self.stdout)
            .unwrap_or_else(|error| panic!("{error} in:\n{}", self.stdout))
    }

    /// Checks that these lines are printed, whatever code they end with.
    fn prints(&self, wanted: &[&str]) {
        for line in wanted {
            assert!(
                self.stdout.lines().any(|printed| uncoded(printed) == *line),
                "no line `{line}` in:\n{}",
                self.stdout
            );
        }
    }
}

/// A line without the code that it ends with: that of each difference has tests of its own.
fn uncoded(line: &str) -> &str {
    match line.rsplit_once(" [HM-") {
        Some((text, code)) if code.len() == 5 && code.ends_with(']') => text,
        _ => line,
    }
}

fn hotmod(arguments: &[&str], files: &[&Path]) -> Ended {
    hotmod_in(Path::new("."), arguments, files)
}

fn hotmod_in(directory: &Path, arguments: &[&str], files: &[&Path]) -> Ended {
    let output = Command::new(env!("CARGO_BIN_EXE_cargo-hotmod"))
        .current_dir(directory)
        .args(arguments)
        .args(files)
        .output()
        .expect("the command line");
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    Ended {
        status: output.status.code(),
        stdout: text(output.stdout),
        stderr: text(output.stderr),
    }
}

fn inspect(variant: &str) -> Ended {
    hotmod(&["inspect"], &[&ARENA.file(variant)])
}

fn diff(old: &str, new: &str) -> Ended {
    hotmod(&["diff"], &[&ARENA.file(old), &ARENA.file(new)])
}

fn diff_json(old: &str, new: &str) -> Value {
    hotmod(
        &["diff", "--format", "json"],
        &[&ARENA.file(old), &ARENA.file(new)],
    )
    .json()
}

/// The only difference under this path.
fn at<'a>(answer: &'a Value, path: &str) -> &'a Value {
    let all = answer["differences"].as_array().expect("a list");
    let found: Vec<&Value> = all.iter().filter(|it| it["path"] == path).collect();
    match found.as_slice() {
        [only] => only,
        _ => panic!("not one `{path}` in {answer:#}"),
    }
}

#[test]
fn nothing_of_a_file_is_run() {
    let file = ARENA.file("cli-constructor");
    // A process that loads it does not survive its constructor.
    let mut loads = Command::new("true");
    let ended = loads.env("LD_PRELOAD", &file).status().expect("true");
    assert_eq!(ended.signal(), Some(SIGABRT));

    let base = ARENA.file(BASE);
    let inspected = hotmod(&["inspect"], &[&file]);
    assert_eq!(inspected.status, Some(0), "{}", inspected.stderr);
    let compared = hotmod(&["diff"], &[&base, &file]);
    assert_eq!(compared.status, Some(0), "{}", compared.stderr);
}

#[test]
fn unusable_files_are_named_with_what_to_do() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = |name: &str| directory.path().join(name);
    fs::write(path("empty.so"), "").expect("a file");
    fs::write(path("text.so"), "[workspace]\n").expect("a file");
    let whole = fs::read(ARENA.file(BASE)).expect("a module");
    fs::write(path("half.so"), &whole[..whole.len() / 2]).expect("a file");
    let pipe = Command::new("mkfifo").arg(path("pipe.so")).status();
    assert!(pipe.expect("mkfifo").success());
    let program = PathBuf::from(env!("CARGO_BIN_EXE_cargo-hotmod"));

    let unusable = [
        path("absent.so"),
        directory.path().to_owned(),
        path("empty.so"),
        path("text.so"),
        path("half.so"),
        path("pipe.so"),
        program,
    ];
    let base = ARENA.file(BASE);
    let [lock, whole] = ["new.lock", "whole.lock"].map(path);
    assert_eq!(lock::write(&whole, BASE).status, Some(0));
    for file in &unusable {
        let name = format!("error: {} is refused\n", file.display());
        for format in ["text", "json"] {
            let runs = [
                hotmod(&["inspect", "--format", format], &[file]),
                hotmod(&["diff", "--format", format], &[file, &base]),
                hotmod(&["diff", "--format", format], &[&base, file]),
                hotmod(&["lock", "--format", format, "--output"], &[&lock, file]),
                hotmod(&["check", "--format", format, "--lock"], &[&whole, file]),
            ];
            for ended in runs {
                assert_eq!((ended.status, ended.stdout.as_str()), (Some(2), ""));
                assert!(ended.stderr.starts_with(&name), "{}", ended.stderr);
                assert!(ended.stderr.contains("\n    help: "), "{}", ended.stderr);
            }
        }
    }
    assert!(!lock.exists());
}

#[test]
fn unusable_arguments_end_with_two_and_show_the_usage() {
    let wrong: [&[&str]; 7] = [
        &["inspect"],
        &["lock"],
        &["check", "--lock", "only.lock"],
        &["diff", "only-one.so"],
        &["inspect", "--format", "yaml", "a.so"],
        &["forget", "a.so"],
        &[],
    ];
    for arguments in wrong {
        let ended = hotmod(arguments, &[]);
        assert_eq!(
            (ended.status, ended.stdout.as_str()),
            (Some(2), ""),
            "{arguments:?}"
        );
        let shown = ["Usage: cargo hotmod", "possible values: text, json"];
        assert!(
            shown.iter().any(|it| ended.stderr.contains(it)),
            "{}",
            ended.stderr
        );
    }
}

#[test]
fn cargo_runs_it_as_a_subcommand() {
    let file = ARENA.file(BASE);
    let direct = hotmod(&["inspect"], &[&file]);
    let through = hotmod(&["hotmod", "inspect"], &[&file]);
    assert_eq!(through.status, Some(0));
    assert_eq!(direct.stdout, through.stdout);
}

#[test]
fn help_documents_the_json_and_the_exit_status() {
    for (verb, documented) in [
        ("inspect", ["fingerprints", "offset is null"]),
        ("diff", ["\"refuse\"", "The exit status is 0"]),
        ("lock", ["written", "The exit status is 0"]),
        ("check", ["name-reused", "The exit status is 0"]),
        (
            "releases",
            ["side_by_side", "cargo hotmod releases --format json"],
        ),
        #[cfg(feature = "daily")]
        ("fix", ["choices", "cargo hotmod fix --dry-run"]),
    ] {
        let ended = hotmod(&[verb, "--help"], &[]);
        assert_eq!(ended.status, Some(0));
        for text in documented {
            assert!(
                ended.stdout.contains(text),
                "no `{text}` in:\n{}",
                ended.stdout
            );
        }
    }
}

/// The verbs that a help lists.
fn verbs(help: &str) -> Vec<&str> {
    let lines = help.lines().skip_while(|it| *it != "Commands:").skip(1);
    let lines = lines.take_while(|it| !it.is_empty());
    let names = lines.filter_map(|it| it.strip_prefix("  ")?.split(' ').next());
    names.filter(|it| !it.is_empty() && *it != "help").collect()
}

#[test]
fn each_verb_has_examples_and_says_what_it_prints_for_programs() {
    let help = |verb: &[&str]| hotmod(&[verb, &["--help"]].concat(), &[]).stdout;
    let (all, of_snapshot) = (help(&[]), help(&["snapshot"]));
    let mut paths: Vec<Vec<&str>> = verbs(&all).into_iter().map(|it| vec![it]).collect();
    assert!(paths.len() > 6, "{all}");
    paths.retain(|it| *it != ["snapshot"]);
    paths.extend(
        verbs(&of_snapshot)
            .into_iter()
            .map(|it| vec!["snapshot", it]),
    );
    for path in paths {
        let said = help(&path);
        let called = format!("\n  cargo hotmod {}", path.join(" "));
        let examples = said.split_once("\nExamples:").map(|(_, it)| it);
        assert!(
            examples.is_some_and(|it| it.contains(&called)),
            "{path:?}: {said}"
        );
        if said.contains("--format <FORMAT>") {
            assert!(said.contains("\nWith --format json, "), "{path:?}: {said}");
        }
    }
}

#[test]
fn a_reader_that_has_seen_enough_is_no_error() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_cargo-hotmod"))
        .args(["inspect", "--format", "json"])
        .arg(ARENA.file(BASE))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the command line");
    // Closed before anything is read: the answer has nowhere to go.
    drop(child.stdout.take());
    let mut complaint = String::new();
    let mut stderr = child.stderr.take().expect("a pipe");
    stderr.read_to_string(&mut complaint).expect("UTF-8");
    let status = child.wait().expect("an end");
    assert_eq!((status.code(), complaint.as_str()), (Some(0), ""));
}
