//! Modules that the tests build: variants of a readable base, each a real library.
//!
//! A family is a folder of `tests/fixtures` whose `module.rs` is the root of a cdylib. A variant is
//! the base with a few named pieces of text replaced. All variants of a family are examples of one
//! generated package, whose library is the family's `library.rs`, and are built by one cargo, in a
//! target directory that only the fixtures use: the outer cargo holds the lock of its own for as long
//! as the tests run.

use std::ffi::OsString;
use std::fmt::Write as _;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, PoisonError};

use crate::{compiler, machine};

/// A piece of text that occurs exactly once in the base, and what stands in its place.
pub type Edit = (&'static str, &'static str);

/// Texts of edits that tests put together.
pub trait ForGood {
    /// Keeps the text for as long as the process lives, where a search for leaks finds it.
    fn for_good(self) -> &'static str;
}

impl ForGood for String {
    fn for_good(self) -> &'static str {
        static KEPT: Mutex<Vec<&str>> = Mutex::new(Vec::new());
        let text: &'static str = self.leak();
        let mut kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
        kept.push(text);
        text
    }
}

/// The base itself, unchanged.
pub const BASE: &str = "base";

/// A family that is yet to be built.
#[derive(Debug)]
pub struct Family {
    name: &'static str,
    /// The only file of the base, if it lies in no folder.
    written: Option<String>,
    variants: Vec<(String, Vec<Edit>)>,
    /// The name of the package, which has a library of its own.
    package: String,
    library: Vec<Edit>,
    release: bool,
    compiler: Option<PathBuf>,
    /// Whether it is for another kind of processor.
    elsewhere: bool,
    /// More arguments of its linker.
    link_arguments: Vec<String>,
    /// A `-C` option of its compiler, for the base alone and not for what that depends on.
    codegen: Option<&'static str>,
    /// Lines of the profile.
    profile: &'static str,
    /// The features of hotmod that it uses.
    features: Vec<&'static str>,
    /// Its other dependencies, a line each.
    dependencies: Vec<&'static str>,
}

/// A family whose modules lie ready.
#[derive(Debug)]
pub struct Built {
    modules: PathBuf,
    package: String,
    variants: Vec<String>,
}

impl Family {
    /// The family of this folder, with its base as the only variant.
    #[must_use]
    pub fn new(name: &'static str) -> Self {
        Family {
            name,
            written: None,
            variants: vec![(BASE.to_owned(), Vec::new())],
            package: name.to_owned(),
            library: Vec::new(),
            release: false,
            compiler: None,
            elsewhere: false,
            link_arguments: Vec::new(),
            codegen: None,
            profile: "",
            features: Vec::new(),
            dependencies: Vec::new(),
        }
    }

    /// A family whose base is this one file.
    #[must_use]
    pub fn written(name: &'static str, source: String) -> Self {
        Family {
            written: Some(source),
            ..Family::new(name)
        }
    }

    /// One more variant. Its name stands for these edits wherever the family is built.
    #[must_use]
    pub fn variant(mut self, name: &str, edits: &[Edit]) -> Self {
        assert!(
            self.variants.iter().all(|(known, _)| known != name),
            "two variants of {} are named `{name}`",
            self.name
        );
        self.variants.push((name.to_owned(), edits.to_vec()));
        self
    }

    /// With this feature of hotmod.
    #[must_use]
    pub fn feature(mut self, name: &'static str) -> Self {
        self.features.push(name);
        self
    }

    /// With one more dependency, which the workspace has too.
    #[must_use]
    pub fn depends(mut self, line: &'static str) -> Self {
        self.dependencies.push(line);
        self
    }

    /// With another library: the crate that the modules depend on.
    #[must_use]
    pub fn library(mut self, name: &str, edits: &[Edit]) -> Self {
        self.package = format!("{}-{name}", self.name);
        self.library = edits.to_vec();
        self
    }

    /// Under another name, beside a family of the same folder.
    #[must_use]
    pub fn package(mut self, name: &str) -> Self {
        name.clone_into(&mut self.package);
        self
    }

    /// With the release profile, and without symbols.
    #[must_use]
    pub fn release(mut self) -> Self {
        self.release = true;
        self
    }

    /// With another compiler.
    #[must_use]
    pub fn compiler(mut self, rustc: PathBuf) -> Self {
        self.compiler = Some(rustc);
        self
    }

    /// For the [other kind of processor](machine).
    #[must_use]
    pub fn elsewhere(mut self) -> Self {
        self.elsewhere = true;
        self
    }

