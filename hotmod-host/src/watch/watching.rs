//! The handle to a directory of modules that is watched.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use hotmod_file::Inspected;

use super::listing::WatchedDirectory;
use super::looking::{Looking, Taker, Wake};
use super::report::WatchReport;
use super::taking::Taking;
use crate::host::{Host, WeakHost};
use crate::module::options::UpdateOptions;

/// How often a directory is looked at without having heard of it: file systems over a network do not tell of changes.
pub(super) const POLL: Duration = Duration::from_secs(1);

/// A directory of modules that is watched: what is copied or moved there is taken up. Dropping this ends it, after an
/// update that it has asked for.
///
/// - A file that is moved there, as `mv` and `rsync` do, is taken at once. One that is written in place,
///   as by `cp`, is taken when it has held still for 20 ms and no program has it open to write, or two seconds after the last change. Files whose names do not
///   end with `.so`, or begin with a dot, are left alone.
/// - A file is told by what it holds: the same again, under whatever name and time, is no news.
/// - Its module is updated as by [`Module::request_update_with`](crate::Module::request_update_with), so of files that come
///   faster than they can be taken, the last counts. Of several files of one module that are there at once, it is the one
///   with the latest version.
/// - A refused file is reported once, and tried again when it changes. What ran goes on. One that was refused because of a
///   resource that it reads is tried again when that changes, where the host's resources are watched.
/// - A version that was rolled back is refused when it comes again, under whatever name
///   ([`UpdateOptions::leave_undone`]): one that is to run all the same is asked for by
///   [`Module::update`](crate::Module::update).
/// - The directory may be deleted and made anew, and every part of its path, and each file, may be a link that comes to
///   lead elsewhere (as Kubernetes' `..data` does).
/// - Where the system tells of no changes, the directory is looked at once a second.
///
/// # Examples
///
/// ```no_run
/// use hotmod_host::{Host, Watch};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let host = Host::builder().module_dir("modules").build()?;
/// let game = host.load_untyped("libgame.so")?;
/// let _watch = Watch::builder(&host)
///     .on_report(|report| eprintln!("{report}"))
///     .start()?;
/// # Ok(())
/// # }
/// ```
#[must_use = "dropping it ends the watch"]
pub struct Watch {
    directory: PathBuf,
    /// Gone when this is dropped, which ends the thread.
    wake: Option<Sender<Wake>>,
    /// Whether it is to end.
    ends: Arc<AtomicBool>,
    /// Disconnected when the thread has ended.
    ended: Mutex<Receiver<Infallible>>,
    thread: Option<JoinHandle<()>>,
}

/// Chooses how a directory is watched.
#[must_use = "a builder does nothing until `start` is called"]
pub struct WatchBuilder {
    host: WeakHost,
    directory: Option<PathBuf>,
    poll: Duration,
    taking: Taking,
}

impl Watch {
    /// Chooses how the modules of this host are watched. The watch does not keep the host.
    pub fn builder(host: &Host) -> WatchBuilder {
        WatchBuilder {
            host: host.downgrade(),
            directory: host.settings.module_dir.clone(),
            poll: POLL,
            taking: Taking {
                options: UpdateOptions::new().leave_undone(),
                load_new: None,
                taken: BTreeMap::new(),
                refused: BTreeMap::new(),
                on_report: Box::new(|_| {}),
            },
        }
    }

    /// The directory.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// Looks at the directory at once, and does not wait for it. What has changed is taken up as ever; files that were
    /// refused, or left since their modules were not loaded, are tried again as they are.
    pub fn look_now(&self) {
        if let Some(wake) = &self.wake {
            let _ = wake.send(Wake::LookNow);
        }
    }

