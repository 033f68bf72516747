//! `cargo hotmod new` and `init`: a module, its interface and a server, from templates.
//!
//! The templates are files of this crate, sources that are compiled as they are but for their name, which stands for
//! that of the module.

use std::env;
use std::fmt;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Write};
use std::path::{Component, Path, PathBuf};

use clap::Args;
use hotmod::printed::Line;
use ignore::gitignore::GitignoreBuilder;
use serde::Serialize;
use toml_edit::{Array, DocumentMut, InlineTable, Item, Table, value};

use crate::json::with_examples;
use crate::output::{Exit, Failure, Output};
use crate::project::Members;

const OF_NEW: &str = "\
Examples:
  cargo hotmod new game && cd game && cargo hotmod run
  cargo hotmod new game --hotmod ../hotmod";

const JSON: &str = "\
With --format json, an object:
  name                   the module
  directory              where its crates are
  files                  [text]: what was written, beneath that";

const OF_INIT: &str = "\
Examples:
  cargo hotmod init game && cargo hotmod run";

/// The name that the templates have in place of the module's.
const NAME: &str = "hotmod-new";

/// The same, as it stands in paths.
const CRATE: &str = "hotmod_new";

/// The crates, by their places in a workspace.
const CRATES: &[(&str, &str)] = &[
    (
        "interface/Cargo.toml",
        include_str!("../templates/interface/Cargo.toml.in"),
    ),
    (
        "interface/src/lib.rs",
        include_str!("../templates/interface/src/lib.rs"),
    ),
    (
        "module/Cargo.toml",
        include_str!("../templates/module/Cargo.toml.in"),
    ),
    (
        "module/src/lib.rs",
        include_str!("../templates/module/src/lib.rs"),
    ),
    (
        "module/examples/released.rs",
        include_str!("../templates/module/examples/released.rs"),
    ),
    (
        "module/tests/update.rs",
        include_str!("../templates/module/tests/update.rs"),
    ),
    (
        "server/Cargo.toml",
        include_str!("../templates/server/Cargo.toml.in"),
    ),
    (
        "server/src/main.rs",
        include_str!("../templates/server/src/main.rs"),
    ),
    (
        "server/src/process.rs",
        include_str!("../templates/server/src/process.rs"),
    ),
];

/// What a workspace of its own has besides.
const BESIDES: &[(&str, &str)] = &[
    (
        ".github/workflows/ci.yml",
        include_str!("../templates/ci.yml.in"),
    ),
    ("README.md", include_str!("../templates/README.md.in")),
];

const MANIFEST: &str = include_str!("../templates/Cargo.toml.in");

const IGNORED: &str = include_str!("../templates/gitignore.in");

/// Names that cargo or the crates would take otherwise.
const TAKEN: &[&str] = &[
    "abstract",
    "alloc",
    "as",
    "async",
    "await",
    "axum",
    "become",
    "box",
    "break",
    "const",
    "continue",
    "core",
    "crate",
    "do",
    "dyn",
    "else",
    "enum",
    "extern",
    "false",
    "final",
    "fn",
    "for",
    "gen",
    "hotmod",
    "if",
    "impl",
    "in",
    "let",
    "loop",
    "macro",
    "match",
    "mod",
    "move",
    "mut",
    "override",
    "priv",
    "proc_macro",
    "pub",
    "ref",
    "return",
    "self",
    "static",
    "std",
    "struct",
    "super",
    "test",
    "tokio",
    "trait",
    "true",
    "try",
    "type",
    "typeof",
    "unsafe",
    "unsized",
    "use",
    "virtual",
    "where",
    "while",
    "yield",
];

/// Makes a workspace with a module, its interface, and a server that runs it
///
/// In it are a server of axum with the admin and a watch, a test that takes the state of the last release to the code at
/// hand, and a file for CI. `cargo hotmod run` in it serves, and takes up each edit.
#[derive(Args)]
#[command(after_help = OF_NEW, after_long_help = with_examples(OF_NEW, JSON))]
pub(crate) struct New {
    /// The directory to make; its last part is the module's name
    path: PathBuf,

    #[command(flatten)]
    source: Source,

    #[command(flatten)]
    output: Output,
}

/// Adds a module, its interface, and a server that runs it to the workspace in this directory
///
/// The crates come into a directory of the module's name, and become members of the workspace.
#[derive(Args)]
#[command(after_help = OF_INIT, after_long_help = with_examples(OF_INIT, JSON))]
pub(crate) struct Init {
    /// The module's name
    name: String,

