//! verify: whether a build may be used at all, whatever it exports.

use hotmod::describe::{Build, Difference, Rule};
use hotmod::root;
use semver::Version;

use crate::error::{Refusal, Stage};
use crate::inspect::Inspected;

/// What a host allows.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct Policy {
    /// An update to an older version.
    pub downgrade: bool,
    /// A module whose panics end the process.
    pub panic_abort: bool,
}

/// The module that a candidate is to replace.
#[derive(Clone, Copy)]
pub(crate) struct Running<'a> {
    pub(crate) module: &'a str,
    pub(crate) version: &'a str,
}

/// What a module must have been built for.
#[derive(Clone, Copy)]
pub(crate) struct Platform<'a> {
    pub(crate) abi: u32,
    pub(crate) target: &'a str,
}

/// Refuses a candidate whose build record does not agree with this host, its policy and what runs.
pub(crate) fn verify(
    candidate: &Inspected,
    policy: Policy,
    running: Option<Running<'_>>,
) -> Result<(), Refusal> {
    let this = Platform {
        abi: root::ABI,
        target: root::TARGET,
    };
    let reasons = objections(candidate.build(), this, policy, running);
    if reasons.is_empty() {
        Ok(())
    } else {
        Err(candidate.refuse(Stage::Verify, reasons))
    }
}

/// Everything in a build record that does not agree with the platform, the policy and what runs.
pub(crate) fn objections(
    build: &Build,
    platform: Platform<'_>,
    policy: Policy,
    running: Option<Running<'_>>,
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
            "remove `panic = \"abort\"` from the profile, or allow it with \
             `Builder::allow_panic_abort`",
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
            "raise the version, or allow it with `Builder::allow_downgrade`",
        );
    }
    found
}
