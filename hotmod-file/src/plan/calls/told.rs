//! What is told of a call whose values are converted.

use std::collections::HashSet;

use hotmod::describe::{Difference, Rule};

/// What is told to have been there, where the receiver has no such variant.
const UNKNOWN: &str = "a variant";

/// What is told of the way back of what is lent to be changed, beside what is told of the way there. Nothing is
/// filled in for the caller: what the function does not know keeps its value.
pub(super) fn on_the_way_back(told: Vec<Difference>, known: &[Difference]) -> Vec<Difference> {
    // Two that refuse are told as one.
    let of = |it: &Difference| (!it.rule.refuses()).then_some(it.rule);
    let known: HashSet<_> = known.iter().map(|it| (it.path.as_str(), of(it))).collect();
    let is_new = |it: &Difference| !known.contains(&(it.path.as_str(), of(it)));
    let counts = |it: &Difference| {
        it.rule.refuses()
            || matches!(
                it.rule,
                Rule::CallMayFail | Rule::CallOther | Rule::CallUnseen
            )
    };
    told.into_iter()
        .filter(|it| counts(it) && is_new(it))
        .collect()
}

/// What a difference of a plan means to a call.
pub(super) fn passed(difference: &Difference, receiver: &str) -> Difference {
    let Difference {
        path,
        was,
        now,
        rule,
        ..
    } = difference;
    let path = path.trim_end().to_owned();
    match rule {
        Rule::Lost | Rule::Dropped => told(path, was, receiver, Rule::CallUnseen),
        Rule::Defaulted | Rule::Filled | Rule::MadeAnew => {
            told(path, receiver, now, Rule::CallFilledIn)
        }
        Rule::Checked => told(path, was, now, Rule::CallMayFail),
        Rule::CallOther => told(path, was, now, Rule::CallOther),
        Rule::VariantUnused => told(path, UNKNOWN, "none", Rule::CallMayFail),
        Rule::VariantGained => told(path, "no variant", "one", Rule::CallConverted),
        Rule::Rebuilt | Rule::Converted => told(path, was, now, Rule::CallConverted),
        _ => told(path, was, now, Rule::CallConverted),
    }
}

pub(super) fn told(path: String, was: &str, now: &str, rule: Rule) -> Difference {
    refused(path, was, now, rule, "")
}

pub(super) fn refused(path: String, was: &str, now: &str, rule: Rule, help: &str) -> Difference {
    Difference {
        path,
        was: was.to_owned(),
        now: now.to_owned(),
        rule,
        help: help.to_owned(),
    }
}

/// A call that cannot be made if the one of the two sides is the newer one.
pub(super) struct NotCalled {
    pub(super) refused: Vec<Difference>,
    /// How many variants of what is passed the receiver would not know.
    pub(super) unknown: usize,
    /// How many names the newer side says were others, which the older side has.
    pub(super) renamed: usize,
}

impl NotCalled {
    /// By what was found, of which some refuses it.
    pub(super) fn by(mut found: Vec<Difference>, renamed: usize) -> Self {
        let unknown = unknown_variants(&found);
        found.retain(|it| it.rule.refuses());
        NotCalled {
            refused: found,
            unknown,
            renamed,
        }
    }
}

/// How many variants of what is passed the receiver does not know.
pub(super) fn unknown_variants(told: &[Difference]) -> usize {
    let is_unknown = |it: &&Difference| {
        it.rule == Rule::CallOther || it.rule == Rule::CallMayFail && it.was == UNKNOWN
    };
    told.iter().filter(is_unknown).count()
}

/// How many names the newer side says were others, which the older side has.
pub(super) fn renamed(found: &[Difference]) -> usize {
    let is_renamed = |it: &&Difference| matches!(it.rule, Rule::Renamed | Rule::VariantReplaced);
    found.iter().filter(is_renamed).count()
}

/// Whether the rest of a path leads through containers alone, and to no field or variant.
pub(super) fn is_of_no_field(rest: &str) -> bool {
    let mut after_dots = rest.split('.').skip(1);
    let is_field = after_dots.any(|it| !it.starts_with(|first: char| first.is_ascii_digit()));
    !is_field && !rest.contains("::")
}
