//! Compares the calls of pure functions with a candidate's, while they are made.

use std::collections::BTreeMap;
use std::fmt;
use std::mem::discriminant;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use hotmod::Location;
use hotmod::call::Panic;
use hotmod::call::future::FutureBlock;
use hotmod::printed::lines;
use hotmod::pure::{PureTable, Shown, Tried};
use hotmod_file::contract::Alike;

use crate::image::exports::Exports;

/// How many differences of one function are kept.
const KEPT: usize = 16;
/// How much is kept of a text, in bytes.
const LONGEST: usize = 4096;

/// The functions that are pure in two versions, by name.
pub(crate) struct Mirror {
    sample: ShadowOptions,
    pairs: BTreeMap<String, Arc<Pair>>,
}

/// One function of two versions. All counters are Relaxed: no thread reads anything else because of what a
/// counter says.
pub(crate) struct Pair {
    export: String,
    running: &'static PureTable,
    candidate: &'static PureTable,
    calls: AtomicU64,
    compared: AtomicU64,
    differing: AtomicU64,
    differences: Mutex<Vec<ShadowDifference>>,
}

impl Mirror {
    /// Pairs the pure functions of two versions that have the same name and the same signature.
    pub(crate) fn new(sample: ShadowOptions, running_side: &Exports, candidate: &Exports) -> Self {
        let (was, now) = (&*running_side.manifest, &*candidate.manifest);
        let mut alike = Alike::new(was, now);
        let pairs = running_side.pure.iter().filter_map(|(export, running)| {
            let signatures = (was.functions.get(export)?, now.functions.get(export)?);
            let (runs, tries) = (&signatures.0.signature, &signatures.1.signature);
            // The candidate's function gets copies of the arguments that the running one gets, and both are awaited or
            // neither.
            if !alike.signature(runs, tries) || runs.is_async != tries.is_async {
                return None;
            }
            let pair = Pair {
                export: export.clone(),
                running,
                candidate: candidate.pure.get(export)?,
                calls: AtomicU64::new(0),
                compared: AtomicU64::new(0),
                differing: AtomicU64::new(0),
                differences: Mutex::default(),
            };
            Some((export.clone(), Arc::new(pair)))
        });
        Mirror {
            sample,
            pairs: pairs.collect(),
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.pairs.is_empty()
    }

    pub(crate) fn exports(&self) -> impl Iterator<Item = &str> {
        self.pairs.keys().map(String::as_str)
    }

    /// Counts a call of a function. Returns the pair that compares the call, if it belongs to the sample.
    pub(crate) fn sample(&self, export: &str) -> Option<Arc<Pair>> {
        let pair = self.pairs.get(export)?;
        let before = pair.calls.fetch_add(1, Ordering::Relaxed);
        self.sample.covers(before).then(|| pair.clone())
    }

    pub(crate) fn report(&self) -> ShadowReport {
        let sum = |of: fn(&Pair) -> &AtomicU64| {
            let counts = self.pairs.values();
            counts.map(|pair| of(pair).load(Ordering::Relaxed)).sum()
        };
        let differences = self
            .pairs
            .values()
            .flat_map(|pair| pair.differences().clone());
        ShadowReport {
            // From the last that a call changes to the first, so that no number counts a call that the
            // numbers below it lack.
            differences: differences.collect(),
            differing: sum(|pair| &pair.differing),
            compared: sum(|pair| &pair.compared),
            calls: sum(|pair| &pair.calls),
        }
    }
}

impl Pair {
    /// Runs the candidate's function on copies of these arguments. `None` for an `async fn`.
    ///
    /// # Safety
    ///
    /// They are those of the function, as they cross, and nothing else uses them.
    pub(crate) unsafe fn try_out(&self, args: *mut ()) -> Option<Tried> {
        // SAFETY: the caller knows the arguments, which are the same in both versions.
        unsafe { self.candidate.try_out(args) }
    }

