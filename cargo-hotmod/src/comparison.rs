//! A build held against what it is to replace, as `diff` and `check` print it.

use std::fmt;
use std::path::Path;

use clap::Args;
use hotmod_host::describe::{Build, Difference, Rule, Verdict};
use hotmod_host::{Inspected, Policy};
use serde::{Serialize, Serializer};

use crate::json;
use crate::lock::Reuse;
use crate::output::Exit;

/// What the host that is asked about allows.
#[derive(Args)]
pub(crate) struct Allowed {
    /// Compare as for a host that allows updates to an older version
    #[arg(long)]
    allow_downgrade: bool,

    /// Compare as for a host that allows modules whose panics end the process
    #[arg(long)]
    allow_panic_abort: bool,
}

impl Allowed {
    /// The policy of a host that runs `old`.
    pub(crate) fn policy(&self, old: &Build) -> Policy {
        let mut policy = Policy::default();
        policy.downgrade = self.allow_downgrade;
        // A host that runs such a module allows it.
        policy.panic_abort = self.allow_panic_abort || !old.unwinds;
        policy
    }
}

/// What a build is to replace.
pub(crate) enum Old<'a> {
    /// The file of a build.
    File(&'a Inspected),
    /// What a lock file says of a build.
    Lock(&'a Path, &'a Build),
}

impl Old<'_> {
    fn path(&self) -> &Path {
        match self {
            Old::File(module) => module.file(),
            Old::Lock(path, _) => path,
        }
    }

    fn build(&self) -> &Build {
        match self {
            Old::File(module) => module.build(),
            Old::Lock(_, build) => build,
        }
    }

    fn is_of_equal_bytes(&self, new: &Inspected) -> bool {
        matches!(self, Old::File(old) if old.digest() == new.digest())
    }
}

/// What came of it.
pub(crate) struct Comparison<'a> {
    pub(crate) old: Old<'a>,
    pub(crate) new: &'a Inspected,
    pub(crate) differences: Vec<Difference>,
    /// The names that the build gives to something else than they once stood for.
    pub(crate) reused: Vec<Reuse>,
}

impl Comparison<'_> {
    fn verdict(&self) -> Verdict {
        match self.reused.is_empty() {
            true => Verdict::of(&self.differences),
            false => Verdict::Refuse,
        }
    }

    pub(crate) fn exit(&self) -> Exit {
        match self.verdict() {
            Verdict::Adopt | Verdict::Migrate => Exit::Yes,
            Verdict::Refuse => Exit::Refused,
        }
    }

    /// The verdict, as a sentence.
    fn sentence(&self) -> String {
        let (old, new) = (self.old.build(), self.new.build());
        let may = match self.verdict() {
            Verdict::Adopt | Verdict::Migrate => "may replace",
            Verdict::Refuse => "may not replace",
        };
        let name = match old.module == new.module {
            true => String::new(),
            false => format!("`{}` ", old.module),
        };
        format!(
            "{}: module `{}` {} ({}) {may} {name}{} ({})",
            self.verdict().as_str(),
            new.module,
            new.version,
            self.new.file().display(),
            old.version,
            self.old.path().display(),
        )
    }
}

impl fmt::Display for Comparison<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.sentence())?;
        let verdict = self.verdict();
        if verdict == Verdict::Adopt {
            if self.old.is_of_equal_bytes(self.new) {
                f.write_str("\n  the files are equal")?;
            }
            for state in self.new.manifest().states() {
                write!(f, "\n  state {state}: handed over as it is")?;
            }
        }
        let of = |verdict| {
            let differences = self.differences.iter();
            differences.filter(move |difference| difference.rule.verdict() == verdict)
        };
        for difference in of(Verdict::Refuse) {
            list(f, difference)?;
        }
        for reuse in &self.reused {
            indented(f, reuse)?;
        }
        let migrated = match verdict {
            Verdict::Refuse => "\nstate would be migrated:",
            _ => "\nstate is migrated:",
        };
        let headings = [
            (Verdict::Migrate, migrated),
            (Verdict::Adopt, "\nnot in the way:"),
        ];
        for (verdict, heading) in headings {
            if of(verdict).next().is_some() {
                f.write_str(heading)?;
            }
            for difference in of(verdict) {
                list(f, difference)?;
            }
        }
        Ok(())
    }
}

fn list(f: &mut fmt::Formatter<'_>, difference: &Difference) -> fmt::Result {
    indented(f, difference)?;
    match difference.rule {
        Rule::Downgrade => f.write_str("\n    help: --allow-downgrade compares all the same"),
        Rule::PanicAborts => f.write_str("\n    help: --allow-panic-abort compares all the same"),
        _ => Ok(()),
    }
}

fn indented(f: &mut fmt::Formatter<'_>, item: &impl fmt::Display) -> fmt::Result {
    let text = item.to_string();
    text.lines().try_for_each(|line| write!(f, "\n  {line}"))
}

impl Serialize for Comparison<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let differences = self.differences.iter().map(json::Change::of);
        json::Comparison {
            verdict: self.verdict().as_str(),
            old: match self.old {
                Old::File(module) => json::Build::of(module),
                Old::Lock(path, build) => json::Build::locked(path, build),
            },
            new: json::Build::of(self.new),
            differences: differences
                .chain(self.reused.iter().map(Reuse::change))
                .collect(),
        }
        .serialize(serializer)
    }
}
