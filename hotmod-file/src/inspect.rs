//! inspect: what a file says of itself, read without running anything of it.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::path::Path;
use std::sync::Arc;

use hotmod::describe::format::{OF_EXECUTABLE, SECTION};
use hotmod::describe::{Build, Description, Difference, Rule, decode};
use hotmod::root;

use crate::digest::Digest;
use crate::found::Found;
use crate::names::Names;
use crate::object::{Damage, DamageKind, NeededLibraries, ObjectFile, Parts, Statics};
use crate::refusal::{Reason, Refusal, RefusalStage};
use crate::statics;

/// The largest file that is read, in bytes.
const MAX_FILE: u64 = 2 << 30;

/// A file that is a whole object of this machine, with a manifest that holds together and the
/// symbols that the manifest names.
#[derive(Debug)]
pub struct Inspected {
    names: Names,
    bytes: Vec<u8>,
    digest: Digest,
    manifest: Arc<Description>,
    build: Build,
    section: ManifestSection,
    parts: Parts,
    needs: NeededLibraries,
    statics: Statics,
    runtimes: BTreeSet<&'static str>,
    /// Whether it is no file, but linked into the executable.
    is_linked: bool,
}

/// Where the manifest lies.
#[derive(Clone, Copy, Debug)]
struct ManifestSection {
    offset: usize,
    size: usize,
    /// Where it is once loaded, relative to the image.
    address: u64,
}

impl Inspected {
    /// The file, as it was given.
    pub fn file(&self) -> &Path {
        self.names.given()
    }

    /// Where the file really is: its path without any link in it, as it was when it was opened.
    pub fn resolved(&self) -> &Path {
        self.names.resolved()
    }

    /// Where the file really is, if there are links in the path that was given.
    pub fn elsewhere(&self) -> Option<&Path> {
        self.names.elsewhere()
    }

    /// How it was named, and where it is.
    #[doc(hidden)]
    pub fn names(&self) -> &Names {
        &self.names
    }

    /// The digest of its bytes.
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// What the module says of itself.
    pub fn manifest(&self) -> &Description {
        &self.manifest
    }

    /// Its build record.
    pub fn build(&self) -> &Build {
        &self.build
    }

    /// What it needs of the system's loader, beside being loaded itself. A host refuses what its policy does
    /// not allow.
    pub fn needs(&self) -> &NeededLibraries {
        &self.needs
    }

    /// The statics that its code can write, of which each version has its own.
    pub fn statics(&self) -> &Statics {
        &self.statics
    }

    /// The crates of runtimes and thread pools that it links, `tokio` and `rayon` among them: each is the version's
    /// own, beside that of its host, and its threads stay when the version is replaced. `None` if the file was
    /// stripped of its symbols, so that they cannot be seen.
    pub fn runtimes(&self) -> Option<&BTreeSet<&'static str>> {
        self.statics.seen().map(|_| &self.runtimes)
    }

    /// The statics that it has although its `module!` denies them. A host refuses the file for these. What is linked
    /// into an executable has no later version in which they would start anew.
    pub fn denied(&self) -> Vec<Difference> {
        let rule = self.manifest.statics.as_ref().filter(|_| !self.is_linked);
        rule.map_or_else(Vec::new, |rule| statics::denied(&self.statics, rule))
    }

    /// Its statics that start anew when it replaces a version with statics of these names
    /// ([`Static::name`](crate::Static::name)): those that both have. They do not stand in the way of an
    /// update.
    pub fn starts_anew<'a>(&self, before: impl Iterator<Item = &'a str>) -> Vec<Difference> {
        let own = self.manifest.statics.as_ref().map(|it| it.krate.as_str());
        statics::anew(before, &self.statics, own)
    }

    /// Whether it is no file, but linked into this executable.
    #[doc(hidden)]
    pub fn is_linked(&self) -> bool {
        self.is_linked
    }

    /// All of its bytes, as they were read once.
    #[doc(hidden)]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Its segments, by what is written to them once it is loaded.
    #[doc(hidden)]
    pub fn parts(&self) -> &Parts {
        &self.parts
    }

    /// Where its manifest lies once it is loaded, relative to the image, and its bytes.
    #[doc(hidden)]
    pub fn encoded(&self) -> (u64, &[u8]) {
        let ManifestSection {
            offset,
            size,
            address,
        } = self.section;
        (address, &self.bytes[offset..offset + size])
    }

    /// The [`manifest`](Inspected::manifest), for a caller that keeps it.
    #[doc(hidden)]
    pub fn shared_manifest(&self) -> Arc<Description> {
        self.manifest.clone()
    }

    /// A refusal of this file.
    #[doc(hidden)]
    pub fn refuse(&self, stage: RefusalStage, differences: Vec<Difference>) -> Refusal {
        let refusal = Refusal::new(self.file(), stage, differences).of_file(&self.names);
        refusal.of_build(self.digest, &self.build)
    }

    /// A refusal of this file for one reason.
    #[doc(hidden)]
    pub fn refuse_because(&self, stage: RefusalStage, rule: Rule, reason: Reason<'_>) -> Refusal {
        let refusal = Refusal::because(self.file(), stage, rule, reason).of_file(&self.names);
        refusal.of_build(self.digest, &self.build)
    }
}

