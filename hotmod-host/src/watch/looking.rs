//! Looking at a directory: the thread that does, whatever its files are taken for.

use std::collections::BTreeMap;
use std::panic::{self, AssertUnwindSafe};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender};
use std::time::{Duration, Instant};

use super::files::{Complete, Files};
use super::heard::{Changes, Listener};
use super::listing::{Stamp, WatchedDirectory};
use crate::ahead::ahead;
use crate::host::{Host, WeakHost};

/// What wakes the thread.
pub(super) enum Wake {
    Heard(notify::Result<notify::Event>),
    LookNow,
    /// A resource of this name is complete.
    #[cfg(feature = "resources")]
    Resource(String),
    End,
}

/// What takes the files of a directory that is watched.
pub(super) trait Taker: Send + 'static {
    /// Whether what is no file is taken too, to be refused, where it has the name of a file that is wanted.
    const WANTS_OTHERS: bool;

    /// Whether a file is to be taken, by its path as the user knows it.
    fn is_wanted(&self, host: &Host, path: &Path) -> bool;

    /// Learns which files are there.
    fn note_listing(&mut self, _: &BTreeMap<PathBuf, Stamp>) {}

    /// The files that were refused because of this resource, and that it may let pass now.
    #[cfg(feature = "resources")]
    fn waits_for(&self, _resource: &str) -> Vec<PathBuf> {
        Vec::new()
    }

    /// Takes files that are complete, unless the watch is to end. What becomes of each is told as it happens.
    fn take(&mut self, host: &Host, complete: Vec<Complete>, ends: &AtomicBool) -> Vec<Became>;

    /// Tells that the directory cannot be read.
    fn tell_unreadable(&mut self, directory: PathBuf, error: String);

    /// Tells that the system does not tell of changes.
    fn tell_polled(&mut self, directory: PathBuf, error: String);
}

/// What became of a file that is not taken.
pub(super) enum Became {
    /// It is not what it should be, and may become that.
    NotYet(PathBuf),
    /// It was refused as it was read, which was not told, since it has changed meanwhile.
    #[cfg(feature = "resources")]
    Changed(PathBuf),
    Refused(PathBuf),
}

/// What the thread works with.
pub(super) struct Looking<T> {
    host: WeakHost,
    directory: WatchedDirectory,
    poll: Duration,
    files: Files,
    taker: T,
    /// `None` where the system does not tell of changes.
    listener: Option<Listener>,
    /// What was told of the directory itself, which is told once.
    told: Option<String>,
    /// Whether it is to end: nothing more is taken.
    ends: Arc<AtomicBool>,
}

impl<T: Taker> Looking<T> {
    pub(super) fn new(
        host: WeakHost,
        directory: WatchedDirectory,
        poll: Duration,
        taker: T,
    ) -> Self {
        Looking {
            host,
            directory,
            poll,
            files: Files::default(),
            taker,
            listener: None,
            told: None,
            ends: Arc::default(),
        }
    }

    /// What has it end once it is woken.
    pub(super) fn ends(&self) -> Arc<AtomicBool> {
        self.ends.clone()
    }

    /// Begins to hear of the directory, and is woken by what it hears.
    pub(super) fn hear(&mut self, heard: Sender<Wake>) {
        let listener = Listener::new(move |event| {
            // Without a thread that takes it, nothing is watched any more.
            let _ = heard.send(Wake::Heard(event));
        });
        match listener {
            Ok(listener) => self.listener = Some(listener),
            Err(error) => self.polls(&error),
        }
    }

    pub(super) fn run(mut self, woken: &Receiver<Wake>) {
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
        let until = ahead(self.poll);
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
            #[cfg(feature = "resources")]
            Wake::Resource(name) => {
                let waiting = self.taker.waits_for(&name);
                let concerns = !waiting.is_empty();
                heard.again.extend(waiting);
                Some(concerns)
            }
            Wake::End => None,
        }
    }

    /// Looks at the directory, and takes what is complete.
    fn look(&mut self, host: &Host, heard: &Changes) {
        let is_another = self.directory.find();
        self.listen(is_another || heard.is_anew);
        let is_wanted = |path: &Path| self.taker.is_wanted(host, path);
        let listing = match self.directory.list(is_wanted, T::WANTS_OTHERS) {
            Ok(listing) => {
                self.told = None;
                listing
            }
            Err(error) => {
                let error = error.to_string();
                if self.is_news(&error) {
                    let directory = self.directory.given.clone();
                    self.taker.tell_unreadable(directory, error);
                }
                BTreeMap::new()
            }
        };
        self.taker.note_listing(&listing);
        let complete = self.files.look(listing, heard, Instant::now());
        if complete.is_empty() {
            return;
        }
        for became in self.taker.take(host, complete, &self.ends) {
            match became {
                Became::NotYet(path) => self.files.note_not_yet(&path),
                #[cfg(feature = "resources")]
                Became::Changed(path) => self.files.note_changed(&path),
                Became::Refused(path) => self.files.note_refused(&path),
            }
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
        let error = error.to_string();
        if self.is_news(&error) {
            let directory = self.directory.given.clone();
            self.taker.tell_polled(directory, error);
        }
    }

    /// Notes what is told of the directory itself. `false` if that was told last.
    fn is_news(&mut self, text: &str) -> bool {
        let is_news = self.told.as_deref() != Some(text);
        self.told = Some(text.to_owned());
        is_news
    }
}

/// Has the server hear of something. Its panic does not end the watch: the thread's panic hook has told of it.
pub(super) fn tell<R>(told: &mut (dyn FnMut(&R) + Send), report: &R) {
    let _ = panic::catch_unwind(AssertUnwindSafe(|| told(report)));
}
