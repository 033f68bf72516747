//! All that a host was compiled with, as a value and as a file: what decides whether a module suits it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::fs;
use std::io::{self, Read};
use std::path::Path;

use hotmod::codes::{self, coded};
use hotmod::describe::decode::Beside;
use hotmod::describe::{Description, Difference, Signature};
use hotmod::printed::{Line, lines};

use crate::between::NamedBy;
use crate::expected::{Compared, Expected, HostSide};
use crate::inspect::Inspected;
use crate::known::{self, KnownModules};
use crate::plan::Way;
use crate::verify::{Platform, Policy, objections};

/// What a file of expectations begins with.
const MAGIC: [u8; 8] = *b"hotmhost";

/// The version of the rest.
const FORMAT: u32 = 2;

/// The largest file that is read, in bytes.
const MAX_FILE: usize = 32 << 20;

/// The most things that a host calls or provides.
const MAX_PARTS: usize = 1 << 13;

/// The longest name, in bytes.
const MAX_TEXT: usize = 4096;

/// All that a host decides by whether it loads a module, or updates to it: what it calls of each module, what it
/// provides, the types in those, what it was built for, and what it allows.
///
/// A host writes it down (`Host::expectations`), and `cargo hotmod diff` and `check` read it with `--host`.
///
/// # Examples
///
/// ```no_run
/// use hotmod_file::describe::Verdict;
/// use hotmod_file::{Expectations, inspect};
///
/// let host = Expectations::read("server.hotmod")?;
/// let module = inspect("target/release/librooms.so")?;
/// println!("{}", Verdict::of(&host.compare(&module)).as_str());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expectations {
    build: HostBuild,
    policy: Policy,
    calls: Vec<HostCall>,
    provides: Vec<HostProvision>,
    names: Vec<HostName>,
    used: BTreeMap<String, BTreeSet<String>>,
}

/// What a host was built with and for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostBuild {
    /// The version of everything that crosses the boundary.
    pub abi: u32,
    /// The compiler, as it names itself.
    pub rustc: String,
    /// The compiler's commit.
    pub commit: String,
    /// The target.
    pub target: String,
}

impl HostBuild {
    /// By whose layouts the host's types are described.
    #[must_use]
    pub fn toolchain(&self) -> String {
        format!("{} {} {}", self.rustc, self.commit, self.target)
    }
}

/// What a host calls of a module: an interface, or a function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostCall {
    /// The name of the module.
    pub module: String,
    /// What the host was compiled with.
    pub expected: Expected,
}

/// What a host provides to all its modules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostProvision {
    /// The names of the functions.
    pub names: Vec<String>,
    /// What the host was compiled with.
    pub expected: Expected,
}

/// A name under which a host keeps a pool or a shared instance, for modules that call it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostName {
    /// The name.
    pub name: String,
    /// The name of the module that the instances are of.
    pub module: String,
    /// The keys of the pool, as what a function of one takes ([`Expected::taken`]); `None` for a shared instance.
    pub keys: Option<Expected>,
}

impl HostName {
    /// What modules are held against that call by the name.
    pub(crate) fn described(&self) -> NamedBy<'_> {
        NamedBy {
            module: &self.module,
            key: self.keys.as_ref().and_then(Expected::taken),
        }
    }
}

/// As ``rooms: a pool by `u64` of module `hall` ``.
impl fmt::Display for HostName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        lines(f, |f| {
            let HostName { name, module, .. } = self;
            match self.described().key {
                Some((key, _)) => write!(f, "{name}: a pool by `{key}` of module `{module}`"),
                None => write!(f, "{name}: a shared instance of module `{module}`"),
            }
        })
    }
}

impl Expectations {
    /// Those of a host that calls and provides nothing.
    pub fn new(build: HostBuild, policy: Policy) -> Self {
        Expectations {
            build,
            policy,
            calls: Vec::new(),
            provides: Vec::new(),
            names: Vec::new(),
            used: BTreeMap::new(),
        }
    }

    /// Adds what the host calls of a module of this name.
    #[must_use]
    pub fn call(mut self, module: &str, expected: Expected) -> Self {
        let module = module.to_owned();
        self.calls.push(HostCall { module, expected });
        self
    }

    /// Adds functions that the host provides.
    #[must_use]
    pub fn provide(mut self, names: Vec<String>, expected: Expected) -> Self {
        self.provides.push(HostProvision { names, expected });
        self
    }

