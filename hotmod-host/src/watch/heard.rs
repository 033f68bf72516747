//! What the system tells of a directory as it happens.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use notify::event::{AccessKind, AccessMode, EventKind, ModifyKind, RenameMode};
use notify::{Event, INotifyWatcher, RecursiveMode, Watcher};

use super::listing::WatchedDirectory;

/// What was heard of the files of a directory, by the paths that the user knows them by.
#[derive(Default)]
pub(super) struct Changes {
    /// Made: by a program that will write to it, or as a link of a file.
    pub(super) created: BTreeSet<PathBuf>,
    /// Written to.
    pub(super) written: BTreeSet<PathBuf>,
    /// Closed by a program that had it open to write.
    pub(super) closed: BTreeSet<PathBuf>,
    /// Renamed to this name, or linked by it.
    pub(super) renamed: BTreeSet<PathBuf>,
    /// Whether the directory itself came, went or was renamed.
    pub(super) is_anew: bool,
    /// Whether the server asked for a look: what was refused is tried again.
    pub(super) is_asked: bool,
    /// What was refused, and is tried again, since what it was refused for has changed.
    pub(super) again: BTreeSet<PathBuf>,
}

impl Changes {
    /// Notes an event. `false` if it has nothing to do with the directory.
    pub(super) fn note(&mut self, event: &Event, directory: &WatchedDirectory) -> bool {
        if event.need_rescan() {
            return true;
        }
        // To open and read is no change, and what every look does itself: it would be a reason for the next.
        if let EventKind::Access(access) = event.kind
            && access != AccessKind::Close(AccessMode::Write)
        {
            return false;
        }
        let mut concerns = false;
        for path in &event.paths {
            let Some(path) = directory.named(path) else {
                let is_itself = directory.leads_by(path);
                let is_anew = matches!(
                    event.kind,
                    EventKind::Create(_)
                        | EventKind::Remove(_)
                        | EventKind::Modify(ModifyKind::Name(_))
                );
                self.is_anew |= is_itself && is_anew;
                concerns |= is_itself;
                continue;
            };
            concerns = true;
            match event.kind {
                EventKind::Modify(ModifyKind::Data(_)) => {
                    self.closed.remove(&path);
                    self.written.insert(path);
                }
                EventKind::Access(AccessKind::Close(AccessMode::Write)) => {
                    self.written.remove(&path);
                    self.closed.insert(path);
                }
                EventKind::Modify(ModifyKind::Name(RenameMode::To)) => {
                    self.renamed.insert(path);
                }
                // What was renamed to this name is gone, or is not what stands there now.
                EventKind::Create(_) => {
                    self.renamed.remove(&path);
                    self.closed.remove(&path);
                    self.created.insert(path);
                }
                EventKind::Remove(_) => {
                    self.renamed.remove(&path);
                }
                _ => {}
            }
        }
        concerns
    }
}

/// Hears of a directory, and of the one that it is in: the directory itself may be replaced.
pub(super) struct Listener {
    watcher: INotifyWatcher,
    /// What is watched.
    watched: BTreeSet<PathBuf>,
}

impl Listener {
    /// One that passes on what it hears, from a thread of its own.
    pub(super) fn new(
        pass_on: impl FnMut(notify::Result<Event>) + Send + 'static,
    ) -> notify::Result<Self> {
        Ok(Listener {
            watcher: INotifyWatcher::new(pass_on, notify::Config::default())?,
            watched: BTreeSet::new(),
        })
    }

    /// Listens to these, and to no others. What it listened to under the same path may be another directory by now, and
    /// is listened to anew if `is_anew`.
    pub(super) fn listen(&mut self, paths: &[&Path], is_anew: bool) -> notify::Result<()> {
        let wanted: BTreeSet<PathBuf> = paths.iter().map(|path| path.to_path_buf()).collect();
        for path in &self.watched {
            if is_anew || !wanted.contains(path) {
                // It may be gone.
                let _ = self.watcher.unwatch(path);
            }
        }
        let mut result = Ok(());
        let before = std::mem::take(&mut self.watched);
        for path in wanted {
            let is_known = !is_anew && before.contains(&path);
            if !is_known && let Err(error) = self.watcher.watch(&path, RecursiveMode::NonRecursive)
            {
                result = Err(error);
                continue;
            }
            self.watched.insert(path);
        }
        result
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_look_is_no_reason_for_another_one() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut directory = WatchedDirectory::new(folder.path()).expect("a directory");
        directory.find();
        std::fs::write(folder.path().join("liba.so"), "a").expect("a file");
        let (hear, heard) = mpsc::channel();
        let mut listener = Listener::new(move |event| drop(hear.send(event))).expect("a listener");
        listener.listen(&[folder.path()], false).expect("a watch");
        let next = || {
            let event = heard.recv_timeout(Duration::from_secs(60));
            event.expect("an event").expect("an event")
        };
        let mut changes = Changes::default();
        directory.list(|_| true, false).expect("a look");
        std::fs::read(folder.path().join("liba.so")).expect("a look");
        std::fs::write(folder.path().join("libb.so"), "b").expect("a file");
        let mut passed = 0;
        while !changes.note(&next(), &directory) {
            passed += 1;
        }
        assert!(passed >= 2, "the system tells of each look");
    }
}
