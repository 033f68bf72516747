//! `cargo hotmod fix`: writes the attributes that a refusal proposes into the sources of a module.

mod found;
mod proposed;
mod shown;
mod version;

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::fmt;
use std::fs;
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::Command;

use clap::Args;
use hotmod::printed::Line;
use hotmod_file::describe::Difference;
use hotmod_file::fix::{Choice, FixOptions, fixes};
use hotmod_file::inspect;
use ignore::WalkBuilder;
use serde::{Serialize, Serializer};

use crate::building::Wanted;
use crate::json::JsonChange;
use crate::lists;
use crate::lock::{self, Lock};
use crate::output::{Exit, Failure, Output};
use crate::project::{OfProject, Project};
use found::{FoundTypes, SourceText, edited};
pub(crate) use proposed::{proposed, with_proposed};
use shown::SourceDiff;

const EXAMPLES: &str = "\
Examples:
  cargo hotmod fix
  cargo hotmod fix --dry-run
  cargo hotmod fix --yes --allow-dirty
  cargo hotmod fix target/debug/libgame.so --lock hotmod.lock";

const JSON: &str = "\
With --format json, an object:
  fixes                  [{ place, attribute, file }]: a place is World, World.gold, Mood::Busy or
                         Mood::Busy.since, and the attribute what is written in #[state(…)] there
  choices                [{ place, help }]: what only you can decide
  left                   as the differences of `check`: what is still refused once that is written
  written                whether it was written";

/// Writes the attributes into a module's source by which it takes on the state of the version before
///
/// The module is built as it is, and held against the file in the module directory, which is what a server runs, or
/// else against hotmod.lock. What it would be refused for is cured where the two descriptions leave no doubt:
/// `default` for a new field, `was` for what has another name, `checked`, `rebuild` and `fill` for what is converted; and a
/// version that is older than what it replaces is raised. What
/// would be written is shown as a diff first. A rename is proposed only where it is likely, by the names, the place
/// and the type; nothing that loses a value is, but with --allow-loss.
///
/// The exit status is 0 if nothing is left that would be refused, 3 if something is, which is told with what to do about it,
/// and 2 if a file is unusable, or is not to be written.
#[derive(Args)]
#[command(after_help = EXAMPLES, after_long_help = crate::json::with_examples(EXAMPLES, JSON))]
pub(crate) struct Fix {
    /// The module's shared library, built from the sources as they are; without, it is built
    file: Option<PathBuf>,

    /// The package of the module; without, the workspace has one
    #[arg(short, long, value_name = "NAME")]
    package: Option<String>,

    /// Hold it against this lock file
    #[arg(long, value_name = "LOCK", conflicts_with = "old")]
    lock: Option<PathBuf>,

    /// Hold it against this module file
    #[arg(long, value_name = "FILE")]
    old: Option<PathBuf>,

    /// Look for the types here, a directory or a file; without, in the packages that the module is built from
    #[arg(long, value_name = "PATH", requires = "file")]
    source: Vec<PathBuf>,

    /// Write `removed("…")` too, by which live state loses what it has in such a field
    #[arg(long)]
    allow_loss: bool,

    /// Write it, and do not ask
    #[arg(short, long, conflicts_with = "dry_run")]
    yes: bool,

    /// Show it, and write nothing
    #[arg(long)]
    dry_run: bool,

    /// Write also where git has changes that are not committed
    #[arg(long)]
    allow_dirty: bool,

    /// Write also where there is no git
    #[arg(long)]
    allow_no_vcs: bool,

    #[command(flatten)]
    project: OfProject,

    #[command(flatten)]
    output: Output,
}

/// What is, or would be written.
struct FixAnswer {
    files: Vec<EditedText>,
    fixes: Vec<WrittenFix>,
    choices: Vec<Choice>,
    left: Vec<Difference>,
    /// How many attributes have no place in the sources.
    unplaced: usize,
    /// The version that it has to have at least, where no manifest of it was found.
    older: Option<String>,
    written: bool,
}

struct EditedText {
    path: PathBuf,
    was: String,
    now: String,
}

#[derive(Serialize)]
struct WrittenFix {
    place: String,
    attribute: String,
    file: PathBuf,
}