    /// Begins the candidate's `async fn` on copies of these arguments, as [`PureTable::begin`] does.
    ///
    /// # Safety
    ///
    /// As for `try_out`; there is no future in the block, and what the arguments are lent outlives the one that is begun.
    pub(crate) unsafe fn begin(
        &self,
        args: *mut (),
        block: NonNull<FutureBlock>,
    ) -> Option<(Tried, bool)> {
        // SAFETY: as in `try_out`; the rest is the caller's.
        unsafe { self.candidate.begin(args, block) }
    }

    /// Compares the candidate's outcome with that of the call itself.
    ///
    /// # Safety
    ///
    /// What it returned is the function's result, as it crosses, and nothing else uses it.
    pub(crate) unsafe fn compare(&self, tried: Tried, called: Result<*mut (), &Panic>) {
        let shown;
        let running = match called {
            Ok(output) => {
                // SAFETY: the caller knows the result, which the running version has returned.
                shown = unsafe { self.running.show(output) };
                Account::of(&shown)
            }
            Err(panic) => Account::Panicked(panic),
        };
        self.tell(&tried, running);
    }

    fn tell(&self, tried: &Tried, running: Account<'_>) {
        let candidate = Account::of(&tried.outcome);
        self.compared.fetch_add(1, Ordering::Relaxed);
        if running.is_same_as(candidate) {
            return;
        }
        self.differing.fetch_add(1, Ordering::Relaxed);
        let mut differences = self.differences();
        if differences.len() < KEPT {
            let from = common(running.text(), candidate.text());
            differences.push(ShadowDifference {
                export: self.export.clone(),
                arguments: cut(tried.arguments.as_str(), 0),
                running: running.kept(from),
                candidate: candidate.kept(from),
            });
        }
    }

    fn differences(&self) -> MutexGuard<'_, Vec<ShadowDifference>> {
        // A panic leaves no difference half added.
        let differences = self.differences.lock();
        differences.unwrap_or_else(PoisonError::into_inner)
    }
}

/// The outcome of a call, in the memory of the version that ran it.
#[derive(Clone, Copy)]
enum Account<'a> {
    Returned(&'a str),
    Panicked(&'a Panic),
    Unshown(&'a Panic),
}

impl<'a> Account<'a> {
    fn of(shown: &'a Shown) -> Self {
        match shown {
            Shown::Returned(text) => Account::Returned(text.as_str()),
            Shown::Panicked(panic) => Account::Panicked(panic),
            Shown::Unshown(panic) => Account::Unshown(panic),
        }
    }

    fn text(self) -> &'a str {
        match self {
            Account::Returned(text) => text,
            Account::Panicked(panic) | Account::Unshown(panic) => panic.message(),
        }
    }

    fn is_same_as(self, other: Account<'_>) -> bool {
        discriminant(&self) == discriminant(&other) && self.text() == other.text()
    }

    /// A copy in the host's memory, with the text from about this place on.
    fn kept(self, from: usize) -> ShadowOutcome {
        let message = cut(self.text(), from);
        match self {
            Account::Returned(_) => ShadowOutcome::Returned(message),
            Account::Panicked(panic) => ShadowOutcome::Panicked {
                message,
                location: panic.location(),
            },
            Account::Unshown(panic) => ShadowOutcome::Unshown {
                message,
                location: panic.location(),
            },
        }
    }
}

/// How many bytes two texts begin with alike.
fn common(a: &str, b: &str) -> usize {
    let pairs = a.bytes().zip(b.bytes());
    pairs.take_while(|(a, b)| a == b).count()
}

/// The text. Of a long one, as many bytes as are kept, from a little before this place on.
fn cut(text: &str, from: usize) -> String {
    if text.len() <= LONGEST {
        return text.to_owned();
    }
    let last = text.len() - LONGEST;
    let start = text.floor_char_boundary(from.saturating_sub(LONGEST / 4).min(last));
    let end = text.floor_char_boundary(start + LONGEST);
    let before = if start > 0 { "…" } else { "" };
    let after = if end < text.len() { "…" } else { "" };
    format!("{before}{}{after}", &text[start..end])
}

/// Which calls are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShadowOptions {
    every: u64,
}

impl ShadowOptions {
    /// Compares one in `calls` calls of each function, counted over all threads: the first, and every
    /// `calls`-th after it. Both 0 and 1 compare every call.
    #[must_use]
    pub fn every(calls: u64) -> Self {
        ShadowOptions {
            every: calls.max(1),
        }
    }

