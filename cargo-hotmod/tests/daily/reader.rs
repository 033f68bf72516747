//! One who does what pages of the guide say. `trycmd` would run each command by itself and to its end: here a server runs
//! on, sources are edited, and what it prints then is waited for.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use hotmod_tests::page::{self, Page, Step};

use crate::made::{Ended, Made, Running, curl};

/// The address that the guide has.
const WRITTEN: &str = "http://127.0.0.1:8080";

pub(crate) struct Reader {
    made: Made,
    /// Where commands run.
    directory: PathBuf,
    running: Option<Running>,
    /// The address that the server has.
    address: String,
    /// What was otherwise than the pages say.
    faults: Vec<String>,
}

impl Reader {
    /// A reader whose workspace will have this name.
    pub(crate) fn new(name: &'static str) -> Self {
        let made = Made::place(name);
        let directory = made.beside().to_owned();
        // The guide has the reader clone it.
        std::os::unix::fs::symlink(page::checkout(), directory.join("hotmod")).expect("a link");
        Reader {
            made,
            directory,
            running: None,
            address: WRITTEN.to_owned(),
            faults: Vec::new(),
        }
    }

    /// Does all of a page, and prints how long each step took.
    pub(crate) fn does(&mut self, path: &str) {
        let page = Page::read(path);
        assert!(page.is_done(), "{path} has nothing to do");
        println!("{path}");
        for step in &page.steps {
            let begun = Instant::now();
            let what = match step {
                Step::Command {
                    line,
                    prints,
                    fails,
                } => {
                    self.runs(line, prints, *fails);
                    format!("$ {line}")
                }
                Step::Seen(lines) => {
                    self.sees(lines);
                    lines.join(" | ")
                }
                Step::Stop => {
                    self.running.as_ref().expect("a server").interrupt();
                    "^C".to_owned()
                }
                Step::File { path, text } => {
                    let path = self.directory.join(path);
                    fs::create_dir_all(path.parent().expect("a directory")).expect("a directory");
                    fs::write(path, text).expect("a source");
                    continue;
                }
                Step::Edit { path, places } => {
                    self.edit(&self.directory.join(path), places);
                    continue;
                }
            };
            println!("  {:.2} s  {what}", begun.elapsed().as_secs_f64());
        }
    }

    /// All that the pages said was so.
    pub(crate) fn ends_content(self) {
        assert!(self.faults.is_empty(), "{}", self.faults.join("\n\n"));
    }

    fn runs(&mut self, line: &str, prints: &[String], fails: bool) {
        if let Some(to) = line.strip_prefix("cd ") {
            self.directory.push(to);
            return;
        }
        if let Some(url) = line.strip_prefix("curl ") {
            let (_, path) = url.split_once(WRITTEN).expect("the address of the server");
            self.prints(line, &curl(&format!("{}{path}", self.address)), prints);
            return;
        }
        let mut command = self.made.command("sh");
        command.args(["-c", line]).current_dir(&self.directory);
        let program = Path::new(env!("CARGO_BIN_EXE_cargo-hotmod"));
        let mut paths = vec![program.parent().expect("its directory").to_owned()];
        paths.extend(env::split_paths(&env::var_os("PATH").expect("a path")));
        command.env("PATH", env::join_paths(paths).expect("a path"));
        if line == "cargo hotmod run" {
            // However long what they depend on takes to compile, it is not waited for below.
            self.made.prints(&["build"]);
            self.made.server();
            // As a program of its own, which can be interrupted.
            let mut command = Command::new(program);
            let like = self.made.command("sh");
            command.arg("run").current_dir(&self.directory);
            command.envs(
                like.get_envs()
                    .filter_map(|(name, value)| Some((name, value?))),
            );
            self.running = Some(Running::start(command));
            self.sees(prints);
            return;
        }
        let ended = Ended::of(&command.output().expect("a shell"));
        let all = format!("{}{}", ended.stdout, ended.stderr);
        if (ended.status != Some(0)) != fails {
            self.faults
                .push(format!("$ {line}\n{all}\nended with {:?}", ended.status));
        }
        if line.starts_with("cargo hotmod new ") {
            self.made.lock();
        }
        match ended.stdout.is_empty() {
            true => self.prints(line, &ended.stderr, prints),
            false => self.prints(line, &ended.stdout, prints),
        }
    }

    /// What a command has printed is what the page says, where it says something.
    fn prints(&mut self, command: &str, printed: &str, expected: &[String]) {
        let printed = printed.replace(&self.address, WRITTEN);
        let lines: Vec<&str> = printed.trim_end().lines().collect();
        let expected: Vec<&str> = expected.iter().map(String::as_str).collect();
        if !expected.is_empty() && !all_match(&expected, &lines) {
            let expected = expected.join("\n");
            self.faults.push(format!(
                "$ {command}\n{printed}\nis not what the page says:\n{expected}"
            ));
        }
    }

    /// Waits for lines of the server, in any order.
    fn sees(&mut self, expected: &[String]) {
        let running = self.running.as_mut().expect("a server");
        let mut missing: Vec<&String> = expected.iter().collect();
        while !missing.is_empty() {
            let Some(line) = running.next_line() else {
                self.faults
                    .push(format!("{missing:?} did not come:\n{}", running.printed));
                return;
            };
            if let Some(at) = line.find("http://127.0.0.1:") {
                let rest = &line[at + "http://".len()..];
                let address = rest.split('/').next().expect("an address");
                self.address = format!("http://{address}");
            }
            let line = line.replace(&self.address, WRITTEN);
            missing.retain(|it| !line_matches(it, &line));
        }
    }

    fn edit(&self, path: &Path, places: &[(String, String)]) {
        let mut text =
            fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        for (was, now) in places {
            assert_eq!(
                text.matches(was).count(),
                1,
                "in {}:\n{was}",
                path.display()
            );
            text = text.replace(was, now);
        }
        fs::write(path, text).expect("a source");
    }
}

/// Whether lines are as expected: `...` stands for any lines, and `[..]` for anything in a line.
fn all_match(expected: &[&str], lines: &[&str]) -> bool {
    match (expected, lines) {
        ([], []) => true,
        (["...", rest @ ..], _) => {
            (0..=lines.len()).any(|skipped| all_match(rest, &lines[skipped..]))
        }
        ([first, rest @ ..], [line, lines @ ..]) => {
            line_matches(first, line) && all_match(rest, lines)
        }
        _ => false,
    }
}

fn line_matches(expected: &str, line: &str) -> bool {
    let (expected, line) = (expected.trim_end(), line.trim_end());
    let mut parts = expected.split("[..]");
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = line.strip_prefix(first) else {
        return false;
    };
    let mut parts: Vec<&str> = parts.collect();
    let Some(last) = parts.pop() else {
        return rest.is_empty();
    };
    for part in parts {
        let Some((_, after)) = rest.split_once(part) else {
            return false;
        };
        rest = after;
    }
    rest.ends_with(last)
}

#[test]
fn a_wildcard_stands_for_what_differs() {
    assert!(line_matches(
        "live in [..] ms · [..]",
        "live in 40 ms · game"
    ));
    assert!(!line_matches("live in [..] ms", "live in 40 s"));
    assert!(!line_matches("live", "live in 40 s"));
    assert!(all_match(&["a", "...", "c"], &["a", "b", "b", "c"]));
    assert!(!all_match(&["a", "..."], &["b"]));
}
