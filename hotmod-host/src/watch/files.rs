//! Which files of a directory are complete.
//!
//! A file that came by a rename is complete: a program renames what it has written. One that is written in place is when
//! it has held still, and when nothing says that a program has it open to write. A file that was complete is looked at
//! again when it is another one, or has changed.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::heard::Changes;
use super::listing::Stamp;

/// For how long a file must hold still that did not come by a rename.
pub(super) const STILL: Duration = Duration::from_millis(20);

/// How long to believe that a program which has written to a file goes on, and has it open: it may have ended in a way
/// that was not heard.
const WRITING: Duration = Duration::from_secs(2);

/// How long to believe that a file which is not what it should be is on its way to become that.
const HALF: Duration = Duration::from_secs(1);

/// What is known of the files of a directory.
#[derive(Default)]
pub(super) struct Files {
    known: BTreeMap<PathBuf, KnownFile>,
}

struct KnownFile {
    stamp: Stamp,
    /// Since when it has been so.
    since: Instant,
    /// Whether a program has written to it and not closed it.
    is_written: bool,
    /// Whether the server has asked for it since it was refused, or was not told that it was, or what it was refused for has
    /// changed: what becomes of it is told, also if that is the same.
    is_asked: bool,
    state: FileState,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum FileState {
    /// It may not be complete.
    Waits,
    /// It was complete, and not what it should be; it may become that.
    Half,
    /// It was taken, or told to be none.
    Done,
    /// It was refused.
    Refused,
}

/// A file to be taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Complete {
    pub(super) path: PathBuf,
    /// What it was when it was found.
    stamp: Stamp,
    /// Whether it is complete for sure: if it is not what it should be, it will not become that.
    pub(super) is_sure: bool,
    /// Whether it was refused, and is to be tried again as it is.
    pub(super) is_again: bool,
}

impl Complete {
    /// Whether the file is another one by now, or has changed, or has gone: what was read of it says nothing, and the next
    /// look finds what is there.
    pub(super) fn has_changed(&self) -> bool {
        Stamp::at(&self.path) != Some(self.stamp)
    }
}

impl Files {
    /// Notes what is there now and what was heard since the last time, and says which files are complete.
    pub(super) fn look(
        &mut self,
        listing: BTreeMap<PathBuf, Stamp>,
        heard: &Changes,
        now: Instant,
    ) -> Vec<Complete> {
        self.known.retain(|path, _| listing.contains_key(path));
        let mut complete = Vec::new();
        for (path, stamp) in listing {
            let is_renamed = heard.renamed.contains(&path);
            let file = self.known.entry(path.clone()).or_insert(KnownFile {
                stamp,
                since: now,
                is_written: false,
                is_asked: false,
                state: FileState::Waits,
            });
            // Noted first: it may have changed as well, or be told to have come by a rename only now.
            let is_asked = heard.is_asked || heard.again.contains(&path);
            file.is_asked |= is_asked && file.state == FileState::Refused;
            if file.stamp != stamp || is_renamed {
                file.stamp = stamp;
                file.since = now;
                file.state = FileState::Waits;
            }
            // What was just made and is empty is about to be written; a link leads to what has been.
            let is_begun = stamp.is_empty() && heard.created.contains(&path);
            if is_begun || heard.written.contains(&path) {
                file.is_written = true;
            }
            if heard.closed.contains(&path) || is_renamed {
                file.is_written = false;
            }
            let age = now.saturating_duration_since(file.since);
            let is_sure = match file.state {
                FileState::Waits if is_renamed => true,
                FileState::Waits if age >= file.patience() => false,
                FileState::Half if age >= HALF => true,
                FileState::Refused if file.is_asked => true,
                _ => continue,
            };
            file.state = FileState::Done;
            complete.push(Complete {
                path,
                stamp,
                is_sure,
                is_again: std::mem::take(&mut file.is_asked),
            });
        }
        complete
    }

    /// Notes that a file which was complete, but not for sure, is not what it should be: it is looked at once more.
    pub(super) fn note_not_yet(&mut self, path: &Path) {
        if let Some(file) = self.known.get_mut(path) {
            file.state = FileState::Half;
        }
    }