    /// Begins to watch a directory, for whatever takes its files.
    pub(super) fn start(
        host: WeakHost,
        directory: &Path,
        poll: Duration,
        taker: impl Taker,
    ) -> io::Result<Watch> {
        let directory = WatchedDirectory::new(directory)?;
        let given = directory.given.clone();
        let (wake, woken) = mpsc::channel();
        #[cfg(feature = "resources")]
        if let Some(host) = host.upgrade() {
            let wake = wake.clone();
            let resources = &host.settings.resources;
            resources.on_complete(move |name| wake.send(Wake::Resource(name.to_owned())).is_ok());
        }
        let mut looking = Looking::new(host, directory, poll, taker);
        looking.hear(wake.clone());
        let ends = looking.ends();
        let (running, ended) = mpsc::channel();
        let thread = thread::Builder::new()
            .name("hotmod-watch".to_owned())
            .spawn(move || {
                looking.run(&woken);
                drop(running);
            })?;
        Ok(Watch {
            directory: given,
            wake: Some(wake),
            ends,
            ended: Mutex::new(ended),
            thread: Some(thread),
        })
    }

    /// Tells it to end, after an update that it has asked for.
    pub(crate) fn tell_to_end(&mut self) {
        self.ends.store(true, Ordering::Relaxed);
        if let Some(wake) = self.wake.take() {
            let _ = wake.send(Wake::End);
        }
    }

    /// Ends it, as dropping it does, but waits for that no longer than this. `false` if it goes on then, with an update
    /// that it has asked for or with what it tells of one, and ends after that.
    pub fn end_timeout(mut self, time: Duration) -> bool {
        self.tell_to_end();
        let ended = self.ended.get_mut().unwrap_or_else(PoisonError::into_inner);
        let has_ended = ended.recv_timeout(time) != Err(RecvTimeoutError::Timeout);
        if !has_ended {
            self.thread = None;
        }
        has_ended
    }
}

impl WatchBuilder {
    /// The directory, in place of the host's module directory ([`HostBuilder::module_dir`](crate::HostBuilder::module_dir)).
    /// If the host has one, files elsewhere are refused.
    pub fn directory(mut self, directory: impl Into<PathBuf>) -> Self {
        self.directory = Some(directory.into());
        self
    }

    /// How updates are done.
    pub fn options(mut self, options: UpdateOptions) -> Self {
        self.taking.options = options.leave_undone();
        self
    }

    /// Loads modules that are not loaded yet, if this says so. They are found by [`Host::module`], under their names.
    pub fn load_new(mut self, is_wanted: impl FnMut(&Inspected) -> bool + Send + 'static) -> Self {
        self.taking.load_new = Some(Box::new(is_wanted));
        self
    }

    /// How often the directory is looked at where the system does not tell of changes: once a second, unless this says
    /// otherwise.
    pub fn poll(mut self, interval: Duration) -> Self {
        self.poll = interval.max(Duration::from_millis(1));
        self
    }

    /// Is told what becomes of each file, on the thread that watches, which goes on when this returns, or panics. Updates
    /// are events of the host, too ([`Host::events`]).
    pub fn on_report(mut self, report: impl FnMut(&WatchReport) + Send + 'static) -> Self {
        self.taking.on_report = Box::new(report);
        self
    }

    /// Begins to watch. What is in the directory already is looked at first.
    ///
    /// # Errors
    ///
    /// If no directory was named and the host has none, or the thread cannot be started. A directory that is not there yet
    /// is waited for.
    pub fn start(self) -> io::Result<Watch> {
        let directory = self.directory.ok_or_else(|| {
            let text = "no directory to watch\n  help: name it by `WatchBuilder::directory`, or give the host one by \
                        `HostBuilder::module_dir`";
            io::Error::new(io::ErrorKind::InvalidInput, text)
        })?;
        let (host, poll) = (self.host, self.poll);
        Watch::start(host, &directory, poll, self.taking)
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.tell_to_end();
        let Some(thread) = self.thread.take() else {
            return;
        };
        // Where a report drops it, the thread ends after that.
        if thread.thread().id() != thread::current().id() {
            let _ = thread.join();
        }
    }
}

impl fmt::Debug for Watch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watch")
            .field("directory", &self.directory)
            .finish()
    }
}

impl fmt::Debug for WatchBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WatchBuilder")
            .field("directory", &self.directory)
            .field("poll", &self.poll)
            .finish_non_exhaustive()
    }
}