impl Fix {
    pub(crate) fn run(self) -> Result<Exit, Failure> {
        let project = match (self.source.is_empty(), &self.lock, &self.old) {
            (false, Some(_), _) | (false, _, Some(_)) => None,
            _ => Some(self.project.read()?),
        };
        let file = match (&self.file, &project) {
            (Some(file), _) => file.clone(),
            (None, Some(project)) => self.build(project)?,
            (None, None) => return Err(Failure::undone("there is no file", "name one")),
        };
        let module = inspect(&file)?;
        let name = &module.build().module;
        let old = Before::read(&self, project.as_ref(), &file, name)?;
        if *old.module() != *name {
            return Err(Failure::undone(
                format!(
                    "module `{}` cannot become `{}`",
                    Line(old.module()),
                    Line(name)
                ),
                "name the lock or the file of a version of the same module",
            ));
        }
        let found = FoundTypes::of(self.sources(project.as_ref())?);
        let options = FixOptions {
            allow_loss: self.allow_loss,
            has_default: &|id: &str| found.has_default(id),
        };
        let mut answer = answer(found_fixes(&old, &module, &options), &found);
        if let Some(version) = version::raised(old.version(), &module.build().version) {
            answer.raise(&version, &self.manifests(project.as_ref())?);
        }
        if !self.output.is_json() {
            self.output.print(&answer)?;
        }
        if !answer.files.is_empty() && !self.dry_run && self.is_agreed()? {
            self.refuse_what_git_would_not_bring_back(&answer)?;
            answer.write()?;
            if !self.output.is_json() {
                println!("written: build it again");
            }
        }
        if self.output.is_json() {
            self.output.print(&answer)?;
        } else if !answer.files.is_empty() && !answer.written {
            println!("nothing was written; `--yes` does it");
        }
        Ok(
            match answer.left.is_empty() && answer.unplaced == 0 && answer.older.is_none() {
                true => Exit::Yes,
                false => Exit::Refused,
            },
        )
    }

    fn build(&self, project: &Project) -> Result<PathBuf, Failure> {
        let names: Vec<String> = self.package.iter().cloned().collect();
        let packages = project.module_packages(&names)?;
        let [package] = packages.as_slice() else {
            let names: Vec<&str> = packages.iter().map(|it| it.name.as_str()).collect();
            return Err(Failure::undone(
                format!("the workspace has {} modules", packages.len()),
                format!("name one by `--package`: {}", names.join(", ")),
            ));
        };
        let wanted = Wanted {
            project,
            package,
            is_program: false,
            release: false,
            arguments: &[],
        };
        wanted.begin()?.wait()?.ok_or_else(|| {
            Failure::undone(
                format!("package `{}` does not compile", package.name),
                "what the compiler says stands above",
            )
        })
    }

    /// The Rust files to look into.
    fn sources(&self, project: Option<&Project>) -> Result<Vec<SourceText>, Failure> {
        let roots: BTreeSet<PathBuf> = match project {
            Some(project) if self.source.is_empty() => {
                let names: Vec<String> = self.package.iter().cloned().collect();
                let mut roots = project.sources(project.module_packages(&names)?);
                // What others keep elsewhere is theirs to write.
                roots.retain(|it| it.starts_with(&project.root));
                roots
            }
            _ => self.source.iter().cloned().collect(),
        };
        if let Some(missing) = roots.iter().find(|it| !it.exists()) {
            return Err(Failure::undone(
                format!("there is no {} to look into", Line(missing.display())),
                "name the directory of the module's sources, or a file of them, by `--source`",
            ));
        }
        let mut files = BTreeMap::new();
        for root in roots {
            let built = project.map(|it| it.target.clone());
            let mut walk = WalkBuilder::new(&root);
            // What lies above may leave out a directory that was named.
            walk.parents(false).filter_entry(move |it| {
                Some(it.path()) != built.as_deref() && it.file_name() != "target"
                    // Examples and tests have types of their own, such as those of an earlier release.
                    && it.file_name() != "examples" && it.file_name() != "tests" && it.file_name() != "benches"
            });
            for entry in walk.build().flatten() {
                let path = entry.path();
                let is_rust = path.extension() == Some(OsStr::new("rs")) && path.is_file();
                if let (true, Ok(text)) = (is_rust, fs::read_to_string(path)) {
                    files.insert(path.to_owned(), text);
                }
            }
        }
        let files = files
            .into_iter()
            .map(|(path, text)| SourceText { path, text });
        Ok(files.collect())
    }

