//! `cargo hotmod lock`: the description of a release, kept under version control.
//!
//! Of a module's file, and of the file in which a host wrote down what it was compiled with.
//!
//! `main` imports the verb from here, `comparison` and `check` the lock that it writes, `host` that of a host.
//! This room imports only `output` and `json`, and never another verb.

mod format;
mod host;
mod removed;
mod signature;
mod spelling;

use std::fmt;
use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use clap::Args;
use hotmod::printed::Line;
use hotmod_file::Expectations;
use hotmod_file::describe::{Build, Description};
use serde::{Serialize, Serializer};

use crate::json;
use crate::lock::format::{FORMAT, File, LockHeader, WITHOUT_FUNCTIONS, WITHOUT_USES};
use crate::lock::host::HostLock;
use crate::lock::removed::Removed;
pub(crate) use crate::lock::removed::Reuse;
use crate::output::{Exit, Failure, Output};

const EXAMPLES: &str = "\
Examples:
  cargo hotmod lock target/release/libgame.so
  cargo hotmod lock target/release/libgame.so --output releases/1.2.0.lock";

/// The lock file, unless another is named.
pub(crate) const DEFAULT: &str = "hotmod.lock";

/// The lock file of a host, unless another is named.
const DEFAULT_HOST: &str = "hotmod-host.lock";

/// The largest lock file that is read, in bytes.
const MAX_FILE: u64 = 64 << 20;

/// Writes down what a released build says of itself, for `cargo hotmod check`
///
/// Run it for each release and commit the lock file. It is text in which a change of the module is
/// a change of a few lines. What is there already is replaced, but for the names that it lists as
/// removed: they are carried over, and those that this release removed or renamed are added.
///
/// FILE may also be what a host wrote of what it was compiled with (`Host::expectations`). Its lock says
/// the same as text, and is read wherever --host is.
///
/// The exit status is 0 if the lock file was written, 3 if the build gives a removed name to
/// something else, and 2 if a file is unusable. If it is not 0, the lock file is as it was.
#[derive(Args)]
#[command(after_help = EXAMPLES, after_long_help = json::with_examples(EXAMPLES, json::LOCK))]
pub(crate) struct Write {
    /// The module's shared library, as it is released; or the file that a host wrote
    file: PathBuf,

    /// The lock file [default: hotmod.lock, or hotmod-host.lock for a host]
    #[arg(long = "output", value_name = "LOCK")]
    lock: Option<PathBuf>,

    #[command(flatten)]
    output: Output,
}

impl Write {
    pub(crate) fn run(self) -> Result<Exit, Failure> {
        if is_of_a_host(&self.file) {
            return self.host();
        }
        let lock = self.lock.as_deref().unwrap_or(Path::new(DEFAULT));
        let module = hotmod_file::inspect(&self.file)?;
        let (build, manifest) = (module.build(), module.manifest());
        let before = match fs::exists(lock) {
            Ok(false) => None,
            _ => Some(Lock::read(lock)?),
        };
        let (removed, reused) = match &before {
            Some(before) if before.build.module != build.module => {
                return Err(Failure::lock(
                    lock,
                    format!(
                        "it is of module `{}`, not `{}`",
                        before.build.module, build.module
                    ),
                    "name another file with --output",
                ));
            }
            Some(before) => (
                before.removed.after(&before.manifest, manifest),
                before.removed.reused(manifest),
            ),
            None => (
                Removed::default().after(&Description::default(), manifest),
                Vec::new(),
            ),
        };
        let names = removed.count();
        if reused.is_empty() {
            let statics = module.statics();
            let statics = (statics.seen()).map(|_| statics.names().map(str::to_owned).collect());
            write(lock, &File::of(build, manifest, statics, removed))?;
        }
        let answer = LockAnswer {
            file: &self.file,
            lock,
            build,
            types: manifest.types.len(),
            names,
            uses: match manifest.uses.is_empty() {
                true => String::new(),
                false => {
                    let uses: Vec<&str> = manifest.uses.keys().map(String::as_str).collect();
                    format!(", uses modules: {}", uses.join(", "))
                }
            },
            reused,
        };
        self.output.print(&answer)?;
        Ok(match answer.reused.as_slice() {
            [] => Exit::Yes,
            _ => Exit::Refused,
        })
    }

