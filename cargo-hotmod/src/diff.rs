//! `cargo hotmod diff`: whether one file may replace another.

use std::fmt;
use std::path::PathBuf;

use clap::Args;
use hotmod_host::describe::{Difference, Rule, Verdict};
use hotmod_host::{Inspected, Policy, compare};
use serde::{Serialize, Serializer};

use crate::json;
use crate::output::{Exit, Failure, Output};

/// Says whether a module's file may replace another
///
/// Compares the two as a host that runs OLD would: the module and its version, what it was built
/// for, every export, and every type that is reached from live state. Nothing of the files is run.
/// A host also compares NEW with the interfaces that it was compiled with itself.
///
/// The exit status is 0 if NEW may replace OLD, 3 if it is refused, and 2 if a file is unusable.
#[derive(Args)]
#[command(after_long_help = json::DIFF)]
pub(crate) struct Diff {
    /// The file that runs
    old: PathBuf,

    /// The file that is to replace it
    new: PathBuf,

    /// Compare as for a host that allows updates to an older version
    #[arg(long)]
    allow_downgrade: bool,

    /// Compare as for a host that allows modules whose panics end the process
    #[arg(long)]
    allow_panic_abort: bool,

    #[command(flatten)]
    output: Output,
}

impl Diff {
    pub(crate) fn run(self) -> Result<Exit, Failure> {
        let files = [&self.old, &self.new].map(hotmod_host::inspect);
        let (old, new) = match files {
            [Ok(old), Ok(new)] => (old, new),
            files => {
                let refusals = files.into_iter().filter_map(Result::err);
                return Err(Failure::Files(refusals.collect()));
            }
        };
        let mut policy = Policy::default();
        policy.downgrade = self.allow_downgrade;
        // A host that runs such a module allows it.
        policy.panic_abort = self.allow_panic_abort || !old.build().unwinds;
        let differences = compare(&old, &new, policy);
        let answer = Answer {
            verdict: Verdict::of(&differences),
            old,
            new,
            differences,
        };
        self.output.print(&answer)?;
        Ok(match answer.verdict {
            Verdict::Adopt | Verdict::Migrate => Exit::Yes,
            Verdict::Refuse => Exit::Refused,
        })
    }
}

struct Answer {
    verdict: Verdict,
    old: Inspected,
    new: Inspected,
    differences: Vec<Difference>,
}

impl Answer {
    /// The verdict, as a sentence.
    fn sentence(&self) -> String {
        let (old, new) = (self.old.build(), self.new.build());
        let may = match self.verdict {
            Verdict::Adopt | Verdict::Migrate => "may replace",
            Verdict::Refuse => "may not replace",
        };
        let name = match old.module == new.module {
            true => String::new(),
            false => format!("`{}` ", old.module),
        };
        format!(
            "{}: module `{}` {} ({}) {may} {name}{} ({})",
            self.verdict.as_str(),
            new.module,
            new.version,
            self.new.file().display(),
            old.version,
            self.old.file().display(),
        )
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.sentence())?;
        if self.verdict == Verdict::Adopt {
            if self.old.digest() == self.new.digest() {
                f.write_str("\n  the files are equal")?;
            }
            for state in self.old.manifest().states() {
                write!(f, "\n  state {state}: handed over as it is")?;
            }
        }
        let of = |verdict| self.differences.iter().filter(move |it| it.rule.verdict() == verdict);
        for difference in of(Verdict::Refuse) {
            list(f, difference)?;
        }
        let headings = [
            (Verdict::Migrate, "\nstate is migrated:"),
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
    for line in difference.to_string().lines() {
        write!(f, "\n  {line}")?;
    }
    match difference.rule {
        Rule::Downgrade => f.write_str("\n    help: --allow-downgrade compares all the same"),
        Rule::PanicAborts => f.write_str("\n    help: --allow-panic-abort compares all the same"),
        _ => Ok(()),
    }
}

impl Serialize for Answer {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Answer {
            verdict,
            old,
            new,
            differences,
        } = self;
        json::Comparison::of(*verdict, old, new, differences).serialize(serializer)
    }
}
