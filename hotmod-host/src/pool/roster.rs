//! Who is in a pool, which version each is at, and who waits to be taken to another.
//!
//! Nothing here runs or loads: versions are whatever can be compared, so that the counting can be
//! tested without modules.

use std::collections::{BTreeMap, BTreeSet};

use slab::Slab;

/// How many places one page has. One locking of the roster looks at no more than these and moves
/// none of them, so that nobody waits for long, however many instances there are.
pub(super) const PAGE: usize = 1024;

/// Where an instance stands: whom it follows, which version it is at, and which one it could not be
/// taken to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Standing<F, V> {
    pub(crate) follows: F,
    pub(crate) at: V,
    pub(crate) stuck: Option<V>,
}

impl<F, V: PartialEq> Standing<F, V> {
    /// Whether there is something to be done: it is elsewhere than whom it follows, and was not
    /// yet tried.
    pub(super) fn waits(&self, target: impl Fn(&F) -> V) -> bool {
        let target = target(&self.follows);
        self.at != target && self.stuck.as_ref() != Some(&target)
    }

    /// Whether it was tried and did not fit.
    fn is_stuck(&self, target: impl Fn(&F) -> V) -> bool {
        let target = target(&self.follows);
        self.at != target && self.stuck.as_ref() == Some(&target)
    }
}

struct Place<E, F, V> {
    entry: E,
    standing: Standing<F, V>,
}

/// The instances of a pool: a place for each, and how many stand alike.
pub(super) struct Roster<E, F, V, R> {
    /// A page is made with room for all of its places. The last one is not empty.
    pages: Vec<Slab<Place<E, F, V>>>,
    /// The pages that have a free place.
    roomy: BTreeSet<usize>,
    len: usize,
    /// How many stand alike. There are few different standings, however many instances.
    tally: Vec<(Standing<F, V>, usize)>,
    /// Why those are stuck that are.
    reasons: BTreeMap<usize, R>,
    /// Where the next search begins.
    cursor: usize,
}

/// What a search came to.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found<E> {
    /// The next one that waits.
    Waiting(E),
    /// None among the places that were looked at; there are more.
    NotYet,
    /// The search has been everywhere.
    End,
}

impl<E: Clone, F: Clone + PartialEq, V: Clone + PartialEq, R: Clone> Roster<E, F, V, R> {
    pub(super) fn new() -> Self {
        Roster {
            pages: Vec::new(),
            roomy: BTreeSet::new(),
            len: 0,
            tally: Vec::new(),
            reasons: BTreeMap::new(),
            cursor: 0,
        }
    }

    /// Gives an instance a place.
    pub(super) fn add(&mut self, entry: E, standing: Standing<F, V>, reason: Option<R>) -> usize {
        self.count(&standing);
        self.len += 1;
        // The first one, so that the last ones become empty.
        let page = self.roomy.first().copied().unwrap_or_else(|| {
            self.pages.push(Slab::with_capacity(PAGE));
            self.roomy.insert(self.pages.len() - 1);
            self.pages.len() - 1
        });
        let place = self.pages[page].insert(Place { entry, standing });
        if self.pages[page].len() == PAGE {
            self.roomy.remove(&page);
        }
        let place = page * PAGE + place;
        self.reasons.extend(reason.map(|reason| (place, reason)));
        place
    }

    /// Notes that an instance stands elsewhere now.
    pub(super) fn set(&mut self, place: usize, standing: Standing<F, V>, reason: Option<R>) {
        let known = &mut self.pages[place / PAGE][place % PAGE].standing;
        let before = std::mem::replace(known, standing.clone());
        self.discount(&before);
        self.count(&standing);
        match reason {
            Some(reason) => self.reasons.insert(place, reason),
            None => self.reasons.remove(&place),
        };
    }

