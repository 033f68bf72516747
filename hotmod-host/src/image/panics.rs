//! The panics of a module: which there were, where, and how often.

use std::fmt;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::SystemTime;

use hotmod::printed::lines;
use hotmod::root::services::RaisedPanic;
use hotmod::{Backtrace, Location};

use crate::symbols::known;
use crate::sys::copy;
use crate::work;

/// How many places are told apart, over all versions.
const MOST: usize = 256;
/// How many bytes of a message are kept.
const LONGEST: usize = 1024;

/// Those that were raised since the module was loaded.
#[derive(Default)]
pub(crate) struct RaisedPanics {
    report: Mutex<PanicsReport>,
    /// The version, where the module is linked into the executable: there is one, and its addresses are not told
    /// from the host's.
    only_version: OnceLock<String>,
}

/// The panics of a module's versions since it was loaded, as [`Module::panics`](crate::Module::panics) tells of
/// them: also those of which no caller heard, since the module caught them, or they ended one of its threads.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct PanicsReport {
    /// By version and place, the most frequent first: at most 256.
    pub places: Vec<PanicPlace>,
    /// How many panics were raised at other places than these.
    pub elsewhere: u64,
}

/// A place of which panics were raised, in one version of a module.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PanicPlace {
    /// The version.
    pub version: String,
    /// Where it is, in the module's source.
    pub location: Location,
    /// How many panics were raised there.
    pub count: u64,
    /// How many of them outside of any call, in threads of the module's own.
    pub outside: u64,
    /// When the first was raised.
    pub first: SystemTime,
    /// When the last was raised.
    pub last: SystemTime,
    /// What one of them said, up to 1024 bytes of it: the first, the second, the fourth, the eighth, and so on, whichever
    /// was last.
    pub message: String,
    /// The stack of that one, where `RUST_BACKTRACE` asks for it.
    pub backtrace: Option<Backtrace>,
    /// An address of the image: versions may have the same name.
    image: usize,
}

impl RaisedPanics {
    /// Counts a panic while it is raised, on the thread that raises it.
    #[cold]
    pub(crate) fn count(&self, panic: &RaisedPanic<'_>) {
        if copy::is_this() {
            // Another thread may have had the lock when the process was copied; and a copy reports no panics.
            return;
        }
        // So a fork finds the lock free.
        let _work = work::begin();
        let only_version = self.only_version.get().map(String::as_str);
        self.report().count(panic, only_version, SystemTime::now());
    }

    /// Has all of them be of this version.
    #[cfg(feature = "linked")]
    pub(crate) fn are_of(&self, version: &str) {
        let _ = self.only_version.set(version.to_owned());
    }

    pub(crate) fn sorted(&self) -> PanicsReport {
        let mut report = self.report().clone();
        report.places.sort_by_key(|it| std::cmp::Reverse(it.count));
        report
    }

    fn report(&self) -> MutexGuard<'_, PanicsReport> {
        // Nothing of a user's runs while it is locked.
        self.report.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl PanicsReport {
    fn count(&mut self, panic: &RaisedPanic<'_>, version: Option<&str>, now: SystemTime) {
        let image = panic.image.addr();
        let mut places = self.places.iter_mut();
        if let Some(place) = places.find(|it| it.is_of(panic, image)) {
            return place.count(panic, now);
        }
        if self.places.len() == MOST {
            self.elsewhere += 1;
            return;
        }
        let known = known::image_at(image).map(|it| it.version.as_str());
        let mut place = PanicPlace {
            version: version.or(known).unwrap_or("?").to_owned(),
            location: Location {
                file: panic.file.as_str().to_owned(),
                line: panic.line,
                column: panic.column,
            },
            count: 0,
            outside: 0,
            first: now,
            last: now,
            message: String::new(),
            backtrace: None,
            image,
        };
        place.count(panic, now);
        self.places.push(place);
    }
}

impl PanicPlace {
    fn is_of(&self, panic: &RaisedPanic<'_>, image: usize) -> bool {
        let Location { file, line, column } = &self.location;
        (self.image, *line, *column) == (image, panic.line, panic.column)
            && file == panic.file.as_str()
    }

    fn count(&mut self, panic: &RaisedPanic<'_>, now: SystemTime) {
        self.count += 1;
        self.outside += u64::from(!panic.is_inside);
        self.last = now;
        // Fewer and fewer are kept, so that a storm of panics costs little, and what is shown is not old.
        if self.count.is_power_of_two() {
            let message = match panic.message.as_str() {
                "" => "a value that is not text",
                message => message,
            };
            let end = message.floor_char_boundary(LONGEST);
            message[..end].clone_into(&mut self.message);
            self.backtrace = Backtrace::new(panic.addresses.as_slice());
        }
    }
}

impl fmt::Display for PanicPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        lines(f, |f| {
            let PanicPlace {
                version,
                location,
                count,
                message,
                ..
            } = self;
            write!(f, "{count}× in {version} at {location}: {message}")
        })
    }
}

impl fmt::Display for PanicsReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        lines(f, |f| {
            let mut places = self.places.iter();
            places.try_for_each(|place| writeln!(f, "{place}"))?;
            match self.elsewhere {
                0 => Ok(()),
                elsewhere => writeln!(f, "{elsewhere}× elsewhere"),
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn panic<'a>(message: &'a str, line: u32, addresses: &'a [usize]) -> RaisedPanic<'a> {
        RaisedPanic {
            message: message.into(),
            file: "src/lib.rs".into(),
            line,
            column: 5,
            is_inside: line != 3,
            addresses: addresses.into(),
            image: std::ptr::null(),
        }
    }

    #[test]
    fn identical_panics_are_counted_and_fewer_and_fewer_are_kept() {
        let raised = RaisedPanics::default();
        for number in 1..=7_usize {
            raised.count(&panic(&format!("no {number}"), 2, &[number]));
        }
        raised.count(&panic("", 3, &[]));
        let report = raised.sorted();
        let [often, once] = &report.places[..] else {
            panic!("{report}");
        };
        assert_eq!((often.count, often.outside), (7, 0));
        assert_eq!(often.message, "no 4");
        let addresses = often.backtrace.as_ref().map(Backtrace::addresses);
        assert_eq!(addresses, Some(&[4][..]));
        assert_eq!((once.count, once.outside), (1, 1));
        assert_eq!(once.message, "a value that is not text");
        assert_eq!(once.backtrace, None);
    }

    #[test]
    fn places_and_messages_are_bounded_and_what_is_beyond_is_counted() {
        let raised = RaisedPanics::default();
        let long = "ä".repeat(LONGEST);
        let lines = u32::try_from(MOST).expect("few") + 10;
        (0..lines).for_each(|line| raised.count(&panic(&long, line, &[])));
        raised.count(&panic(&long, 0, &[]));
        let report = raised.sorted();
        assert_eq!((report.places.len(), report.elsewhere), (MOST, 10));
        assert_eq!(
            (report.places[0].location.line, report.places[0].count),
            (0, 2)
        );
        assert_eq!(report.places[0].message.len(), LONGEST);
    }
}
