//! Which instances are in a pool, which version each is at, and which wait to be taken to another.
//!
//! This file runs and loads nothing. A standing is any value that can be compared, so that tests of the
//! counting need no modules.

use std::collections::{BTreeMap, BTreeSet};

use slab::Slab;

/// How many places one page has. A thread that has the roster locked looks at no more places than these and
/// moves none, so that no other thread waits for long, however many instances there are.
pub(super) const PAGE: usize = 1024;

struct Place<E, S> {
    entry: E,
    standing: S,
}

/// The instances of a pool: a place for each, and how many have the same standing.
pub(super) struct Roster<E, S, R> {
    /// A page is made with room for all of its places. The last one is not empty.
    pages: Vec<Slab<Place<E, S>>>,
    /// The pages that have a free place.
    roomy: BTreeSet<usize>,
    len: usize,
    /// How many instances have each standing. There are few standings, however many instances there are.
    tally: Vec<(S, usize)>,
    /// Why each stuck instance is stuck, by its place.
    reasons: BTreeMap<usize, R>,
    /// Where the next search begins.
    cursor: usize,
}

/// An instance: its place, what is there, how it stands, and why it is stuck.
pub(super) type Standings<E, S, R> = (usize, E, S, Option<R>);

/// What a search came to.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum SearchStep<E, S> {
    /// The next instance, and how it stands.
    One(E, S),
    /// No such instance is among the places that were looked at; there are more places.
    NotYet,
    /// The search has been everywhere.
    End,
}

