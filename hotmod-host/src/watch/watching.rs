//! The thread that watches a directory.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::fmt;
use std::io;
use std::panic::{self, AssertUnwindSafe};
use std::path::{Path, PathBuf};
#[cfg(feature = "signals")]
use std::sync::PoisonError;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use hotmod_file::Inspected;

use super::files::Files;
use super::heard::{Changes, Listener};
use super::listing::WatchedDirectory;
use super::report::WatchReport;
use super::taking::{Taken, Taking};
use crate::host::{Host, WeakHost};
use crate::module::options::UpdateOptions;

/// How often a directory is looked at without having heard of it: file systems over a network do not tell of changes.
const POLL: Duration = Duration::from_secs(1);

/// A directory of modules that is watched: what is copied or moved there is taken up. Dropping this ends it, after an
/// update that it has asked for.
///
/// - A file that is moved there, as `mv`, `rsync` and `cargo hotmod build` do, is taken at once. One that is written in place,
///   as by `cp`, is taken when it has held still for 20 ms and no program has it open to write. Files whose names do not
///   end with `.so`, or begin with a dot, are left alone.
/// - A file is told by what it holds: the same again, under whatever name and time, is no news.
/// - Its module is updated as by [`Module::request_update_with`](crate::Module::request_update_with), so of files that come
///   faster than they can be taken, the last counts. Of several files of one module that are there at once, it is the one
///   with the latest version.
/// - A refused file is reported once, and tried again when it changes. What ran goes on.
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

/// What wakes the thread.
enum Wake {
    Heard(notify::Result<notify::Event>),
    LookNow,
    End,
}

/// Chooses how a directory is watched.
#[must_use = "a builder does nothing until `start` is called"]
pub struct WatchBuilder {
    host: WeakHost,
    directory: Option<PathBuf>,
    poll: Duration,
    taking: Taking,
    on_report: Box<dyn FnMut(&WatchReport) + Send>,
}

