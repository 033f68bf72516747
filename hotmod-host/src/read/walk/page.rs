//! Some of the items of a container.

use std::time::Instant;

use serde_json::Value;

use super::sorted::SortedItems;
use super::{Found, There, ValueWalk};
use crate::migrate::at::At;
use crate::migrate::runs::{self, Runs};
use crate::migrate::{parts, pointers};
use crate::read::error::InspectError;
use crate::read::inspection::{Cursor, Page};
use crate::read::shapes::{Read, ReadItems};
use hotmod_file::LiveValue;
use hotmod_file::live::path::PathPart;

impl<'w> ValueWalk<'w> {
    /// Shows what the path leads to: of what has items, those in this range.
    ///
    /// # Safety
    ///
    /// As [`go`](ValueWalk::go).
    pub(super) unsafe fn page(
        &mut self,
        shape: usize,
        there: There,
        range: Option<(usize, Option<usize>)>,
    ) -> Result<Found, InspectError> {
        self.begun = Instant::now();
        let read = self.shapes.get(shape);
        // SAFETY: the caller's.
        let Some(len) = (unsafe { Self::len(read, there.at) }) else {
            if let Some((from, to)) = range {
                return Err(self.lacks(&PathPart::Range(from, to), "it has no items"));
            }
            // SAFETY: the caller's.
            let value = unsafe { self.show(shape, there) };
            return Ok(self.found(shape, value));
        };
        let (from, to) = range.unwrap_or((0, None));
        let is_ordered = !matches!(read, Read::Items(items, _) if !items.is_ordered);
        // SAFETY: the caller's.
        let sorted = unsafe { self.in_order(read, there, len) };
        let keys = sorted.as_ref().map(SortedItems::keys);
        // The way to where the page begins.
        self.begun = Instant::now();
        let span = self.span(len, keys, (from, to))?;
        // SAFETY: the caller's.
        let shown = unsafe { self.items(read, there, sorted.as_ref(), (span.first, span.most)) };
        let page = span.page(shown.len(), is_ordered);
        Ok(Found {
            page: Some(page),
            ..self.found(shape, shown.into_value(0))
        })
    }

    /// Which items a page may have, of so many that these are the keys of.
    ///
    /// # Errors
    ///
    /// If the page goes on where other items were.
    pub(super) fn span(
        &self,
        len: usize,
        keys: Option<u64>,
        (from, to): (usize, Option<usize>),
    ) -> Result<PageSpan, InspectError> {
        let cursor = self.options.from;
        if let Some(cursor) = cursor
            && let Some(was) = cursor.of
            && (was != len || cursor.keys != keys)
        {
            return Err(InspectError::Changed {
                path: self.way.to_path(),
                was,
                now: len,
            });
        }
        let first = cursor.map_or(from, |cursor| cursor.item.max(from)).min(len);
        let end = to.unwrap_or(len).min(len);
        Ok(PageSpan {
            len,
            keys,
            first,
            end,
            // One at least: the next page begins behind it.
            most: end.saturating_sub(first).min(self.options.items.max(1)),
        })
    }

    /// How many items a value has, if it is a container.
    ///
    /// # Safety
    ///
    /// As [`go`](ValueWalk::go).
    pub(super) unsafe fn len(read: &Read, at: At) -> Option<usize> {
        match read {
            // SAFETY: the value is of these operations.
            Read::Items(items, _) => Some(unsafe { parts::len(&items.collection, at) }),
            Read::Elements(len, ..) => Some(*len),
            Read::Shared(by, ..) if by.len.is_some() => {
                // SAFETY: the value is of these operations.
                Some(unsafe { pointers::shared_len(by, at) })
            }
            _ => None,
        }
    }

    /// Sorts the items of a container of which so many are to be shown, where that is needed.
    ///
    /// # Safety
    ///
    /// As [`go`](ValueWalk::go).
    pub(super) unsafe fn in_order(
        &mut self,
        read: &Read,
        there: There,
        most: usize,
    ) -> Option<SortedItems> {
        match read {
            Read::Items(items, shapes) if most > 0 && self.sorts(items) => {
                // SAFETY: the caller's.
                Some(unsafe { self.sorted(items, shapes, there) })
            }
            _ => None,
        }
    }

