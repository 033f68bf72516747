//! Why a file was refused: one type for every reason not to use a file.

use std::error::Error;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use hotmod::describe::{Build, Difference, Rule};
use hotmod::printed::{Line, Lines, lines};

use crate::digest::Digest;
use crate::names::{Names, shown};

/// The stage that a file reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum RefusalStage {
    /// The file is read and parsed; no code of it runs.
    Inspect,
    /// Name, version and build are held against the host's policy.
    Verify,
    /// Exports and state are compared with what runs and with what the host was compiled with.
    Compare,
    /// The verified bytes are copied to where nothing can change them.
    Stage,
    /// The candidate takes the live instances to its version in a copy of the process.
    Rehearse,
    /// The copy is opened and its symbols are resolved.
    Load,
    /// The module is given its host's services, and the live states are sampled where that is asked for.
    Prepare,
}

impl RefusalStage {
    /// The stage's name, in lower case.
    pub fn as_str(self) -> &'static str {
        match self {
            RefusalStage::Inspect => "inspect",
            RefusalStage::Verify => "verify",
            RefusalStage::Compare => "compare",
            RefusalStage::Stage => "stage",
            RefusalStage::Rehearse => "rehearse",
            RefusalStage::Load => "load",
            RefusalStage::Prepare => "prepare",
        }
    }
}

impl fmt::Display for RefusalStage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A file was refused. Nothing has changed: what ran before runs on.
///
/// [`differences`](Refusal::differences) holds every reason that was found at the stage that
/// refused; `Display` prints them all, each with what to do about it.
#[derive(Clone)]
pub struct Refusal(Box<Inner>);

#[derive(Clone)]
struct Inner {
    file: PathBuf,
    /// Where the file really is, if its name does not say so.
    resolved: Option<PathBuf>,
    stage: RefusalStage,
    module: Option<String>,
    version: Option<String>,
    running: Option<String>,
    /// What the file says of its build, with the digest of its bytes.
    build: Option<(Digest, Build)>,
    differences: Vec<Difference>,
    source: Option<Arc<dyn Error + Send + Sync>>,
}

/// One reason for a refusal, in words.
#[doc(hidden)]
#[derive(Clone, Copy, Debug)]
pub struct Reason<'a> {
    /// What the reason is about.
    pub what: &'a str,
    /// What should be there.
    pub expected: &'a str,
    /// What is there.
    pub found: &'a str,
    /// What to do about it.
    pub help: &'a str,
}

impl Refusal {
    /// A refusal for these reasons.
    #[doc(hidden)]
    pub fn new(file: &Path, stage: RefusalStage, differences: Vec<Difference>) -> Self {
        Refusal(Box::new(Inner {
            file: file.to_owned(),
            resolved: None,
            stage,
            module: None,
            version: None,
            running: None,
            build: None,
            differences,
            source: None,
        }))
    }

    /// A refusal for one reason.
    #[doc(hidden)]
    pub fn because(file: &Path, stage: RefusalStage, rule: Rule, reason: Reason<'_>) -> Self {
        let difference = Difference {
            path: reason.what.to_owned(),
            was: reason.expected.to_owned(),
            now: reason.found.to_owned(),
            rule,
            help: reason.help.to_owned(),
        };
        Refusal::new(file, stage, vec![difference])
    }

    /// Says which module the file claims to be.
    #[doc(hidden)]
    #[must_use]
    pub fn of(mut self, module: &str, version: &str) -> Self {
        self.0.module = Some(module.to_owned());
        self.0.version = Some(version.to_owned());
        self
    }

    /// Says which build the file holds.
    #[doc(hidden)]
    #[must_use]
    pub fn of_build(mut self, digest: Digest, build: &Build) -> Self {
        self.0.build = Some((digest, build.clone()));
        self.of(&build.module, &build.version)
    }

    /// Says under which name the file was given, and where it is.
    #[doc(hidden)]
    #[must_use]
    pub fn of_file(mut self, names: &Names) -> Self {
        names.given().clone_into(&mut self.0.file);
        self.0.resolved = names.elsewhere().map(Path::to_owned);
        self
    }

