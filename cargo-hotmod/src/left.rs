//! What processes have left that were killed.

use std::fs::DirEntry;
use std::time::{Duration, SystemTime};

/// A file that is only there during a build, and is older than this, is of a build that was killed.
pub(crate) const LEFT: Duration = Duration::from_secs(3600);

/// Whether something that is only there for a while has been there for too long. Not by the number of its process: the
/// directory may be shared by containers.
pub(crate) fn is_left(entry: &DirEntry) -> bool {
    let modified = entry.metadata().and_then(|it| it.modified()).ok();
    let age = modified.and_then(|it| SystemTime::now().duration_since(it).ok());
    age.is_some_and(|age| age > LEFT)
}
