//! A directory outside of the checkout, where a user's files would be. It goes with the test, however
//! the test ends.

use std::io::{self, Write};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// The directory. Dropping it removes it.
#[derive(Debug)]
pub struct Outside {
    path: PathBuf,
    /// Removes the directory when it is told to, or when its input ends.
    remover: Child,
}

impl Outside {
    /// Makes a directory that any user may enter.
    ///
    /// # Panics
    ///
    /// If there is no place for it.
    #[must_use]
    pub fn new() -> Self {
        let checkout = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let checkout = checkout.canonicalize().expect("the checkout");
        let usual = std::env::temp_dir();
        let usual = usual.canonicalize().expect("a directory for what passes");
        // The tests may be told to keep what passes in the checkout.
        let place = match usual.starts_with(&checkout) {
            true => Path::new("/tmp"),
            false => &usual,
        };
        let made = tempfile::Builder::new()
            .prefix("hotmod-outside-")
            .tempdir_in(place);
        let made = made.expect("a directory");
        let all = std::os::unix::fs::PermissionsExt::from_mode(0o777);
        std::fs::set_permissions(made.path(), all).expect("permissions");
        let remover = remover(made.path()).expect("a shell");
        Outside {
            path: made.keep(),
            remover,
        }
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Default for Outside {
    fn default() -> Self {
        Outside::new()
    }
}

/// Removes the directory when it is told to. When this process is gone without a word, what it started
/// may still write there: then the directory is removed until it has stayed away for two seconds, and
/// for five minutes at most.
const REMOVE: &str = r#"
remove() { chmod -R u+rwX "$0"; rm -rf -- "$0"; }
if read -r _; then remove; exit; fi
tries=0 gone=0
while [ $gone -lt 20 ] && [ $tries -lt 3000 ]; do
    if [ -e "$0" ]; then remove; gone=0; else gone=$((gone + 1)); fi
    tries=$((tries + 1))
    sleep 0.1
done
"#;

/// Starts a process that waits until this one is gone or says so. It is of another process group, so
/// that a signal to the group of this one does not end it.
fn remover(directory: &Path) -> io::Result<Child> {
    Command::new("sh")
        .args(["-c", REMOVE])
        .arg(directory)
        .current_dir("/")
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .process_group(0)
        .spawn()
}

impl Drop for Outside {
    fn drop(&mut self) {
        if let Some(mut told) = self.remover.stdin.take() {
            // A shell that is gone already is told nothing.
            let _ = told.write_all(b"over\n");
        }
        // Its status says nothing: a look at the directory shows whether it was removed.
        let _ = self.remover.wait();
    }
}
