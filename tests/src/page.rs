//! A page of the guide, as what a reader of it does step by step.

use std::fs;
use std::path::{Path, PathBuf};

/// What a reader does, or sees.
#[derive(Clone, Debug)]
pub enum Step {
    /// A command.
    Command {
        /// As it is typed.
        line: String,
        /// What it prints, a pattern for each line, or nothing if the page does not say.
        prints: Vec<String>,
        /// Whether it is to fail.
        fails: bool,
    },
    /// Lines that what runs in the other terminal prints.
    Seen(Vec<String>),
    /// What runs in the other terminal is ended.
    Stop,
    /// A file is written.
    File {
        /// From where commands run.
        path: String,
        /// All of it.
        text: String,
    },
    /// Places of a file are edited: what is there, and what comes to be there.
    Edit {
        /// From where commands run.
        path: String,
        /// Each stands once in the file.
        places: Vec<(String, String)>,
    },
}

/// A block of commands that is not run, and why.
#[derive(Debug)]
pub struct Excused {
    /// The reason.
    pub why: String,
}

/// A page, read.
#[derive(Debug)]
pub struct Page {
    /// What its reader does, in order.
    pub steps: Vec<Step>,
    /// What is not run.
    pub excused: Vec<Excused>,
    /// Blocks of commands that are not marked as such.
    pub unmarked: Vec<String>,
}

/// The root of the repository.
///
/// # Panics
///
/// If this was compiled elsewhere.
#[must_use]
pub fn checkout() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.join("..").canonicalize().expect("the repository")
}

impl Page {
    /// Reads a page, by its path in the repository.
    ///
    /// # Panics
    ///
    /// If there is no such page, or a block of it says nothing that a reader could do.
    #[must_use]
    pub fn read(path: &str) -> Self {
        let text = fs::read_to_string(checkout().join(path))
            .unwrap_or_else(|error| panic!("{path}: {error}"));
        let mut page = Page {
            steps: Vec::new(),
            excused: Vec::new(),
            unmarked: Vec::new(),
        };
        let mut lines = text.lines();
        // The last line that is not empty.
        let mut before = "";
        while let Some(line) = lines.next() {
            let Some(kind) = line.strip_prefix("```") else {
                if !line.is_empty() {
                    before = line;
                }
                continue;
            };
            let block: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
            let remark = remark(before);
            let why = remark.and_then(|it| it.strip_prefix("not run: "));
            match (kind, why) {
                ("console", Some(why)) => page.excused.push(Excused {
                    why: why.to_owned(),
                }),
                ("console", None) => page.console(&block),
                ("diff", None) => page.steps.extend(edits(&block)),
                ("sh" | "bash" | "shell", _) => page.unmarked.push(block.join("\n")),
                _ => {
                    if let Some(path) = remark.and_then(|it| it.strip_prefix("file: ")) {
                        let (path, text) = (path.to_owned(), block.join("\n") + "\n");
                        page.steps.push(Step::File { path, text });
                    }
                }
            }
            before = "";
        }
        page
    }

    /// Commands with what they print, `? failed` below those that fail, and `^C`. What stands before the first command
    /// is printed by what runs already.
    fn console(&mut self, block: &[&str]) {
        self.steps.push(Step::Seen(Vec::new()));
        for line in block {
            if let Some(command) = line.strip_prefix("$ ") {
                let (command, _) = command.split_once("  # ").unwrap_or((command, ""));
                self.steps.push(Step::Command {
                    line: command.trim_end().to_owned(),
                    prints: Vec::new(),
                    fails: false,
                });
                continue;
            }
            if *line == "^C" {
                self.steps.extend([Step::Stop, Step::Seen(Vec::new())]);
                continue;
            }
            match self.steps.last_mut().expect("a step") {
                Step::Command { prints, fails, .. } if prints.is_empty() && *line == "? failed" => {
                    *fails = true
                }
                Step::Command { prints, .. } | Step::Seen(prints) => {
                    prints.push((*line).to_owned())
                }
                _ => unreachable!("a line follows a command"),
            }
        }
        self.steps
            .retain(|step| !matches!(step, Step::Seen(lines) if lines.is_empty()));
    }

    /// Whether there is something to do.
    #[must_use]
    pub fn is_done(&self) -> bool {
        !self.steps.is_empty()
    }
}

/// What a comment says that stands alone on its line.
fn remark(line: &str) -> Option<&str> {
    Some(line.strip_prefix("<!--")?.strip_suffix("-->")?.trim())
}

/// The edits that a diff says: `--- path`, and hunks that begin with `@@`.
fn edits(block: &[&str]) -> Vec<Step> {
    let mut steps = Vec::new();
    for line in block {
        if let Some(path) = line.strip_prefix("--- ") {
            let path = path.to_owned();
            steps.push(Step::Edit {
                path,
                places: Vec::new(),
            });
            continue;
        }
        let Some(Step::Edit { places, .. }) = steps.last_mut() else {
            panic!("a diff begins with `--- path`: {line}");
        };
        if line.starts_with("@@") {
            places.push((String::new(), String::new()));
            continue;
        }
        let (was, now) = places.last_mut().expect("a place begins with `@@`");
        let (mark, rest) = line.split_at(line.len().min(1));
        if mark != "+" {
            was.push_str(rest);
            was.push('\n');
        }
        if mark != "-" {
            now.push_str(rest);
            now.push('\n');
        }
    }
    steps
}
