//! How a file was named, and where it really is.

use std::path::{Component, Path, PathBuf};

use hotmod::printed::Line;

/// How a file was named, and where it really is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Names {
    pub(crate) given: PathBuf,
    /// Where the file really is, without any link in the path.
    pub(crate) resolved: PathBuf,
}

impl Names {
    /// The path as it was given; below the module directory if only a file's name was given.
    pub fn given(&self) -> &Path {
        &self.given
    }

    /// Where the file really is, without any link in its path.
    pub fn resolved(&self) -> &Path {
        &self.resolved
    }

    /// Where the file really is, if the given name does not say so.
    pub fn elsewhere(&self) -> Option<&Path> {
        (by_name(&self.given).as_ref() != Some(&self.resolved)).then_some(&self.resolved)
    }
}

/// Where a file would be if there were no links.
fn by_name(given: &Path) -> Option<PathBuf> {
    let mut path = PathBuf::new();
    for part in std::path::absolute(given).ok()?.components() {
        match part {
            Component::ParentDir => {
                path.pop();
            }
            part => path.push(part),
        }
    }
    Some(path)
}

/// A path in words, with what it leads to if that is elsewhere.
pub fn shown(path: &Path, resolved: &Path) -> String {
    match path == resolved {
        true => Line(path.display()).to_string(),
        false => format!("{} (→ {})", Line(path.display()), Line(resolved.display())),
    }
}
