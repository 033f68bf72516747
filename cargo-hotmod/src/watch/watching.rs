//! What the one thread has: the workspace, the server, what is known of the modules, and what wakes it.

use std::collections::{BTreeMap, VecDeque};
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use super::alone::Alone;
use super::sources::{Looked, Sources};
use super::told::Told;
use crate::admin::Admin;
use crate::output::{Failure, Output};
use crate::processes::ProcessGroup;
use crate::project::{OfProject, Package, Project};

/// For how long nothing may change before what an editor saved counts as whole.
const STILL: Duration = Duration::from_millis(15);

/// How long to wait for that, where something changes all the while.
const RESTLESS: Duration = Duration::from_millis(150);

/// What wakes the one thread.
pub(super) enum Wake {
    /// Something changed among the sources.
    Changed,
    /// The build of this number has said all that it says, of the file that it built too.
    Built(u64, Option<PathBuf>),
    /// The server of this number has ended.
    ServerEnded(u32),
    /// A signal asks for the end.
    Ends,
}

/// What is known of a module that was built.
pub(super) struct Known {
    pub(super) digest: String,
    pub(super) sources: Sources,
}

pub(super) struct Watching {
    pub(super) of: OfProject,
    pub(super) names: Vec<String>,
    pub(super) arguments: Vec<String>,
    pub(super) output: Output,
    pub(super) server: Option<Served>,
    pub(super) project: Rc<Project>,
    pub(super) admin: Admin,
    pub(super) looked: Looked,
    pub(super) wake: Sender<Wake>,
    pub(super) wakes: Receiver<Wake>,
    /// Those that came while others were waited for.
    pub(super) kept: VecDeque<Wake>,
    pub(super) builds: u64,
    /// The sources of the last build that was begun.
    pub(super) attempted: Option<Sources>,
    /// Whether the workspace could not be read when its manifests were others last.
    pub(super) is_unread: bool,
    pub(super) known: BTreeMap<String, Known>,
}

/// The server that is run.
pub(super) struct Served {
    pub(super) package: String,
    pub(super) arguments: Vec<String>,
    pub(super) serving: Option<ProcessGroup>,
    /// What it was built from.
    pub(super) sources: Option<Sources>,
    /// Which program it is.
    pub(super) stamp: Option<Stamp>,
    _alone: Alone,
}

/// What tells a program that was linked anew: its file, and when and how large.
pub(super) type Stamp = (u64, Option<SystemTime>, u64);

pub(super) fn stamp(program: &Path) -> Result<Stamp, Failure> {
    let metadata = fs::metadata(program)?;
    Ok((metadata.ino(), metadata.modified().ok(), metadata.len()))
}

impl Served {
    pub(super) fn new(package: String, arguments: Vec<String>, alone: Alone) -> Self {
        Served {
            package,
            arguments,
            serving: None,
            sources: None,
            stamp: None,
            _alone: alone,
        }
    }
}

/// The packages whose sources are looked at.
pub(super) fn packages<'p>(
    project: &'p Project,
    names: &[String],
    server: Option<&Served>,
) -> Result<(Vec<&'p Package>, Option<&'p Package>), Failure> {
    let server = server.map(|it| project.package(&it.package)).transpose()?;
    Ok((project.module_packages(names)?, server))
}

pub(super) fn look(
    project: &Project,
    names: &[String],
    server: Option<&Served>,
    wake: &Sender<Wake>,
) -> Result<Looked, Failure> {
    let (modules, server) = packages(project, names, server)?;
    let roots = project.sources(modules.into_iter().chain(server));
    let left_out = vec![
        project.modules.clone(),
        project.target.clone(),
        project.root.join("target"),
    ];
    let wake = wake.clone();
    Looked::new(roots, &project.root, left_out, move || {
        drop(wake.send(Wake::Changed))
    })
}

impl Watching {
    pub(super) fn new(
        of: OfProject,
        names: Vec<String>,
        arguments: Vec<String>,
        output: Output,
        server: impl FnOnce(&Project) -> Result<Option<Served>, Failure>,
    ) -> Result<Self, Failure> {
        let project = of.read()?;
        let server = server(&project)?;
        let (wake, wakes) = mpsc::channel();
        let mut signals = Signals::new([SIGHUP, SIGINT, SIGTERM])?;
        let ends = wake.clone();
        thread::spawn(move || signals.forever().for_each(|_| drop(ends.send(Wake::Ends))));
        Ok(Watching {
            looked: look(&project, &names, server.as_ref(), &wake)?,
            admin: Admin::at(&project.socket)?,
            project: Rc::new(project),
            kept: VecDeque::new(),
            known: BTreeMap::new(),
            builds: 0,
            attempted: None,
            is_unread: false,
            of,
            names,
            arguments,
            output,
            server,
            wake,
            wakes,
        })
    }

    /// What cargo says of the workspace may be something else.
    pub(super) fn read_project(&mut self) -> Result<(), Failure> {
        let project = self.of.read()?;
        self.looked = look(&project, &self.names, self.server.as_ref(), &self.wake)?;
        self.project = Rc::new(project);
        Ok(())
    }

    /// What wakes next.
    pub(super) fn next(&mut self) -> Wake {
        match self.kept.pop_front() {
            Some(wake) => wake,
            // It has a sender itself.
            None => self.wakes.recv().unwrap_or(Wake::Ends),
        }
    }

    /// Waits until nothing changes for a moment.
    pub(super) fn settle(&mut self) {
        let deadline = Instant::now() + RESTLESS;
        while Instant::now() < deadline {
            match self.wakes.recv_timeout(STILL) {
                Ok(Wake::Changed) => {}
                Ok(wake) => self.kept.push_back(wake),
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    pub(super) fn tell(&self, told: &Told) -> Result<(), Failure> {
        self.output.print_happening(told)
    }
}
