//! What is recorded.

use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use hotmod_file::Digest;

use super::line;
use super::recovery::{Interrupted, KeptModule, KeptVersion, OperationKind, UNDONE, UndoneVersion};

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Record {
    /// An operation has come so far. It is recorded whole each time, so that no record needs another one.
    Goes(u64, Interrupted),
    /// An operation is over.
    Ended(u64),
    /// The process was stopped in order.
    Stopped,
    /// What runs of these modules from now on, and what is known of them besides: all at one moment.
    Runs(Vec<KeptModule>),
}

impl Record {
    /// The line that it is.
    pub(super) fn line(&self) -> Vec<u8> {
        let mut words = Words::default();
        match self {
            Record::Goes(number, it) => {
                words.text("goes").number(*number);
                words.text(it.operation.as_str());
                words.maybe(it.module.as_deref()).maybe(it.from.as_deref());
                words.maybe(it.to.as_deref());
                words.maybe(it.digest.map(|it| it.to_string()).as_deref());
                words.path(it.file.as_deref().unwrap_or(Path::new("")));
                words.maybe(it.step.as_deref()).number(it.has_run.into());
                words.time(it.since);
                words.number(it.process.into());
            }
            Record::Ended(number) => {
                words.text("ended").number(*number);
            }
            Record::Stopped => {
                words.text("stopped");
            }
            Record::Runs(modules) => {
                words.text("runs");
                for it in modules {
                    words.text(&it.module).path(&it.start.0);
                    words.text(&it.start.1.to_string());
                    words.version(&it.current);
                    words.number(it.previous.is_some().into());
                    it.previous.iter().for_each(|it| words.version(it));
                    words.undone(&it.rolled_back);
                    words.undone(&it.refused);
                }
            }
        }
        line::write(&words.0)
    }

    /// The record that a line is, without its end. The copies of versions are not in it.
    pub(super) fn read(line: &[u8]) -> Option<Self> {
        let words = line::read(line)?;
        let mut rest = Rest(words.into_iter());
        let record = match &*rest.text()? {
            "goes" => Record::Goes(
                rest.number()?,
                Interrupted {
                    operation: OperationKind::named(&rest.text()?)?,
                    module: rest.maybe()?,
                    from: rest.maybe()?,
                    to: rest.maybe()?,
                    digest: match rest.maybe()? {
                        Some(text) => Some(Digest::parse(&text)?),
                        None => None,
                    },
                    file: Some(rest.path()?).filter(|it| !it.as_os_str().is_empty()),
                    step: rest.maybe()?,
                    has_run: rest.truth()?,
                    since: rest.time()?,
                    process: rest.number()?.try_into().ok()?,
                },
            ),
            "ended" => Record::Ended(rest.number()?),
            "stopped" => Record::Stopped,
            "runs" => {
                let mut modules = Vec::new();
                while !rest.is_empty() {
                    modules.push(rest.module()?);
                }
                Record::Runs(modules)
            }
            _ => return None,
        };
        rest.is_empty().then_some(record)
    }
}

#[derive(Default)]
struct Words(Vec<Vec<u8>>);

impl Words {
    fn bytes(&mut self, bytes: &[u8]) -> &mut Self {
        self.0.push(bytes.to_vec());
        self
    }

    fn text(&mut self, text: &str) -> &mut Self {
        self.bytes(text.as_bytes())
    }

    fn maybe(&mut self, text: Option<&str>) -> &mut Self {
        self.text(text.unwrap_or_default())
    }

    fn path(&mut self, path: &Path) -> &mut Self {
        self.bytes(path.as_os_str().as_bytes())
    }

    fn number(&mut self, number: u64) -> &mut Self {
        self.text(&number.to_string())
    }

    /// In milliseconds.
    fn time(&mut self, time: SystemTime) -> &mut Self {
        let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
        self.number(since.as_millis().try_into().unwrap_or(u64::MAX))
    }

    fn undone(&mut self, all: &[UndoneVersion]) {
        self.number(all.len() as u64);
        for it in all {
            self.text(&it.version).text(&it.digest.to_string());
            self.text(&it.reason);
        }
    }

    fn version(&mut self, it: &KeptVersion) {
        self.text(&it.version).text(&it.digest.to_string());
        self.path(&it.file);
    }
}

struct Rest(std::vec::IntoIter<Vec<u8>>);

impl Rest {
    fn is_empty(&self) -> bool {
        self.0.len() == 0
    }

    fn text(&mut self) -> Option<String> {
        String::from_utf8(self.0.next()?).ok()
    }

