//! What an update does to statics: each version has its own, and a module may say that it has none.

use std::collections::HashSet;

use hotmod::describe::{Difference, Rule, StaticsRule};

use crate::object::{Static, Statics, UNMANGLED};

/// How many statics a report names of a crate that is not the module's own; `cargo hotmod inspect` names
/// all.
const NAMED: usize = 8;

/// The statics that a file has although its own source denies them.
pub(crate) fn denied(statics: &Statics, rule: &StaticsRule) -> Vec<Difference> {
    if !rule.denied {
        return Vec::new();
    }
    let was = "none that code can write, as `statics: deny` in `module!` says";
    if statics.seen().is_none() {
        return vec![Difference {
            path: "statics".to_owned(),
            was: was.to_owned(),
            now: "a file that is stripped of its symbols, in which they cannot be seen".to_owned(),
            rule: Rule::StaticDenied,
            help:
                "write `strip = \"debuginfo\"` in the profile, which leaves the symbols, or remove \
                   `statics: deny`"
                    .to_owned(),
        }];
    }
    let mut differences = Vec::new();
    let mut deny = |path: String, now: String, help: String| {
        differences.push(Difference {
            path,
            was: was.to_owned(),
            now,
            rule: Rule::StaticDenied,
            help,
        });
    };
    for (krate, mut denied) in statics.by_crate() {
        denied.retain(|it| rule.denies(krate, it.name()));
        if krate != rule.krate {
            if !denied.is_empty() {
                let paths: Vec<&str> = denied.iter().map(|it| it.path()).collect();
                let exception = if krate == UNMANGLED { "\"C\"" } else { krate };
                let help = format!(
                    "write `statics: deny(except = [{exception}])` if they are to start anew in each \
                     version"
                );
                deny(format!("statics of `{krate}`"), paths.join(", "), help);
            }
            continue;
        }
        for it in denied {
            let now = match it.is_thread_local() {
                true => "one that each thread starts anew in each version",
                false => "one that starts anew in each version",
            };
            deny(named(it), now.to_owned(), help(it));
        }
    }
    differences
}

/// What to do about a static of the module's own crate.
fn help(it: &Static) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || matches!(c, '_' | ':');
    let exception = match it.name().chars().all(is_plain) {
        true => it.name().to_owned(),
        false => format!("\"{}\"", it.name()),
    };
    format!(
        "keep it in the state, which is taken along, or write `statics: deny(except = \
         [{exception}])` if it is to start anew"
    )
}

fn named(it: &Static) -> String {
    match it.is_thread_local() {
        true => format!("thread-local {}", it.path()),
        false => format!("static {}", it.path()),
    }
}

/// The statics of a candidate that start anew: those whose names the running version has too. One
/// difference for each static of the module's own crate, and one for each other crate.
pub(crate) fn anew<'a>(
    before: impl Iterator<Item = &'a str>,
    candidate: &Statics,
    own: Option<&str>,
) -> Vec<Difference> {
    let before: HashSet<&str> = before.collect();
    let mut differences = Vec::new();
    let mut add = |path: String, now: String| {
        differences.push(Difference {
            path,
            was: String::new(),
            now,
            rule: Rule::StartsAnew,
            help: String::new(),
        });
    };
    let mut others = Vec::new();
    for (krate, mut statics) in candidate.by_crate() {
        statics.retain(|it| before.contains(it.name()));
        match Some(krate) == own {
            true => statics.iter().for_each(|it| add(named(it), String::new())),
            false if statics.is_empty() => {}
            false => others.push((krate, statics)),
        }
    }
    for (krate, statics) in others {
        let paths: Vec<&str> = statics.iter().map(|it| it.path()).collect();
        let (told, more) = paths.split_at(paths.len().min(NAMED));
        let mut told = told.join(", ");
        if !more.is_empty() {
            told += &format!(" and {} more", more.len());
        }
        add(format!("statics of `{krate}`"), told);
    }
    differences
}