    /// With these arguments of the linker, as `cc` takes them.
    #[must_use]
    pub fn linked(mut self, arguments: &[String]) -> Self {
        self.link_arguments.extend_from_slice(arguments);
        self
    }

    /// With a `-C` option of the compiler, for the base alone.
    #[must_use]
    pub fn codegen(mut self, option: &'static str) -> Self {
        self.codegen = Some(option);
        self
    }

    /// With these lines in its profile.
    #[must_use]
    pub fn profile(mut self, lines: &'static str) -> Self {
        self.profile = lines;
        self
    }

    /// Builds what changed since it was last built.
    ///
    /// # Panics
    ///
    /// If an edit does not fit its base, or a variant does not compile.
    #[must_use]
    pub fn build(self) -> Built {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let (_lock, fixtures) = locked();
        let flavour = match (&self.compiler, self.release) {
            _ if self.elsewhere => machine::TARGET,
            (Some(rustc), _) => compiler::directory(rustc),
            (None, true) => "release",
            (None, false) => "debug",
        };
        let package = fixtures.join(format!("{}-{flavour}", self.package));
        self.write(root, &package);
        // All families may be built by another compiler, `HOTMOD_RUSTC`: the one that built the host.
        let everywhere = std::env::var_os("HOTMOD_RUSTC").map(PathBuf::from);
        let compiler = self.compiler.clone().or(everywhere.clone());
        let target = fixtures.join(match (&self.compiler, everywhere) {
            _ if self.elsewhere => format!("target-{}", machine::TARGET),
            (Some(rustc), _) => format!("target-{}", compiler::directory(rustc)),
            (None, Some(_)) => "target-host-compiler".to_owned(),
            (None, None) => "target".to_owned(),
        });
        self.run(&package, &target, compiler);
        let profile = if self.release { "release" } else { "debug" };
        let kind = if self.elsewhere { machine::TARGET } else { "" };
        Built {
            modules: target.join(kind).join(profile).join("examples"),
            package: self.package,
            variants: self.variants.into_iter().map(|(name, _)| name).collect(),
        }
    }

    /// Writes the package of the family.
    fn write(&self, root: &Path, package: &Path) {
        let mut base = match &self.written {
            Some(source) => vec![("module.rs".into(), source.clone())],
            None => read(&root.join("fixtures").join(self.name)),
        };
        let library = base
            .extract_if(.., |(file, _)| file == "library.rs")
            .collect::<Vec<_>>();
        let hotmod = root.join("../hotmod");
        let hotmod = hotmod.canonicalize().expect("the hotmod crate");
        let mut manifest = format!(
            r#"[package]
name = "{}"
version = "1.0.0"
edition = "2024"
autoexamples = false

[lib]
name = "library"

[workspace]

[dependencies]
hotmod = {{ path = {hotmod:?}, features = {:?} }}
abi_stable = {{ version = "0.11.3", default-features = false }}
{}

# An edit may leave a `use` behind.
[lints.rust]
unused = "allow"

[profile.dev]
debug = 0
incremental = false
{}

[profile.release]
strip = true
"#,
            self.package,
            self.features,
            self.dependencies.join("\n"),
            self.profile
        );
        for (name, edits) in &self.variants {
            for (file, text) in self.edited(name, &base, edits) {
                write(&package.join(name).join(file), &text);
            }
            write!(
                manifest,
                "\n[[example]]\nname = \"{0}-{name}\"\npath = \"{name}/module.rs\"\n\
                 crate-type = [\"cdylib\"]\n",
                self.package
            )
            .expect("writing to a text");
        }
        // A package needs a target that is no example.
        let library = self.edited("library", &library, &self.library);
        let library = library.first().map_or("", |(_, text)| text.as_str());
        write(&package.join("src/lib.rs"), library);
        if !self.link_arguments.is_empty() {
            let mut script = "fn main() {\n".to_owned();
            for argument in &self.link_arguments {
                let line = format!("cargo::rustc-link-arg={argument}");
                writeln!(script, "    println!(\"{{}}\", {line:?});").expect("a text");
            }
            write(&package.join("build.rs"), &(script + "}\n"));
        }
        write(&package.join("Cargo.toml"), &manifest);
        // The versions that the workspace uses are there already; no others are fetched.
        let lock = package.join("Cargo.lock");
        if !lock.exists() {
            fs::copy(root.join("../Cargo.lock"), lock).expect("the lock file of the workspace");
        }
    }

