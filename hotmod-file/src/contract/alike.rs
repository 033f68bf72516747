//! Whether signatures and values are the same on both sides, remembered for all that are asked for.
//!
//! Many functions lead to the same types. A type that was found to be the same, or to differ, is not compared
//! again for the next function.

use std::collections::BTreeSet;

use hotmod::describe::{Description, Signature, Type};

use super::found::{Diff, Remembered};

/// How many fields and variants are compared at most for all that is asked. A file may describe many types that
/// differ only at the end of long ways, and many functions that lead there.
pub(super) const PARTS: usize = if cfg!(test) { 1 << 12 } else { 1 << 20 };

/// Says what is the same on two sides.
pub struct Alike<'a>(Diff<'a>);

impl<'a> Alike<'a> {
    /// Of two sides of which nothing is known yet.
    pub fn new(was: &'a Description, now: &'a Description) -> Self {
        Alike(Diff::asking(was, now))
    }

    /// Whether each side may use what the other one passes as it is. Where too much would have to be compared, it
    /// says no.
    pub fn signature(&mut self, was: &Signature, now: &Signature) -> bool {
        self.0.is_same(was, now)
    }

    /// The same for one value.
    pub fn value(&mut self, was: &Type, now: &Type) -> bool {
        self.0.ask(|diff| diff.crossing("", was, now))
    }
}

impl<'a> Diff<'a> {
    pub(super) fn asking(was: &'a Description, now: &'a Description) -> Self {
        Diff {
            remembered: Some(Remembered {
                alike: BTreeSet::new(),
                unlike: BTreeSet::new(),
                left: PARTS,
            }),
            ..Diff::new(was, now)
        }
    }

    pub(super) fn is_same(&mut self, was: &Signature, now: &Signature) -> bool {
        self.ask(|diff| {
            diff.compared("", was, now);
            true
        })
    }

    fn ask(&mut self, compare: impl FnOnce(&mut Self) -> bool) -> bool {
        self.found.clear();
        self.seen.clear();
        let is_same = compare(self) && !self.found.iter().any(|found| found.rule.refuses());
        if let Some(remembered) = self.remembered.as_mut().filter(|_| is_same) {
            remembered.alike.append(&mut self.seen);
        }
        is_same
    }
}

#[cfg(test)]
mod tests {
    use hotmod::StableState;

    use super::*;
    use crate::described::state;

    #[allow(dead_code, reason = "only the descriptions matter")]
    mod was {
        use super::StableState;

        #[derive(StableState)]
        pub(super) struct World {
            same: Same,
            changed: Changed,
        }

        #[derive(StableState)]
        pub(super) struct Same {
            number: u32,
        }

        #[derive(StableState)]
        pub(super) struct Changed {
            number: u32,
        }
    }

    #[allow(dead_code, reason = "only the descriptions matter")]
    mod now {
        use super::StableState;

        #[derive(StableState)]
        pub(super) struct World {
            same: super::was::Same,
            changed: Changed,
        }

        #[derive(StableState)]
        pub(super) struct Changed {
            number: u64,
        }
    }

    #[test]
    fn each_type_is_compared_once_for_all_that_ask() {
        let (was, now) = (state::<was::World>(), state::<now::World>());
        let ty = |name: &str| {
            let mut types = was.types.keys();
            types.find(|ty| ty.to_string() == name).expect("a type")
        };
        let mut alike = Alike::new(&was, &now);
        let left = |alike: &Alike<'_>| alike.0.remembered.as_ref().map(|it| it.left);
        let expected = [("Same", true), ("World", false), ("Changed", false)];
        let ask = |alike: &mut Alike<'_>| {
            for (name, is_same) in expected {
                assert_eq!(alike.value(ty(name), ty(name)), is_same, "{name}");
            }
        };
        ask(&mut alike);
        let first = left(&alike);
        assert!(first < Some(PARTS));
        for _ in 0..3 {
            ask(&mut alike);
        }
        assert_eq!(left(&alike), first);
    }

    #[test]
    fn what_is_too_much_to_compare_is_not_said_to_be_the_same() {
        let was = state::<was::World>();
        let same = was.types.keys().find(|ty| ty.to_string() == "Same");
        let same = same.expect("a type");
        let mut alike = Alike::new(&was, &was);
        if let Some(remembered) = &mut alike.0.remembered {
            remembered.left = 1;
        }
        assert!(!alike.value(same, same));
    }
}
