//! The lock of a host: what it was compiled with, in the words of its source, to be reviewed and kept under
//! version control. It says all that the host's own file says.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::Path;

use hotmod::describe::encode;
use hotmod_file::describe::Description;
use hotmod_file::{Expectations, Expected, HostBuild, HostCall, HostName, HostProvision, Policy};
use serde::{Deserialize, Serialize};

use super::format::{LockNamedType, encoded_types, record};
use super::signature::LockSignature;
use super::spelling::Spelled;
use crate::output::Failure;

/// The version of what is here.
const FORMAT: u32 = 2;

const AGAIN: &str = "write it again with `cargo hotmod lock`, from the file that the host wrote";

/// What is read before the rest, which another format may have otherwise.
#[derive(Deserialize)]
struct HostHeader {
    hotmod_host_lock: u32,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct HostLock {
    hotmod_host_lock: u32,
    build: LockHostBuild,
    allows: LockAllows,
    calls: Vec<LockCall>,
    provides: Vec<LockProvision>,
    /// The pools and shared instances that have a name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    names: Vec<LockName>,
    /// The functions of modules that others call or have called.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    used: BTreeMap<String, BTreeSet<String>>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct LockHostBuild {
    abi: u32,
    rustc: String,
    commit: String,
    target: String,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct LockAllows {
    downgrade: bool,
    panic_abort: bool,
    search_paths: bool,
    static_tls: bool,
    needed: Vec<String>,
}

/// One interface, or one function.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct LockCall {
    module: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    interface: Option<LockCalled>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    function: Option<LockSignature>,
    types: Vec<LockNamedType>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct LockCalled {
    name: String,
    /// Whether threads share the states.
    shared: bool,
    methods: Vec<LockSignature>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct LockProvision {
    /// What they are together, in words.
    of: String,
    functions: Vec<LockSignature>,
    /// Those that are provided, where others stand for the rest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    only: Option<Vec<String>>,
    types: Vec<LockNamedType>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct LockName {
    name: String,
    module: String,
    /// A shared instance has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    key: Option<Spelled>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    types: Vec<LockNamedType>,
}

/// Expectations to file.
impl HostLock {
    pub(super) fn of(host: &Expectations) -> Self {
        let HostBuild {
            abi,
            rustc,
            commit,
            target,
        } = host.build().clone();
        let policy = host.policy();
        HostLock {
            hotmod_host_lock: FORMAT,
            build: LockHostBuild {
                abi,
                rustc,
                commit,
                target,
            },
            allows: LockAllows {
                downgrade: policy.downgrade,
                panic_abort: policy.panic_abort,
                search_paths: policy.search_paths,
                static_tls: policy.static_tls,
                needed: policy.needed.iter().cloned().collect(),
            },
            calls: host.calls().iter().map(LockCall::of).collect(),
            provides: host.provides().iter().map(LockProvision::of).collect(),
            names: host.names().iter().map(LockName::of).collect(),
            used: host.used_functions().clone(),
        }
    }
}

fn types(of: &Description) -> Vec<LockNamedType> {
    of.types.iter().map(LockNamedType::of).collect()
}

impl LockCall {
    fn of(call: &HostCall) -> Self {
        let called = call.expected.description();
        let mut interfaces = called.interfaces.iter();
        let mut functions = called.functions.values();
        LockCall {
            module: call.module.clone(),
            interface: interfaces.next().map(|(name, methods)| LockCalled {
                name: name.clone(),
                shared: called.shared.contains(name),
                methods: methods.iter().map(LockSignature::of).collect(),
            }),
            function: functions.next().map(|it| LockSignature::of(&it.signature)),
            types: types(called),
        }
    }
}

impl LockProvision {
    fn of(provision: &HostProvision) -> Self {
        let provided = provision.expected.description();
        let is_all = provided.functions.keys().eq(&provision.names);
        LockProvision {
            of: provision.expected.of().to_owned(),
            functions: (provided.functions.values())
                .map(|it| LockSignature::of(&it.signature))
                .collect(),
            only: (!is_all).then(|| provision.names.clone()),
            types: types(provided),
        }
    }
}

impl LockName {
    fn of(name: &HostName) -> Self {
        let taken = name.keys.as_ref().and_then(Expected::taken);
        LockName {
            name: name.name.clone(),
            module: name.module.clone(),
            key: taken.map(|(key, _)| Spelled(key.clone())),
            types: taken
                .map(|(_, described)| types(described))
                .unwrap_or_default(),
        }
    }
}

/// File to expectations, through the bytes that a host writes: their reader trusts nothing, and a lock file may
/// have been edited.
impl HostLock {
    pub(super) fn parse(path: &Path, text: &str) -> Result<Expectations, Failure> {
        let header: HostHeader = serde_json::from_str(text).map_err(|error| {
            let reason = format!("it is neither what a host wrote nor a lock of that: {error}");
            let help = "let the host write it: `host.expectations().write_to(path)`";
            Failure::lock(path, reason, help)
        })?;
        let format = header.hotmod_host_lock;
        if format != FORMAT {
            let reason = format!("it is of format {format}, and {FORMAT} is what is known");
            return Err(Failure::lock(path, reason, AGAIN));
        }
        let file: HostLock = serde_json::from_str(text)
            .map_err(|error| Failure::lock(path, error.to_string(), AGAIN))?;
        let bytes = file.expectations().and_then(|host| {
            let bytes = host.to_bytes();
            bytes.map_err(|error| error.to_string())
        });
        let bytes = bytes.map_err(|reason| Failure::lock(path, reason, AGAIN))?;
        Expectations::from_bytes(&bytes)
            .map_err(|error| Failure::lock(path, error.reason().to_owned(), AGAIN))
    }

    fn expectations(&self) -> Result<Expectations, String> {
        let LockHostBuild {
            abi,
            rustc,
            commit,
            target,
        } = &self.build;
        let build = HostBuild {
            abi: *abi,
            rustc: rustc.clone(),
            commit: commit.clone(),
            target: target.clone(),
        };
        let mut policy = Policy::default();
        policy.downgrade = self.allows.downgrade;
        policy.panic_abort = self.allows.panic_abort;
        policy.search_paths = self.allows.search_paths;
        policy.static_tls = self.allows.static_tls;
        policy.needed = self.allows.needed.iter().cloned().collect();
        let toolchain = build.toolchain();
        let mut host = Expectations::new(build, policy);
        for call in &self.calls {
            let mut section = encoded_types(&call.types);
            let of = match (&call.interface, &call.function) {
                (Some(interface), None) => {
                    let desc = interface.desc();
                    record(&mut section, |writer| encode::interface(writer, &desc));
                    interface.name.clone()
                }
                (None, Some(function)) => {
                    encode_function(&mut section, function);
                    format!("{}()", function.name())
                }
                _ => return Err("what it calls is not one interface or function".to_owned()),
            };
            host = host.call(&call.module, Expected::new(&of, section, &toolchain));
        }
        for provision in &self.provides {
            let mut section = encoded_types(&provision.types);
            let functions = provision.functions.iter();
            functions.for_each(|function| encode_function(&mut section, function));
            let all = || {
                let functions = provision.functions.iter();
                functions.map(|it| it.name().to_owned()).collect()
            };
            let names = provision.only.clone().unwrap_or_else(all);
            let expected = Expected::new(&provision.of, section, &toolchain);
            host = host.provide(names, expected);
        }
        for it in &self.names {
            let keys = it.key.as_ref().map(|key| {
                let mut section = encoded_types(&it.types);
                encode_function(&mut section, &LockSignature::taking(key.clone()));
                Expected::new(&format!("the keys of `{}`", it.name), section, &toolchain)
            });
            host = host.name(HostName {
                name: it.name.clone(),
                module: it.module.clone(),
                keys,
            });
        }
        for (module, functions) in &self.used {
            host = host.used(module, functions.iter().cloned());
        }
        Ok(host)
    }
}

fn encode_function(section: &mut Vec<u8>, function: &LockSignature) {
    let desc = function.desc();
    record(section, |writer| {
        encode::function(writer, "", "", &desc, None);
    });
}

impl LockCalled {
    fn desc(&self) -> hotmod::describe::InterfaceDesc {
        super::format::interface(&self.name, self.shared, &self.methods)
    }
}

/// Indented, so that a change of one thing is a change of one line.
impl fmt::Display for HostLock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = serde_json::to_string_pretty(self).map_err(|_| fmt::Error)?;
        writeln!(f, "{text}")
    }
}

#[cfg(test)]
#[expect(
    clippy::undocumented_unsafe_blocks,
    reason = "an opaque field is a number that refers to nothing"
)]
mod tests {
    use hotmod::StableState;
    use hotmod_host::Host;

