//! How far a pool has come with the values of `Lazy`s.

use std::time::Instant;

use crate::migrate::Position;
use crate::module::instance::values::ValuesAside;

/// Which values have been looked at since the last publication. Goes around the instances until no value is left that
/// would follow.
#[derive(Default)]
pub(super) struct ValuesPass<E> {
    /// What was published, and how instances were assigned to tracks, when it began.
    pub(super) since: Option<(usize, u64, u64)>,
    /// The next page of the roster.
    pub(super) page: usize,
    /// The instances of the page before that are left; the last is the one that it is at.
    pub(super) left: Vec<E>,
    /// Where it is in an instance, by the address of that.
    pub(super) at: Option<(usize, Position)>,
    /// Until when no instance is held, since threads have waited for the last one.
    pub(super) rests_until: Option<Instant>,
    /// The values of an instance that are set aside.
    pub(super) aside: ValuesAside,
    pub(super) round: ValuesRound,
    pub(super) is_over: bool,
}

/// Once around the instances.
#[derive(Clone, Copy, Default)]
pub(super) struct ValuesRound {
    /// Which one this is.
    pub(super) number: usize,
    /// How many rounds before it found nothing, one after the other.
    empty: usize,
    /// How many values were not where they are to go.
    pub(super) found: usize,
    /// How many are known not to fit.
    pub(super) stuck: usize,
    /// Whether some could not be looked at, because they were in use.
    pub(super) in_use: bool,
}

impl ValuesRound {
    /// The round after this one; `None` if all values have been looked at. So many are at other versions.
    ///
    /// A container that is changed during a round may hide some from it: they were moved to where it had been already.
    /// So it is known that all are done when no others are left than those that do not fit; and, where values are at
    /// other versions for other reasons, it is taken for so when three rounds have found none.
    pub(super) fn next(self, elsewhere: usize) -> Option<Self> {
        let empty = if self.found == 0 { self.empty + 1 } else { 0 };
        let is_last = !self.in_use && (elsewhere <= self.stuck || empty == 3);
        (!is_last).then_some(ValuesRound {
            number: self.number + 1,
            empty,
            ..ValuesRound::default()
        })
    }
}

impl<E> ValuesPass<E> {
    pub(super) fn new() -> Self {
        ValuesPass {
            since: None,
            page: 0,
            left: Vec::new(),
            at: None,
            rests_until: None,
            aside: ValuesAside::default(),
            round: ValuesRound::default(),
            is_over: false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounds_end_when_none_are_left_but_those_that_do_not_fit() {
        let round = ValuesRound {
            found: 9,
            stuck: 2,
            ..ValuesRound::default()
        };
        assert!(round.next(2).is_none());
        assert!(round.next(3).is_some());
        let in_use = ValuesRound {
            in_use: true,
            ..round
        };
        assert!(in_use.next(0).is_some());
    }

    #[test]
    fn rounds_end_when_three_have_found_nothing() {
        let mut round = ValuesRound {
            found: 1,
            ..ValuesRound::default()
        };
        for _ in 0..3 {
            round = round.next(5).expect("another round");
        }
        assert!(round.next(5).is_none());
    }
}