    /// Whether a call belongs to the sample, by how many there were before it.
    fn covers(self, before: u64) -> bool {
        before.is_multiple_of(self.every)
    }
}

/// What a shadow has found so far.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ShadowReport {
    /// The calls of functions that are pure in both versions and have the same signature there.
    pub calls: u64,
    /// Of these, the calls that were run in both versions and compared.
    pub compared: u64,
    /// Of the compared calls, those that had another outcome in the candidate.
    pub differing: u64,
    /// The first 16 differing calls of each function.
    pub differences: Vec<ShadowDifference>,
}

/// A call that had another outcome in the candidate.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ShadowDifference {
    /// The function.
    pub export: String,
    /// Its arguments, as `{:?}` writes them: `base: 9, armour: 4`.
    pub arguments: String,
    /// The outcome in the running version, which the caller got.
    pub running: ShadowOutcome,
    /// The outcome in the candidate.
    pub candidate: ShadowOutcome,
}

/// The outcome of a call. A text of more than 4 KiB is cut to 4 KiB around the first place where the two
/// versions differ.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ShadowOutcome {
    /// It returned this, as `{:?}` writes it.
    Returned(String),
    /// The function panicked. Versions are compared by the message.
    #[non_exhaustive]
    Panicked {
        /// What the panic said.
        message: String,
        /// Where it was raised.
        location: Option<Location>,
    },
    /// The result could not be shown, or the arguments could not be copied or shown: their `Clone` or `Debug`
    /// panicked.
    #[non_exhaustive]
    Unshown {
        /// What the panic said.
        message: String,
        /// Where it was raised.
        location: Option<Location>,
    },
}

impl fmt::Display for ShadowReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        lines(f, |f| {
            let ShadowReport {
                calls,
                compared,
                differing,
                differences,
            } = self;
            write!(
                f,
                "{compared} of {calls} calls compared, {differing} differ"
            )?;
            let mut differences = differences.iter();
            differences.try_for_each(|difference| write!(f, "\n  {difference}"))
        })
    }
}

impl fmt::Display for ShadowDifference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        lines(f, |f| {
            let ShadowDifference {
                export,
                arguments,
                running,
                candidate,
            } = self;
            write!(
                f,
                "{export}({arguments}): {running}; the candidate {candidate}"
            )
        })
    }
}

impl fmt::Display for ShadowOutcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        lines(f, |f| {
            let (what, message, location) = match self {
                ShadowOutcome::Returned(text) => return write!(f, "returned {text}"),
                ShadowOutcome::Panicked { message, location } => ("panicked", message, location),
                ShadowOutcome::Unshown { message, location } => {
                    ("could not be shown: panicked", message, location)
                }
            };
            f.write_str(what)?;
            if let Some(location) = location {
                write!(f, " at {location}")?;
            }
            write!(f, ": {message}")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_long_text_the_place_that_differs_is_kept() {
        let text = |mark: &str| format!("{}{mark}{}", "ä".repeat(6000), "ö".repeat(6000));
        let (a, b) = (text("1"), text("2"));
        let from = common(&a, &b);
        assert_eq!(from, 12_000);
        let kept = cut(&a, from);
        assert!(kept.starts_with("…ä") && kept.contains("ä1ö") && kept.ends_with("ö…"));
        assert!(kept.len() <= LONGEST + 2 * "…".len());
        assert_eq!(cut(&a, 0).matches('ä').count(), LONGEST / 2);
        assert_eq!(cut(&a, a.len()).matches('ö').count(), LONGEST / 2);
        assert_eq!(cut("short", 3), "short");
    }

    #[test]
    fn a_sample_is_the_first_call_and_every_so_manieth_after_it() {
        let covered = |every| {
            let sample = ShadowOptions::every(every);
            (0..10).filter(|before| sample.covers(*before)).collect()
        };
        let covered: [Vec<u64>; 3] = [0, 1, 4].map(covered);
        assert_eq!(covered[0], covered[1]);
        assert_eq!(covered[1].len(), 10);
        assert_eq!(covered[2], [0, 4, 8]);
    }
}
