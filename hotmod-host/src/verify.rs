//! verify: whether this host may use a file at all, whatever it exports.

use hotmod::describe::Rule;
use hotmod::root;
use semver::Version;

use crate::error::{Refusal, Stage};
use crate::inspect::Inspected;

/// What the host allows.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Policy {
    /// An update to an older version.
    pub(crate) downgrade: bool,
    /// A module whose panics end the process.
    pub(crate) panic_abort: bool,
}

/// The module that a candidate is to replace.
#[derive(Clone, Copy)]
pub(crate) struct Running<'a> {
    pub(crate) module: &'a str,
    pub(crate) version: &'a str,
}

/// Holds the build record against the policy and against what runs.
pub(crate) fn verify(
    candidate: &Inspected,
    policy: Policy,
    running: Option<Running<'_>>,
) -> Result<(), Refusal> {
    let build = candidate.build();
    let refuse = |rule, reason| Err(candidate.refuse_because(Stage::Verify, rule, reason));
    if build.abi != root::ABI {
        return refuse(
            Rule::AbiDiffers,
            [
                "hotmod ABI version",
                &root::ABI.to_string(),
                &build.abi.to_string(),
                "build host and module with the same version of hotmod",
            ],
        );
    }
    if build.target != root::TARGET {
        return refuse(
            Rule::OtherArchitecture,
            [
                "target",
                root::TARGET,
                &build.target,
                "build the module for the host's target",
            ],
        );
    }
    if !build.unwinds && !policy.panic_abort {
        return refuse(
            Rule::PanicAborts,
            [
                "panic strategy",
                "unwind",
                "abort: a panic would end the whole process",
                "remove `panic = \"abort\"` from the profile, or allow it with \
                 `Builder::allow_panic_abort`",
            ],
        );
    }
    let Ok(version) = Version::parse(&build.version) else {
        return refuse(
            Rule::VersionMalformed,
            [
                "version",
                "major.minor.patch",
                &format!("`{}`", build.version),
                "write `version: env!(\"CARGO_PKG_VERSION\")` in `module!`",
            ],
        );
    };
    let Some(running) = running else {
        return Ok(());
    };
    if build.module != running.module {
        return refuse(
            Rule::OtherModule,
            [
                "module",
                &format!("`{}`", running.module),
                &format!("`{}`", build.module),
                "load another module with `Host::load`",
            ],
        );
    }
    // What runs was verified itself, so its version can be compared.
    let older = Version::parse(running.version).is_ok_and(|running| version < running);
    if older && !policy.downgrade {
        return refuse(
            Rule::Downgrade,
            [
                "version",
                &format!("{} or newer", running.version),
                &build.version,
                "raise the version, or allow it with `Builder::allow_downgrade`",
            ],
        );
    }
    Ok(())
}