    /// Adds a name under which the host keeps a pool or a shared instance.
    #[must_use]
    pub fn name(mut self, name: HostName) -> Self {
        self.names.push(name);
        self
    }

    /// Adds functions of a module that other modules call or have called there: such a one may go when no module
    /// needs it any more, unless the host calls it itself.
    #[must_use]
    pub fn used(mut self, module: &str, functions: impl IntoIterator<Item = String>) -> Self {
        let of_module = self.used.entry(module.to_owned()).or_default();
        of_module.extend(functions);
        self
    }

    /// What the host was built with.
    pub fn build(&self) -> &HostBuild {
        &self.build
    }

    /// What the host allows.
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// What the host calls, module by module.
    pub fn calls(&self) -> &[HostCall] {
        &self.calls
    }

    /// What the host provides.
    pub fn provides(&self) -> &[HostProvision] {
        &self.provides
    }

    /// The names under which the host keeps pools and shared instances.
    pub fn names(&self) -> &[HostName] {
        &self.names
    }

    /// The same, as modules are held against them.
    pub(crate) fn named(&self) -> BTreeMap<&str, NamedBy<'_>> {
        let names = self.names.iter();
        names.map(|it| (it.name.as_str(), it.described())).collect()
    }

    /// The functions that modules call or have called of others, by the names of those.
    pub fn used_functions(&self) -> &BTreeMap<String, BTreeSet<String>> {
        &self.used
    }

    /// What the host has on its side of the module of this name, of which other modules use these functions too.
    pub(crate) fn side(&self, module: &str, used: BTreeSet<String>) -> HostSide<'_> {
        let calls = self.calls.iter().filter(|it| it.module == module);
        let provides = self.provides.iter().flat_map(|it| {
            let names = it.names.iter();
            names.map(move |name| (name.as_str(), &it.expected))
        });
        let known = self.used.get(module).into_iter().flatten();
        HostSide {
            calls: calls.map(|it| &it.expected).collect(),
            provides: provides.collect(),
            used: known.cloned().chain(used).collect(),
        }
    }

    pub(crate) fn platform(&self) -> Platform<'_> {
        Platform {
            abi: self.build.abi,
            target: &self.build.target,
        }
    }

    /// What stands in the way of the host loading this file as the first version of a module, and what is
    /// converted on its way between the two; [`Verdict::of`](crate::describe::Verdict::of) says whether it does.
    ///
    /// For an update, see [`Comparison::host`](crate::Comparison::host). Which libraries the host's process has
    /// loaded, no file says: a module that needs others than the system's is refused, unless the policy allows
    /// them.
    pub fn compare(&self, candidate: &Inspected) -> Vec<Difference> {
        self.compare_as(&self.policy, candidate, None).differences
    }

    /// The same, of a host that has this policy and these other modules, if they are known, and what calls cost
    /// that are converted.
    pub fn compare_as(
        &self,
        policy: &Policy,
        candidate: &Inspected,
        others: Option<&KnownModules<'_>>,
    ) -> Compared {
        let mut differences = objections(candidate.build(), self.platform(), policy, None);
        differences.extend(candidate.unmet(policy));
        differences.extend(candidate.denied());
        let module = &candidate.build().module;
        let used = others.map(|it| it.called(module)).unwrap_or_default();
        let compared = (self.side(module, used)).compare(candidate.manifest(), None);
        differences.extend(compared.differences);
        let of_one = (module.as_str(), candidate.manifest(), None);
        differences.extend(known::differences(others, self.named(), of_one, Way::On));
        Compared {
            differences,
            ..compared
        }
    }

    /// Writes them to a file, for CI.
    ///
    /// # Errors
    ///
    /// If the file cannot be written, or they are more than a file may hold.
    pub fn write_to(&self, path: impl AsRef<Path>) -> io::Result<()> {
        fs::write(path, self.to_bytes()?)
    }

    /// Reads a file that a host wrote.
    ///
    /// # Errors
    ///
    /// [`ExpectationsError`], if it cannot be read or is no such file. It is not trusted: all that is in it is
    /// bounded and checked as a module's manifest is.
    pub fn read(path: impl AsRef<Path>) -> Result<Self, ExpectationsError> {
        let read = || -> io::Result<Vec<u8>> {
            // Opening a pipe would wait for its writer.
            if !fs::metadata(path.as_ref())?.is_file() {
                return Err(io::Error::other("not a regular file"));
            }
            let mut bytes = Vec::new();
            let file = fs::File::open(path.as_ref())?;
            file.take(MAX_FILE as u64 + 1).read_to_end(&mut bytes)?;
            Ok(bytes)
        };
        let bytes = read().map_err(|error| ExpectationsError {
            reason: format!("it cannot be read: {error}"),
            help: "check the path and its permissions",
        })?;
        Self::from_bytes(&bytes)
    }

    /// Whether a file begins as one that a host wrote.
    pub fn begins(bytes: &[u8]) -> bool {
        bytes.starts_with(&MAGIC)
    }
}

