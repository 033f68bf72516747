//! Runs of items, which are written column by column.

use hotmod::operations::{Run, Slice};
use hotmod_file::snapshot::encoding::{CHUNK, write_column, write_varint64};

use super::numbers::write_numbers;
use super::places::{ItemPlaces, ReadNext};
use super::texts::push_text;
use super::{PlacedUnwritten, Result, Unwritten, WriteWalk, WrittenAs, WrittenColumn};
use crate::migrate::at::At;
use crate::migrate::parts;
use crate::migrate::runs::{self, Runs};
use crate::read::shapes::{RED_ZONE, Read, ReadItems, STACK};

type PlacedResult = std::result::Result<(), PlacedUnwritten>;

impl<'w> WriteWalk<'w> {
    /// Writes the items of a container, behind how many there are.
    ///
    /// # Safety
    ///
    /// As for [`value`](WriteWalk::value), of the container.
    #[expect(
        clippy::multiple_unsafe_ops_per_block,
        reason = "one proof holds for all steps of a walk"
    )]
    pub(super) unsafe fn items(
        &mut self,
        items: &ReadItems,
        of: &'w [usize],
        at: At,
        shared: bool,
    ) -> Result {
        // SAFETY: as in `at`; no items come or go meanwhile.
        unsafe {
            let len = parts::len(&items.collection, at);
            write_varint64(self.to, len as u64);
            let container = ItemPlaces::row(at, 0, 1);
            let written = self.all_items(items, of, container, &[len as u64], shared);
            written.map_err(PlacedUnwritten::within)
        }
    }

    /// Writes values that lie one after the other.
    ///
    /// # Safety
    ///
    /// As for [`value`](WriteWalk::value), of so many values, each so many bytes after the one before.
    #[expect(
        clippy::multiple_unsafe_ops_per_block,
        reason = "one proof holds for all steps of a walk"
    )]
    pub(super) unsafe fn run(
        &mut self,
        shape: usize,
        first: At,
        size: usize,
        len: usize,
        shared: bool,
    ) -> PlacedResult {
        // SAFETY: so many values are there.
        unsafe {
            if len == 1 {
                let written = self.value(shape, first, shared);
                return written.map_err(|it| PlacedUnwritten(0, it));
            }
            for start in (0..len).step_by(CHUNK) {
                let count = (len - start).min(CHUNK);
                let places = ItemPlaces::row(first.part(start * size), size, count);
                let next = ReadNext {
                    first: first.part((start + count) * size),
                    len: (len - start - count).min(CHUNK) * size,
                };
                self.chunk(shape, places, Some(next), shared)
                    .map_err(|it| PlacedUnwritten(start + it.0, it.1))?;
            }
            Ok(())
        }
    }

    /// Writes the columns of values, at most a chunk of them. `next` is what is read after that.
    ///
    /// # Safety
    ///
    /// As for [`value`](WriteWalk::value), of a value at each place.
    #[expect(
        clippy::multiple_unsafe_ops_per_block,
        reason = "one proof holds for all steps of a walk"
    )]
    unsafe fn chunk(
        &mut self,
        shape: usize,
        places: ItemPlaces<'_>,
        next: Option<ReadNext>,
        shared: bool,
    ) -> PlacedResult {
        let columns = &self.writer.written[shape].columns;
        // SAFETY: each column was found in the shape of the values, so a part of its own shape is there.
        unsafe {
            for (nth, column) in columns.iter().enumerate() {
                if let Some(next) = next {
                    next.fetch(nth, columns.len());
                }
                match &column.of {
                    WrittenAs::Numbers(scalar, likely) => {
                        write_numbers(self.to, places.part(column.offset), *scalar, likely);
                    }
                    WrittenAs::Texts(bytes) => {
                        let mut lens = self.room.lens(places.len());
                        self.room.texts.clear();
                        for (place, len) in lens.iter_mut().enumerate() {
                            let at = places.get(place).part(column.offset);
                            at.reads(bytes, |text| {
                                *len = text.len() as u64;
                                push_text(&mut self.room.texts, text);
                            });
                        }
                        write_column(self.to, &lens);
                        self.to.extend_from_slice(&self.room.texts);
                        self.room.lens.push(lens);
                    }
                    // Containers of containers lead back here, as deep as the data is.
                    WrittenAs::Items => stacker::maybe_grow(RED_ZONE, STACK, || {
                        self.containers(column, places, shared)
                    })?,
                    WrittenAs::Values => {
                        for place in 0..places.len() {
                            let at = places.get(place).part(column.offset);
                            self.value(column.shape, at, shared).map_err(|it| {
                                PlacedUnwritten(place, it.within(|| column.path.clone()))
                            })?;
                        }
                    }
                }
                if let Some(digest) = &mut self.digest {
                    digest.so_far(self.to);
                }
            }
            Ok(())
        }
    }

    /// Writes a column of containers.
    ///
    /// # Safety
    ///
    /// As for [`chunk`](WriteWalk::chunk), of values that this is a column of.
    #[expect(
        clippy::multiple_unsafe_ops_per_block,
        reason = "one proof holds for all steps of a walk"
    )]
    unsafe fn containers(
        &mut self,
        column: &'w WrittenColumn,
        values: ItemPlaces<'_>,
        shared: bool,
    ) -> PlacedResult {
        let Read::Items(items, of) = self.writer.shapes.get(column.shape) else {
            unreachable!("bug in hotmod: a column of containers that are none")
        };
        let mut lens = self.room.lens(values.len());
        // SAFETY: a container is at each place; no items come or go meanwhile.
        unsafe {
            let containers = values.part(column.offset);
            lens_of(items, containers, &mut lens);
            write_column(self.to, &lens);
            let written = self.all_items(items, of, containers, &lens, shared);
            // The item is that of one of the containers.
            let written = written.map_err(|PlacedUnwritten(item, unwritten)| {
                let (of, item) = which(&lens, item);
                let path = || format!("{}[{item}]", column.path);
                PlacedUnwritten(of, unwritten.within(path))
            });
            self.room.lens.push(lens);
            written
        }
    }

    /// Writes the items of containers of these parts, which have so many each, as one run.
    ///
    /// # Safety
    ///
    /// As for [`value`](WriteWalk::value), of a container at each place.
    #[expect(
        clippy::multiple_unsafe_ops_per_block,
        reason = "one proof holds for all steps of a walk"
    )]
    unsafe fn all_items(
        &mut self,
        items: &ReadItems,
        of: &'w [usize],
        containers: ItemPlaces<'_>,
        lens: &[u64],
        shared: bool,
    ) -> PlacedResult {
        let total = lens.iter().sum::<u64>() as usize;
        if total == 0 {
            return Ok(());
        }
        let mut list = ItemList {
            all: std::array::from_fn(|_| self.room.lists.pop().unwrap_or_default()),
            written: 0,
            total,
        };
        // SAFETY: no items come or go meanwhile, so an item stays where it was met.
        let written = unsafe {
            match (&items.row, of) {
                (Some((slice, size)), [item]) => {
                    let mut written = Ok(());
                    each_run(slice, containers, |place, run| {
                        if written.is_err() {
                        } else if run.len as u64 != lens[place] {
                            written = Err(PlacedUnwritten(list.met(), miscounted()));
                        } else {
                            written = self.add_run((*item, *size), run, &mut list, shared);
                        }
                    });
                    written
                }
                _ => self.add_each(items, of, (containers, lens), &mut list, shared),
            }
        };
        self.room.lists.extend(list.all);
        written
    }

    /// Adds the items of one run.
    ///
    /// # Safety
    ///
    /// As for [`value`](WriteWalk::value), of items of this shape and size.
    #[expect(
        clippy::multiple_unsafe_ops_per_block,
        reason = "one proof holds for all steps of a walk"
    )]
    unsafe fn add_run(
        &mut self,
        (shape, size): (usize, usize),
        run: Run,
        list: &mut ItemList,
        shared: bool,
    ) -> PlacedResult {
        let first = runs::first(run);
        // SAFETY: the items of the run are there, one after the other.
        unsafe {
            if run.len == list.total {
                return self.run(shape, first, size, run.len, shared);
            }
            let mut place = 0;
            while place < run.len {
                let count = (run.len - place).min(CHUNK - list.all[0].len());
                let items = place..place + count;
                list.all[0].extend(items.map(|place| first.part(place * size)));
                place += count;
                if list.is_full() {
                    self.flush(&[shape], list, shared)?;
                }
            }
            Ok(())
        }
    }

    /// Adds the items of containers that have them anywhere.
    ///
    /// # Safety
    ///
    /// As for [`all_items`](WriteWalk::all_items).
    #[expect(
        clippy::multiple_unsafe_ops_per_block,
        reason = "one proof holds for all steps of a walk"
    )]
    unsafe fn add_each(
        &mut self,
        items: &ReadItems,
        of: &[usize],
        (containers, lens): (ItemPlaces<'_>, &[u64]),
        list: &mut ItemList,
        shared: bool,
    ) -> PlacedResult {
        for (place, len) in lens.iter().enumerate() {
            let mut written = Ok(());
            let mut left = *len;
            // SAFETY: a container is at each place, and its items stay where they are.
            let all = unsafe {
                parts::each(&items.collection, containers.get(place), of.len(), |item| {
                    let Some(fewer) = left.checked_sub(1) else {
                        return false;
                    };
                    left = fewer;
                    list.all
                        .iter_mut()
                        .zip(item)
                        .for_each(|(to, at)| to.push(*at));
                    if list.is_full() {
                        written = self.flush(of, list, shared);
                    }
                    written.is_ok()
                })
            };
            written?;
            if !all || left > 0 {
                let reason = "the module could not read all of its items";
                return Err(PlacedUnwritten(list.met(), Unwritten::new(reason)));
            }
        }
        Ok(())
    }

    /// Writes the items that were listed.
    ///
    /// # Safety
    ///
    /// As for [`value`](WriteWalk::value), of items of these parts.
    #[expect(
        clippy::multiple_unsafe_ops_per_block,
        reason = "one proof holds for all steps of a walk"
    )]
    unsafe fn flush(&mut self, of: &[usize], list: &mut ItemList, shared: bool) -> PlacedResult {
        for (shape, all) in of.iter().zip(&list.all) {
            // SAFETY: the parts of the items are where they were met.
            let written = unsafe {
                match list.total {
                    1 => {
                        let written = self.value(*shape, all[0], shared);
                        written.map_err(|it| PlacedUnwritten(0, it))
                    }
                    _ => self.chunk(*shape, ItemPlaces::listed(all), None, shared),
                }
            };
            written.map_err(|it| PlacedUnwritten(list.written + it.0, it.1))?;
        }
        list.written += list.all[0].len();
        list.all.iter_mut().for_each(Vec::clear);
        Ok(())
    }
}

