//! Why a file is not taken as a resource.

use std::error::Error;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use hotmod::codes::{self, Code, coded};
use hotmod::printed::{Line, Lines};

/// A file that is not taken as a resource. What the resource held stays.
#[derive(Clone)]
pub struct ResourceError(Box<RefusedFile>);

#[derive(Clone)]
struct RefusedFile {
    name: String,
    file: PathBuf,
    kept: Option<u64>,
    fault: ResourceFault,
}

/// What is the matter with a file, or with what it holds.
#[derive(Clone)]
pub(crate) struct ResourceFault {
    pub(crate) kind: ResourceErrorKind,
    /// Line and column, from 1 on.
    pub(crate) location: Option<(usize, usize)>,
    pub(crate) what: String,
    pub(crate) help: &'static str,
    pub(crate) source: Option<Arc<dyn Error + Send + Sync>>,
}

/// What is the matter with a file that is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ResourceErrorKind {
    /// It is outside of where resources are: the host has no directory for resources, or the name is none of a file in it.
    Outside,
    /// It cannot be read.
    Unreadable,
    /// What it holds is no such value.
    Malformed,
    /// The server's own check says no to the value.
    Invalid,
}

impl ResourceFault {
    pub(crate) fn new(kind: ResourceErrorKind, what: impl Into<String>) -> Self {
        ResourceFault {
            kind,
            location: None,
            what: what.into(),
            help: "",
            source: None,
        }
    }

    pub(crate) fn help(mut self, help: &'static str) -> Self {
        self.help = help;
        self
    }

    pub(crate) fn at(mut self, location: Option<(usize, usize)>) -> Self {
        self.location = location;
        self
    }

    pub(crate) fn caused_by(mut self, source: Arc<dyn Error + Send + Sync>) -> Self {
        self.source = Some(source);
        self
    }

    /// The error about a file, and the version of the resource that stays.
    pub(crate) fn of(self, name: &str, file: &Path, kept: Option<u64>) -> ResourceError {
        ResourceError(Box::new(RefusedFile {
            name: name.to_owned(),
            file: file.to_owned(),
            kept,
            fault: self,
        }))
    }
}

impl ResourceError {
    /// The name of the resource.
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// The file.
    pub fn file(&self) -> &Path {
        &self.0.file
    }

    /// What is the matter.
    pub fn kind(&self) -> ResourceErrorKind {
        self.0.fault.kind
    }

    /// The line, from 1 on, if the fault has a location in the text.
    pub fn line(&self) -> Option<usize> {
        self.0.fault.location.map(|(line, _)| line)
    }

    /// The column in characters, from 1 on, if the fault has a location in the text.
    pub fn column(&self) -> Option<usize> {
        self.0.fault.location.map(|(_, column)| column)
    }

    /// What was found, and what was expected.
    pub fn what(&self) -> &str {
        &self.0.fault.what
    }

    /// The version of the value that the resource holds on to; `None` if it had none.
    pub fn kept(&self) -> Option<u64> {
        self.0.kept
    }
}

impl fmt::Display for ResourceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        coded(f, self.code(), |f| {
            let RefusedFile {
                name,
                file,
                kept,
                fault,
            } = &*self.0;
            let (name, file) = (Line(name), Line(file.display()));
            write!(f, "resource `{name}` ({file}) is refused")?;
            if let Some(kept) = kept {
                write!(f, "; version {kept} stays")?;
            }
            f.write_str("\n  ")?;
            if let Some((line, column)) = fault.location {
                write!(f, "line {line}, column {column}: ")?;
            }
            let what = Lines(&fault.what).to_string();
            f.write_str(&what.trim_end().replace('\n', "\n    "))?;
            match fault.help {
                "" => Ok(()),
                help => write!(f, "\n    help: {help}"),
            }
        })
    }
}

/// The same text, since a `main` that returns an error prints its `Debug` form.
impl fmt::Debug for ResourceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl ResourceError {
    /// The code of this kind of error, whose page `cargo hotmod explain` prints.
    pub fn code(&self) -> Code {
        match self.kind() {
            ResourceErrorKind::Outside => codes::RESOURCE_OUTSIDE,
            ResourceErrorKind::Unreadable => codes::RESOURCE_UNREADABLE,
            ResourceErrorKind::Malformed => codes::RESOURCE_MALFORMED,
            ResourceErrorKind::Invalid => codes::RESOURCE_INVALID,
        }
    }
}

impl Error for ResourceError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        let source: &(dyn Error + Send + Sync + 'static) = self.0.fault.source.as_deref()?;
        Some(source)
    }
}