/// Bytes and back.
impl Expectations {
    /// What [`write_to`](Expectations::write_to) writes.
    ///
    /// # Errors
    ///
    /// If they are more than a file may hold.
    pub fn to_bytes(&self) -> io::Result<Vec<u8>> {
        let mut out = FileWriter(MAGIC.to_vec());
        out.u32(FORMAT);
        out.u32(self.build.abi);
        out.text(&self.build.rustc);
        out.text(&self.build.commit);
        out.text(&self.build.target);
        let Policy {
            downgrade,
            panic_abort,
            needed,
            search_paths,
            static_tls,
        } = &self.policy;
        for allowed in [downgrade, panic_abort, search_paths, static_tls] {
            out.0.push(u8::from(*allowed));
        }
        out.list(needed, |out, name| out.text(name));
        out.list(&self.calls, |out, call| {
            out.text(&call.module);
            out.text(call.expected.of());
            out.bytes(call.expected.section());
        });
        out.list(&self.provides, |out, provision| {
            out.text(provision.expected.of());
            out.list(&provision.names, |out, name| out.text(name));
            out.bytes(provision.expected.section());
        });
        out.list(&self.names, |out, it| {
            out.text(&it.name);
            out.text(&it.module);
            out.list(&it.keys, |out, keys| out.bytes(keys.section()));
        });
        out.count(self.used.len());
        for (module, functions) in &self.used {
            out.text(module);
            out.list(functions, |out, name| out.text(name));
        }
        match out.0.len() > MAX_FILE {
            true => Err(io::Error::other(
                "larger than 32 MiB, which no reader takes",
            )),
            false => Ok(out.0),
        }
    }

    /// Reads what [`to_bytes`](Expectations::to_bytes) made.
    ///
    /// # Errors
    ///
    /// As [`read`](Expectations::read).
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ExpectationsError> {
        if bytes.len() > MAX_FILE {
            return Err(broken("it is larger than 32 MiB".to_owned()));
        }
        let Some(rest) = bytes.strip_prefix(&MAGIC) else {
            return Err(ExpectationsError {
                reason: "it is no file of what a host was compiled with".to_owned(),
                help: "let the host write it: `host.expectations().write_to(path)`",
            });
        };
        let mut reader = FileReader(rest);
        let format = reader.u32()?;
        if format != FORMAT {
            return Err(ExpectationsError {
                reason: format!(
                    "it is of format {format}, and {FORMAT} is what this version reads"
                ),
                help: "read it with the version of hotmod that the host was built with",
            });
        }
        let build = HostBuild {
            abi: reader.u32()?,
            rustc: reader.text()?,
            commit: reader.text()?,
            target: reader.text()?,
        };
        let mut policy = Policy::default();
        for allowed in [
            &mut policy.downgrade,
            &mut policy.panic_abort,
            &mut policy.search_paths,
            &mut policy.static_tls,
        ] {
            *allowed = reader.bool()?;
        }
        policy.needed = reader.list(FileReader::text)?.into_iter().collect();
        let toolchain = build.toolchain();
        let mut beside = Beside::default();
        let calls = reader.list(|reader| {
            let module = reader.text()?;
            let expected = reader.expected(&toolchain, &mut beside)?;
            let called = expected.description();
            if called.interfaces.len() + called.functions.len() != 1 {
                return Err(broken(format!(
                    "{} is not one interface or function",
                    expected.of()
                )));
            }
            Ok(HostCall { module, expected })
        })?;
        let provides = reader.list(|reader| {
            let of = reader.text()?;
            let names = reader.list(FileReader::text)?;
            let expected = reader.described(&of, &toolchain, &mut beside)?;
            let functions = &expected.description().functions;
            if let Some(name) = names.iter().find(|name| !functions.contains_key(*name)) {
                return Err(broken(format!("{of} does not describe `{name}`")));
            }
            Ok(HostProvision { names, expected })
        })?;
        let names = reader.list(|reader| {
            let (name, module) = (reader.text()?, reader.text()?);
            let of = format!("the keys of `{name}`");
            let mut keys = reader.list(|reader| reader.described(&of, &toolchain, &mut beside))?;
            if keys.len() > 1 || keys.iter().any(|it| it.taken().is_none()) {
                return Err(broken(format!("{of} are not of one type")));
            }
            Ok(HostName {
                name,
                module,
                keys: keys.pop(),
            })
        })?;
        let used = reader.list(|reader| {
            let module = reader.text()?;
            let functions = reader.list(FileReader::text)?;
            Ok((module, functions.into_iter().collect()))
        })?;
        match reader.0 {
            [] => Ok(Expectations {
                build,
                policy,
                calls,
                provides,
                names,
                used: used.into_iter().collect(),
            }),
            more => Err(broken(format!("{} bytes follow its end", more.len()))),
        }
    }
}

