//! What a verb leaves behind: an answer on standard output, and an exit status.

use std::fmt::{self, Write as _};
use std::io::{self, BufWriter, StdoutLock, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use hotmod::codes::{self, Code, coded};
use hotmod::printed::{Line, Lines, is_hidden};
use hotmod_file::{Inspected, PathError, Refusal, SnapshotError};
use serde::Serialize;

/// How an answer is printed.
#[derive(Args)]
pub(crate) struct Output {
    /// For people, or for programs
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: Format,
}

#[derive(Clone, Copy, Default, ValueEnum)]
enum Format {
    #[default]
    Text,
    Json,
}

impl Output {
    /// Whether programs read the answer.
    #[cfg(any(feature = "daily", feature = "run"))]
    pub(crate) fn is_json(&self) -> bool {
        matches!(self.format, Format::Json)
    }

    /// Prints an answer in the form that was asked for.
    pub(crate) fn print(&self, answer: &(impl fmt::Display + Serialize)) -> Result<(), Failure> {
        let mut text = match self.format {
            Format::Text => Lines(answer).to_string(),
            Format::Json => {
                escaped(&serde_json::to_string_pretty(answer).map_err(io::Error::from)?)
            }
        };
        text.push('\n');
        is_read(io::stdout().lock().write_all(text.as_bytes())).map(drop)
    }

    /// Prints something of many that come as they happen: for programs, each on a line of its own.
    #[cfg(feature = "daily")]
    pub(crate) fn print_happening(
        &self,
        it: &(impl fmt::Display + Serialize),
    ) -> Result<(), Failure> {
        if !self.is_json() {
            return self.print(it);
        }
        let json = serde_json::to_string(it).map_err(io::Error::from)?;
        let line = format!("{}\n", escaped(&json));
        is_read(io::stdout().lock().write_all(line.as_bytes())).map(drop)
    }

    /// Begins to print a list of answers.
    pub(crate) fn one_by_one(&self) -> PrintedOneByOne {
        PrintedOneByOne {
            format: self.format,
            to: BufWriter::new(io::stdout().lock()),
            printed: 0,
        }
    }
}

/// Answers that are printed one after the other, as they come: together they are what [`Output::print`] prints of a list.
pub(crate) struct PrintedOneByOne {
    format: Format,
    to: BufWriter<StdoutLock<'static>>,
    printed: usize,
}

impl PrintedOneByOne {
    /// Prints the next one. Whether anything reads on.
    pub(crate) fn print(
        &mut self,
        answer: &(impl fmt::Display + Serialize),
    ) -> Result<bool, Failure> {
        let text = match self.format {
            Format::Text => format!("{}\n", Lines(answer)),
            Format::Json => {
                let json = serde_json::to_string_pretty(answer).map_err(io::Error::from)?;
                // No text in JSON has a line break of its own.
                let json = escaped(&json).replace('\n', "\n  ");
                let before = if self.printed == 0 { "[" } else { "," };
                format!("{before}\n  {json}")
            }
        };
        self.printed += 1;
        is_read(self.to.write_all(text.as_bytes()))
    }

    /// Prints the end.
    pub(crate) fn finish(mut self) -> Result<(), Failure> {
        let end = match (self.format, self.printed) {
            (Format::Text, _) => "",
            (Format::Json, 0) => "[]\n",
            (Format::Json, _) => "\n]\n",
        };
        let printed = self.to.write_all(end.as_bytes());
        is_read(printed.and_then(|()| self.to.flush())).map(drop)
    }

    /// How many were printed.
    pub(crate) fn printed(&self) -> usize {
        self.printed
    }
}

/// Whether anything reads what is printed.
fn is_read(printed: io::Result<()>) -> Result<bool, Failure> {
    match printed {
        // The reader has seen enough: `cargo hotmod inspect … | head`.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(false),
        printed => Ok(printed.map(|()| true)?),
    }
}

/// The same JSON, with escapes for hidden characters: outside of its texts, the only hidden characters
/// are line breaks.
fn escaped(json: &str) -> String {
    let mut escaped = String::with_capacity(json.len());
    for character in json.chars() {
        if character == '\n' || !is_hidden(character) {
            escaped.push(character);
            continue;
        }
        for unit in character.encode_utf16(&mut [0; 2]) {
            write!(escaped, "\\u{unit:04x}").expect("a `String` takes all that is written to it");
        }
    }
    escaped
}

/// The exit statuses, which are part of the interface.
#[derive(Clone, Copy)]
pub(crate) enum Exit {
    Yes = 0,
    Unusable = 2,
    Refused = 3,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        ExitCode::from(exit as u8)
    }
}

