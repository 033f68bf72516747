//! Comparisons as JSON, as `cargo hotmod diff --format json` prints them. The names here and their meanings stay; more
//! names may be added.

use std::fmt::Display;
use std::path::Path;

use hotmod::describe::{Build, Difference, Verdict};
use serde::Serialize;

use crate::digest::Digest;
use crate::expectations::HostBuild;
use crate::inspect::Inspected;
use crate::plan::{Condition, Cost, Preparation, Survival};
use crate::refusal::Refusal;

/// The build of one file.
#[derive(Serialize)]
pub struct JsonBuild<'a> {
    file: String,
    /// The digest of a file; a lock has none.
    digest: Option<String>,
    module: &'a str,
    version: &'a str,
    abi: u32,
    toolchain: Toolchain<'a>,
    panic: &'static str,
    allocator: &'a str,
}

#[derive(Serialize)]
struct Toolchain<'a> {
    rustc: &'a str,
    commit: &'a str,
    target: &'a str,
}

impl<'a> JsonBuild<'a> {
    /// Of a file that was read.
    pub fn of(module: &'a Inspected) -> Self {
        JsonBuild {
            digest: Some(module.digest().to_string()),
            ..JsonBuild::locked(module.file(), module.build())
        }
    }

    /// Of a build that was written down, without the file itself.
    pub fn locked(file: &Path, build: &'a Build) -> Self {
        JsonBuild {
            file: file.display().to_string(),
            digest: None,
            module: &build.module,
            version: &build.version,
            abi: build.abi,
            toolchain: Toolchain {
                rustc: &build.rustc,
                commit: &build.commit,
                target: &build.target,
            },
            panic: if build.unwinds { "unwind" } else { "abort" },
            allocator: &build.allocator,
        }
    }
}

impl JsonBuild<'_> {
    /// With the digest of the file's bytes, where that is known otherwise.
    #[must_use]
    pub fn with_digest(mut self, digest: Digest) -> Self {
        self.digest = Some(digest.to_string());
        self
    }
}

/// A host that is asked about.
#[derive(Serialize)]
pub struct JsonHost<'a> {
    file: String,
    abi: u32,
    toolchain: Toolchain<'a>,
}

impl<'a> JsonHost<'a> {
    /// Of what a host wrote down to this file.
    pub fn of(file: &Path, build: &'a HostBuild) -> Self {
        JsonHost {
            file: file.display().to_string(),
            abi: build.abi,
            toolchain: Toolchain {
                rustc: &build.rustc,
                commit: &build.commit,
                target: &build.target,
            },
        }
    }
}

/// A build, compared with a file or a lock.
#[derive(Serialize)]
pub struct JsonComparison<'a> {
    /// `adopt`, `migrate` or `refuse`.
    pub verdict: &'static str,
    /// Whether live state survives: `always`, `conditional` or `never`.
    pub survives: &'static str,
    /// What each live value must be, if that is `conditional`.
    pub conditions: Vec<JsonCondition<'a>>,
    /// What runs, or is to be replaced.
    pub old: Option<JsonBuild<'a>>,
    /// What is to take its place, where it could be read.
    pub new: Option<JsonBuild<'a>>,
    /// The host that is asked about, where that is another process.
    pub host: Option<JsonHost<'a>>,
    /// The modules that run beside, where these are named.
    pub others: Option<Vec<JsonBuild<'a>>>,
    /// All that differs.
    pub differences: Vec<JsonChange<'a>>,
    /// What becoming of state costs, path by path; none if it is refused.
    pub costs: Vec<JsonCost<'a>>,
    /// What converting calls costs, at each of them.
    pub call_costs: Vec<JsonCost<'a>>,
    /// Of each state that is migrated, which calls of it go on meanwhile.
    pub preparations: Vec<JsonPreparation>,
    /// Whether a state that goes there and back is what it was, for sure.
    pub lossless: bool,
    /// Whether it could be seen of both which statics they have.
    pub statics_seen: bool,
}

