//! What two descriptions are compared for: the differences found so far.

use std::collections::{BTreeMap, BTreeSet};

use crate::describe::description::{Description, Type};
use crate::describe::rule::{Difference, Rule};

const KEEP_SIGNATURE: &str = "callers pass what they were compiled with: keep the signature and export the new one under \
     another name";

pub(super) struct Diff<'a> {
    pub(super) was: &'a Description,
    pub(super) now: &'a Description,
    pub(super) found: Vec<Difference>,
    /// The pairs of types whose bytes were compared: each is reported at its first path.
    pub(super) seen: BTreeSet<(&'a Type, &'a Type)>,
    /// What to do about a signature that is not as the other side has it.
    pub(super) keep: &'static str,
}

impl<'a> Diff<'a> {
    pub(super) fn new(was: &'a Description, now: &'a Description) -> Self {
        Diff {
            was,
            now,
            found: Vec::new(),
            seen: BTreeSet::new(),
            keep: KEEP_SIGNATURE,
        }
    }

    pub(super) fn add(&mut self, path: String, was: &str, now: &str, rule: Rule, help: &str) {
        self.found.push(Difference {
            path,
            was: was.to_owned(),
            now: now.to_owned(),
            rule,
            help: help.to_owned(),
        });
    }
}

/// Items by their names, of which a description has no two alike.
pub(super) fn by_name<T>(items: &[T], name: impl Fn(&T) -> &String) -> BTreeMap<&str, &T> {
    let mut named = BTreeMap::new();
    for item in items {
        named.entry(name(item).as_str()).or_insert(item);
    }
    named
}