/// Why there is no answer.
pub(crate) enum Failure {
    /// The files that are no usable modules.
    Files(Vec<Refusal>),
    /// A lock file that is unusable, and why.
    Lock {
        file: PathBuf,
        reason: String,
        help: &'static str,
    },
    /// The module describes no such type.
    Type {
        module: String,
        name: String,
        /// The types that it has states of.
        states: Vec<String>,
    },
    /// A snapshot cannot be read.
    Snapshot(SnapshotError),
    /// The snapshot has no state of this name and key.
    NoState {
        name: Option<String>,
        key: Option<String>,
        /// The names that it has.
        names: Vec<String>,
    },
    /// The path leads to nothing in any of the states.
    Path(PathError),
    /// There is no such code.
    NoCode {
        asked: String,
        /// Those that it is nearly.
        near: Vec<Code>,
    },
    /// The program that was to answer does not.
    #[cfg(feature = "run")]
    Child { program: PathBuf, how: String },
    /// What was asked for cannot be done, and how to cure that.
    #[cfg(feature = "daily")]
    Undone { reason: String, help: String },
    /// What a server says against what was asked of it.
    #[cfg(feature = "daily")]
    Denied {
        text: String,
        code: Option<Code>,
        help: Option<&'static str>,
    },
    /// The answer could not be printed.
    Output(io::Error),
}

impl Failure {
    pub(crate) fn no_type(module: &Inspected, name: &str) -> Self {
        let states = module.manifest().states();
        Failure::Type {
            module: module.build().module.clone(),
            name: name.to_owned(),
            states: states.map(|ty| format!("`{ty}`")).collect(),
        }
    }

    #[cfg(feature = "run")]
    pub(crate) fn child(program: &Path, how: String) -> Self {
        let program = program.to_owned();
        Failure::Child { program, how }
    }

    #[cfg(feature = "daily")]
    pub(crate) fn undone(reason: impl Into<String>, help: impl Into<String>) -> Self {
        let (reason, help) = (reason.into(), help.into());
        Failure::Undone { reason, help }
    }

    /// Whether what was asked for is at fault, and not what is printed.
    #[cfg(feature = "daily")]
    pub(crate) fn is_of_what_was_asked(&self) -> bool {
        !matches!(self, Failure::Output(_))
    }

    pub(crate) fn lock(file: &Path, reason: String, help: &'static str) -> Self {
        let file = file.to_owned();
        Failure::Lock { file, reason, help }
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        Failure::Files(vec![refusal])
    }
}

impl From<SnapshotError> for Failure {
    fn from(error: SnapshotError) -> Self {
        Failure::Snapshot(error)
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Failure::Output(error)
    }
}

impl Failure {
    /// The code that its own line has: what a library says has that one's.
    fn code(&self) -> Option<Code> {
        match self {
            Failure::Lock { .. } => Some(codes::LOCK_UNUSABLE),
            Failure::Type { .. } => Some(codes::TYPE_UNKNOWN),
            Failure::NoState { .. } => Some(codes::NOT_THERE),
            Failure::NoCode { .. } => Some(codes::CODE_UNKNOWN),
            #[cfg(feature = "run")]
            Failure::Child { .. } => Some(codes::PROGRAM_ENDED),
            // What a server says of it may have one.
            #[cfg(feature = "daily")]
            Failure::Undone { reason, .. } => (!is_coded(reason)).then_some(codes::NOT_DONE),
            #[cfg(feature = "daily")]
            Failure::Denied { text, code, .. } => (!is_coded(text))
                .then_some(*code)
                .map(|code| code.unwrap_or(codes::NOT_DONE)),
            Failure::Files(_) | Failure::Snapshot(_) | Failure::Path(_) | Failure::Output(_) => {
                None
            }
        }
    }
}

