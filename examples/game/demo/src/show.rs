//! What the demo prints.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use crate::Failure;
use crate::client::Answer;
use crate::tally::Tally;
use crate::traffic;

/// Shows a request and its answer, which must be this.
pub(crate) fn show(
    request: &str,
    send: impl FnOnce() -> Result<Answer, Failure>,
    status: u16,
    text: &str,
) -> Result<(), Failure> {
    let start = Instant::now();
    let answer = send()?;
    println!(
        "   {request}  → {} in {}",
        answer.status,
        milliseconds(start.elapsed())
    );
    for line in answer.text.lines() {
        println!("   │ {line}");
    }
    match answer.status == status && answer.text.contains(text) {
        true => Ok(()),
        false => Err(format!("{request}: expected {status} and `{text}`").into()),
    }
}

/// Prints what each kind of callers did, and fails if a call failed or none reached a version.
pub(crate) fn summary(kinds: &[(&str, Tally)]) -> Result<(), Failure> {
    println!("                       calls  failed   slowest  versions seen");
    for (kind, tally) in kinds {
        let versions: Vec<&str> = tally.versions.keys().map(String::as_str).collect();
        println!(
            "   {kind:<14} {:>10} {:>7} {:>9}  {}",
            grouped(tally.calls),
            tally.failed,
            milliseconds(tally.slowest),
            match *kind {
                traffic::NUMBERS => "a number does not say".to_owned(),
                _ => versions.join(", "),
            }
        );
        if let Some(failure) = &tally.failure {
            return Err(format!(
                "{kind}: {} calls failed; the first: {failure}",
                tally.failed
            )
            .into());
        }
        let all_but_candidates = ["1.0.0", "1.1.0", "2.0.0"];
        if *kind != traffic::NUMBERS && !all_but_candidates.iter().all(|it| versions.contains(it)) {
            return Err(format!("{kind}: only {versions:?} answered").into());
        }
        if tally.provoked > 0 {
            let provoked = grouped(tally.provoked);
            println!(
                "{:15}({provoked} of them sold nothing: 2.2 is there to be aborted for it)",
                ""
            );
        }
    }
    println!("   every greeting was checked to count one visit more than the one before");
    Ok(())
}

/// The slowest call of each kind of callers.
pub(crate) fn slowest(kinds: &[(&str, Duration)]) -> String {
    let kinds = kinds.iter();
    let kinds: Vec<String> = kinds
        .map(|(kind, slowest)| format!("{kind} {}", milliseconds(*slowest)))
        .collect();
    kinds.join(" · ")
}

/// How many worlds are at each version.
pub(crate) fn counts(worlds: &BTreeMap<String, usize>) -> String {
    let worlds = worlds.iter();
    let worlds: Vec<String> = worlds
        .map(|(version, count)| format!("{version}: {}", grouped(*count as u64)))
        .collect();
    worlds.join("  ")
}

/// The number with a comma after every three digits.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let groups = digits.as_bytes().rchunks(3).rev();
    let groups: Vec<&str> = groups
        .filter_map(|group| std::str::from_utf8(group).ok())
        .collect();
    groups.join(",")
}

pub(crate) fn milliseconds(time: Duration) -> String {
    format!("{:.1} ms", time.as_secs_f64() * 1000.0)
}