    /// Takes an instance's place away.
    pub(super) fn remove(&mut self, place: usize) {
        let gone = self.pages[place / PAGE].remove(place % PAGE);
        self.discount(&gone.standing);
        self.reasons.remove(&place);
        self.len -= 1;
        self.roomy.insert(place / PAGE);
        while self.pages.pop_if(|page| page.is_empty()).is_some() {
            self.roomy.remove(&self.pages.len());
        }
    }

    fn count(&mut self, standing: &Standing<F, V>) {
        match self.tally.iter_mut().find(|(known, _)| known == standing) {
            Some((_, count)) => *count += 1,
            None => self.tally.push((standing.clone(), 1)),
        }
    }

    fn discount(&mut self, standing: &Standing<F, V>) {
        let known = self.tally.iter().position(|(known, _)| known == standing);
        let known = known.expect("bug in hotmod: an instance was not counted");
        self.tally[known].1 -= 1;
        if self.tally[known].1 == 0 {
            self.tally.swap_remove(known);
        }
    }

    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// How many stand alike, for every standing that there is.
    pub(super) fn tally(&self) -> &[(Standing<F, V>, usize)] {
        &self.tally
    }

    /// How many wait to be taken to the version of whom they follow.
    pub(super) fn waiting(&self, target: impl Fn(&F) -> V) -> usize {
        let waiting = self.tally.iter().filter(|(known, _)| known.waits(&target));
        waiting.map(|(_, count)| count).sum()
    }

    /// How many places there are, taken or free.
    pub(super) fn places(&self) -> usize {
        self.pages.len() * PAGE
    }

    fn place(&self, place: usize) -> Option<&Place<E, F, V>> {
        self.pages.get(place / PAGE)?.get(place % PAGE)
    }

    /// The next instance that waits, among as many places as one locking may look at. `left` is how
    /// many the search has yet to look at.
    pub(super) fn next_waiting(&mut self, left: &mut usize, target: impl Fn(&F) -> V) -> Found<E> {
        for _ in 0..PAGE {
            if *left == 0 || self.len == 0 {
                return Found::End;
            }
            *left -= 1;
            let place = self.cursor % self.places();
            self.cursor = place + 1;
            if let Some(found) = self.place(place)
                && found.standing.waits(&target)
            {
                return Found::Waiting(found.entry.clone());
            }
        }
        Found::NotYet
    }

    /// The instances of a page; `None` after the last page.
    pub(super) fn page(&self, page: usize) -> Option<Vec<E>> {
        let places = self.pages.get(page)?.iter();
        Some(places.map(|(_, place)| place.entry.clone()).collect())
    }

