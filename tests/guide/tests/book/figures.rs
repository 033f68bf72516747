//! No figure is written by hand: each that stands in the guide is one of the code's, and is held against that here.
//!
//! What was measured on some machine does not stand in the guide: it says what measures it.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use hotmod_guide::CHAPTERS;

use crate::checkout;
use crate::markdown::Document;

/// A figure of the guide: the chapter, how it stands there, the file that has it, and how it stands there.
type Figure = (&'static str, &'static str, &'static str, &'static str);

const FIGURES: &[Figure] = &[
    (
        "introduction.md",
        "ten minutes",
        "guide/src/start/ten-minutes.md",
        "# The first ten minutes",
    ),
    (
        "start/ten-minutes.md",
        "ten minutes",
        "guide/src/start/ten-minutes.md",
        "# The first ten minutes",
    ),
    (
        "tutorial.md",
        "ten minutes",
        "guide/src/start/ten-minutes.md",
        "# The first ten minutes",
    ),
    (
        "cookbook/systemd.md",
        "25 seconds",
        "hotmod-host/src/signals/signals.rs",
        "const DEADLINE: Duration = Duration::from_secs(25);",
    ),
    (
        "module/logging.md",
        "16,384",
        "hotmod-host/src/forward/callsites.rs",
        "const MOST: usize = 16 * 1024;",
    ),
    (
        "module/logging.md",
        "16,384",
        "hotmod-host/src/forward/series.rs",
        "const MOST: usize = 16 * 1024;",
    ),
    (
        "module/logging.md",
        "64 KiB",
        "hotmod/src/root/forward/wire.rs",
        "const LONGEST_TEXT: usize = 64 * 1024;",
    ),
    (
        "module/logging.md",
        "64 key-values",
        "hotmod/src/root/forward/log.rs",
        "const MOST_FIELDS: usize = 64;",
    ),
    (
        "module/resources.md",
        "64 MiB",
        "hotmod-host/src/resource/known.rs",
        "const MOST: u64 = 64 << 20;",
    ),
    (
        "module/tasks.md",
        "10 seconds",
        "hotmod-macros/src/task.rs",
        "const BY_ITSELF: u64 = 10_000;",
    ),
    (
        "module/timers.md",
        "1 ms",
        "hotmod/src/macros/versions.rs",
        "from `1ms` to `720h`",
    ),
    (
        "module/timers.md",
        "10 ms",
        "hotmod-host/src/module/ticking.rs",
        "const SLICE: Duration = Duration::from_millis(10);",
    ),
    (
        "module/timers.md",
        "30 days",
        "hotmod-macros/src/period.rs",
        "const LONGEST: u64 = 30 * 24 * 3_600_000;",
    ),
    (
        "reference/attributes/task.md",
        "10 seconds",
        "hotmod-macros/src/task.rs",
        "const BY_ITSELF: u64 = 10_000;",
    ),
    (
        "reference/limits.md",
        "25 KiB",
        "tests/tests/retire.rs",
        "const MOST_FOR_A_NEW_ONE: f64 = 25.0;",
    ),
    (
        "reference/limits.md",
        "200 ms",
        "hotmod-host/src/work.rs",
        "const LONGEST: Duration = Duration::from_millis(200);",
    ),
    (
        "server/files-taken-up.md",
        "20 ms",
        "hotmod-host/src/watch/files.rs",
        "const STILL: Duration = Duration::from_millis(20);",
    ),
    (
        "server/files-taken-up.md",
        "two seconds",
        "hotmod-host/src/watch/files.rs",
        "const WRITING: Duration = Duration::from_secs(2);",
    ),
    (
        "server/live-state.md",
        "a millisecond",
        "hotmod-host/src/read/inspection.rs",
        "time: Duration::from_millis(1),",
    ),
    (
        "server/signals.md",
        "25 s",
        "hotmod-host/src/signals/signals.rs",
        "const DEADLINE: Duration = Duration::from_secs(25);",
    ),
    (
        "server/snapshots.md",
        "20 ms",
        "hotmod-host/src/snapshot/save.rs",
        "const PAUSE: Duration = Duration::from_millis(20);",
    ),
    (
        "state/values-that-follow.md",
        "16 bytes",
        "hotmod/src/operations/lazy.rs",
        "    stamp: AtomicPtr<Stamp>,\n    value: Address,\n}",
    ),
    (
        "state/values-that-follow.md",
        "19 times",
        "hotmod-host/src/pool/values.rs",
        "const SHARE: u32 = 20;",
    ),
    (
        "state/values-that-follow.md",
        "a millisecond",
        "hotmod-host/src/migrate/values/gather.rs",
        "const HOLD: Duration = Duration::from_millis(1);",
    ),
];

