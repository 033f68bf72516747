//! What the calls of pure functions are compared by, while they are made.

use std::collections::BTreeMap;
use std::mem::discriminant;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use hotmod::call::Panic;
use hotmod::pure::{PureTable, Shown, Tried};

use crate::image::exports::Exports;
use crate::trial::shadow::{ShadowDifference, ShadowOptions, ShadowOutcome, ShadowReport};

/// How many differences of one function are kept.
const KEPT: usize = 16;
/// How much is kept of a text, in bytes.
const LONGEST: usize = 4096;

/// The functions that are pure in two versions, by name.
pub(crate) struct Mirror {
    sample: ShadowOptions,
    pairs: BTreeMap<String, Arc<Pair>>,
}

/// One function of two versions. All counters are Relaxed: nothing is read on the strength of
/// another.
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
    /// Of two versions whose functions of one name have one signature.
    pub(crate) fn new(sample: ShadowOptions, running: &Exports, candidate: &Exports) -> Self {
        let pairs = running.pure.iter().filter_map(|(export, running)| {
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

    /// Counts a call of a function; the pair to compare it by if it belongs to the sample.
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
            // From the last to the first, so that a call that ends meanwhile is in none of them or
            // in all that it belongs to.
            differences: differences.collect(),
            differing: sum(|pair| &pair.differing),
            compared: sum(|pair| &pair.compared),
            calls: sum(|pair| &pair.calls),
        }
    }
}

impl Pair {
    /// Runs the candidate's function on copies of these arguments.
    ///
    /// # Safety
    ///
    /// The function's arguments cross as `A`.
    pub(crate) unsafe fn try_out<A>(&self, args: &mut A) -> Tried {
        // SAFETY: the caller knows the arguments, which are the same in both versions.
        unsafe { self.candidate.try_out(args) }
    }

    /// Compares what came of that with what came of the call itself.
    ///
    /// # Safety
    ///
    /// The function's result crosses as `W`.
    pub(crate) unsafe fn compare<W>(&self, tried: Tried, called: Result<&mut W, &Panic>) {
        let shown;
        let running = match called {
            Ok(output) => {
                // SAFETY: the caller knows the result, which the running version has returned.
                shown = unsafe { self.running.show(output) };
                Told::of(&shown)
            }
            Err(panic) => Told::Panicked(panic),
        };
        self.tell(&tried, running);
    }

    fn tell(&self, tried: &Tried, running: Told<'_>) {
        let candidate = Told::of(&tried.outcome);
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
        // They are added whole.
        let differences = self.differences.lock();
        differences.unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a version says of a call, in its own memory.
#[derive(Clone, Copy)]
enum Told<'a> {
    Returned(&'a str),
    Panicked(&'a Panic),
    Unshown(&'a Panic),
}

impl<'a> Told<'a> {
    fn of(shown: &'a Shown) -> Self {
        match shown {
            Shown::Returned(text) => Told::Returned(text.as_str()),
            Shown::Panicked(panic) => Told::Panicked(panic),
            Shown::Unshown(panic) => Told::Unshown(panic),
        }
    }

    fn text(self) -> &'a str {
        match self {
            Told::Returned(text) => text,
            Told::Panicked(panic) | Told::Unshown(panic) => panic.message(),
        }
    }

    fn is_same_as(self, other: Told<'_>) -> bool {
        discriminant(&self) == discriminant(&other) && self.text() == other.text()
    }

    /// In the host's memory, from about this place on.
    fn kept(self, from: usize) -> ShadowOutcome {
        let message = cut(self.text(), from);
        match self {
            Told::Returned(_) => ShadowOutcome::Returned(message),
            Told::Panicked(panic) => ShadowOutcome::Panicked {
                message,
                location: panic.location(),
            },
            Told::Unshown(panic) => ShadowOutcome::Unshown {
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

/// The text, or as much of it as is kept, from somewhat before this place on.
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