/// Reads a file and checks that it is a module that this host could load.
///
/// Nothing of the file runs, and it is not mapped: its bytes are read once, and what is loaded
/// later are these bytes.
///
/// # Errors
///
/// [`Refusal`] if the file cannot be read, is no object of this machine, is cut short or damaged
/// where the system's loader would crash on it, or has no manifest that holds together.
///
/// # Examples
///
/// ```no_run
/// let module = hotmod_file::inspect("modules/libgame.so")?;
/// println!("{} {}", module.build().module, module.build().version);
/// # Ok::<(), hotmod_file::Refusal>(())
/// ```
pub fn inspect(file: impl AsRef<Path>) -> Result<Inspected, Refusal> {
    inspect_found(Found::new(file.as_ref(), None)?)
}

/// As [`inspect`], of a file that is open already.
pub fn inspect_found(found: Found) -> Result<Inspected, Refusal> {
    let Found { file, names } = found;
    inspect_bytes(read(file), &names).map_err(|refusal| refusal.of_file(&names))
}

fn inspect_bytes(bytes: io::Result<Vec<u8>>, names: &Names) -> Result<Inspected, Refusal> {
    let file = names.given();
    let bytes = bytes.map_err(|error| {
        let help = match error.kind() {
            ErrorKind::OutOfMemory => {
                "let the server have more memory (`RLIMIT_AS`, `ulimit -v`, `RLIMIT_DATA`, `ulimit -d`), or make \
                 the file smaller"
            }
            _ => "check the path and its permissions",
        };
        Refusal::because(
            file,
            RefusalStage::Inspect,
            Rule::FileUnreadable,
            Reason {
                what: "the file",
                expected: "one that can be read",
                found: &error.to_string(),
                help,
            },
        )
        .caused_by(error)
    })?;
    let object = ObjectFile::check(&bytes).map_err(|damages| {
        let reasons = damages.into_iter().map(reason).collect();
        Refusal::new(file, RefusalStage::Inspect, reasons)
    })?;
    let refuse = |damage| Refusal::new(file, RefusalStage::Inspect, vec![reason(damage)]);
    let section = object.section(SECTION).map_err(refuse)?;
    let address = object.address(SECTION).map_err(refuse)?;
    let (Some(encoded), Some(address)) = (section, address) else {
        return Err(not_a_module(file, "no section `.hotmod`"));
    };
    let section = ManifestSection {
        // The section is a part of `bytes`.
        offset: encoded.as_ptr().addr() - bytes.as_ptr().addr(),
        size: encoded.len(),
        address,
    };
    let (manifest, build) = read_manifest(encoded, file)?;
    if build.allocator == OF_EXECUTABLE {
        return Err(built_to_link(file).of(&build.module, &build.version));
    }
    let digest = Digest::of(&bytes);
    let missing: Vec<Difference> = symbols(&manifest)
        .filter(|symbol| !object.defines(symbol))
        .map(|symbol| Difference {
            path: format!("symbol {symbol}"),
            was: "an exported symbol, as the manifest says".to_owned(),
            now: "none".to_owned(),
            rule: Rule::SymbolMissing,
            help: "do not hide or remove dynamic symbols; `strip` keeps them".to_owned(),
        })
        .collect();
    let own = manifest.statics.as_ref().map(|it| it.krate.as_str());
    let statics = object.statics(SECTION, own);
    let inspected = Inspected {
        names: names.clone(),
        digest,
        manifest: Arc::new(manifest),
        build,
        section,
        parts: object.parts(),
        needs: object.needs().clone(),
        statics,
        runtimes: object.runtimes(),
        is_linked: false,
        bytes,
    };
    if missing.is_empty() {
        Ok(inspected)
    } else {
        Err(inspected.refuse(RefusalStage::Inspect, missing))
    }
}

/// Reads a section of records.
fn read_manifest(encoded: &[u8], file: &Path) -> Result<(Description, Build), Refusal> {
    let manifest = decode::decode(encoded, &root::toolchain()).map_err(|error| {
        Refusal::because(
            file,
            RefusalStage::Inspect,
            Rule::ManifestDamaged,
            Reason {
                what: &format!("manifest, {}", error.location),
                expected: &error.expected,
                found: &error.found,
                help: error
                    .help()
                    .unwrap_or("build the module again with this host's version of hotmod"),
            },
        )
        .caused_by(error)
    })?;
    match manifest.build.clone() {
        Some(build) => Ok((manifest, build)),
        None => Err(not_a_module(file, "no build record")),
    }
}