    /// Says which version keeps running.
    #[doc(hidden)]
    #[must_use]
    pub fn keeps(mut self, running: &str) -> Self {
        self.0.running = Some(running.to_owned());
        self
    }

    /// Says which error the refusal comes from.
    #[doc(hidden)]
    #[must_use]
    pub fn caused_by(mut self, source: impl Error + Send + Sync + 'static) -> Self {
        self.0.source = Some(Arc::new(source));
        self
    }

    /// The file, as it was given.
    pub fn file(&self) -> &Path {
        &self.0.file
    }

    /// Where the file really is, if there are links in the path that was given.
    pub fn resolved(&self) -> Option<&Path> {
        self.0.resolved.as_deref()
    }

    /// The stage at which the file was refused.
    pub fn stage(&self) -> RefusalStage {
        self.0.stage
    }

    /// The module that the file says it is, if its manifest could be read.
    pub fn module(&self) -> Option<&str> {
        self.0.module.as_deref()
    }

    /// The version that the file says it is, if its manifest could be read.
    pub fn version(&self) -> Option<&str> {
        self.0.version.as_deref()
    }

    /// The digest of the file's bytes and what they say of its build, if its manifest could be read.
    pub fn build(&self) -> Option<(&Digest, &Build)> {
        let (digest, build) = self.0.build.as_ref()?;
        Some((digest, build))
    }

    /// The version that keeps running, if one does.
    pub fn running(&self) -> Option<&str> {
        self.0.running.as_deref()
    }

    /// Every reason, each with its path, what was expected or there before, what is there now, and
    /// what to do.
    pub fn differences(&self) -> &[Difference] {
        &self.0.differences
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        lines(f, |f| {
            let file = match &self.0.resolved {
                Some(resolved) => shown(&self.0.file, resolved),
                None => Line(self.0.file.display()).to_string(),
            };
            match (&self.0.module, &self.0.version) {
                (Some(module), Some(version)) => {
                    write!(f, "module `{module}` {version} ({file}) is refused")?;
                }
                _ => write!(f, "{file} is refused")?,
            }
            if let Some(running) = &self.0.running {
                write!(f, "; {running} keeps running")?;
            }
            let reasons = self.0.differences.iter();
            list(f, reasons.filter(|it| it.rule.refuses()))
        })
    }
}

/// Writes each difference with its code, in lines of its own, indented below the line that it belongs to.
pub fn list<'a>(
    f: &mut fmt::Formatter<'_>,
    differences: impl IntoIterator<Item = &'a Difference>,
) -> fmt::Result {
    for difference in differences {
        for (i, line) in difference.with_code().to_string().lines().enumerate() {
            let indent = if i == 0 { "  " } else { "    " };
            write!(f, "\n{indent}{}", line.trim_start())?;
        }
    }
    Ok(())
}

/// Prints the refusal and its causes, since a `main` that returns an error prints its `Debug` form.
impl fmt::Debug for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        told(self, f)
    }
}

/// Writes the text of an error, and below it the text of each cause that is not part of it already.
pub fn told(error: &(dyn Error + 'static), f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let mut said = error.to_string();
    f.write_str(&said)?;
    let mut cause = error.source();
    while let Some(error) = cause {
        let says = Lines(error).to_string();
        if !said.contains(&says) {
            let below = says.replace('\n', "\n    ");
            write!(f, "\n  caused by: {below}")?;
            said = says;
        }
        cause = error.source();
    }
    Ok(())
}

impl Error for Refusal {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        let source: &(dyn Error + Send + Sync + 'static) = self.0.source.as_deref()?;
        Some(source)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cause_that_is_not_said_is_printed_below() {
        let refusal = |found: &str| {
            let reason = Reason {
                what: "file",
                expected: "a file",
                found,
                help: "",
            };
            let refusal = Refusal::because(
                Path::new("a.so"),
                RefusalStage::Stage,
                Rule::StagingFailed,
                reason,
            );
            refusal.caused_by(std::io::Error::other("the disk is full"))
        };
        let unsaid = refusal("none");
        let below = format!("{unsaid}\n  caused by: the disk is full");
        assert_eq!(format!("{unsaid:?}"), below);
        let said = refusal("the disk is full");
        assert_eq!(format!("{said:?}"), said.to_string());
    }
}