    use super::*;

    mod other {
        /// A type that hotmod knows nothing of.
        #[derive(Clone, Copy, Default)]
        #[expect(dead_code, reason = "only the description matters")]
        pub(super) struct Dice(u64);
    }

    #[derive(StableState)]
    #[state(was = "Mood", removed("seed"), removed_variant(Old => Calm))]
    enum Temper {
        Calm,
        #[state(was = "Busy")]
        Angry {
            #[state(checked)]
            since: u16,
            #[state(with = longer)]
            text: String,
        },
        #[state(other)]
        Other(String),
    }

    fn longer(text: &u8) -> String {
        text.to_string()
    }

    #[derive(StableState)]
    #[state(meaning = 3)]
    struct Whole {
        #[state(rebuild)]
        all: std::collections::BTreeMap<u64, Pair<u32, 3>>,
        #[state(fill = 0, default)]
        rows: [u8; 4],
        #[state(unsafe(opaque))]
        dice: other::Dice,
        #[state(skip)]
        cache: Vec<u8>,
        temper: Option<Box<Temper>>,
    }

    #[derive(StableState)]
    struct Pair<T: StableState, const N: usize>([T; N], Vec<T>);

    #[hotmod::interface]
    trait Table: Sync {
        fn lent(
            &self,
            whole: &Whole,
            others: &mut [Temper],
            text: &str,
        ) -> Result<(u8, String), Vec<Temper>>;
        #[hotmod::optional]
        #[hotmod(removed("gone"))]
        fn changed(&mut self, #[hotmod(default = 3)] times: u32) -> Option<Temper>;
    }