/// Reads what a module says of itself that is linked into this executable.
#[doc(hidden)]
pub fn inspect_linked(executable: &Path, section: &[u8]) -> Result<Inspected, Refusal> {
    let (manifest, build) = read_manifest(section, executable)?;
    Ok(Inspected {
        names: Names {
            given: executable.to_owned(),
            resolved: executable.to_owned(),
        },
        digest: Digest::of(section),
        manifest: Arc::new(manifest),
        build,
        section: ManifestSection {
            offset: 0,
            size: section.len(),
            address: 0,
        },
        parts: Parts::default(),
        needs: NeededLibraries::default(),
        statics: Statics::default(),
        runtimes: BTreeSet::new(),
        is_linked: true,
        bytes: section.to_owned(),
    })
}

/// Every symbol that a host will ask the loader for.
fn symbols(manifest: &Description) -> impl Iterator<Item = &str> {
    let functions = manifest.functions.values();
    let functions = functions.flat_map(|f| {
        [Some(&f.symbol), Some(&f.crossing), f.pure.as_ref()]
            .into_iter()
            .flatten()
    });
    let implementations = manifest.implementations.values().map(|i| i.symbol.as_str());
    let imports = manifest.imports.values().flat_map(|i| i.symbols.keys());
    let functions_used = manifest.uses.values().flat_map(|it| it.functions.values());
    let functions_used = functions_used.flat_map(|it| it.symbols.keys());
    let instances_used = manifest.uses.values().flat_map(|it| it.instances.values());
    let instances_used = instances_used.flat_map(|it| &it.symbols);
    let used = functions_used.chain(instances_used);
    let inits = manifest.inits.values().map(|i| i.symbol.as_str());
    let hooks = manifest.hooks.values().chain(manifest.checks.values());
    let hooks = hooks.map(|hook| hook.symbol.as_str());
    let downs = manifest.downs.values().map(|down| down.symbol.as_str());
    let preflights = manifest.preflights.values().map(|p| p.symbol.as_str());
    let timers = manifest.timers.values().map(|timer| timer.symbol.as_str());
    let tasks = manifest.tasks.values().map(|task| task.symbol.as_str());
    let resources = manifest.resources.values().map(|read| read.symbol.as_str());
    let lifecycle = manifest.loaded.iter().chain(&manifest.retired);
    [root::ROOT_SYMBOL]
        .into_iter()
        .chain(functions.map(String::as_str))
        .chain(implementations)
        .chain(imports.map(String::as_str))
        .chain(used.map(String::as_str))
        .chain(inits)
        .chain(hooks)
        .chain(downs)
        .chain(preflights)
        .chain(timers)
        .chain(tasks)
        .chain(resources)
        .chain(lifecycle.map(|it| it.symbol.as_str()))
}

fn not_a_module(file: &Path, found: &str) -> Refusal {
    Refusal::because(
        file,
        RefusalStage::Inspect,
        Rule::NotAModule,
        Reason {
            what: "the file",
            expected: "a hotmod module",
            found,
            help: "write `hotmod::module! { name: …, version: … }` in the crate and build it as a \
             `cdylib`",
        },
    )
}

fn built_to_link(file: &Path) -> Refusal {
    Refusal::because(
        file,
        RefusalStage::Inspect,
        Rule::BuiltToLink,
        Reason {
            what: "the file",
            expected: "a module that was built to be loaded",
            found: "one that was built to be linked into an executable, without a root and an allocator",
            help: "build it without the feature that `linked` names in its `module!`; cargo unites the features of \
                   all that it builds at a time, so build the module by itself (`cargo build -p NAME`), apart from \
                   what links it",
        },
    )
}

fn read(file: File) -> io::Result<Vec<u8>> {
    let metadata = file.metadata()?;
    if !metadata.is_file() {
        return Err(io::Error::other("not a regular file"));
    }
    if metadata.len() > MAX_FILE {
        return Err(io::Error::other("larger than 2 GiB"));
    }
    let mut bytes = Vec::new();
    bytes.try_reserve_exact(usize::try_from(metadata.len()).map_err(io::Error::other)?)?;
    file.take(MAX_FILE).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn reason(damage: Damage) -> Difference {
    let again = "copy the file again, or build it again";
    let (rule, help) = match damage.kind {
        DamageKind::Empty => (Rule::FileEmpty, again),
        DamageKind::NotAnObject => (
            Rule::NotAnObject,
            "name the module's shared library, such as target/release/libgame.so",
        ),
        DamageKind::NotAModule => (
            Rule::NotAModule,
            "build the crate with `crate-type = [\"cdylib\"]`",
        ),
        DamageKind::NotAllowed => (
            Rule::FileNotAllowed,
            "link the module without unusual linker options",
        ),
        DamageKind::NeedsPath => (
            Rule::LibraryNotAllowed,
            "link the library by its name, with `-l`, and give it that name with `-Wl,-soname`",
        ),
        DamageKind::Truncated => (Rule::FileTruncated, again),
        DamageKind::OtherArchitecture => (
            Rule::OtherArchitecture,
            "build the module for the host's target",
        ),
        DamageKind::OtherClass => (Rule::OtherClass, "build the module for the host's target"),
        DamageKind::Damaged => (Rule::FileDamaged, again),
    };
    Difference {
        path: damage.location,
        was: damage.expected,
        now: damage.found,
        rule,
        help: help.to_owned(),
    }
}