    #[command(flatten)]
    source: Source,

    #[command(flatten)]
    output: Output,
}

/// Where hotmod itself is taken from.
#[derive(Args)]
struct Source {
    /// Depend on the crates of hotmod in this directory, and not on those that are published
    #[arg(long, value_name = "PATH")]
    hotmod: Option<PathBuf>,
}

/// What was made.
#[derive(Serialize)]
struct Made {
    name: String,
    directory: PathBuf,
    files: Vec<PathBuf>,
}

impl New {
    pub(crate) fn run(self) -> Result<Exit, Failure> {
        let name = match self.path.components().next_back() {
            Some(Component::Normal(name)) => name.to_string_lossy().into_owned(),
            _ => {
                let path = Line(self.path.display());
                return Err(Failure::undone(
                    format!("{path} has no name"),
                    "name a directory that is to be made",
                ));
            }
        };
        require_name(&name)?;
        if fs::read_dir(&self.path).is_ok_and(|mut it| it.next().is_some()) || self.path.is_file() {
            return Err(Failure::undone(
                format!("{} is there already", Line(self.path.display())),
                "name another directory, or use `cargo hotmod init` in a workspace",
            ));
        }
        let mut manifest = parsed(&self.path.join("Cargo.toml"), MANIFEST)?;
        extend(&mut manifest, &name, "", &self.source)?;
        let mut files = Files::new(&self.path, &name);
        files.write("Cargo.toml", &manifest.to_string())?;
        files.write(".gitignore", IGNORED)?;
        for (path, text) in BESIDES.iter().chain(CRATES) {
            files.write(path, text)?;
        }
        self.output.print(&files.made())?;
        Ok(Exit::Yes)
    }
}

impl Init {
    pub(crate) fn run(self) -> Result<Exit, Failure> {
        require_name(&self.name)?;
        let root = env::current_dir()?;
        let path = root.join("Cargo.toml");
        let text = fs::read_to_string(&path).map_err(|error| {
            Failure::undone(
                format!("{} cannot be read: {error}", Line(path.display())),
                "go to the root of a workspace, or make one by `cargo hotmod new`",
            )
        })?;
        let mut manifest = parsed(&path, &text)?;
        let packages = self.packages();
        require_place(&root, &packages)?;
        extend(
            &mut manifest,
            &self.name,
            &format!("{}/", self.name),
            &self.source,
        )?;
        let mut files = Files::new(&root, &self.name);
        let paths = CRATES
            .iter()
            .map(|(it, text)| (format!("{}/{it}", self.name), text));
        for (path, _) in paths.clone() {
            files.require_free(&path)?;
        }
        let written = (|| {
            for (path, text) in paths {
                files.write(&path, text)?;
            }
            fs::write(&path, manifest.to_string()).map_err(|error| unwritable(&path, &error))?;
            require_members(&root, &packages)
        })();
        if let Err(failure) = written {
            // As it was, whatever of it is written.
            files.remove();
            fs::write(&path, text).map_err(|error| unwritable(&path, &error))?;
            return Err(failure);
        }
        append(&root.join(".gitignore"), IGNORED)?;
        self.output.print(&files.made())?;
        Ok(Exit::Yes)
    }

    /// The names of the packages that it makes.
    fn packages(&self) -> [String; 3] {
        ["", "-interface", "-server"].map(|part| format!("{}{part}", self.name))
    }
}

/// That a directory is the root of a workspace without packages of these names.
fn require_place(root: &Path, packages: &[String]) -> Result<(), Failure> {
    let members = Members::read(root).map_err(|reason| {
        Failure::undone(
            format!("the workspace cannot be read: {reason}"),
            "correct it first",
        )
    })?;
    let is_root = members.root.canonicalize().ok() == root.canonicalize().ok();
    if !is_root {
        return Err(Failure::undone(
            format!(
                "this directory is a part of the workspace in {}",
                Line(members.root.display())
            ),
            "go there: what is added are members of it",
        ));
    }
    match packages.iter().find(|it| members.packages.contains(*it)) {
        None => Ok(()),
        Some(taken) => Err(Failure::undone(
            format!("the workspace has a package `{taken}` already"),
            "choose another name",
        )),
    }
}

