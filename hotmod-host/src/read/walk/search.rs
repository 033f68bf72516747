//! Maps on the way are searched for their keys in parts, so that who wants the state exclusively waits for no more than
//! one of them.
//!
//! A map finds a key by its own hashes or order, which only the module has. Here each key is read and compared, which in
//! a map of a million takes a tenth of a second.

/// After how many keys the clock is looked at.
pub(super) const KEYS: usize = 256;

/// How often a search begins anew since its map has changed, before it is made in one part.
const MOST_ANEW: usize = 3;

/// How far the maps on a way were searched.
#[derive(Default)]
pub(in crate::read) struct Searches {
    /// Each map on the way, as far as the way is known.
    maps: Vec<MapSearch>,
    /// How many of them the part that runs has come to.
    entered: usize,
    begun_anew: usize,
    /// Whether that part has ended before the search.
    is_unfinished: bool,
}

struct MapSearch {
    /// How many items the map had.
    len: usize,
    /// At which of them the search goes on.
    place: usize,
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

    /// Comes to the next map on the way, of so many items. Returns which that is, and at which item its search goes on.
    pub(super) fn enter(&mut self, len: usize) -> (usize, usize) {
        let map = self.entered;
        self.entered += 1;
        match self.maps.get(map) {
            Some(known) if known.len == len => (map, known.place),
            known => {
                self.begun_anew += usize::from(known.is_some());
                self.maps.truncate(map);
                self.maps.push(MapSearch { len, place: 0 });
                (map, 0)
            }
        }
    }

    /// Whether the search may end before the key is found.
    pub(super) fn may_pause(&self) -> bool {
        self.begun_anew < MOST_ANEW
    }

    /// Notes where the key of a map is.
    pub(super) fn found(&mut self, map: usize, place: usize) {
        self.maps[map].place = place;
    }

    /// Ends the part, whose search of a map goes on at this item.
    pub(super) fn pause(&mut self, map: usize, place: usize) {
        self.maps[map].place = place;
        self.is_unfinished = true;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_search_goes_on_where_it_was_and_begins_anew_where_the_map_has_changed() {
        // By part, the items of the outer and of the inner map.
        let mut lens = [(9, 4), (9, 4), (8, 4), (8, 4)].into_iter();
        let mut places = Vec::new();
        Searches::in_parts(|searches| {
            let Some((outer, inner)) = lens.next() else {
                return;
            };
            let (map, place) = searches.enter(outer);
            places.push(place);
            if place == 0 && map == 0 && outer == 9 {
                return searches.pause(map, 5);
            }
            searches.found(map, 7);
            let (map, place) = searches.enter(inner);
            places.push(place);
            searches.pause(map, 2);
        });
        assert_eq!(places, [0, 5, 0, 0, 0, 7, 2]);
    }

    #[test]
    fn a_search_of_a_map_that_changes_all_the_while_ends() {
        let mut len = 0;
        let parts = Searches::in_parts(|searches| {
            len += 1;
            let (map, _) = searches.enter(len);
            if searches.may_pause() {
                searches.pause(map, 1);
            }
            len
        });
        assert_eq!(parts, 1 + MOST_ANEW);
    }
}
