//! verify: whether a build may be used at all, whatever it exports.

use std::collections::BTreeSet;

use hotmod::describe::{Build, Difference, Rule};
use hotmod::root;
use semver::Version;

use crate::inspect::Inspected;
use crate::object::{NeededLibraries, is_of_the_system};
use crate::refusal::{Refusal, RefusalStage};

/// What a host allows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Policy {
    /// An update to an older version.
    pub downgrade: bool,
    /// A module whose panics end the process.
    pub panic_abort: bool,
    /// Libraries that a module may need beside the system's and those that the process has loaded already,
    /// by the names of their files: `libssl.so.3`.
    pub needed: BTreeSet<String>,
    /// A module that says where the system's loader looks for libraries, or which further ones it loads.
    pub search_paths: bool,
    /// A module whose thread-locals lie in the block that threads get when they start.
    pub static_tls: bool,
}

/// The module that a candidate is to replace.
#[derive(Clone, Copy)]
pub struct Replaced<'a> {
    /// Its name.
    pub module: &'a str,
    /// Its version.
    pub version: &'a str,
}

/// What a module must have been built for.
#[derive(Clone, Copy)]
pub(crate) struct Platform<'a> {
    pub(crate) abi: u32,
    pub(crate) target: &'a str,
}

/// Refuses a candidate whose build record or needs do not agree with this host, its policy and the module
/// that runs.
pub fn verify(
    candidate: &Inspected,
    policy: &Policy,
    running: Option<Replaced<'_>>,
    is_loaded: impl Fn(&str) -> bool,
) -> Result<(), Refusal> {
    let this = Platform {
        abi: root::ABI,
        target: root::TARGET,
    };
    let mut reasons = objections(candidate.build(), this, policy, running);
    reasons.extend(unmet(candidate.needs(), policy, is_loaded));
    reasons.extend(candidate.denied());
    if reasons.is_empty() {
        Ok(())
    } else {
        Err(candidate.refuse(RefusalStage::Verify, reasons))
    }
}

impl Inspected {
    /// What a host with this policy refuses among the file's [`needs`](Inspected::needs). A host does not
    /// refuse a library that it has loaded already. No file says which those are, so this lists them too.
    pub fn unmet(&self, policy: &Policy) -> Vec<Difference> {
        unmet(self.needs(), policy, |_| false)
    }
}

/// Everything in a build record that does not agree with the platform, the policy and the module that runs.
pub(crate) fn objections(
    build: &Build,
    platform: Platform<'_>,
    policy: &Policy,
    running: Option<Replaced<'_>>,
) -> Vec<Difference> {
    let mut found = Vec::new();
    let mut object = |rule, path: &str, was: String, now: String, help: &str| {
        found.push(Difference {
            path: path.to_owned(),
            was,
            now,
            rule,
            help: help.to_owned(),
        });
    };
    if build.abi != platform.abi {
        object(
            Rule::AbiDiffers,
            "hotmod ABI version",
            platform.abi.to_string(),
            build.abi.to_string(),
            "build host and module with the same version of hotmod",
        );
    }
    if build.target != platform.target {
        object(
            Rule::OtherArchitecture,
            "target",
            platform.target.to_owned(),
            build.target.clone(),
            "build the module for the host's target",
        );
    }
    if !build.unwinds && !policy.panic_abort {
        object(
            Rule::PanicAborts,
            "panic strategy",
            "unwind".to_owned(),
            "abort: a panic would end the whole process".to_owned(),
            "remove `panic = \"abort\"` from the profile; where the workspace's other members need \
             it, build the module by a second one, as `cargo build --profile module` with \
             `[profile.module]`, `inherits = \"release\"` and `panic = \"unwind\"` in the workspace's \
             Cargo.toml; or allow it with `HostBuilder::allow_panic_abort`",
        );
    }
    let version = Version::parse(&build.version);
    if version.is_err() {
        object(
            Rule::VersionMalformed,
            "version",
            "major.minor.patch".to_owned(),
            format!("`{}`", build.version),
            "write `version: env!(\"CARGO_PKG_VERSION\")` in `module!`",
        );
    }
    let Some(running) = running else {
        return found;
    };
    if build.module != running.module {
        object(
            Rule::OtherModule,
            "module",
            format!("`{}`", running.module),
            format!("`{}`", build.module),
            "load another module with `Host::load`",
        );
    } else if let (Ok(version), Ok(before)) = (version, Version::parse(running.version))
        && version < before
        && !policy.downgrade
    {
        object(
            Rule::Downgrade,
            "version",
            format!("{} or newer", running.version),
            build.version.clone(),
            "raise the version, or allow it with `HostBuilder::allow_downgrade`",
        );
    }
    found
}

/// Everything that a file has the system's loader do and that the policy does not allow. The loader would
/// do all of it before it runs any code of the file itself. `is_loaded` says whether the process has a
/// library already, so that the loader opens no new file for it.
pub(crate) fn unmet(
    needs: &NeededLibraries,
    policy: &Policy,
    is_loaded: impl Fn(&str) -> bool,
) -> Vec<Difference> {
    let mut found = Vec::new();
    let mut object = |rule, path: String, was: &str, now: String, help: String| {
        found.push(Difference {
            path,
            was: was.to_owned(),
            now,
            rule,
            help,
        });
    };
    let mut library = |path: String, name: &str| {
        if policy.needed.contains(name) || is_of_the_system(name) {
            return;
        }
        // It brings a second allocator and panic runtime, or shares the host's, and no check says which.
        if name.starts_with("libstd-") {
            object(
                Rule::LibraryNotAllowed,
                path,
                "a module that holds its own copy of the standard library",
                format!("`{name}`"),
                "build the module without `-C prefer-dynamic`".to_owned(),
            );
        } else if !is_loaded(name) {
            object(
                Rule::LibraryNotAllowed,
                path,
                "a library of the system, or one that the host has loaded already",
                format!("`{name}`"),
                format!(
                    "it would run before anything of it is checked; link it statically, or allow it \
                     with `HostBuilder::allow_needed(\"{name}\")`"
                ),
            );
        }
    };
    for name in needs.libraries() {
        library("needed library".to_owned(), name);
    }
    for (setting, value) in needs.settings() {
        if matches!(setting, "FILTER" | "AUXILIARY") {
            library(format!("library of {setting}"), value);
        }
    }
    if !policy.search_paths {
        for (setting, value) in needs.settings() {
            object(
                Rule::SearchPathNotAllowed,
                setting.to_owned(),
                "a file that leaves to the system which libraries are loaded, and from where",
                format!("`{value}`"),
                "link without `-rpath` and the like (`patchelf --remove-rpath` takes it away), or \
                 allow it with `HostBuilder::allow_search_paths`"
                    .to_owned(),
            );
        }
    }
    if needs.static_tls() && !policy.static_tls {
        object(
            Rule::StaticTls,
            "thread-local storage".to_owned(),
            "a block of the module's own",
            "static TLS: a part of the block that threads get when they start, which is small and \
             used up after a few updates, until the process is started again"
                .to_owned(),
            format!("build what it links without `-ftls-model=initial-exec`, or {STATIC_TLS_CURE}"),
        );
    }
    found
}

/// What to do about thread-locals that have to lie in the block that every thread gets at its start.
pub const STATIC_TLS_CURE: &str = "allow it with `HostBuilder::allow_static_tls` and start the \
     host with a larger block, such as GLIBC_TUNABLES=glibc.rtld.optional_static_tls=65536";
