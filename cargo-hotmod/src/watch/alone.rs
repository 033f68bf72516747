//! One `cargo hotmod run` in a workspace: the server of a second one would take over from that of the first.

use std::fs::{File, OpenOptions, TryLockError, create_dir_all};
use std::io::{self, Read, Write};

use hotmod::printed::Line;

use crate::admin::Admin;
use crate::output::Failure;
use crate::project::Project;

/// Stands for the only one. The lock goes with this process, however that ends.
pub(super) struct Alone {
    _lock: Option<File>,
}

impl Alone {
    pub(super) fn in_workspace(project: &Project) -> Result<Self, Failure> {
        let lock = locked(project)?;
        is_unserved(project, &Admin::at(&project.socket)?)?;
        Ok(Alone { _lock: lock })
    }
}

/// Where the file system has no locks, what [`is_unserved`] says has to do.
fn locked(project: &Project) -> Result<Option<File>, Failure> {
    let path = project.target.join("run.lock");
    let unusable = |error: io::Error| {
        Failure::undone(
            format!("{} cannot be locked: {error}", Line(path.display())),
            "check the permissions of the target directory, or name another by `--target-dir`",
        )
    };
    create_dir_all(&project.target).map_err(unusable)?;
    let mut options = OpenOptions::new();
    let options = options.create(true).truncate(false).read(true).write(true);
    let mut file = options.open(&path).map_err(unusable)?;
    match file.try_lock() {
        Ok(()) => {
            // For the message of who comes next.
            file.set_len(0).map_err(unusable)?;
            write!(file, "{}", std::process::id()).map_err(unusable)?;
            Ok(Some(file))
        }
        Err(TryLockError::WouldBlock) => {
            let mut process = String::new();
            // It may not have written it yet.
            let _ = file.read_to_string(&mut process);
            let process = match process.parse::<u32>() {
                Ok(number) => format!(", in process {number}"),
                Err(_) => String::new(),
            };
            Err(Failure::undone(
                format!(
                    "`cargo hotmod run` goes on in {} already{process}",
                    Line(project.root.display())
                ),
                "that one takes up what is saved; stop it by Ctrl-C to run another",
            ))
        }
        Err(TryLockError::Error(error)) if error.kind() == io::ErrorKind::Unsupported => Ok(None),
        Err(TryLockError::Error(error)) => Err(unusable(error)),
    }
}

/// Refuses where a server answers that `run` did not start.
pub(super) fn is_unserved(project: &Project, admin: &Admin) -> Result<(), Failure> {
    if !admin.listens() {
        return Ok(());
    }
    Err(Failure::undone(
        format!(
            "a server that `cargo hotmod run` did not start answers at {}",
            Line(project.socket.display())
        ),
        "stop that one, or have it take up what is saved by `cargo hotmod watch`",
    ))
}