    /// Those from a place on that were tried and did not fit, as many as one locking may look at,
    /// and where to go on.
    pub(super) fn stuck(
        &self,
        from: usize,
        target: impl Fn(&F) -> V,
    ) -> (Vec<(E, R)>, Option<usize>) {
        let mut reasons = self.reasons.range(from..);
        let known = reasons.by_ref().take(PAGE);
        let stuck = known.filter_map(|(place, reason)| {
            let place = self.place(*place)?;
            let stuck = place.standing.is_stuck(&target);
            stuck.then(|| (place.entry.clone(), reason.clone()))
        });
        (stuck.collect(), reasons.next().map(|(place, _)| *place))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    type Letters = Roster<u32, u8, char, &'static str>;

    fn standing(follows: u8, at: char) -> Standing<u8, char> {
        Standing {
            follows,
            at,
            stuck: None,
        }
    }

    /// Those that follow 0 go to `b`, the others to `c`.
    fn target(follows: &u8) -> char {
        if *follows == 0 { 'b' } else { 'c' }
    }

    /// One search, to its end.
    fn search(roster: &mut Letters) -> Vec<u32> {
        let mut left = roster.places();
        let mut found = Vec::new();
        loop {
            match roster.next_waiting(&mut left, target) {
                Found::Waiting(entry) => found.push(entry),
                Found::NotYet => {}
                Found::End => return found,
            }
        }
    }

    #[test]
    fn a_search_goes_on_where_the_one_before_stopped() {
        let mut roster = Letters::new();
        for entry in 0..3 {
            roster.add(entry, standing(0, 'a'), None);
        }
        let mut next = || roster.next_waiting(&mut PAGE.clone(), target);
        assert_eq!(next(), Found::Waiting(0));
        assert_eq!(next(), Found::Waiting(1));
        assert_eq!(next(), Found::Waiting(2));
        assert_eq!(next(), Found::Waiting(0));
    }

    #[test]
    fn a_search_looks_at_a_page_at_a_time_and_finds_all() {
        let mut roster = Letters::new();
        let count = u32::try_from(3 * PAGE).expect("a small number");
        for entry in 0..count {
            let at = if entry % PAGE as u32 == 7 { 'a' } else { 'b' };
            roster.add(entry, standing(0, at), None);
        }
        let page = PAGE as u32;
        assert_eq!(search(&mut roster), [7, page + 7, 2 * page + 7]);
        assert_eq!(roster.waiting(target), 3);
    }

    #[test]
    fn one_that_did_not_fit_waits_again_when_something_else_is_published() {
        let mut roster = Letters::new();
        let place = roster.add(1, standing(0, 'a'), None);
        let stuck = Standing {
            stuck: Some('b'),
            ..standing(0, 'a')
        };
        roster.set(place, stuck, Some("too large"));
        assert_eq!(search(&mut roster), []);
        assert_eq!(roster.stuck(0, target), (vec![(1, "too large")], None));
        assert_eq!(roster.waiting(|_| 'c'), 1);
        assert_eq!(roster.stuck(0, |_| 'c'), (vec![], None));
        roster.set(place, standing(0, 'c'), None);
        assert_eq!(roster.stuck(0, |_| 'c'), (vec![], None));
    }

    #[test]
    fn pages_that_are_empty_in_the_end_are_given_back() {
        let mut roster = Letters::new();
        let places: Vec<_> = (0..2 * PAGE as u32)
            .map(|entry| roster.add(entry, standing(0, 'a'), None))
            .collect();
        for place in places {
            assert!(roster.places() > 0);
            roster.remove(place);
        }
        assert_eq!(roster.places(), 0);
        assert_eq!(search(&mut roster), []);
        assert_eq!(roster.add(1, standing(0, 'a'), None), 0);
    }

    proptest! {
        #[test]
        fn what_is_counted_is_what_is_there(
            steps in prop::collection::vec((0_u8..3, 0_u8..2, 0_usize..64, 0_usize..4), 0..300)
        ) {
            let mut roster = Letters::new();
            let mut model = BTreeMap::<usize, (u32, u8, char)>::new();
            for (entry, (step, follows, which, at)) in (0..).zip(steps) {
                let at = ['a', 'b', 'c', 'd'][at];
                let known = model.keys().nth(which).copied();
                match (step, known) {
                    (0, Some(place)) => {
                        roster.remove(place);
                        model.remove(&place);
                    }
                    (1, Some(place)) => {
                        roster.set(place, standing(follows, at), None);
                        model.insert(place, (model[&place].0, follows, at));
                    }
                    _ => {
                        let place = roster.add(entry, standing(follows, at), None);
                        prop_assert!(model.insert(place, (entry, follows, at)).is_none());
                    }
                }
                prop_assert_eq!(roster.len(), model.len());
                let waiting = |(_, follows, at): &&(u32, u8, char)| *at != target(follows);
                let mut expected: Vec<_> = model.values().filter(waiting).map(|is| is.0).collect();
                expected.sort_unstable();
                prop_assert_eq!(roster.waiting(target), expected.len());
                let mut found = search(&mut roster);
                found.sort_unstable();
                prop_assert_eq!(found, expected);
                for (alike, count) in roster.tally() {
                    let like = |is: &&(u32, u8, char)| (is.1, is.2) == (alike.follows, alike.at);
                    prop_assert_eq!(model.values().filter(like).count(), *count);
                }
            }
        }
    }
}