    /// Writes the lock of a host.
    fn host(self) -> Result<Exit, Failure> {
        let host = read_host(&self.file)?;
        let lock = self.lock.as_deref().unwrap_or(Path::new(DEFAULT_HOST));
        write(lock, &HostLock::of(&host))?;
        self.output.print(&HostLockAnswer {
            file: &self.file,
            lock,
            host: &host,
        })?;
        Ok(Exit::Yes)
    }
}

fn write(lock: &Path, file: &impl fmt::Display) -> Result<(), Failure> {
    fs::write(lock, file.to_string()).map_err(|error| {
        let help = "check the path and its permissions";
        Failure::lock(lock, format!("it cannot be written: {error}"), help)
    })
}

/// Whether a file begins as one that a host wrote. What cannot be read does not.
fn is_of_a_host(path: &Path) -> bool {
    let mut start = [0; 16];
    // Opening a pipe would wait for its writer.
    let is_file = fs::metadata(path).is_ok_and(|it| it.is_file());
    let mut read = || fs::File::open(path)?.read(&mut start);
    is_file && read().is_ok() && Expectations::begins(&start)
}

/// Reads what a host wrote, or the lock of that.
pub(crate) fn read_host(path: &Path) -> Result<Expectations, Failure> {
    if is_of_a_host(path) {
        let read = Expectations::read(path);
        return read.map_err(|error| Failure::lock(path, error.reason().to_owned(), error.help()));
    }
    let text = text(path).map_err(|error| {
        let help = "let the host write it: `host.expectations().write_to(path)`";
        Failure::lock(path, format!("it cannot be read: {error}"), help)
    })?;
    HostLock::parse(path, &text)
}

struct HostLockAnswer<'a> {
    file: &'a Path,
    lock: &'a Path,
    host: &'a Expectations,
}

impl fmt::Display for HostLockAnswer<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", Line(self.lock.display()), self.host)
    }
}

impl Serialize for HostLockAnswer<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        json::JsonLocked {
            file: self.file.display().to_string(),
            module: None,
            version: None,
            lock: self.lock.display().to_string(),
            written: true,
            reused: Vec::new(),
        }
        .serialize(serializer)
    }
}

struct LockAnswer<'a> {
    file: &'a Path,
    lock: &'a Path,
    build: &'a Build,
    types: usize,
    /// How many names are removed.
    names: usize,
    /// The other modules that it needs something of, in words.
    uses: String,
    reused: Vec<Reuse>,
}

impl fmt::Display for LockAnswer<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Build {
            module, version, ..
        } = self.build;
        let (file, lock) = (Line(self.file.display()), Line(self.lock.display()));
        if self.reused.is_empty() {
            return write!(
                f,
                "{lock}: module `{module}` {version} ({file}); types: {}, removed names: {}{}",
                self.types, self.names, self.uses
            );
        }
        write!(
            f,
            "refuse: {lock} is as it was, because module `{module}` {version} ({file}) gives \
             removed names to something else"
        )?;
        for reuse in &self.reused {
            let text = reuse.to_string();
            text.lines().try_for_each(|line| write!(f, "\n  {line}"))?;
        }
        Ok(())
    }
}

impl Serialize for LockAnswer<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        json::JsonLocked {
            file: self.file.display().to_string(),
            module: Some(&self.build.module),
            version: Some(&self.build.version),
            lock: self.lock.display().to_string(),
            written: self.reused.is_empty(),
            reused: self.reused.iter().map(Reuse::change).collect(),
        }
        .serialize(serializer)
    }
}

/// A lock file that was read: as good as the manifest of the release, and checked like one, since it
/// may have been edited.
pub(crate) struct Lock {
    pub(crate) build: Build,
    pub(crate) manifest: Description,
    /// The names of its statics, if they could be seen.
    pub(crate) statics: Option<Vec<String>>,
    pub(crate) removed: Removed,
    format: u32,
}

impl Lock {
    /// Reads a lock file.
    ///
    /// # Errors
    ///
    /// If it cannot be read, is no lock file, or describes what no compiler would build.
    pub(crate) fn read(path: &Path) -> Result<Self, Failure> {
        let text = text(path).map_err(|error| {
            let help = match error.kind() {
                io::ErrorKind::NotFound => "write it with `cargo hotmod lock`, from a release",
                _ => "check the path and its permissions",
            };
            Failure::lock(path, format!("it cannot be read: {error}"), help)
        })?;
        Self::parse(path, &text)
    }