    /// Where the module's version may stand: its manifest, and that of the workspace.
    fn manifests(&self, project: Option<&Project>) -> Result<Vec<PathBuf>, Failure> {
        let Some(project) = project else {
            return Ok(Vec::new());
        };
        let names: Vec<String> = self.package.iter().cloned().collect();
        let packages = project.module_packages(&names)?;
        let own = match packages.as_slice() {
            [package] => Some(package.manifest().to_owned()),
            _ => None,
        };
        Ok(own
            .into_iter()
            .chain([project.root.join("Cargo.toml")])
            .collect())
    }

    fn is_agreed(&self) -> Result<bool, Failure> {
        if self.yes || self.output.is_json() || !io::stdin().is_terminal() {
            return Ok(self.yes);
        }
        print!("write it? [y/N] ");
        io::stdout().flush()?;
        let mut answer = String::new();
        io::stdin().read_line(&mut answer)?;
        Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
    }

    /// As `cargo fix`: what is written is to be told apart from what was there, and to be undone.
    fn refuse_what_git_would_not_bring_back(&self, answer: &FixAnswer) -> Result<(), Failure> {
        for file in &answer.files {
            let directory = file.path.parent().filter(|it| *it != Path::new(""));
            let git = Command::new("git")
                .arg("-C")
                .arg(directory.unwrap_or(Path::new(".")))
                .args(["status", "--porcelain"])
                .output();
            let changed = git.ok().filter(|it| it.status.success());
            match changed {
                None if !self.allow_no_vcs => {
                    return Err(Failure::undone(
                        format!("{} is in no git repository", Line(file.path.display())),
                        "nothing would bring back what was there: `--allow-no-vcs` writes all the same",
                    ));
                }
                Some(it) if !it.stdout.is_empty() && !self.allow_dirty => {
                    return Err(Failure::undone(
                        format!(
                            "there are changes beside {} that are not committed",
                            Line(file.path.display())
                        ),
                        "commit them, or `--allow-dirty` writes all the same",
                    ));
                }
                _ => {}
            }
        }
        Ok(())
    }
}

/// What a build is held against.
enum Before {
    File(Box<hotmod_file::Inspected>),
    Lock(Box<Lock>),
}

impl Before {
    fn read(
        fix: &Fix,
        project: Option<&Project>,
        file: &Path,
        module: &str,
    ) -> Result<Self, Failure> {
        if let Some(old) = &fix.old {
            return Ok(Before::File(Box::new(inspect(old)?)));
        }
        if let Some(lock) = &fix.lock {
            return Ok(Before::Lock(Box::new(Lock::read(lock)?)));
        }
        let placed = project.zip(file.file_name());
        let placed = placed.map(|(project, name)| project.modules.join(name));
        if let Some(placed) = placed.filter(|it| it.is_file()) {
            return Ok(Before::File(Box::new(inspect(&placed)?)));
        }
        let root = project.map_or(Path::new("."), |it| &it.root);
        let lock = root.join(lock::DEFAULT);
        match lock.exists() {
            true => Ok(Before::Lock(Box::new(Lock::read(&lock)?))),
            false => Err(Failure::undone(
                format!("there is nothing to hold module `{}` against", Line(module)),
                "name what it is to replace: `--old FILE`, or `--lock LOCK` of a release",
            )),
        }
    }

    fn module(&self) -> &str {
        match self {
            Before::File(file) => &file.build().module,
            Before::Lock(lock) => &lock.build.module,
        }
    }

    fn version(&self) -> &str {
        match self {
            Before::File(file) => &file.build().version,
            Before::Lock(lock) => &lock.build.version,
        }
    }
}

fn found_fixes(
    old: &Before,
    module: &hotmod_file::Inspected,
    options: &FixOptions<'_>,
) -> hotmod_file::fix::Fixes {
    let old = match old {
        Before::File(file) => file.manifest(),
        Before::Lock(lock) => &lock.manifest,
    };
    fixes(old, module.manifest(), options)
}

