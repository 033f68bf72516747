//! Items of containers without an order, in one that is the same each time.
//!
//! A form that carries a container over is made anew for each page, and each time it may hash its keys in another way. So
//! its items are taken in the order in which they are shown.

use std::cmp::Ordering;
use std::hash::{DefaultHasher, Hash, Hasher};

use super::{There, ValueWalk};
use crate::migrate::at::At;
use crate::migrate::parts;
use crate::read::shapes::ReadItems;
use hotmod_file::LiveValue;

/// All items of a container, by what is shown of them: of a map, of their keys.
pub(super) struct SortedItems(Vec<SortedItem>);

struct SortedItem {
    key: LiveValue,
    /// Where the item is, or its key and its value.
    parts: [At; 2],
}

impl SortedItems {
    /// Where an item is.
    pub(super) fn get(&self, place: usize) -> Option<At> {
        self.0.get(place).map(|item| item.parts[0])
    }

    /// Where the keys and values are from a place on, or the items, each twice.
    pub(super) fn from(&self, first: usize) -> impl Iterator<Item = [At; 2]> {
        self.0.iter().skip(first).map(|item| item.parts)
    }

    /// Tells these items from others by their keys.
    pub(super) fn keys(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        for item in &self.0 {
            item.key.to_string().hash(&mut hasher);
        }
        hasher.finish()
    }
}

impl ValueWalk<'_> {
    /// Whether the items of a container have to be sorted before some of them are shown.
    pub(super) fn sorts(&self, items: &ReadItems) -> bool {
        self.carried_in > 0 && !items.is_ordered
    }

    /// Sorts the items of a container, which stays as it is for as long as they are used.
    ///
    /// # Safety
    ///
    /// As [`go`](ValueWalk::go).
    pub(super) unsafe fn sorted(
        &mut self,
        items: &ReadItems,
        shapes: &[usize],
        there: There,
    ) -> SortedItems {
        let There { at, shared } = there;
        let mut sorted = Vec::new();
        let mut take = |parts: &[At]| {
            let ([first, ..], [.., last]) = (parts, parts) else {
                return false;
            };
            let there = There { at: *first, shared };
            // SAFETY: the container has such an item.
            let key = self.whole(|walk| unsafe { walk.show(shapes[0], there) });
            let parts = [*first, *last];
            sorted.push(SortedItem { key, parts });
            true
        };
        // SAFETY: the caller's.
        unsafe { parts::each_from(&items.collection, at, 0, shapes.len(), &mut take) };
        sorted.sort_unstable_by(|a, b| a.key.order(&b.key));
        if items.is_map {
            // SAFETY: the caller's; these are keys and values of the map.
            unsafe { self.sort_by_values(&mut sorted, shapes[1], shared) };
        }
        SortedItems(sorted)
    }

    /// Sorts those of which the same key is shown, as where a part of it is secret.
    ///
    /// # Safety
    ///
    /// As [`go`](ValueWalk::go): values of this shape are there.
    unsafe fn sort_by_values(&mut self, sorted: &mut [SortedItem], shape: usize, shared: bool) {
        let is_same = |a: &SortedItem, b: &SortedItem| a.key.order(&b.key) == Ordering::Equal;
        for same in sorted.chunk_by_mut(is_same).filter(|it| it.len() > 1) {
            same.sort_by_cached_key(|item| {
                let there = There {
                    at: item.parts[1],
                    shared,
                };
                // SAFETY: the caller's.
                let value = self.whole(|walk| unsafe { walk.show(shape, there) });
                value.to_string()
            });
        }
    }
}