    /// Reads the text of a lock file.
    ///
    /// # Errors
    ///
    /// As [`read`](Lock::read).
    pub(crate) fn parse(path: &Path, text: &str) -> Result<Self, Failure> {
        let again = "write it again with `cargo hotmod lock`, or take it from version control";
        let header: LockHeader = serde_json::from_str(text)
            .map_err(|error| Failure::lock(path, format!("it is no lock file: {error}"), again))?;
        let format = header.hotmod_lock;
        if !(WITHOUT_FUNCTIONS..=FORMAT).contains(&format) {
            let help = match format > FORMAT {
                true => "install the version of cargo-hotmod that wrote it, or a newer one",
                false => again,
            };
            return Err(Failure::lock(
                path,
                format!("it is of format {format}, and {FORMAT} is the last that is known"),
                help,
            ));
        }
        let file: File = serde_json::from_str(text)
            .map_err(|error| Failure::lock(path, error.to_string(), again))?;
        let broken = |reason: String| Failure::lock(path, reason, again);
        let manifest = file
            .description()
            .map_err(|error| broken(error.to_string()))?;
        let build = manifest.build.clone();
        Ok(Lock {
            build: build.ok_or_else(|| broken("it has no build".to_owned()))?,
            manifest,
            statics: file.statics,
            removed: file.removed,
            format,
        })
    }

    /// Requires that the lock says what the release needs of other modules.
    ///
    /// # Errors
    ///
    /// If the lock file has an older format, which does not say that.
    pub(crate) fn require_uses(&self, path: &Path) -> Result<(), Failure> {
        self.require(
            WITHOUT_USES,
            path,
            "what the release needs of other modules",
        )
    }

    /// Requires that the lock says what the release makes of state that comes back to it.
    ///
    /// # Errors
    ///
    /// If the lock file has an older format, which does not say that.
    pub(crate) fn require_functions(&self, path: &Path) -> Result<(), Failure> {
        let what = "what the release makes of state that comes back";
        self.require(WITHOUT_FUNCTIONS, path, what)
    }

    fn require(&self, without: u32, path: &Path, what: &str) -> Result<(), Failure> {
        match self.format > without {
            true => Ok(()),
            false => Err(Failure::lock(
                path,
                format!("it is of format {}, which does not say {what}", self.format),
                "write it again with this version of `cargo hotmod lock`, from the release",
            )),
        }
    }
}

