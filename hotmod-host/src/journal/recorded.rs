//! What all records of a journal come to.

use std::collections::{BTreeMap, BTreeSet};

use hotmod_file::Digest;

use super::line;
use super::record::Record;
use super::recovery::{Interrupted, KeptModule, add_undone};

/// What a journal begins with: what it is, and the version of its format.
const HEADER: [&str; 2] = ["hotmod-journal", "1"];

/// What is known by a journal.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Recorded {
    /// What runs of each module.
    pub(super) modules: BTreeMap<String, KeptModule>,
    /// What goes on, by its number.
    pub(super) going: BTreeMap<u64, Interrupted>,
    /// The last number.
    pub(super) last: u64,
    /// Whether the process was stopped in order, and nothing began since.
    pub(super) is_stopped: bool,
}

/// A journal as it was found.
#[derive(Debug)]
pub(super) struct FoundJournal {
    pub(super) known: Recorded,
    /// How many lines are not as they were written, without one that was being written in the end.
    pub(super) unread: usize,
}

/// A journal that another version of hotmod has written, and the version of its format.
#[derive(Debug)]
pub(super) struct OtherFormat(pub(super) String);

impl KeptModule {
    /// Has a version not run by itself, unless it is what runs.
    pub(super) fn undo(&mut self, version: &str, digest: Digest, reason: &str) {
        if digest == self.current.digest {
            return;
        }
        add_undone(&mut self.rolled_back, version, digest, reason);
    }
}

impl Recorded {
    /// Reads a journal.
    pub(super) fn read(journal: &[u8]) -> Result<FoundJournal, OtherFormat> {
        let mut found = FoundJournal {
            known: Recorded::default(),
            unread: 0,
        };
        let mut lines = journal.split_inclusive(|byte| *byte == b'\n');
        let first = lines.next().and_then(|line| line.strip_suffix(b"\n"));
        match first.map(line::read) {
            None => return Ok(found),
            Some(None) => found.unread += 1,
            Some(Some(words)) => {
                let words: Vec<_> = words.iter().map(|it| String::from_utf8_lossy(it)).collect();
                if words != HEADER {
                    return Err(OtherFormat(words.join(" ")));
                }
            }
        }
        // What has no end was being written when the process ended.
        for line in lines.filter_map(|line| line.strip_suffix(b"\n")) {
            match Record::read(line) {
                Some(record) => found.known.note(record),
                None => found.unread += 1,
            }
        }
        Ok(found)
    }

    /// A journal from which the same is known.
    pub(super) fn journal(&self) -> Vec<u8> {
        let mut journal = line::write(&HEADER.map(|it| it.as_bytes().to_vec()));
        let modules = self.modules.values().cloned().collect();
        journal.extend(Record::Runs(modules).line());
        for (number, it) in &self.going {
            journal.extend(Record::Goes(*number, it.clone()).line());
        }
        journal
    }

    pub(super) fn note(&mut self, record: Record) {
        self.is_stopped = match record {
            Record::Stopped => true,
            Record::Ended(_) => self.is_stopped,
            Record::Goes(..) | Record::Runs(_) => false,
        };
        match record {
            Record::Stopped => {}
            Record::Goes(number, it) => {
                self.last = self.last.max(number);
                self.going.insert(number, it);
            }
            Record::Ended(number) => {
                self.last = self.last.max(number);
                self.going.remove(&number);
            }
            Record::Runs(modules) => {
                let modules = modules.into_iter().map(|it| (it.module.clone(), it));
                self.modules.extend(modules);
            }
        }
    }

    /// Has files not be taken up by themselves that were being taken up when the process ended, if code of theirs had run
    /// there: that may be what ended it. Where it was stopped in order, the next begins anew with what was refused.
    pub(super) fn distrust(&mut self) {
        if self.is_stopped {
            let modules = self.modules.values_mut();
            modules.for_each(|it| it.refused.clear());
        }
        for it in self.going.values().filter(|it| it.has_run) {
            let (Some(module), Some(version), Some(digest)) = (&it.module, &it.to, it.digest)
            else {
                continue;
            };
            let step = it.step.as_deref().unwrap_or_default();
            let reason = format!("the process ended in its {}, {step}", it.operation);
            if let Some(kept) = self.modules.get_mut(module) {
                kept.undo(version, digest, &reason);
            }
        }
    }