/// That what was added are members now.
fn require_members(root: &Path, packages: &[String]) -> Result<(), Failure> {
    let unfit = |reason: String| {
        Failure::undone(
            format!("the workspace does not take the crates up: {reason}"),
            "nothing was written; look at its `members` and `exclude`",
        )
    };
    let members = Members::read(root).map_err(unfit)?;
    match packages.iter().find(|it| !members.packages.contains(*it)) {
        None => Ok(()),
        Some(left_out) => Err(unfit(format!("`{left_out}` is no member of it"))),
    }
}

/// Files that are written where none is.
struct Files<'a> {
    root: &'a Path,
    name: &'a str,
    written: Vec<PathBuf>,
}

impl<'a> Files<'a> {
    fn new(root: &'a Path, name: &'a str) -> Self {
        let written = Vec::new();
        Files {
            root,
            name,
            written,
        }
    }

    /// Writes a file of a template, with the module's name.
    fn write(&mut self, path: &str, template: &str) -> Result<(), Failure> {
        let text = template.replace(CRATE, &self.name.replace('-', "_"));
        let text = text.replace(NAME, self.name);
        let file = self.root.join(path);
        let write = || {
            fs::create_dir_all(file.parent().unwrap_or(self.root))?;
            File::create_new(&file)?.write_all(text.as_bytes())
        };
        write().map_err(|error| unwritable(&file, &error))?;
        self.written.push(PathBuf::from(path));
        Ok(())
    }

    /// That nothing lies there.
    fn require_free(&self, path: &str) -> Result<(), Failure> {
        let file = self.root.join(path);
        match file.symlink_metadata() {
            Ok(_) => Err(unwritable(&file, &ErrorKind::AlreadyExists.into())),
            Err(_) => Ok(()),
        }
    }

    /// Removes what was written, and the directories that this leaves empty.
    fn remove(&self) {
        for path in &self.written {
            // What is gone already need not go.
            let _ = fs::remove_file(self.root.join(path));
            let above = path
                .ancestors()
                .skip(1)
                .take_while(|it| *it != Path::new(""));
            // One that holds something else stays.
            above.for_each(|it| drop(fs::remove_dir(self.root.join(it))));
        }
    }

    fn made(self) -> Made {
        Made {
            name: self.name.to_owned(),
            directory: self.root.to_owned(),
            files: self.written,
        }
    }
}

fn unwritable(file: &Path, error: &io::Error) -> Failure {
    let help = match error.kind() {
        ErrorKind::AlreadyExists => "move it away, or choose another name",
        _ => "check the path and its permissions",
    };
    Failure::undone(
        format!("{} cannot be written: {error}", Line(file.display())),
        help,
    )
}

/// Adds lines to a file, or makes it.
fn append(file: &Path, lines: &str) -> Result<(), Failure> {
    let known = match fs::read_to_string(file) {
        Ok(known) => known,
        Err(error) if error.kind() == ErrorKind::NotFound => String::new(),
        Err(error) => return Err(unwritable(file, &error)),
    };
    let is_missing = |line: &&str| !known.lines().any(|it| it == *line);
    let mut text = known.clone();
    if !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
    for line in lines.lines().filter(is_missing) {
        text.push_str(line);
        text.push('\n');
    }
    fs::write(file, text).map_err(|error| unwritable(file, &error))
}

fn require_name(name: &str) -> Result<(), Failure> {
    let is_word = |it: char| it.is_ascii_alphanumeric() || it == '-' || it == '_';
    let begins = name.starts_with(|it: char| it.is_ascii_alphabetic());
    if !begins || !name.chars().all(is_word) {
        return Err(Failure::undone(
            format!("`{}` is no name of a module", Line(name)),
            "a name has letters, digits, `-` and `_`, and begins with a letter",
        ));
    }
    let is_of_hotmod = ["hotmod-", "hotmod_"].iter().any(|it| name.starts_with(it));
    if TAKEN.contains(&name) || is_of_hotmod {
        return Err(Failure::undone(
            format!("`{name}` means something else to cargo or to the language"),
            "choose another name",
        ));
    }
    Ok(())
}

fn parsed(path: &Path, text: &str) -> Result<DocumentMut, Failure> {
    text.parse().map_err(|error| {
        Failure::undone(
            format!("{} is no manifest: {error}", Line(path.display())),
            "correct it first: `cargo metadata` says more",
        )
    })
}

