//! The file of a resource in the one directory for them.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use hotmod::describe::Rule;
use hotmod_file::{Confines, Digest, Found, Refusal};

use super::error::{ResourceErrorKind, ResourceFault};

/// A file in the directory for resources.
pub(super) struct SourceFile {
    pub(super) name: String,
    directory: PathBuf,
    pub(super) path: PathBuf,
    most: u64,
}

impl SourceFile {
    /// The file of this name in this directory.
    pub(super) fn new(name: &str, directory: &Path, most: u64) -> Result<Self, ResourceFault> {
        let alone = Path::new(name);
        if alone.file_name() != Some(alone.as_os_str()) {
            let what = "the name is no file's in the resource directory";
            let help =
                "name the file alone, without a directory; it may be a link to another place in it";
            return Err(ResourceFault::new(ResourceErrorKind::Outside, what).help(help));
        }
        Ok(SourceFile {
            name: name.to_owned(),
            directory: directory.to_owned(),
            path: directory.join(name),
            most,
        })
    }

    /// What the file holds.
    pub(super) fn read(&self) -> Result<(Vec<u8>, Digest), ResourceFault> {
        let confines = Confines {
            directory: &self.directory,
            called: "resource directory",
            chosen_by: "HostBuilder::resource_dir",
        };
        let found = Found::within(&self.path, &confines).map_err(fault_of)?;
        let unreadable = |what: String| ResourceFault::new(ResourceErrorKind::Unreadable, what);
        let failed = |error: std::io::Error| {
            unreadable(format!("it cannot be read: {error}")).caused_by(Arc::new(error))
        };
        let metadata = found.file.metadata().map_err(failed)?;
        if !metadata.is_file() {
            return Err(unreadable("it is no regular file".to_owned()).help("put a file there"));
        }
        let mut bytes = Vec::new();
        let mut most = found.file.take(self.most.saturating_add(1));
        most.read_to_end(&mut bytes).map_err(failed)?;
        if bytes.len() as u64 > self.most {
            let what = format!("it is larger than {} bytes", self.most);
            return Err(unreadable(what).help("allow for more by `ResourceBuilder::max_bytes`"));
        }
        let digest = Digest::of(&bytes);
        Ok((bytes, digest))
    }
}

/// What is the matter with a file that cannot be found or opened.
fn fault_of(refusal: Refusal) -> ResourceFault {
    let reasons = refusal.differences();
    let kind = match reasons.iter().any(|it| it.rule == Rule::FileOutside) {
        true => ResourceErrorKind::Outside,
        false => ResourceErrorKind::Unreadable,
    };
    let what: Vec<String> = reasons.iter().map(ToString::to_string).collect();
    ResourceFault::new(kind, what.join("\n")).caused_by(Arc::new(refusal))
}