    /// Shows so many items of a container, fewer if there is not time or room enough, but one at least.
    ///
    /// # Safety
    ///
    /// As [`go`](ValueWalk::go), and the container has so many items from the first on. They are sorted as
    /// [`in_order`](ValueWalk::in_order) does.
    #[expect(
        clippy::multiple_unsafe_ops_per_block,
        reason = "one proof holds for all steps of a walk"
    )]
    pub(super) unsafe fn items(
        &mut self,
        read: &'w Read,
        there: There,
        sorted: Option<&SortedItems>,
        (first, most): (usize, usize),
    ) -> ShownItems {
        let There { at, shared } = there;
        let mut shown = ShownItems {
            is_ordered: true,
            ..ShownItems::default()
        };
        let goes_on = |walk: &Self, shown: &ShownItems| {
            shown.len() < most && (shown.len() == 0 || !walk.is_spent())
        };
        // SAFETY: as in `go`.
        unsafe {
            match read {
                Read::Items(items, shapes) => {
                    shown.is_map = items.is_map || items.entry.is_some();
                    shown.is_ordered = items.is_ordered;
                    let shapes = shapes.as_slice();
                    if let Some(sorted) = sorted {
                        for item in sorted.from(first) {
                            if !goes_on(self, &shown) {
                                break;
                            }
                            self.add((items, shapes), (&item, shared), first, &mut shown);
                        }
                    } else if let Some((slice, size)) = items.row {
                        let run = Runs::of(&slice, at, 0, 1);
                        if let Some(run) = run.iter().next() {
                            let start = runs::first(run);
                            while goes_on(self, &shown) {
                                let at = start.part((first + shown.len()) * size);
                                if let Some([key, value]) = items.entry {
                                    let parts = [at.part(key.1), at.part(value.1)];
                                    self.entry([key.0, value.0], (parts, shared), &mut shown);
                                    continue;
                                }
                                let item = self.nth(shapes[0], There { at, shared }, first, &shown);
                                shown.items.push(item);
                            }
                        }
                    } else if most > 0 {
                        parts::each_from(&items.collection, at, first, shapes.len(), |item| {
                            self.add((items, shapes), (item, shared), first, &mut shown);
                            goes_on(self, &shown)
                        });
                    }
                }
                Read::Elements(_, size, shape) => {
                    while goes_on(self, &shown) {
                        let at = at.part((first + shown.len()) * size);
                        let item = self.nth(*shape, There { at, shared }, first, &shown);
                        shown.items.push(item);
                    }
                }
                Read::Shared(by, shape, size) => {
                    let start = pointers::shared_item(by, at);
                    while goes_on(self, &shown) {
                        let at = start.part((first + shown.len()) * size);
                        let item = self.nth(*shape, There { at, shared: true }, first, &shown);
                        shown.items.push(item);
                    }
                }
                _ => {}
            }
        }
        shown
    }

    /// Shows an item, given by where its parts are.
    ///
    /// # Safety
    ///
    /// As [`go`](ValueWalk::go).
    unsafe fn add(
        &mut self,
        (items, shapes): (&ReadItems, &[usize]),
        (parts, shared): (&[At], bool),
        first: usize,
        shown: &mut ShownItems,
    ) {
        match parts {
            [k, v] if items.is_map => {
                // SAFETY: the caller's.
                unsafe { self.entry([shapes[0], shapes[1]], ([*k, *v], shared), shown) };
            }
            [at, ..] => {
                // SAFETY: the caller's.
                let item = unsafe { self.nth(shapes[0], There { at: *at, shared }, first, shown) };
                shown.items.push(item);
            }
            [] => {}
        }
    }

    /// Shows a key and a value of these shapes.
    ///
    /// # Safety
    ///
    /// As [`go`](ValueWalk::go).
    unsafe fn entry(
        &mut self,
        [key, value]: [usize; 2],
        ([k, v], shared): ([At; 2], bool),
        shown: &mut ShownItems,
    ) {
        // SAFETY: the caller's.
        let key = unsafe { self.show(key, There { at: k, shared }) };
        let before = self.way.len();
        match key.key() {
            Some(text) => self.way.item(&Value::String(text)),
            None => self.way.item(&key),
        }
        // SAFETY: the caller's.
        let value = unsafe { self.show(value, There { at: v, shared }) };
        self.way.back(before);
        shown.entries.push((key, value));
    }

    /// Shows the next item.
    ///
    /// # Safety
    ///
    /// As [`go`](ValueWalk::go).
    unsafe fn nth(
        &mut self,
        shape: usize,
        there: There,
        first: usize,
        shown: &ShownItems,
    ) -> LiveValue {
        let before = self.way.len();
        self.way.item(&(first + shown.len()));
        // SAFETY: the caller's.
        let value = unsafe { self.show(shape, there) };
        self.way.back(before);
        value
    }
}

/// The items that a page may have.
pub(super) struct PageSpan {
    len: usize,
    keys: Option<u64>,
    pub(super) first: usize,
    /// Behind the last that was asked for.
    end: usize,
    pub(super) most: usize,
}

impl PageSpan {
    /// The page that shows so many of them. If they are in no order of their own, a cursor leads on only while there are
    /// as many.
    pub(super) fn page(&self, shown: usize, is_ordered: bool) -> Page {
        let PageSpan { len, first, .. } = *self;
        let next = first + shown;
        Page {
            len,
            first,
            shown,
            next: (next < self.end).then_some(Cursor {
                item: next,
                of: (!is_ordered).then_some(len),
                keys: self.keys,
            }),
            is_ordered,
        }
    }
}

/// Items that are shown.
#[derive(Default)]
pub(super) struct ShownItems {
    is_map: bool,
    is_ordered: bool,
    items: Vec<LiveValue>,
    entries: Vec<(LiveValue, LiveValue)>,
}

impl ShownItems {
    pub(super) fn len(&self) -> usize {
        self.items.len() + self.entries.len()
    }

    /// As one value, of which so many more items were not shown.
    pub(super) fn into_value(mut self, more: usize) -> LiveValue {
        if !self.is_ordered {
            self.entries.sort_by(|(a, _), (b, _)| a.order(b));
            self.items.sort_by(LiveValue::order);
        }
        if self.is_map {
            return LiveValue::Map(self.entries, more);
        }
        LiveValue::List(self.items, more)
    }
}