/// What makes a number a figure.
const UNITS: &[&str] = &[
    "ms",
    "µs",
    "ns",
    "s",
    "second",
    "seconds",
    "millisecond",
    "milliseconds",
    "microsecond",
    "microseconds",
    "nanoseconds",
    "minutes",
    "hours",
    "days",
    "bytes",
    "kB",
    "KB",
    "KiB",
    "MB",
    "MiB",
    "GB",
    "GiB",
    "%",
    "×",
    "times",
    "key-values",
];

/// Words that are numbers before a unit. "A second" is more often the next one.
const NUMBERS: &[&str] = &[
    "two", "three", "five", "ten", "twenty", "thirty", "fifty", "hundred", "thousand", "some",
    "few",
];

/// The figures in a text: numbers with a unit, and those of more than three digits with their comma.
fn figures(text: &str) -> BTreeSet<String> {
    let is_edge = |it: char| !it.is_alphanumeric() && !matches!(it, '%' | '×');
    let words: Vec<&str> = text.split_whitespace().collect();
    let mut found = BTreeSet::new();
    for (place, word) in words.iter().enumerate() {
        let number = word.trim_start_matches(is_edge).trim_end_matches(is_edge);
        let is_number = number.starts_with(|it: char| it.is_ascii_digit())
            && number
                .chars()
                .all(|it| it.is_ascii_digit() || matches!(it, '.' | ',' | '–'));
        if is_number && number.contains(',') {
            found.insert(number.to_owned());
        }
        let digits = number.trim_end_matches(|it: char| !it.is_ascii_digit());
        let unit = &number[digits.len()..];
        let is_joined = digits.starts_with(|it: char| it.is_ascii_digit()) && UNITS.contains(&unit);
        if is_joined {
            found.insert(number.to_owned());
        }
        let Some(next) = words.get(place + 1) else {
            continue;
        };
        let next = next.trim_end_matches(is_edge);
        let of_one =
            number == "a" && (next.ends_with("millisecond") || next.ends_with("microsecond"));
        if UNITS.contains(&next) && (is_number || of_one || NUMBERS.contains(&number)) {
            found.insert(format!("{number} {next}"));
        }
    }
    found
}

#[test]
fn each_figure_is_one_of_the_code() {
    let mut unknown = Vec::new();
    let mut met = BTreeSet::new();
    for chapter in CHAPTERS.iter().filter(|it| !it.starts_with("codes")) {
        let document = Document::read(&checkout().join("guide/src").join(chapter));
        for figure in figures(&document.prose) {
            match FIGURES.iter().any(|it| (it.0, it.1) == (*chapter, &figure)) {
                true => drop(met.insert((*chapter, figure))),
                false => unknown.push(format!("{chapter}: {figure}")),
            }
        }
    }
    assert_eq!(
        unknown, [""; 0],
        "figures that nothing holds: name where they come from here, or what measures them there"
    );
    for (chapter, figure, file, source) in FIGURES {
        assert!(
            met.contains(&(*chapter, (*figure).to_owned())),
            "{chapter} has no {figure}"
        );
        let path = checkout().join(Path::new(file));
        let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{file}: {error}"));
        assert!(
            text.contains(source),
            "{figure} of {chapter} is no more what {file} has: {source}"
        );
    }
}

#[test]
fn a_figure_is_a_number_with_a_unit() {
    for (text, found) in [
        ("after 20 ms at most", &["20 ms"][..]),
        ("some 10 to 20 ms, and 1.5× of", &["1.5×", "20 ms"]),
        ("about a microsecond; a second one", &["a microsecond"]),
        ("half of 500,000, in 3 steps", &["500,000"]),
        ("(340 to 470 KiB) or 12%", &["12%", "470 KiB"]),
        ("some hundred milliseconds", &["hundred milliseconds"]),
        ("version 1.2 of 2 parts", &[]),
    ] {
        let all: Vec<String> = figures(text).into_iter().collect();
        assert_eq!(all, found, "{text}");
    }
}