/// Puts fixes where they belong in the sources. What has no place there is left to the author.
fn answer(fixes: hotmod_file::fix::Fixes, found: &FoundTypes) -> FixAnswer {
    let mut writes: BTreeMap<usize, Vec<(found::Slot, Vec<String>)>> = BTreeMap::new();
    let mut answer = FixAnswer {
        files: Vec::new(),
        fixes: Vec::new(),
        choices: fixes.choices,
        left: fixes.left,
        unplaced: 0,
        older: None,
        written: false,
    };
    for fix in fixes.fixes {
        let attribute = fix.attribute.to_string();
        match found.slot(&fix.place) {
            Ok((file, slot)) => {
                let writes = writes.entry(file).or_default();
                match writes.iter_mut().find(|(known, _)| *known == slot) {
                    Some((_, attributes)) => attributes.push(attribute.clone()),
                    None => writes.push((slot, vec![attribute.clone()])),
                }
                answer.fixes.push(WrittenFix {
                    place: fix.place.to_string(),
                    attribute,
                    file: found.files[file].path.clone(),
                });
            }
            Err(why) => {
                answer.unplaced += 1;
                answer.choices.push(Choice {
                    place: fix.place,
                    help: format!("write #[state({attribute})]: {why}"),
                });
            }
        }
    }
    for (file, writes) in writes {
        let source = &found.files[file];
        answer.files.push(EditedText {
            path: source.path.clone(),
            was: source.text.clone(),
            now: edited(&source.text, writes),
        });
    }
    answer
}

impl FixAnswer {
    /// Raises the version in the first manifest that has one.
    fn raise(&mut self, version: &str, manifests: &[PathBuf]) {
        let raised = manifests.iter().find_map(|path| {
            let was = fs::read_to_string(path).ok()?;
            let now = version::with_version(&was, version)?;
            Some((path.clone(), was, now))
        });
        match raised {
            Some((path, was, now)) => {
                self.fixes.push(WrittenFix {
                    place: "version".to_owned(),
                    attribute: version.to_owned(),
                    file: path.clone(),
                });
                self.files.push(EditedText { path, was, now });
            }
            None => self.older = Some(version.to_owned()),
        }
    }

    fn write(&mut self) -> Result<(), Failure> {
        for file in &self.files {
            let written = fs::write(&file.path, &file.now);
            written.map_err(|error| {
                Failure::undone(
                    format!("{} cannot be written: {error}", Line(file.path.display())),
                    "check its permissions",
                )
            })?;
        }
        self.written = true;
        Ok(())
    }
}

impl fmt::Display for FixAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (fixes, choices) = (self.fixes.len(), self.choices.len());
        if let Some(version) = &self.older {
            writeln!(
                f,
                "its version is older than what it is to replace: raise it to {version}"
            )?;
        }
        match (fixes, choices, self.left.len()) {
            (0, 0, 0) => {
                f.write_str("nothing is refused of live state: there is nothing to write")?
            }
            (0, ..) => f.write_str("nothing can be written without you")?,
            (1, ..) => f.write_str("1 change to write:")?,
            _ => write!(f, "{fixes} changes to write:")?,
        }
        for EditedText { path, was, now } in &self.files {
            write!(f, "{}", SourceDiff { path, was, now })?;
        }
        if choices > 0 {
            f.write_str("\nleft to you:")?;
        }
        for Choice { place, help } in &self.choices {
            write!(f, "\n  {place}: {help}")?;
        }
        if !self.left.is_empty() {
            f.write_str("\nstill refused after that:")?;
        }
        self.left.iter().try_for_each(|it| lists::list(f, it))
    }
}

impl Serialize for FixAnswer {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct JsonFix<'a> {
            fixes: &'a [WrittenFix],
            choices: Vec<JsonChoice<'a>>,
            left: Vec<JsonChange<'a>>,
            written: bool,
        }
        #[derive(Serialize)]
        struct JsonChoice<'a> {
            place: String,
            help: &'a str,
        }
        JsonFix {
            fixes: &self.fixes,
            choices: (self.choices.iter())
                .map(|Choice { place, help }| JsonChoice {
                    place: place.to_string(),
                    help,
                })
                .collect(),
            left: self.left.iter().map(JsonChange::of).collect(),
            written: self.written,
        }
        .serialize(serializer)
    }
}