    #[test]
    fn a_lock_says_all_that_the_host_says() {
        let host = Host::builder()
            .expects::<dyn Table>("tables")
            .expects_function::<fn(&str, &[Temper]) -> Vec<u8>>("tables", "count")
            .provide("log", |text: &str, all: Vec<Temper>| -> usize {
                text.len() + all.len()
            })
            .allow_static_tls(true)
            .allow_needed("libz.so.1")
            .build();
        let host = host.expect("a host").expectations();
        let text = HostLock::of(&host).to_string();
        let read = HostLock::parse(Path::new("test.lock"), &text);
        let read = read.unwrap_or_else(|failure| panic!("{failure}"));
        assert_eq!(read.build(), host.build());
        assert_eq!(read.policy(), host.policy());
        assert_eq!(read.to_string(), host.to_string());
        let described = |host: &Expectations| {
            let calls = host
                .calls()
                .iter()
                .map(|it| it.expected.description().clone());
            let provides = host
                .provides()
                .iter()
                .map(|it| it.expected.description().clone());
            calls.chain(provides).collect::<Vec<_>>()
        };
        assert_eq!(described(&read), described(&host));
        assert_eq!(HostLock::of(&read).to_string(), text);
    }

    /// Each word of the text, in turn, becomes something else.
    #[test]
    fn whatever_is_edited_is_refused_or_holds_together() {
        let host = Host::builder().expects::<dyn Table>("tables").build();
        let text = HostLock::of(&host.expect("a host").expectations()).to_string();
        let lines: Vec<&str> = text.lines().collect();
        let (mut refused, mut taken) = (0, 0);
        for place in 0..lines.len() {
            for other in [
                "",
                "\"u32\",",
                "\"name\": \"x\",",
                "0,",
                "{}",
                "\"type\": \"Vec<u8>\",",
            ] {
                let mut edited = lines.clone();
                edited[place] = other;
                match HostLock::parse(Path::new("test.lock"), &edited.join("\n")) {
                    Ok(read) => {
                        let again = HostLock::of(&read).to_string();
                        let again = HostLock::parse(Path::new("test.lock"), &again);
                        let again = again.unwrap_or_else(|failure| panic!("{failure}"));
                        assert_eq!(again.to_string(), read.to_string());
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
            refused > 100 && taken > 10,
            "{refused} refused, {taken} taken"
        );
    }
}