    /// The files with their edits.
    fn edited(
        &self,
        variant: &str,
        base: &[(OsString, String)],
        edits: &[Edit],
    ) -> Vec<(OsString, String)> {
        let mut files = base.to_vec();
        let mut places: Vec<_> = edits
            .iter()
            .map(|edit| (self.place(variant, base, edit.0), edit))
            .collect();
        // From the end, so that the places of the other edits stay where they are.
        places.sort_unstable_by(|a, b| b.cmp(a));
        for ((file, at), (from, to)) in places {
            files[file].1.replace_range(at..at + from.len(), to);
        }
        files
    }

    /// Which file of the base holds a text, and where.
    fn place(&self, variant: &str, base: &[(OsString, String)], text: &str) -> (usize, usize) {
        let mut places = base.iter().enumerate().flat_map(|(file, (_, source))| {
            source
                .match_indices(text)
                .map(move |(place, _)| (file, place))
        });
        let (first, second) = (places.next(), places.next());
        match (first, second) {
            (Some(place), None) => place,
            (None, _) => panic!("variant {variant} of {}: no `{text}`", self.name),
            (Some(_), Some(_)) => {
                panic!("variant {variant} of {}: more than one `{text}`", self.name)
            }
        }
    }

    fn run(&self, package: &Path, target: &Path, compiler: Option<PathBuf>) {
        let base = format!("{}-{BASE}", self.package);
        let mut command = cargo();
        let examples = match self.codegen {
            None => &["build", "--quiet", "--examples"][..],
            Some(_) => &["rustc", "--quiet", "--example", &base],
        };
        // What hotmod depends on is there, since it is compiled already. Other crates are fetched the first time.
        if self.dependencies.is_empty() {
            command.arg("--offline");
        }
        command
            .args(examples)
            .arg("--manifest-path")
            .arg(package.join("Cargo.toml"))
            .arg("--target-dir")
            .arg(target);
        if self.release {
            command.arg("--release");
        }
        if let Some(rustc) = compiler {
            command.env("RUSTC", rustc);
        }
        if self.elsewhere {
            machine::target(&mut command);
        }
        if let Some(option) = self.codegen {
            command.args(["--", "-C", option]);
        }
        succeeds(&mut command, self.name);
    }
}

impl Built {
    /// The file of a variant.
    ///
    /// # Panics
    ///
    /// If there is no such variant.
    #[must_use]
    pub fn file(&self, variant: &str) -> PathBuf {
        assert!(
            self.variants.iter().any(|known| known == variant),
            "{} has no variant `{variant}`",
            self.package
        );
        let name = format!("lib{}-{variant}.so", self.package).replace('-', "_");
        self.modules.join(name)
    }
}

/// The base of a family, built; for tests that need any good module.
#[must_use]
pub fn build(name: &'static str) -> PathBuf {
    Family::new(name).build().file(BASE)
}

/// The directory of the fixtures, locked until the file is closed: a test runner with a process for each test would build
/// the same family several times at once.
pub(crate) fn locked() -> (File, PathBuf) {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/fixtures");
    fs::create_dir_all(&fixtures).expect("the directory of the fixtures");
    let lock = File::create(fixtures.join("lock")).expect("the lock of the fixtures");
    lock.lock().expect("the lock of the fixtures");
    (lock, fixtures)
}

pub(crate) fn cargo() -> Command {
    Command::new(std::env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo")))
}

/// Has cargo build what is for tests of this name.
pub(crate) fn succeeds(cargo: &mut Command, name: &str) {
    let output = cargo.output().expect("cargo");
    assert!(
        output.status.success(),
        "the fixtures of {name} do not compile:\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

/// The files of a folder, with their names.
fn read(folder: &Path) -> Vec<(OsString, String)> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| {
        panic!("{}: {error}", folder.display());
    });
    let files = entries.map(|entry| {
        let entry = entry.expect("an entry of a folder");
        let text = fs::read_to_string(entry.path()).expect("a source file");
        (entry.file_name(), text)
    });
    files.collect()
}

/// Writes a file unless it says the same already, so that cargo sees what changed.
fn write(file: &Path, text: &str) {
    if fs::read_to_string(file).is_ok_and(|known| known == text) {
        return;
    }
    let folder = file.parent().expect("a file in a folder");
    fs::create_dir_all(folder).expect("a folder of the fixtures");
    fs::write(file, text).expect("a file of the fixtures");
}