/// Adds the crates to a workspace's manifest, which lie beneath `prefix`.
fn extend(
    manifest: &mut DocumentMut,
    name: &str,
    prefix: &str,
    source: &Source,
) -> Result<(), Failure> {
    let unfit = |what: &str| {
        Failure::undone(
            format!(
                "`{what}` in the workspace's Cargo.toml is something else than cargo has there"
            ),
            "correct it first: `cargo metadata` says more",
        )
    };
    let workspace =
        table(manifest.as_table_mut(), "workspace").ok_or_else(|| unfit("workspace"))?;
    let metadata = table(workspace, "metadata").ok_or_else(|| unfit("workspace.metadata"))?;
    if metadata.contains_key("hotmod") {
        return Err(Failure::undone(
            "this workspace has a server of hotmod already: `workspace.metadata.hotmod` is there",
            "add a crate with `crate-type = [\"cdylib\"]` as one more module of that server",
        ));
    }
    metadata.set_implicit(true);
    let mut hotmod = Table::new();
    hotmod.insert("handoff", value("handoff.sock"));
    hotmod.insert("modules", value("modules"));
    hotmod.insert("server", value(format!("{name}-server")));
    hotmod.insert("socket", value("admin.sock"));
    metadata.insert("hotmod", Item::Table(hotmod));
    let members = workspace
        .entry("members")
        .or_insert_with(|| value(Array::new()));
    let members = members
        .as_array_mut()
        .ok_or_else(|| unfit("workspace.members"))?;
    let directory = prefix.trim_end_matches('/');
    let is_matched = !directory.is_empty()
        && (members.iter().filter_map(|it| it.as_str())).any(|it| matches(it, directory));
    for part in ["interface", "module", "server"] {
        members.push(format!("{prefix}{part}"));
    }
    if is_matched {
        // Cargo takes what its pattern matches for a package, and there is none but beneath it.
        let excluded = workspace
            .entry("exclude")
            .or_insert_with(|| value(Array::new()));
        let excluded = excluded
            .as_array_mut()
            .ok_or_else(|| unfit("workspace.exclude"))?;
        excluded.push(directory);
    }
    let dependencies =
        table(workspace, "dependencies").ok_or_else(|| unfit("workspace.dependencies"))?;
    for part in ["hotmod", "hotmod-admin", "hotmod-host"] {
        if !dependencies.contains_key(part) {
            dependencies.insert(part, dependency(part, source)?);
        }
    }
    Ok(())
}

/// Whether a pattern of members matches a directory in the workspace's root.
fn matches(pattern: &str, directory: &str) -> bool {
    let is_pattern = pattern.contains(['*', '?', '[']);
    let mut builder = GitignoreBuilder::new("");
    let added = builder.add_line(None, pattern);
    let built = added.and_then(|builder| builder.build());
    is_pattern && built.is_ok_and(|it| it.matched(directory, true).is_ignore())
}

/// The table of this name, which is made if it is not there.
fn table<'t>(parent: &'t mut Table, name: &str) -> Option<&'t mut Table> {
    let new = || {
        let mut table = Table::new();
        table.set_implicit(parent.is_empty());
        Item::Table(table)
    };
    let made = new();
    parent.entry(name).or_insert(made).as_table_mut()
}

/// How a crate of hotmod is depended on.
fn dependency(name: &str, source: &Source) -> Result<Item, Failure> {
    let Some(root) = &source.hotmod else {
        return Ok(value(env!("CARGO_PKG_VERSION")));
    };
    let path = root.join(name).canonicalize();
    let path = path.ok().filter(|it| it.join("Cargo.toml").is_file());
    let path = path.as_deref().and_then(Path::to_str).ok_or_else(|| {
        Failure::undone(
            format!("{} holds no crate `{name}`", Line(root.display())),
            "name the repository of hotmod",
        )
    })?;
    let mut table = InlineTable::new();
    table.insert("path", path.into());
    Ok(value(table))
}

impl fmt::Display for Made {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let directory = Line(self.directory.display());
        writeln!(
            f,
            "made `{}` in {directory}: interface, module and server",
            self.name
        )?;
        for file in &self.files {
            writeln!(f, "  {}", Line(file.display()))?;
        }
        f.write_str(
            "`cargo hotmod run` there builds both, serves, and takes up each edit of the module",
        )
    }
}