fn text(path: &Path) -> io::Result<String> {
    // Opening a pipe would wait for its writer.
    if !fs::metadata(path)?.is_file() {
        return Err(io::Error::other("not a regular file"));
    }
    let file = fs::File::open(path)?;
    let mut text = String::new();
    file.take(MAX_FILE + 1).read_to_string(&mut text)?;
    match text.len() as u64 > MAX_FILE {
        true => Err(io::Error::other("larger than 64 MiB")),
        false => Ok(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A lock with one of everything that it may hold.
    const WHOLE: &str = r#"{
    "hotmod_lock": 4,
    "build": {
        "module": "game", "version": "1.0.0", "abi": 1, "rustc": "rustc 1.95.0",
        "commit": "5980", "target": "x86_64", "panic": "unwind", "allocator": "host"
    },
    "functions": [{
        "name": "damage", "receiver": "none",
        "params": [{ "name": "base", "type": "&mut [u32]" }], "returns": "()"
    }, {
        "name": "heal", "receiver": "none", "params": [], "returns": "u32"
    }],
    "pure": ["heal"],
    "imports": [{
        "name": "broadcast", "receiver": "none",
        "params": [{ "name": "text", "type": "&str" }], "returns": "Mood"
    }],
    "uses": [{
        "module": "combat",
        "functions": [{
            "name": "strike", "receiver": "none",
            "params": [{ "name": "with", "type": "Mood", "default": true }], "returns": "u32",
            "optional": true
        }],
        "instances": [{
            "name": "lobby", "interface": "Hall", "shared": false, "methods": []
        }, {
            "name": "rooms", "key": "World", "interface": "Room", "shared": true, "optional": true,
            "methods": [{ "name": "said", "receiver": "shared", "params": [], "returns": "Mood" }]
        }]
    }],
    "interfaces": [{
        "name": "Game", "state": "World", "shared": true,
        "methods": [{
            "name": "hello", "receiver": "exclusive", "params": [], "returns": "Mood"
        }]
    }],
    "inits": ["World"],
    "hooks": [{ "type": "Mood", "by": "mood" }, { "type": "World", "by": "world" }],
    "downs": [{
        "name": "world_back", "from": "World", "to": "Realm", "form": [
            { "type": "Place", "size": 4, "align": 4, "meaning": 0, "parts": { "struct": [] } },
            { "type": "Realm", "size": 12, "align": 4, "meaning": 2, "parts": { "struct": [
                { "name": "mood", "type": "Mood", "size": 8, "align": 4, "offset": 0 },
                { "name": "place", "type": "Place", "size": 4, "align": 4, "offset": 8 }
            ] } }
        ]
    }],
    "checks": ["World"],
    "statics": ["crate::COUNT"],
    "types": [
        { "type": "Grid<-2i8, 'Vec'>", "size": 8, "align": 4, "meaning": 3, "parts": {
            "struct": [
                { "name": "rows", "type": "[u16; 2]", "size": 4, "align": 2, "offset": 4,
                  "attributes": ["default", "fill"] },
                { "name": "cache", "type": "_", "size": 4, "align": 4, "offset": 0 }
            ]
        } },
        { "type": "Mood", "size": 8, "align": 4, "meaning": 0, "parts": { "enum": {
            "repr": "i128", "variants": [
                { "name": "Calm", "discriminant": -170141183460469231731687303715884105728,
                  "fields": [] },
                { "name": "Busy", "discriminant": 170141183460469231731687303715884105727,
                  "fields": [{ "name": "0", "type": "u32", "size": 4, "align": 4,
                               "attributes": [{ "by": "dice" }],
                               "with": "?'Dice' 2 2 00000000000000000000000000000007" }] }
            ]
        } } },
        { "type": "'Vec'", "size": 0, "align": 1, "meaning": 0, "parts": { "struct": [] } },
        { "type": "World", "size": 8, "align": 8, "meaning": 0, "attributes": [
            { "was": "Realm" }, { "removed": "seed" }, { "removed_variant": ["Old", "New"] }
        ], "parts": { "struct": [
            { "name": "grid", "type": "Box<Grid<-2i8, 'Vec'>>", "size": 8, "align": 8,
              "offset": 0 }
        ] } }
    ],
    "removed": { "World": ["seed"] }
}"#;

    fn parse(text: &str) -> Result<Lock, Failure> {
        Lock::parse(Path::new("test.lock"), text)
    }

    fn written(lock: &Lock) -> String {
        let statics = lock.statics.clone();
        File::of(&lock.build, &lock.manifest, statics, lock.removed.clone()).to_string()
    }

    #[test]
    fn what_is_read_is_written_again() {
        let lock = parse(WHOLE).unwrap_or_else(|failure| panic!("{failure}"));
        let text = written(&lock);
        let spaceless = |text: &str| text.replace(char::is_whitespace, "");
        assert_eq!(spaceless(&text), spaceless(WHOLE));
        let again = parse(&text).unwrap_or_else(|failure| panic!("{failure}"));
        assert_eq!(again.manifest, lock.manifest);
        assert_eq!(again.removed, lock.removed);
    }

    #[test]
    fn forms_that_no_compiler_encodes_are_refused() {
        let form = |form: &str| {
            let start = WHOLE
                .find("[\n            { \"type\": \"Place\"")
                .expect("a form");
            let end = start + WHOLE[start..].find("]\n    }],").expect("its end");
            let text = format!("{}[{form}{}", &WHOLE[..start], &WHOLE[end..]);
            match parse(&text) {
                Ok(_) => panic!("taken: {text}"),
                Err(failure) => failure.to_string(),
            }
        };
        let realm = |fields: &str| {
            format!(
                r#"{{ "type": "Realm", "size": 4, "align": 4, "meaning": 0,
                     "parts": {{ "struct": [{fields}] }} }}"#
            )
        };
        let opaque =
            r#"{ "name": "a", "type": "?'Dice' 4 4 07", "size": 4, "align": 4, "offset": 0 }"#;
        let twice = format!("{},{}", realm(""), realm(""));
        let many: Vec<String> = (0..129)
            .map(|i| realm("").replace("Realm", &format!("R{i}")))
            .collect();
        for (text, said) in [
            (
                String::new(),
                "expected a form of the type `Realm`, found none",
            ),
            (
                realm(opaque),
                "expected a form of known types, found `Dice`",
            ),
            (
                twice,
                "expected one form of each type, found two of `Realm`",
            ),
            (
                many.join(","),
                "expected a form of at most 128 types, found 129",
            ),
        ] {
            let failure = form(&text);
            let said = format!("migration down `world_back`: {said}");
            assert!(failure.contains(&said), "{failure}");
        }
    }

    /// A lock that was written before locks held attributes and functions.
    #[test]
    fn the_format_before_is_read_but_does_not_say_what_comes_back() {
        let cut = |text: &str, from: &str, to: &str| {
            let start = text.find(from).expect("in the text");
            let end = start + text[start..].find(to).expect("in the text");
            format!("{}{}", &text[..start], &text[end..])
        };
        let text = WHOLE.replace("\"hotmod_lock\": 4", "\"hotmod_lock\": 1");
        let text = cut(&text, "\"hooks\"", "\"types\"");
        let text = text.replace(
            ",\n                  \"attributes\": [\"default\", \"fill\"]",
            "",
        );
        let text = cut(&text, ",\n                               \"with\"", " }] }");
        let before = parse(&text).unwrap_or_else(|failure| panic!("{failure}"));
        let now = parse(WHOLE).unwrap_or_else(|failure| panic!("{failure}"));
        assert_eq!(before.manifest.functions, now.manifest.functions);
        assert!(before.manifest.hooks.is_empty() && before.manifest.downs.is_empty());
        let path = Path::new("test.lock");
        assert!(now.require_functions(path).is_ok());
        let failure = before.require_functions(path).expect_err("it does not say");
        let failure = failure.to_string();
        assert!(
            failure.contains("it is of format 1, which does not say"),
            "{failure}"
        );
        // Written again, the lock has today's format.
        let again = parse(&written(&before)).unwrap_or_else(|failure| panic!("{failure}"));
        assert!(again.require_functions(path).is_ok());
    }

    /// A lock that was written before functions had names in it.
    #[test]
    fn functions_without_names_are_read_as_others_than_any() {
        let text = WHOLE.replace("\"hotmod_lock\": 4", "\"hotmod_lock\": 2");
        let named = "[{ \"type\": \"Mood\", \"by\": \"mood\" }, { \"type\": \"World\", \"by\": \"world\" }]";
        let text = text.replace(named, "[\"Mood\", \"World\"]");
        let before = parse(&text).unwrap_or_else(|failure| panic!("{failure}"));
        assert!(before.require_functions(Path::new("test.lock")).is_ok());
        let now = parse(WHOLE).unwrap_or_else(|failure| panic!("{failure}"));
        assert!(before.manifest.hooks.keys().eq(now.manifest.hooks.keys()));
        for (ty, hook) in &before.manifest.hooks {
            assert!(!hook.is_same(hook) && !hook.is_same(&now.manifest.hooks[ty]));
            assert!(now.manifest.hooks[ty].is_same(&now.manifest.hooks[ty]));
        }
    }

    /// Each word and each number of the text, in turn, becomes something else.
    #[test]
    fn whatever_is_edited_is_refused_or_holds_together() {
        let others = [
            "",
            "0",
            "-1",
            "3",
            "18446744073709551615",
            "1e9",
            "null",
            "[]",
            "{}",
            "World",
            "Mood",
            "Vec<u8>",
            "Result<u8>",
            "_",
            "\\u0000",
        ];
        let mut words = Vec::new();
        let mut start = None;
        for (at, byte) in WHOLE.bytes().enumerate() {
            match (byte.is_ascii_alphanumeric() || byte == b'-', start) {
                (true, None) => start = Some(at),
                (false, Some(from)) => {
                    words.push(from..at);
                    start = None;
                }
                _ => {}
            }
        }
        let (mut refused, mut taken) = (0, 0);
        for word in words {
            for other in others {
                let mut text = WHOLE.to_owned();
                text.replace_range(word.clone(), other);
                match parse(&text) {
                    Ok(lock) => {
                        let again = parse(&written(&lock));
                        let again = again.unwrap_or_else(|failure| panic!("{failure}: {text}"));
                        assert_eq!(again.manifest, lock.manifest, "{text}");
                        taken += 1;
                    }
                    Err(failure) => {
                        let said = failure.to_string();
                        assert!(said.starts_with("error: test.lock is unusable: "), "{said}");
                        refused += 1;
                    }
                }
            }
        }
        assert!(
            refused > 1000 && taken > 100,
            "{refused} refused, {taken} taken"
        );
    }
}