/// Items on their way into chunks.
struct ItemList {
    /// Where the parts of each are: one, or the key and the value of a map.
    all: [Vec<At>; 2],
    /// How many were written before these.
    written: usize,
    /// How many there are in all.
    total: usize,
}

impl ItemList {
    fn met(&self) -> usize {
        self.written + self.all[0].len()
    }

    /// Whether they are to be written before another one comes.
    fn is_full(&self) -> bool {
        self.all[0].len() == CHUNK || self.met() == self.total
    }
}

fn miscounted() -> Unwritten {
    Unwritten::new("the module says otherwise how many items it has")
}

/// Which container the item at this place is in, and at which place there.
fn which(lens: &[u64], mut item: usize) -> (usize, usize) {
    for (of, len) in lens.iter().enumerate() {
        match item.checked_sub(*len as usize) {
            Some(left) => item = left,
            None => return (of, item),
        }
    }
    (lens.len(), item)
}

/// How many items each container has.
///
/// # Safety
///
/// A container of this type is at each place, and there are as many lengths.
#[expect(
    clippy::multiple_unsafe_ops_per_block,
    reason = "one proof holds for all steps of a walk"
)]
unsafe fn lens_of(items: &ReadItems, containers: ItemPlaces<'_>, lens: &mut [u64]) {
    // SAFETY: the caller's.
    unsafe {
        match &items.row {
            Some((slice, _)) => {
                each_run(slice, containers, |place, run| lens[place] = run.len as u64);
            }
            None => {
                for (place, len) in lens.iter_mut().enumerate() {
                    *len = parts::len(&items.collection, containers.get(place)) as u64;
                }
            }
        }
    }
}

/// The run of each container, with its place.
///
/// # Safety
///
/// A container is at each place, whose items lie one after the other.
unsafe fn each_run(slice: &Slice, containers: ItemPlaces<'_>, mut each: impl FnMut(usize, Run)) {
    let mut place = 0;
    while place < containers.len() {
        let (first, stride, len) = containers.row_from(place);
        // SAFETY: the caller's; so many containers lie at this distance from each other.
        let runs = unsafe { Runs::of(slice, first, stride, len) };
        for run in runs.iter() {
            each(place, run);
            place += 1;
        }
    }
}