/// Whether a text has its code already, at the end of its first line.
#[cfg(feature = "daily")]
fn is_coded(text: &str) -> bool {
    let first = text.lines().next().unwrap_or_default();
    first.ends_with(']') && first.contains(" [HM-")
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        coded(f, self.code(), |f| match self {
            Failure::Files(refusals) => {
                let all: Vec<String> = refusals.iter().map(|it| format!("error: {it}")).collect();
                f.write_str(&all.join("\n"))?;
                let reasons = refusals.iter().flat_map(Refusal::differences);
                explained(f, reasons.map(|it| it.rule.code()))
            }
            Failure::Lock { file, reason, help } => {
                let file = Line(file.display());
                write!(f, "error: {file} is unusable: {reason}\n    help: {help}")
            }
            Failure::Type {
                module,
                name,
                states,
            } => {
                let (module, name) = (Line(module), Line(name));
                write!(
                    f,
                    "error: module `{module}` describes no type `{name}`\n    help: "
                )?;
                match states.as_slice() {
                    [] => f.write_str("`cargo hotmod inspect` lists those that it describes"),
                    states => write!(f, "its states are {}", states.join(", ")),
                }
            }
            Failure::NoState { name, key, names } => {
                f.write_str("error: the snapshot has no state")?;
                if let Some(name) = name {
                    write!(f, " of `{}`", Line(name))?;
                }
                if let Some(key) = key {
                    write!(f, " with the key `{}`", Line(key))?;
                }
                let names = names.iter().map(|it| format!("`{}`", Line(it)));
                let names = names.collect::<Vec<_>>().join(", ");
                match key {
                    Some(_) => f.write_str(
                        "\n    help: `cargo hotmod snapshot cat` shows each with its key",
                    ),
                    None => write!(f, "\n    help: it has {names}"),
                }
            }
            Failure::Snapshot(error) => write!(f, "error: {error}"),
            Failure::Path(error) => write!(f, "error: {error}"),
            Failure::NoCode { asked, near } => {
                write!(f, "error: there is no code `{}`\n    help: ", Line(asked))?;
                let near: Vec<String> = near
                    .iter()
                    .map(|code| format!("`{code}` ({})", code.name()))
                    .collect();
                match near.as_slice() {
                    [] => f.write_str("`cargo hotmod explain` lists all"),
                    near => write!(f, "nearly so are {}", near.join(", ")),
                }
            }
            #[cfg(feature = "run")]
            Failure::Child { program, how } => {
                write!(f, "error: {} {how}", Line(program.display()))
            }
            #[cfg(feature = "daily")]
            Failure::Undone { reason, help } => {
                write!(f, "error: {reason}\n    help: {help}")
            }
            #[cfg(feature = "daily")]
            Failure::Denied { text, help, .. } => {
                write!(f, "error: {text}")?;
                help.map_or(Ok(()), |help| write!(f, "\n    help: {help}"))
            }
            Failure::Output(error) => write!(f, "error: the answer cannot be printed: {error}"),
        })
    }
}

/// Says how to learn more of what is refused.
pub(crate) fn explained(
    f: &mut fmt::Formatter<'_>,
    mut codes: impl Iterator<Item = Code>,
) -> fmt::Result {
    match codes.next() {
        Some(code) => write!(
            f,
            "\nrun `cargo hotmod explain {code}` for an example and the cure"
        ),
        None => Ok(()),
    }
}