/// Why a file does not say what a host was compiled with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExpectationsError {
    reason: String,
    help: &'static str,
}

impl ExpectationsError {
    /// What is wrong with it.
    pub fn reason(&self) -> &str {
        &self.reason
    }

    /// What to do about it.
    pub fn help(&self) -> &'static str {
        self.help
    }
}

impl fmt::Display for ExpectationsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        coded(f, codes::EXPECTATIONS_UNREADABLE, |f| {
            write!(f, "{}\n  help: {}", self.reason, self.help)
        })
    }
}

impl std::error::Error for ExpectationsError {}

fn broken(reason: String) -> ExpectationsError {
    ExpectationsError {
        reason,
        help: "let the host write it again: `host.expectations().write_to(path)`",
    }
}

struct FileWriter(Vec<u8>);

impl FileWriter {
    fn u32(&mut self, number: u32) {
        self.0.extend(number.to_le_bytes());
    }

    /// A length that 32 bits cannot hold makes a file that is too large anyway.
    fn count(&mut self, count: usize) {
        self.u32(u32::try_from(count).unwrap_or(u32::MAX));
    }

    fn bytes(&mut self, bytes: &[u8]) {
        self.count(bytes.len());
        self.0.extend(bytes);
    }

    fn text(&mut self, text: &str) {
        self.bytes(text.as_bytes());
    }

    fn list<'a, T: 'a>(
        &mut self,
        items: impl IntoIterator<Item = &'a T, IntoIter: ExactSizeIterator>,
        each: impl Fn(&mut Self, &T),
    ) {
        let items = items.into_iter();
        self.count(items.len());
        items.for_each(|item| each(self, item));
    }
}

struct FileReader<'a>(&'a [u8]);

impl<'a> FileReader<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8], ExpectationsError> {
        let (taken, rest) = (self.0.split_at_checked(count))
            .ok_or_else(|| broken("it is cut short or damaged".to_owned()))?;
        self.0 = rest;
        Ok(taken)
    }

    fn u32(&mut self) -> Result<u32, ExpectationsError> {
        let mut bytes = [0; 4];
        bytes.copy_from_slice(self.take(4)?);
        Ok(u32::from_le_bytes(bytes))
    }

    fn bool(&mut self) -> Result<bool, ExpectationsError> {
        match self.take(1)? {
            [0] => Ok(false),
            [1] => Ok(true),
            other => Err(broken(format!("{other:?} is neither yes nor no"))),
        }
    }

    fn bytes(&mut self) -> Result<&'a [u8], ExpectationsError> {
        let count = self.u32()? as usize;
        self.take(count)
    }

    fn text(&mut self) -> Result<String, ExpectationsError> {
        let bytes = self.bytes()?;
        if bytes.len() > MAX_TEXT {
            return Err(broken(format!("a name has {} bytes", bytes.len())));
        }
        String::from_utf8(bytes.to_vec()).map_err(|_| broken("a name is no text".to_owned()))
    }

    fn list<T>(
        &mut self,
        mut each: impl FnMut(&mut Self) -> Result<T, ExpectationsError>,
    ) -> Result<Vec<T>, ExpectationsError> {
        let count = self.u32()? as usize;
        if count > MAX_PARTS {
            return Err(broken(format!(
                "it lists {count} things, and may list {MAX_PARTS}"
            )));
        }
        (0..count).map(|_| each(self)).collect()
    }

    fn expected(
        &mut self,
        toolchain: &str,
        beside: &mut Beside,
    ) -> Result<Expected, ExpectationsError> {
        let of = self.text()?;
        self.described(&of, toolchain, beside)
    }

    fn described(
        &mut self,
        of: &str,
        toolchain: &str,
        beside: &mut Beside,
    ) -> Result<Expected, ExpectationsError> {
        let section = self.bytes()?;
        let expected = Expected::read(of, section, toolchain, beside);
        let expected = expected.map_err(|error| broken(format!("{of}: {error}")))?;
        match is_of_a_host(expected.description()) {
            true => Ok(expected),
            false => Err(broken(format!("{of} says what only a module says"))),
        }
    }
}

