//! Where the demo's files are while it runs. They go with it, however it ends.

use std::io::{self, Write};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// A directory for temporary files. Dropping it removes it.
pub(crate) struct Place {
    path: PathBuf,
    /// Removes the directory when it is told to, or when its input ends.
    remover: Child,
}

/// When this process is gone without a word, what it started may still write there: then the directory
/// is removed until it has stayed away for two seconds, and for five minutes at most.
const REMOVE: &str = r#"
remove() { rm -rf -- "$0"; }
if read -r _; then remove; exit; fi
tries=0 gone=0
while [ $gone -lt 20 ] && [ $tries -lt 3000 ]; do
    if [ -e "$0" ]; then remove; gone=0; else gone=$((gone + 1)); fi
    tries=$((tries + 1))
    sleep 0.1
done
"#;

impl Place {
    pub(crate) fn new() -> io::Result<Self> {
        let made = tempfile::Builder::new().prefix("game-").tempdir()?;
        // Of another group, so that what ends all of this one by a signal does not end it.
        let remover = Command::new("sh")
            .args(["-c", REMOVE])
            .arg(made.path())
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()?;
        Ok(Place {
            path: made.keep(),
            remover,
        })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Some(mut told) = self.remover.stdin.take() {
            // A shell that is gone already is told nothing.
            let _ = told.write_all(b"over\n");
        }
        // It says nothing, and leaves nothing that could be told.
        let _ = self.remover.wait();
    }
}