    /// A text that may be absent.
    fn maybe(&mut self) -> Option<Option<String>> {
        Some(Some(self.text()?).filter(|it| !it.is_empty()))
    }

    fn path(&mut self) -> Option<PathBuf> {
        Some(OsString::from_vec(self.0.next()?).into())
    }

    fn number(&mut self) -> Option<u64> {
        self.text()?.parse().ok()
    }

    fn truth(&mut self) -> Option<bool> {
        match self.number()? {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        }
    }

    fn time(&mut self) -> Option<SystemTime> {
        UNIX_EPOCH.checked_add(Duration::from_millis(self.number()?))
    }

    fn digest(&mut self) -> Option<Digest> {
        Digest::parse(&self.text()?)
    }

    fn version(&mut self) -> Option<KeptVersion> {
        Some(KeptVersion {
            version: self.text()?,
            digest: self.digest()?,
            file: self.path()?,
            copy: PathBuf::new(),
        })
    }

    fn undone(&mut self) -> Option<Vec<UndoneVersion>> {
        let count = usize::try_from(self.number()?).ok();
        let count = count.filter(|count| *count <= UNDONE)?;
        let undone = |_| {
            Some(UndoneVersion {
                version: self.text()?,
                digest: self.digest()?,
                reason: self.text()?,
            })
        };
        (0..count).map(undone).collect()
    }

    fn module(&mut self) -> Option<KeptModule> {
        let module = self.text()?;
        let start = (self.path()?, self.digest()?);
        let current = self.version()?;
        let previous = match self.truth()? {
            true => Some(self.version()?),
            false => None,
        };
        Some(KeptModule {
            module,
            current,
            previous,
            rolled_back: self.undone()?,
            refused: self.undone()?,
            start,
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn version(name: &str) -> KeptVersion {
        KeptVersion {
            version: name.to_owned(),
            digest: Digest::of(name.as_bytes()),
            file: OsString::from_vec(b"modules/a b\xff.so".to_vec()).into(),
            copy: PathBuf::new(),
        }
    }

    fn module(previous: Option<KeptVersion>, undone: usize) -> KeptModule {
        let undone = (0..undone).map(|at| UndoneVersion {
            version: format!("1.{at}.0"),
            digest: Digest::of(&[at as u8]),
            reason: "it was\nslow".to_owned(),
        });
        KeptModule {
            module: "game".to_owned(),
            current: version("2.0.0"),
            previous,
            rolled_back: undone.clone().collect(),
            refused: undone.take(1).collect(),
            start: ("libgame.so".into(), Digest::of(b"1")),
        }
    }

    #[test]
    fn records_are_read_as_they_were_written() {
        let going = Interrupted {
            operation: OperationKind::Update,
            module: Some("game".to_owned()),
            from: Some("1.0.0".to_owned()),
            to: None,
            digest: Some(Digest::of(b"2")),
            file: Some("libgame.so".into()),
            step: Some("on trial".to_owned()),
            has_run: true,
            since: UNIX_EPOCH + Duration::from_millis(1_700_000_000_123),
            process: 77,
        };
        let mut records = vec![
            Record::Goes(7, going.clone()),
            Record::Ended(7),
            Record::Stopped,
            Record::Runs(Vec::new()),
            Record::Runs(vec![
                module(None, 0),
                module(Some(version("1.0.0")), UNDONE),
            ]),
        ];
        for operation in OperationKind::ALL {
            let bare = Interrupted {
                operation,
                module: None,
                from: None,
                digest: None,
                file: None,
                step: None,
                ..going.clone()
            };
            records.push(Record::Goes(u64::MAX, bare));
        }
        for record in records {
            let line = record.line();
            assert_eq!(Record::read(&line[..line.len() - 1]), Some(record));
        }
    }

    #[test]
    fn what_is_whole_and_no_record_is_none() {
        let digest = Digest::of(b"").to_string();
        let many = format!("runs game s {digest} 1.0.0 {digest} f 0 17");
        let more = "ended 7 8";
        let lines = [
            "",
            "comes 7",
            "ended",
            "ended -1",
            more,
            "goes 7 nap",
            &many,
        ];
        for text in lines {
            let words: Vec<_> = text.split(' ').map(|it| it.as_bytes().to_vec()).collect();
            let line = line::write(&words);
            assert_eq!(Record::read(&line[..line.len() - 1]), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_words_are_a_panic(words: Vec<Vec<u8>>) {
            for first in ["goes", "ended", "stopped", "runs"] {
                let mut all = vec![first.as_bytes().to_vec()];
                all.extend_from_slice(&words);
                let line = line::write(&all);
                Record::read(&line[..line.len() - 1]);
            }
        }
    }
}
