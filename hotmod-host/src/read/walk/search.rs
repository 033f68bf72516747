//! Maps on the way are searched for their keys in parts, so that who wants the state exclusively waits for no more than
//! one of them.
//!
//! A map finds a key by its own hashes or order, which only the module has. Here each key is read and compared, which in
//! a map of a million takes a tenth of a second. A part ends only where somebody waits for the state: no map of the
//! standard library is entered in its middle, so the next part walks past what was searched.

/// After how many keys it is asked whether somebody waits.
pub(super) const KEYS: usize = 256;

/// How often a search begins anew that was made in several parts and has found nothing: who waited for the state may have
/// changed the map, and what was not searched yet may have come to stand among what was.
const MOST_ANEW: usize = 2;

/// How far the maps on a way were searched.
#[derive(Default)]
pub(in crate::read) struct Searches {
    /// At which item the search of each map on the way goes on, as far as the way is known.
    places: Vec<usize>,
    /// How many of them the part that runs has come to.
    entered: usize,
    begun_anew: usize,
    /// Whether that part has ended before the search.
    is_unfinished: bool,
}

impl Searches {
    /// Does this in parts until it needs no further one.
    pub(in crate::read) fn in_parts<T>(mut part: impl FnMut(&mut Searches) -> T) -> T {
        let mut searches = Searches::default();
        loop {
            searches.entered = 0;
            searches.is_unfinished = false;
            let done = part(&mut searches);
            if !searches.is_unfinished {
                return done;
            }
        }
    }

    /// Comes to the next map on the way. Returns which that is, and at which item its search goes on.
    pub(super) fn enter(&mut self) -> (usize, usize) {
        let map = self.entered;
        self.entered += 1;
        if map == self.places.len() {
            self.places.push(0);
        }
        (map, self.places[map])
    }

    /// Notes where the key of a map is.
    pub(super) fn found(&mut self, map: usize, place: usize) {
        self.places[map] = place;
    }

    /// Ends the part, whose search of a map goes on at this item.
    pub(super) fn pause(&mut self, map: usize, place: usize) {
        self.places[map] = place;
        // What is under the key may be another value by then.
        self.places.truncate(map + 1);
        self.is_unfinished = true;
    }

    /// Notes that a map has no such key from where its search went on. Whether the search begins anew, in a next part.
    pub(super) fn begins_anew(&mut self, map: usize) -> bool {
        if self.places[map] == 0 || self.begun_anew == MOST_ANEW {
            return false;
        }
        self.begun_anew += 1;
        self.pause(map, 0);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Searches a map for a key in parts of so many items, each of which is given the keys that the map has then. Gives
    /// where it was found, and the number of parts.
    fn search<'m>(
        key: u32,
        items: usize,
        mut map: impl FnMut(usize) -> &'m [u32],
    ) -> (Option<usize>, usize) {
        let mut parts = 0;
        let found = Searches::in_parts(|searches| {
            let keys = map(parts);
            parts += 1;
            let (of, first) = searches.enter();
            for (place, it) in keys.iter().enumerate().skip(first) {
                if place == first + items {
                    searches.pause(of, place);
                    return None;
                }
                if *it == key {
                    return Some(place);
                }
            }
            searches.begins_anew(of);
            None
        });
        (found, parts)
    }

    #[test]
    fn a_search_goes_on_where_it_was() {
        let keys = [1, 2, 3, 4, 5, 6, 7];
        assert_eq!(search(7, 2, |_| &keys), (Some(6), 4));
        assert_eq!(search(8, 9, |_| &keys), (None, 1));
    }

    #[test]
    fn a_key_that_has_come_to_stand_before_is_found_in_a_next_round() {
        let (before, after) = ([1, 2, 3, 4, 5, 6], [6, 5, 4, 3, 2, 1, 7]);
        let map = |part| if part == 0 { &before[..] } else { &after };
        // The first three, what is left of the map, and the first three again.
        assert_eq!(search(6, 3, map), (Some(0), 4));
        // What is found is not looked for again.
        assert_eq!(search(7, 3, map), (Some(6), 3));
    }

    #[test]
    fn a_search_of_a_map_that_changes_all_the_while_ends_and_no_part_is_longer() {
        let keys: Vec<u32> = (0..100).collect();
        let (found, parts) = search(100, 10, |part| &keys[..90 + part % 2]);
        assert_eq!(found, None);
        // Each round has a part for each ten items, and one more where the last of those came to an odd number.
        let expected = 9 * (1 + MOST_ANEW)..=10 * (1 + MOST_ANEW);
        assert!(expected.contains(&parts), "{parts}");
    }

    #[test]
    fn where_the_outer_key_is_looked_for_again_so_is_the_inner_one() {
        let mut places = Vec::new();
        let mut part = 0;
        Searches::in_parts(|searches| {
            part += 1;
            let (outer, place) = searches.enter();
            places.push(place);
            match part {
                1 => return searches.pause(outer, 5),
                2 | 3 | 5 => searches.found(outer, 7),
                _ => {
                    assert!(searches.begins_anew(outer));
                    return;
                }
            }
            let (inner, place) = searches.enter();
            places.push(place);
            if part < 5 {
                searches.pause(inner, 2);
            }
        });
        assert_eq!(places, [0, 5, 0, 7, 2, 7, 0, 0]);
    }
}