impl<E: Clone, S: Clone + PartialEq, R: Clone> Roster<E, S, R> {
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
    pub(super) fn add(&mut self, entry: E, standing: S, reason: Option<R>) -> usize {
        self.count(&standing);
        self.len += 1;
        // The first page with room, so that the last pages become empty and are given back.
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

    /// Notes the new standing of an instance.
    pub(super) fn set(&mut self, place: usize, standing: S, reason: Option<R>) {
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

    fn count(&mut self, standing: &S) {
        match self.tally.iter_mut().find(|(known, _)| known == standing) {
            Some((_, count)) => *count += 1,
            None => self.tally.push((standing.clone(), 1)),
        }
    }

    fn discount(&mut self, standing: &S) {
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

    /// Every standing that there is, with how many instances have it.
    pub(super) fn tally(&self) -> &[(S, usize)] {
        &self.tally
    }

    /// How many instances have such a standing.
    pub(super) fn count_of(&self, so: impl Fn(&S) -> bool) -> usize {
        let so = self.tally.iter().filter(|(known, _)| so(known));
        so.map(|(_, count)| count).sum()
    }

    /// How many places there are, taken or free.
    pub(super) fn places(&self) -> usize {
        self.pages.len() * PAGE
    }

    fn place(&self, place: usize) -> Option<&Place<E, S>> {
        self.pages.get(place / PAGE)?.get(place % PAGE)
    }

    /// The instance at a place, if the place is taken.
    pub(super) fn entry(&self, place: usize) -> Option<E> {
        Some(self.place(place)?.entry.clone())
    }

    /// The next instance with such a standing, among as many places as one locking may look at. `left` is
    /// how many places the search has yet to look at.
    pub(super) fn next(&mut self, left: &mut usize, so: impl Fn(&S) -> bool) -> SearchStep<E, S> {
        for _ in 0..PAGE {
            if *left == 0 || self.len == 0 {
                return SearchStep::End;
            }
            *left -= 1;
            let place = self.cursor % self.places();
            self.cursor = place + 1;
            if let Some(found) = self.place(place)
                && so(&found.standing)
            {
                return SearchStep::One(found.entry.clone(), found.standing.clone());
            }
        }
        SearchStep::NotYet
    }

    /// The next instance with such a standing from a place on, which is moved behind it, among as many places as one
    /// locking may look at. Unlike [`next`](Roster::next), which all searches move on, it passes over nothing that
    /// another search comes to meanwhile.
    pub(super) fn next_from(&self, from: &mut usize, so: impl Fn(&S) -> bool) -> SearchStep<E, S> {
        for _ in 0..PAGE {
            if *from >= self.places() {
                return SearchStep::End;
            }
            let found = self.place(*from);
            *from += 1;
            if let Some(found) = found
                && so(&found.standing)
            {
                return SearchStep::One(found.entry.clone(), found.standing.clone());
            }
        }
        SearchStep::NotYet
    }

    /// The instances of a page; `None` after the last page.
    pub(super) fn page(&self, page: usize) -> Option<Vec<E>> {
        let places = self.pages.get(page)?.iter();
        Some(places.map(|(_, place)| place.entry.clone()).collect())
    }

    /// The instances from a place on, as many as one locking may look at, each with its place, how it stands, and why it
    /// is stuck if it is; and the place to go on from.
    pub(super) fn from(&self, place: usize) -> (Vec<Standings<E, S, R>>, Option<usize>) {
        if place >= self.places() {
            return (Vec::new(), None);
        }
        let end = (place / PAGE + 1) * PAGE;
        let all = (place..end).filter_map(|place| {
            let found = self.place(place)?;
            let reason = self.reasons.get(&place).cloned();
            Some((place, found.entry.clone(), found.standing.clone(), reason))
        });
        (all.collect(), (end < self.places()).then_some(end))
    }

    /// The stuck instances with such a standing, from a place on, as many as one locking may look at; and
    /// the place to go on from.
    pub(super) fn stuck(
        &self,
        from: usize,
        so: impl Fn(&S) -> bool,
    ) -> (Vec<(E, R)>, Option<usize>) {
        let mut reasons = self.reasons.range(from..);
        let known = reasons.by_ref().take(PAGE);
        let stuck = known.filter_map(|(place, reason)| {
            let place = self.place(*place)?;
            so(&place.standing).then(|| (place.entry.clone(), reason.clone()))
        });
        (stuck.collect(), reasons.next().map(|(place, _)| *place))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    type Letters = Roster<u32, (u8, char), &'static str>;

    /// Instances of the first kind belong to `b`, the others to `c`.
    fn waits((kind, at): &(u8, char)) -> bool {
        *at != if *kind == 0 { 'b' } else { 'c' }
    }

    /// One search, to its end.
    fn search(roster: &mut Letters) -> Vec<u32> {
        let mut left = roster.places();
        let mut found = Vec::new();
        loop {
            match roster.next(&mut left, waits) {
                SearchStep::One(entry, _) => found.push(entry),
                SearchStep::NotYet => {}
                SearchStep::End => return found,
            }
        }
    }

    #[test]
    fn behind_the_last_there_is_nothing_however_far() {
        let mut roster = Letters::new();
        roster.add(0, (0, 'a'), None);
        for place in [1, PAGE, usize::MAX] {
            let (found, next) = roster.from(place);
            assert!(found.is_empty() && next.is_none(), "{place}");
        }
        assert_eq!(roster.from(0).0.len(), 1);
    }

    #[test]
    fn a_search_goes_on_where_the_one_before_stopped() {
        let mut roster = Letters::new();
        for entry in 0..3 {
            roster.add(entry, (0, 'a'), None);
        }
        let mut next = || roster.next(&mut PAGE.clone(), waits);
        assert_eq!(next(), SearchStep::One(0, (0, 'a')));
        assert_eq!(next(), SearchStep::One(1, (0, 'a')));
        assert_eq!(next(), SearchStep::One(2, (0, 'a')));
        assert_eq!(next(), SearchStep::One(0, (0, 'a')));
    }

    #[test]
    fn a_search_of_its_own_meets_what_another_one_passes() {
        let mut roster = Letters::new();
        for entry in 0..3 {
            roster.add(entry, (0, 'a'), None);
        }
        let mut from = 0;
        for entry in 0..3 {
            let found = roster.next_from(&mut from, waits);
            assert_eq!(found, SearchStep::One(entry, (0, 'a')));
            // Which finds it in use, and leaves it.
            roster.next(&mut PAGE.clone(), waits);
        }
        assert_eq!(roster.next_from(&mut from, waits), SearchStep::End);
    }

    #[test]
    fn a_search_looks_at_a_page_at_a_time_and_finds_all() {
        let mut roster = Letters::new();
        let count = u32::try_from(3 * PAGE).expect("a small number");
        for entry in 0..count {
            let at = if entry % PAGE as u32 == 7 { 'a' } else { 'b' };
            roster.add(entry, (0, at), None);
        }
        let page = PAGE as u32;
        assert_eq!(search(&mut roster), [7, page + 7, 2 * page + 7]);
        assert_eq!(roster.count_of(waits), 3);
    }

    #[test]
    fn a_reason_stands_until_the_instance_does_not() {
        let mut roster = Letters::new();
        let place = roster.add(1, (0, 'a'), None);
        roster.add(2, (0, 'a'), Some("too small"));
        roster.set(place, (1, 'a'), Some("too large"));
        let all = roster.stuck(0, |_| true);
        assert_eq!(all, (vec![(1, "too large"), (2, "too small")], None));
        assert_eq!(
            roster.stuck(0, |(kind, _)| *kind == 0).0,
            [(2, "too small")]
        );
        roster.set(place, (1, 'c'), None);
        assert_eq!(roster.stuck(0, |_| true).0, [(2, "too small")]);
        roster.remove(1);
        assert_eq!(roster.stuck(0, |_| true).0, []);
    }

    #[test]
    fn pages_that_are_empty_in_the_end_are_given_back() {
        let mut roster = Letters::new();
        let places: Vec<_> = (0..2 * PAGE as u32)
            .map(|entry| roster.add(entry, (0, 'a'), None))
            .collect();
        for place in places {
            assert!(roster.places() > 0);
            roster.remove(place);
        }
        assert_eq!(roster.places(), 0);
        assert_eq!(search(&mut roster), [0_u32; 0]);
        assert_eq!(roster.add(1, (0, 'a'), None), 0);
    }

    proptest! {
        #[test]
        fn what_is_counted_is_what_is_there(
            steps in prop::collection::vec((0_u8..3, 0_u8..2, 0_usize..64, 0_usize..4), 0..300)
        ) {
            let mut roster = Letters::new();
            let mut model = BTreeMap::<usize, (u32, u8, char)>::new();
            for (entry, (step, kind, which, at)) in (0..).zip(steps) {
                let at = ['a', 'b', 'c', 'd'][at];
                let known = model.keys().nth(which).copied();
                match (step, known) {
                    (0, Some(place)) => {
                        roster.remove(place);
                        model.remove(&place);
                    }
                    (1, Some(place)) => {
                        roster.set(place, (kind, at), None);
                        model.insert(place, (model[&place].0, kind, at));
                    }
                    _ => {
                        let place = roster.add(entry, (kind, at), None);
                        prop_assert!(model.insert(place, (entry, kind, at)).is_none());
                    }
                }
                prop_assert_eq!(roster.len(), model.len());
                let waiting = |(_, kind, at): &&(u32, u8, char)| waits(&(*kind, *at));
                let mut expected: Vec<_> = model.values().filter(waiting).map(|is| is.0).collect();
                expected.sort_unstable();
                prop_assert_eq!(roster.count_of(waits), expected.len());
                let mut found = search(&mut roster);
                found.sort_unstable();
                prop_assert_eq!(found, expected);
                for (alike, count) in roster.tally() {
                    let like = |is: &&(u32, u8, char)| (is.1, is.2) == *alike;
                    prop_assert_eq!(model.values().filter(like).count(), *count);
                }
            }
        }
    }
}
