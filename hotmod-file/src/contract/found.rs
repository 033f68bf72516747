//! What two descriptions are compared for: the differences found so far.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use hotmod::describe::{Description, Signature, Type};
use hotmod::describe::{Difference, Rule};

const KEEP_SIGNATURE: &str = "callers pass what they were compiled with: keep the signature and export the new one under \
     another name";

/// How many differences are told of two descriptions. A file may describe many types that each differ in many
/// fields; without a bound, what is told of it would take much more memory than the file.
const DIFFERENCES: usize = if cfg!(test) { 1 << 12 } else { 1 << 16 };

/// Who calls a function across the boundary.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallingSide {
    /// The host, or what was compiled with what runs.
    Host,
    /// The module.
    Module,
}

/// Whether functions whose two sides differ can be called all the same: what is passed is converted.
///
/// What comes of values is for `plan` to say, which stands above this room.
pub trait Converts {
    /// What is converted, or what stands in the way. `was` is the host's signature, and `now` the module's.
    ///
    /// # Errors
    ///
    /// Every reason why not.
    fn converted(
        &self,
        path: &str,
        signatures: (&Signature, &Signature),
        caller: CallingSide,
    ) -> Result<Vec<Difference>, Vec<Difference>>;
}

/// Converts nothing.
pub struct Never;

impl Converts for Never {
    fn converted(
        &self,
        _: &str,
        _: (&Signature, &Signature),
        _: CallingSide,
    ) -> Result<Vec<Difference>, Vec<Difference>> {
        Err(Vec::new())
    }
}

pub(super) struct Diff<'a> {
    pub(super) was: &'a Description,
    pub(super) now: &'a Description,
    pub(super) found: Vec<Difference>,
    /// The pairs of types whose bytes were compared: each is reported at its first path.
    pub(super) seen: BTreeSet<(&'a Type, &'a Type)>,
    /// What to do about a signature that is not as the other side has it.
    pub(super) keep: &'static str,
    pub(super) converts: Option<&'a dyn Converts>,
    pub(super) caller: CallingSide,
    /// Whether what is compared passes from one side to the other, and neither is known to be the newer one.
    pub(super) is_of_calls: bool,
    /// Whether only names and types are compared, and not where everything lies.
    pub(super) is_of_schemas: bool,
    /// What is remembered of types, where it is only asked whether they are the same.
    pub(super) remembered: Option<Remembered<'a>>,
    /// Says which signatures are the same; made when that is first asked.
    pub(super) same: Option<Box<Diff<'a>>>,
}

/// What earlier comparisons found of types.
pub(super) struct Remembered<'a> {
    /// The pairs of types that are the same, with all that they lead to.
    pub(super) alike: BTreeSet<(&'a Type, &'a Type)>,
    /// The pairs of types that differ, or that lead to types that do.
    pub(super) unlike: BTreeSet<(&'a Type, &'a Type)>,
    /// How many fields and variants may still be compared.
    pub(super) left: usize,
}

impl<'a> Diff<'a> {
    /// Compares two sides whose signatures have to be the same, unless what is passed can be converted.
    pub(super) fn converting(
        was: &'a Description,
        now: &'a Description,
        converts: &'a dyn Converts,
    ) -> Self {
        Diff {
            converts: Some(converts),
            ..Diff::new(was, now)
        }
    }

    pub(super) fn new(was: &'a Description, now: &'a Description) -> Self {
        Diff {
            was,
            now,
            found: Vec::new(),
            seen: BTreeSet::new(),
            keep: KEEP_SIGNATURE,
            converts: None,
            caller: CallingSide::Host,
            is_of_calls: true,
            is_of_schemas: false,
            remembered: None,
            same: None,
        }
    }

    pub(super) fn add(&mut self, path: String, was: &str, now: &str, rule: Rule, help: &str) {
        let difference = Difference {
            path: path.trim_end().to_owned(),
            was: was.to_owned(),
            now: now.to_owned(),
            rule,
            help: help.to_owned(),
        };
        tell(difference, &mut self.found);
    }
}

/// Items by their names; a description has no two items of one name.
pub(super) fn by_name<T>(items: &[T], name: impl Fn(&T) -> &String) -> BTreeMap<&str, &T> {
    let mut named = BTreeMap::new();
    for item in items {
        named.entry(name(item).as_str()).or_insert(item);
    }
    named
}

/// Adds a difference to all that are told, unless they are too many already: that is told, and refuses.
pub(crate) fn tell(difference: Difference, all: &mut Vec<Difference>) {
    match all.len().cmp(&DIFFERENCES) {
        Ordering::Less => all.push(difference),
        Ordering::Equal => all.push(Difference {
            path: "the description".to_owned(),
            was: format!("at most {DIFFERENCES} differences"),
            now: "more".to_owned(),
            rule: Rule::TooManyDifferences,
            help: "let less change at once: update to versions between the two".to_owned(),
        }),
        Ordering::Greater => {}
    }
}

#[cfg(test)]
mod tests {
    use hotmod::describe::Verdict;

    use super::*;

    #[test]
    fn what_is_more_than_is_told_is_told_once_and_refuses() {
        let mut all = Vec::new();
        for place in 0..DIFFERENCES + 3 {
            let difference = Difference {
                path: format!("World.field_{place}"),
                was: "u8".to_owned(),
                now: "u16".to_owned(),
                rule: Rule::Widened,
                help: String::new(),
            };
            tell(difference, &mut all);
        }
        let last = all.pop().expect("the one that says so");
        assert_eq!(
            (all.len(), last.rule),
            (DIFFERENCES, Rule::TooManyDifferences)
        );
        assert_eq!(Verdict::of(&[last]), Verdict::Refuse);
    }
}