impl<'a> JsonComparison<'a> {
    /// A candidate that was refused to take the place of what runs. Where the file could not be read as a module,
    /// nothing is known of its build.
    pub fn refused(old: Option<JsonBuild<'a>>, refusal: &'a Refusal) -> Self {
        let new = refusal.build();
        let new = new
            .map(|(digest, build)| JsonBuild::locked(refusal.file(), build).with_digest(*digest));
        JsonComparison {
            verdict: Verdict::Refuse.as_str(),
            survives: Survival::Never.as_str(),
            conditions: Vec::new(),
            old,
            new,
            host: None,
            others: None,
            differences: refusal.differences().iter().map(JsonChange::of).collect(),
            costs: Vec::new(),
            call_costs: Vec::new(),
            preparations: Vec::new(),
            lossless: false,
            statics_seen: false,
        }
    }
}

/// What a live value must be for its state to survive.
#[derive(Serialize)]
pub struct JsonCondition<'a> {
    path: &'a str,
    must: &'a str,
}

impl<'a> JsonCondition<'a> {
    /// Of all values; none if it does not matter what they are.
    pub fn all(survival: &'a Survival) -> Vec<Self> {
        let conditions = survival.conditions().iter();
        let conditions = conditions.map(|Condition { path, must }| JsonCondition { path, must });
        conditions.collect()
    }
}

/// What it costs to carry one part of a state over, or of what a call passes.
#[derive(Serialize)]
pub struct JsonCost<'a> {
    path: &'a str,
    cost: &'static str,
}

impl<'a> JsonCost<'a> {
    /// By the paths.
    pub fn all(costs: &'a [(String, Cost)]) -> Vec<Self> {
        let costs = costs.iter().map(|(path, cost)| JsonCost {
            path,
            cost: cost.as_str(),
        });
        costs.collect()
    }
}

/// Which calls of a state go on while its new value is made.
#[derive(Serialize)]
pub struct JsonPreparation {
    state: String,
    prepared: &'static str,
    because: Vec<JsonBecause>,
}

/// A part of a state that keeps its `&self` calls waiting.
#[derive(Serialize)]
struct JsonBecause {
    path: String,
    what: String,
}

impl JsonPreparation {
    /// Of each state, by its type.
    pub fn all(preparations: &[(impl Display, Preparation)]) -> Vec<Self> {
        let preparations = preparations.iter();
        let preparations = preparations.map(|(state, preparation)| JsonPreparation {
            state: state.to_string(),
            prepared: preparation.as_str(),
            because: match preparation {
                Preparation::Shared => Vec::new(),
                Preparation::Exclusive { because } => {
                    let because = because.iter().cloned();
                    because
                        .map(|(path, what)| JsonBecause { path, what })
                        .collect()
                }
            },
        });
        preparations.collect()
    }
}

/// One thing that differs.
#[derive(Serialize)]
pub struct JsonChange<'a> {
    /// Which thing.
    pub path: &'a str,
    /// How it was.
    pub was: &'a str,
    /// How it is now.
    pub now: &'a str,
    /// The code of the rule that it falls under, as `HM-0201`.
    pub code: String,
    /// The stable name of that rule.
    pub rule: &'static str,
    /// What to write to make it acceptable.
    pub help: &'a str,
    /// Whether it stands in the way.
    pub refuses: bool,
    /// Whether state loses something by it.
    pub loses: bool,
}

impl<'a> JsonChange<'a> {
    /// As it was found.
    pub fn of(difference: &'a Difference) -> Self {
        JsonChange {
            path: &difference.path,
            was: &difference.was,
            now: &difference.now,
            code: difference.rule.code().to_string(),
            rule: difference.rule.code().name(),
            help: &difference.help,
            refuses: difference.rule.refuses(),
            loses: difference.rule.loses(),
        }
    }
}