    /// Notes that a file was refused as it was read, and has changed meanwhile: it is looked at once more, and what becomes
    /// of it is told, also if that is the same.
    #[cfg(feature = "resources")]
    pub(super) fn note_changed(&mut self, path: &Path) {
        if let Some(file) = self.known.get_mut(path) {
            file.state = FileState::Half;
            file.is_asked = true;
        }
    }

    /// Notes that a file was refused: it is taken again when it changes, or the server asks.
    pub(super) fn note_refused(&mut self, path: &Path) {
        if let Some(file) = self.known.get_mut(path) {
            file.state = FileState::Refused;
        }
    }

    /// When the next file may be complete that is not yet.
    pub(super) fn next_look(&self) -> Option<Instant> {
        let times = self.known.values().filter_map(|file| match file.state {
            FileState::Waits => Some(file.since + file.patience()),
            FileState::Half => Some(file.since + HALF),
            FileState::Done | FileState::Refused => None,
        });
        times.min()
    }
}

impl KnownFile {
    fn patience(&self) -> Duration {
        match self.is_written {
            true => WRITING,
            false => STILL,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A directory, and a clock that this test winds.
    struct Dir {
        files: Files,
        listing: BTreeMap<PathBuf, Stamp>,
        now: Instant,
    }

    fn path(name: &str) -> PathBuf {
        PathBuf::from(name)
    }

    impl Dir {
        fn new() -> Self {
            Dir {
                files: Files::default(),
                listing: BTreeMap::new(),
                now: Instant::now(),
            }
        }

        fn put(&mut self, name: &str, stamp: u64) {
            self.listing.insert(path(name), Stamp::made_up(stamp));
        }

        fn look(&mut self, heard: &Changes) -> Vec<(String, bool)> {
            let found = self.files.look(self.listing.clone(), heard, self.now);
            let told = |it: Complete| (it.path.display().to_string(), it.is_sure);
            found.into_iter().map(told).collect()
        }

        fn after(&mut self, time: Duration) -> Vec<(String, bool)> {
            self.now += time;
            self.look(&Changes::default())
        }
    }

    fn heard(written: &[&str], closed: &[&str], renamed: &[&str]) -> Changes {
        let paths = |names: &[&str]| names.iter().map(|name| path(name)).collect();
        Changes {
            written: paths(written),
            closed: paths(closed),
            renamed: paths(renamed),
            ..Changes::default()
        }
    }

    #[test]
    fn a_file_that_was_renamed_is_complete_at_once() {
        let mut dir = Dir::new();
        dir.put("a.so", 1);
        assert_eq!(
            dir.look(&heard(&[], &[], &["a.so"])),
            [("a.so".to_owned(), true)]
        );
        assert_eq!(dir.after(STILL), []);
        // The same again, as by a link of the same file.
        assert_eq!(
            dir.look(&heard(&[], &[], &["a.so"])),
            [("a.so".to_owned(), true)]
        );
        assert_eq!(dir.files.next_look(), None);
    }

    #[test]
    fn a_file_that_was_made_and_is_empty_is_waited_for() {
        let mut dir = Dir::new();
        dir.put("a.so", 0);
        let made = Changes {
            created: [path("a.so")].into(),
            ..Changes::default()
        };
        assert_eq!(dir.look(&made), []);
        assert_eq!(dir.after(STILL), []);
        // Its writer has ended without a word.
        assert_eq!(dir.after(WRITING), [("a.so".to_owned(), false)]);
        // A link leads to a file that was written before.
        dir.put("b.so", 1);
        let linked = Changes {
            created: [path("b.so")].into(),
            ..Changes::default()
        };
        assert_eq!(dir.look(&linked), []);
        assert_eq!(dir.after(STILL), [("b.so".to_owned(), false)]);
    }

    #[test]
    fn what_the_server_asks_for_is_tried_again_whatever_else_is_heard() {
        let mut dir = Dir::new();
        dir.put("a.so", 1);
        let renamed = heard(&[], &[], &["a.so"]);
        assert_eq!(dir.look(&renamed), [("a.so".to_owned(), true)]);
        dir.files.note_refused(&path("a.so"));
        let again = |dir: &mut Dir, heard: Changes| {
            let heard = Changes {
                is_asked: true,
                ..heard
            };
            dir.files.look(dir.listing.clone(), &heard, dir.now)
        };
        // The rename is told only now, after a look that had found the file by itself.
        let found = again(&mut dir, renamed);
        assert!(found[0].is_again, "{found:?}");
        dir.files.note_refused(&path("a.so"));
        // It has changed meanwhile, and is taken once it holds still.
        dir.put("a.so", 2);
        assert_eq!(again(&mut dir, Changes::default()), []);
        dir.now += STILL;
        let found = dir
            .files
            .look(dir.listing.clone(), &Changes::default(), dir.now);
        assert!(found[0].is_again, "{found:?}");
        dir.files.note_refused(&path("a.so"));
        assert_eq!(dir.look(&Changes::default()), []);
    }

    #[test]
    fn a_file_is_complete_when_it_holds_still() {
        let mut dir = Dir::new();
        dir.put("a.so", 1);
        assert_eq!(dir.look(&Changes::default()), []);
        assert_eq!(dir.files.next_look(), Some(dir.now + STILL));
        dir.put("a.so", 2);
        assert_eq!(dir.after(STILL), []);
        assert_eq!(dir.after(STILL), [("a.so".to_owned(), false)]);
        assert_eq!(dir.after(WRITING), []);
    }

    #[test]
    fn a_file_that_is_open_to_be_written_is_waited_for() {
        let mut dir = Dir::new();
        dir.put("a.so", 1);
        assert_eq!(dir.look(&heard(&["a.so"], &[], &[])), []);
        assert_eq!(dir.after(STILL), []);
        dir.now += STILL;
        assert_eq!(
            dir.look(&heard(&[], &["a.so"], &[])),
            [("a.so".to_owned(), false)]
        );
        // One whose writer is not heard of again.
        dir.put("b.so", 1);
        assert_eq!(dir.look(&heard(&["b.so"], &[], &[])), []);
        assert_eq!(dir.after(WRITING), [("b.so".to_owned(), false)]);
    }

    #[test]
    fn what_is_not_yet_is_looked_at_once_more() {
        let mut dir = Dir::new();
        dir.put("a.so", 1);
        dir.look(&Changes::default());
        assert_eq!(dir.after(STILL), [("a.so".to_owned(), false)]);
        dir.files.note_not_yet(&path("a.so"));
        assert_eq!(dir.after(STILL), []);
        assert_eq!(dir.after(HALF), [("a.so".to_owned(), true)]);
        assert_eq!(dir.after(HALF), []);
        // Completed after all.
        dir.put("a.so", 2);
        assert_eq!(dir.after(STILL), []);
        assert_eq!(dir.after(STILL), [("a.so".to_owned(), false)]);
    }

    #[test]
    fn what_was_refused_is_complete_again_when_the_server_asks() {
        let mut dir = Dir::new();
        let asked = Changes {
            is_asked: true,
            ..Changes::default()
        };
        dir.put("a.so", 1);
        dir.put("b.so", 1);
        // To ask makes no file complete.
        assert_eq!(dir.look(&asked), []);
        assert_eq!(dir.after(STILL).len(), 2);
        dir.files.note_refused(&path("a.so"));
        assert_eq!(dir.after(WRITING), []);
        assert_eq!(dir.files.next_look(), None);
        assert_eq!(dir.look(&asked), [("a.so".to_owned(), true)]);
        // Taken this time.
        assert_eq!(dir.look(&asked), []);
    }

    #[test]
    fn a_file_that_was_away_is_a_new_one() {
        let mut dir = Dir::new();
        dir.put("a.so", 1);
        dir.look(&Changes::default());
        assert_eq!(dir.after(STILL).len(), 1);
        dir.listing.clear();
        assert_eq!(dir.after(STILL), []);
        dir.put("a.so", 1);
        assert_eq!(dir.after(STILL), []);
        assert_eq!(dir.after(STILL), [("a.so".to_owned(), false)]);
    }
}