    /// The versions of which copies are needed: those that run or did before, and those that are being taken up.
    pub(super) fn needed(&self) -> BTreeSet<Digest> {
        let kept = self.modules.values();
        let kept = kept.flat_map(|it| [Some(&it.current), it.previous.as_ref()]);
        let kept = kept.flatten().map(|it| it.digest);
        let going = self.going.values().filter_map(|it| it.digest);
        kept.chain(going).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;
    use std::time::UNIX_EPOCH;

    use super::super::recovery::{KeptVersion, OperationKind};
    use super::*;

    fn runs(module: &str, version: &str) -> KeptModule {
        KeptModule {
            module: module.to_owned(),
            current: KeptVersion {
                version: version.to_owned(),
                digest: Digest::of(version.as_bytes()),
                file: "libgame.so".into(),
                copy: PathBuf::new(),
            },
            previous: None,
            rolled_back: Vec::new(),
            refused: Vec::new(),
            start: ("libgame.so".into(), Digest::of(b"1.0.0")),
        }
    }

    fn goes(step: &str) -> Interrupted {
        Interrupted {
            operation: OperationKind::Update,
            module: Some("game".to_owned()),
            from: None,
            to: None,
            digest: Some(Digest::of(b"candidate")),
            file: None,
            step: Some(step.to_owned()),
            has_run: step == "linking",
            since: UNIX_EPOCH,
            process: 1,
        }
    }

    fn journal() -> (Vec<Record>, Vec<u8>) {
        let records = vec![
            Record::Runs(vec![runs("game", "1.0.0"), runs("chat", "1.0.0")]),
            Record::Goes(1, goes("inspecting")),
            Record::Goes(1, goes("linking")),
            Record::Goes(2, goes("planning")),
            Record::Stopped,
            Record::Runs(vec![runs("game", "2.0.0")]),
            Record::Ended(1),
        ];
        let mut bytes = Recorded::default().journal();
        records.iter().for_each(|it| bytes.extend(it.line()));
        (records, bytes)
    }

    fn known(bytes: &[u8]) -> (Recorded, usize) {
        let found = Recorded::read(bytes).expect("a journal");
        (found.known, found.unread)
    }

    #[test]
    fn the_last_of_each_counts_and_what_has_not_ended_goes_on() {
        let (known, unread) = known(&journal().1);
        let version = |module: &str| &*known.modules[module].current.version;
        assert_eq!((version("game"), version("chat")), ("2.0.0", "1.0.0"));
        let going: Vec<_> = known.going.iter().map(|(at, it)| (*at, &it.step)).collect();
        assert_eq!(going, [(2, &Some("planning".to_owned()))]);
        assert_eq!((known.last, unread), (2, 0));
        let needed = ["1.0.0", "2.0.0", "candidate"].map(|it| Digest::of(it.as_bytes()));
        assert_eq!(known.needed(), BTreeSet::from(needed));
    }

    #[test]
    fn a_journal_that_is_written_anew_says_the_same() {
        let (before, _) = known(&journal().1);
        let (after, unread) = known(&before.journal());
        assert_eq!((after, unread), (before, 0));
    }

    #[test]
    fn a_journal_that_was_cut_says_what_was_known_then() {
        let (records, bytes) = journal();
        let header = Recorded::default().journal().len();
        for at in 0..bytes.len() {
            let (cut, unread) = known(&bytes[..at]);
            assert_eq!(unread, 0);
            let mut expected = Recorded::default();
            let mut end = header;
            for record in &records {
                end += record.line().len();
                if end <= at {
                    expected.note(record.clone());
                }
            }
            assert_eq!(cut, expected, "cut at {at}");
        }
    }

    #[test]
    fn a_line_that_is_damaged_is_left_out_and_counted() {
        let (records, bytes) = journal();
        for damaged in 0..records.len() {
            let mut text = bytes.clone();
            let before = records[..damaged].iter().map(|it| it.line().len());
            let at = Recorded::default().journal().len() + before.sum::<usize>();
            text[at + 20] ^= 1;
            let mut expected = Recorded::default();
            let others = records.iter().enumerate().filter(|(at, _)| *at != damaged);
            others.for_each(|(_, it)| expected.note(it.clone()));
            assert_eq!(known(&text), (expected, 1), "record {damaged}");
        }
    }

    #[test]
    fn what_had_run_when_the_process_ended_is_not_taken_up_by_itself() {
        let mut known = known(&journal().1).0;
        known.distrust();
        assert_eq!(known.modules["game"].rolled_back, []);
        known.going.insert(3, goes("linking"));
        known.going.insert(4, {
            let mut of_current = goes("linking");
            of_current.digest = Some(Digest::of(b"2.0.0"));
            of_current
        });
        for it in known.going.values_mut() {
            it.to = Some("3.0.0".to_owned());
        }
        known.distrust();
        known.distrust();
        let undone = &known.modules["game"].rolled_back;
        let reason = "the process ended in its update, linking";
        let told: Vec<_> = undone
            .iter()
            .map(|it| (&*it.version, &*it.reason))
            .collect();
        assert_eq!(told, [("3.0.0", reason)]);
        assert_eq!(undone[0].digest, Digest::of(b"candidate"));
    }

    #[test]
    fn a_journal_of_another_format_is_told() {
        let words = ["hotmod-journal", "2"].map(|it| it.as_bytes().to_vec());
        let error = Recorded::read(&line::write(&words)).expect_err("another format");
        assert_eq!(error.0, "hotmod-journal 2");
    }
}