/// Whether there is nothing in a description but what a host calls or provides, and its types.
fn is_of_a_host(description: &Description) -> bool {
    let Description {
        toolchain: _,
        build,
        types: _,
        functions: _,
        imports,
        uses,
        implementations,
        interfaces: _,
        shared: _,
        inits,
        hooks,
        downs,
        reads,
        checks,
        preflights,
        timers,
        tasks,
        resources,
        forwards,
        loaded,
        retired,
        statics,
    } = description;
    let nothing = build.is_none() && loaded.is_none() && retired.is_none() && statics.is_none();
    nothing
        && imports.is_empty()
        && uses.is_empty()
        && implementations.is_empty()
        && inits.is_empty()
        && hooks.is_empty()
        && downs.is_empty()
        && reads.is_empty()
        && checks.is_empty()
        && preflights.is_empty()
        && timers.is_empty()
        && tasks.is_empty()
        && resources.is_empty()
        && forwards.is_empty()
}

/// Prints what the host was built with, what it calls of each module, what it provides, which instances have a name,
/// and what modules call of others.
impl fmt::Display for Expectations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        lines(f, |f| {
            let HostBuild {
                abi, rustc, target, ..
            } = &self.build;
            write!(
                f,
                "a host with hotmod ABI {abi}, built by {rustc} for {target}"
            )?;
            let mut of = None;
            for HostCall { module, expected } in &self.calls {
                if of != Some(module) {
                    write!(f, "\n  calls of module `{}`:", Line(module))?;
                    of = Some(module);
                }
                let called = expected.description();
                for (name, methods) in &called.interfaces {
                    let shared = match called.shared.contains(name) {
                        true => ", shared between threads",
                        false => "",
                    };
                    write!(f, "\n    interface {name}{shared}")?;
                    methods.iter().try_for_each(|it| listed(f, "      ", it))?;
                }
                let mut functions = called.functions.values();
                functions.try_for_each(|it| listed(f, "    ", &it.signature))?;
                fault(f, expected)?;
            }
            if !self.provides.is_empty() {
                f.write_str("\n  provides:")?;
            }
            for HostProvision { names, expected } in &self.provides {
                let functions = &expected.description().functions;
                let provided = names.iter().filter_map(|name| functions.get(name));
                for function in provided {
                    listed(f, "    ", &function.signature)?;
                }
                fault(f, expected)?;
            }
            if !self.names.is_empty() {
                f.write_str("\n  keeps under a name:")?;
            }
            self.names
                .iter()
                .try_for_each(|it| write!(f, "\n    {it}"))?;
            for (module, functions) in &self.used {
                let functions: Vec<String> =
                    functions.iter().map(|it| Line(it).to_string()).collect();
                let (module, functions) = (Line(module), functions.join(", "));
                write!(f, "\n  modules call of module `{module}`: {functions}")?;
            }
            Ok(())
        })
    }
}

fn listed(f: &mut fmt::Formatter<'_>, indent: &str, signature: &Signature) -> fmt::Result {
    let optional = if signature.optional { "optional " } else { "" };
    write!(f, "\n{indent}{optional}{signature}")
}

fn fault(f: &mut fmt::Formatter<'_>, expected: &Expected) -> fmt::Result {
    match expected.fault() {
        Some(fault) => write!(f, "\n    {fault}"),
        None => Ok(()),
    }
}
