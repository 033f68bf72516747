//! Why a snapshot cannot be read.

use std::error::Error;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use hotmod::codes::{self, coded};
use hotmod::printed::Line;

use crate::refusal::told;

/// Why a snapshot cannot be read, or not to its end.
#[derive(Clone)]
pub struct SnapshotError(Box<Unreadable>);

#[derive(Clone, Default)]
struct Unreadable {
    file: Option<PathBuf>,
    /// The block, counted from 0, what it holds, and where it begins.
    block: Option<(u32, &'static str, u64)>,
    expected: String,
    found: String,
    source: Option<Arc<io::Error>>,
}

impl SnapshotError {
    /// This was to be there, and that was.
    #[doc(hidden)]
    pub fn new(expected: impl Into<String>, found: impl Into<String>) -> Self {
        SnapshotError(Box::new(Unreadable {
            expected: expected.into(),
            found: found.into(),
            ..Unreadable::default()
        }))
    }

    pub(crate) fn unreadable(error: io::Error) -> Self {
        let mut unreadable = SnapshotError::new("a file that can be read", "none");
        unreadable.0.source = Some(Arc::new(error));
        unreadable
    }

    /// What was to be there, and what was.
    pub(crate) fn reason(&self) -> impl fmt::Display {
        fmt::from_fn(|f| {
            if let Some((number, kind, offset)) = self.0.block {
                write!(f, "block {number} ({kind}, at byte {offset}): ")?;
            }
            let (expected, found) = (Line(&self.0.expected), Line(&self.0.found));
            write!(f, "expected {expected}, found {found}")?;
            match &self.0.source {
                Some(source) => write!(f, ": {source}"),
                None => Ok(()),
            }
        })
    }

    /// The same error, in this block, unless it says one already.
    pub(crate) fn in_block(mut self, number: u32, kind: &'static str, offset: u64) -> Self {
        self.0.block.get_or_insert((number, kind, offset));
        self
    }

    pub(crate) fn of(mut self, file: &Path) -> Self {
        self.0.file = Some(file.to_owned());
        self
    }

    /// The block that is damaged, counted from 0, if one is.
    pub fn block(&self) -> Option<u32> {
        self.0.block.map(|(number, ..)| number)
    }
}

impl fmt::Display for SnapshotError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        coded(f, codes::SNAPSHOT_UNREADABLE, |f| {
            match &self.0.file {
                Some(file) => write!(f, "snapshot {} cannot be read: ", Line(file.display()))?,
                None => f.write_str("the snapshot cannot be read: ")?,
            }
            self.reason().fmt(f)
        })
    }
}

/// Prints the error and its causes, since a `main` that returns an error prints its `Debug` form.
impl fmt::Debug for SnapshotError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        told(self, f)
    }
}

impl Error for SnapshotError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        let source = self.0.source.as_deref()?;
        Some(source)
    }
}