impl Watch {
    /// Chooses how the modules of this host are watched. The watch does not keep the host.
    pub fn builder(host: &Host) -> WatchBuilder {
        WatchBuilder {
            host: host.downgrade(),
            directory: host.settings.module_dir.clone(),
            poll: POLL,
            taking: Taking {
                options: UpdateOptions::new(),
                load_new: None,
                taken: BTreeMap::new(),
            },
            on_report: Box::new(|_| {}),
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

    /// Tells it to end, after an update that it has asked for.
    pub(crate) fn tell_to_end(&mut self) {
        self.ends.store(true, Ordering::Relaxed);
        if let Some(wake) = self.wake.take() {
            let _ = wake.send(Wake::End);
        }
    }

    /// Ends it, and waits for that until the deadline. `false` if it goes on then with an update that it has asked for.
    #[cfg(feature = "signals")]
    pub(crate) fn end_by(mut self, deadline: Instant) -> bool {
        self.tell_to_end();
        let left = deadline.saturating_duration_since(Instant::now());
        let ended = self.ended.get_mut().unwrap_or_else(PoisonError::into_inner);
        let has_ended = ended.recv_timeout(left) != Err(RecvTimeoutError::Timeout);
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
        self.taking.options = options;
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
        self.on_report = Box::new(report);
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
        let directory = WatchedDirectory::new(&directory)?;
        let given = directory.given.clone();
        let (wake, woken) = mpsc::channel();
        let heard = wake.clone();
        let listener = Listener::new(move |event| {
            // Without a thread that takes it, nothing is watched any more.
            let _ = heard.send(Wake::Heard(event));
        });
        let mut watching = Watching {
            host: self.host,
            directory,
            poll: self.poll,
            files: Files::default(),
            taking: self.taking,
            on_report: self.on_report,
            listener: None,
            told: None,
            ends: Arc::default(),
        };
        match listener {
            Ok(listener) => watching.listener = Some(listener),
            Err(error) => watching.polls(&error),
        }
        let ends = watching.ends.clone();
        let (running, ended) = mpsc::channel();
        let thread = thread::Builder::new()
            .name("hotmod-watch".to_owned())
            .spawn(move || {
                watching.run(&woken);
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

/// What the thread works with.
struct Watching {
    host: WeakHost,
    directory: WatchedDirectory,
    poll: Duration,
    files: Files,
    taking: Taking,
    on_report: Box<dyn FnMut(&WatchReport) + Send>,
    /// `None` where the system does not tell of changes.
    listener: Option<Listener>,
    /// What was told of the directory itself, which is told once.
    told: Option<String>,
    /// Whether it is to end: nothing more is taken.
    ends: Arc<AtomicBool>,
}

impl Watching {
    fn run(mut self, woken: &Receiver<Wake>) {
        let mut heard = Changes {
            is_anew: true,
            ..Changes::default()
        };
        loop {
            // Without the host, there is nothing to update.
            let Some(host) = self.host.upgrade() else {
                return;
            };
            self.look(&host, &std::mem::take(&mut heard));
            drop(host);
            if self.wait(woken, &mut heard).is_none() {
                return;
            }
        }
    }

    /// Waits until something is heard, or it is time to look again. `None` if the watch ends.
    fn wait(&self, woken: &Receiver<Wake>, heard: &mut Changes) -> Option<()> {
        let until = Instant::now() + self.poll;
        let until = self.files.next_look().map_or(until, |next| next.min(until));
        loop {
            let time = until.saturating_duration_since(Instant::now());
            let mut concerns = match woken.recv_timeout(time) {
                Ok(wake) => self.note(wake, heard)?,
                Err(RecvTimeoutError::Timeout) => return Some(()),
                Err(RecvTimeoutError::Disconnected) => return None,
            };
            // What came with it is looked at with it.
            while let Ok(wake) = woken.try_recv() {
                concerns |= self.note(wake, heard)?;
            }
            if concerns {
                return Some(());
            }
        }
    }

    fn note(&self, wake: Wake, heard: &mut Changes) -> Option<bool> {
        match wake {
            Wake::Heard(Ok(event)) => Some(heard.note(&event, &self.directory)),
            // Something may have been missed.
            Wake::Heard(Err(_)) => Some(true),
            Wake::LookNow => {
                heard.is_asked = true;
                Some(true)
            }
            Wake::End => None,
        }
    }

    /// Looks at the directory, and takes what is complete.
    fn look(&mut self, host: &Host, heard: &Changes) {
        let is_another = self.directory.find();
        self.listen(is_another || heard.is_anew);
        let listing = match self.directory.list() {
            Ok(listing) => {
                self.told = None;
                listing
            }
            Err(error) => {
                let directory = self.directory.given.clone();
                let error = error.to_string();
                self.tell_once(error.clone(), WatchReport::Unreadable { directory, error });
                BTreeMap::new()
            }
        };
        self.taking
            .taken
            .retain(|path, _| listing.contains_key(path));
        let mut candidates = Vec::new();
        for complete in self.files.look(listing, heard, Instant::now()) {
            match self.taking.read(host, &complete) {
                Ok(candidate) => candidates.push(candidate),
                Err(taken) => self.tell(&complete.path, taken),
            }
        }
        candidates.sort_by(|a, b| a.order(b));
        for candidate in candidates {
            // Relaxed: whoever sets it wakes the thread, too.
            if self.ends.load(Ordering::Relaxed) {
                return;
            }
            let path = candidate.path().to_owned();
            let taken = self.taking.take(host, candidate);
            self.tell(&path, taken);
        }
    }

    /// Listens to the directory where it is, and to the one that it is in.
    fn listen(&mut self, is_anew: bool) {
        let Some(listener) = &mut self.listener else {
            return;
        };
        let mut paths = Vec::new();
        paths.extend(self.directory.parent().filter(|it| it.is_dir()));
        if self.directory.is_there() {
            paths.push(&self.directory.given);
        }
        match listener.listen(&paths, is_anew) {
            // Gone since it was looked for: the next look finds it, or tells that it is gone.
            Ok(())
            | Err(notify::Error {
                kind: notify::ErrorKind::PathNotFound,
                ..
            }) => {}
            Err(error) => self.polls(&error),
        }
    }

    fn polls(&mut self, error: &notify::Error) {
        let (directory, error) = (self.directory.given.clone(), error.to_string());
        self.tell_once(error.clone(), WatchReport::Polling { directory, error });
    }

    fn tell_once(&mut self, text: String, report: WatchReport) {
        if self.told.as_ref() != Some(&text) {
            self.told = Some(text);
            self.report(&report);
        }
    }

    fn tell(&mut self, path: &Path, taken: Taken) {
        match taken {
            Taken::Nothing => {}
            Taken::NoModule => self.files.is_no_module(path),
            Taken::Report(report) => {
                if report.is_failure() {
                    self.files.is_refused(path);
                }
                self.report(&report);
            }
        }
    }

    /// Tells the server, whose panic does not end the watch: the thread's panic hook has told of it.
    fn report(&mut self, report: &WatchReport) {
        let on_report = AssertUnwindSafe(|| (self.on_report)(report));
        let _ = panic::catch_unwind(on_report);
    }
}
