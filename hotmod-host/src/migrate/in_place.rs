//! Runs of items that are converted where they are, on commit.
//!
//! Where new items take as much room as the old ones, and their conversion cannot fail and takes no
//! memory, prepare only builds a new container of the old one's block. As with everything that is moved,
//! the old container goes on owning the block, and abandon leaves it alone. Commit, which cannot fail,
//! converts the items where they are. Until then no code may read the new items, so containers whose
//! items would be read before the commit are not converted so.

pub(super) mod audit;

use hotmod::operations::{Operations, Run, Slice};

use super::at::At;
use super::column::Strides;
use super::flat::{FlatSteps, Span, reads_first};
use super::runs::{self, Runs};
use super::scratch::ItemRoom;

/// An old and a new container whose items lie one after the other, and how the items are converted.
#[derive(Clone)]
pub(super) struct InPlace {
    pub(super) old: Slice,
    pub(super) new: Slice,
    /// The sizes of the containers, in bytes.
    pub(super) sizes: (usize, usize),
    /// The size of an item, in bytes.
    pub(super) item: usize,
    pub(super) work: Sure,
    /// Whether no byte of an item is read after it was written. Otherwise items are converted from a copy.
    pub(super) direct: bool,
}

/// A conversion that cannot fail and takes no memory.
#[derive(Clone)]
pub(super) enum Sure {
    Flat(FlatSteps),
    Struct(Box<SureStruct>),
    InPlace(Box<InPlace>),
}

#[derive(Clone)]
pub(super) struct SureStruct {
    pub(super) flat: FlatSteps,
    /// Fields that are not only copied: where from, where to and how.
    pub(super) parts: Vec<(usize, usize, Sure)>,
    /// Old fields that are dropped.
    pub(super) dropped: Vec<(usize, &'static Operations)>,
}

impl InPlace {
    /// Whether parts of the old items are dropped.
    pub(super) fn drops(&self) -> bool {
        self.work.drops()
    }

    /// Builds each new container of the old one's block.
    ///
    /// # Safety
    ///
    /// So many values of the old container's type are at `from`, and room for as many of the new one's at
    /// `to`, by these strides. Afterwards only [`commit`](InPlace::commit) uses the old values.
    #[inline]
    pub(super) unsafe fn prepare(&self, from: At, to: At, strides: Strides) {
        for (start, block) in strides.blocks() {
            // SAFETY: the caller passes such values.
            let runs = unsafe { self.runs(from, start, block) };
            let to = to.part(start * strides.to);
            // SAFETY: the caller passes such room; the new items take as much as the old ones, and get
            // their blocks.
            unsafe { runs.build(&self.new, to, strides.to) };
        }
    }

    /// The runs of a block of containers, of which the first is `start` containers after `from`.
    ///
    /// # Safety
    ///
    /// So many values of the old container's type are there, by these strides.
    #[inline]
    unsafe fn runs(&self, from: At, start: usize, block: Strides) -> Runs {
        let first = from.part(start * block.from);
        // SAFETY: the caller passes such values.
        unsafe { Runs::of(&self.old, first, block.from, block.len) }
    }

    /// Converts the items of each old container, which is given up.
    ///
    /// # Safety
    ///
    /// [`prepare`](InPlace::prepare) was called with these values at `from`, which are given up: their blocks
    /// belong to the new containers.
    #[inline]
    pub(super) unsafe fn commit(&self, from: At, strides: Strides) {
        for (start, block) in strides.blocks() {
            // SAFETY: the caller passes such values.
            let runs = unsafe { self.runs(from, start, block) };
            // SAFETY: these are the items of those values, which are given up.
            unsafe { self.convert_runs(&runs) };
        }
    }

    /// Prepares and commits at once.
    ///
    /// # Safety
    ///
    /// As for [`prepare`](InPlace::prepare); the old values are given up.
    unsafe fn convert(&self, from: At, to: At, strides: Strides) {
        for (start, block) in strides.blocks() {
            // SAFETY: the caller passes such values.
            let runs = unsafe { self.runs(from, start, block) };
            let to = to.part(start * strides.to);
            // SAFETY: as in `prepare`.
            unsafe { runs.build(&self.new, to, strides.to) };
            // SAFETY: as in `commit`.
            unsafe { self.convert_runs(&runs) };
        }
    }

    /// # Safety
    ///
    /// The runs are of old items, which are given up for new ones.
    #[inline]
    unsafe fn convert_runs(&self, runs: &Runs) {
        match &self.work {
            // Most items are flat.
            // SAFETY: the work is for the items that the caller passes, and reads no byte of an item after it
            // was written.
            Sure::Flat(flat) if self.direct => unsafe { flat.apply_in_runs(runs, self.item) },
            work if self.direct => {
                for run in runs.iter() {
                    for (start, block) in self.strides(run.len).blocks() {
                        let items = runs::first(run).part(start * self.item);
                        // SAFETY: as above.
                        unsafe { work.convert(items, items, block) };
                    }
                }
            }
            work => {
                for run in runs.iter() {
                    // SAFETY: the caller passes such a run.
                    unsafe { self.convert_copied(work, run) };
                }
            }
        }
    }

    /// # Safety
    ///
    /// The run is of old items, which are given up for new ones; the work was compiled for them.
    unsafe fn convert_copied(&self, work: &Sure, run: Run) {
        let mut room = ItemRoom::new();
        let room = At::room(&mut room);
        let block = ItemRoom::SIZE / self.item;
        for start in (0..run.len).step_by(block) {
            let len = block.min(run.len - start);
            let items = runs::first(run).part(start * self.item);
            // SAFETY: so many items are there, and the room is for as many.
            unsafe { items.copy_to(room, len * self.item) };
            // SAFETY: the old items are in the room, and the new ones come in their places.
            unsafe { work.convert(room, items, self.strides(len)) };
        }
    }

    #[inline]
    fn strides(&self, len: usize) -> Strides {
        Strides {
            len,
            from: self.item,
            to: self.item,
        }
    }
}

impl Sure {
    fn drops(&self) -> bool {
        match self {
            Sure::Flat(_) => false,
            Sure::Struct(code) => {
                !code.dropped.is_empty() || code.parts.iter().any(|(_, _, part)| part.drops())
            }
            Sure::InPlace(code) => code.drops(),
        }
    }

    /// The same conversion where the new items take the place of the old ones; `None` if a byte would be
    /// written over before it is read.
    pub(super) fn direct(&self) -> Option<Sure> {
        let mut sure = self.clone();
        let mut steps = Vec::new();
        let can = sure.leave_still(0, 0, &mut steps);
        (can && reads_first(&steps)).then_some(sure)
    }

    /// Leaves out copies to where the bytes are already, and adds the remaining steps to `steps`. `false` if
    /// a step needs the old value to be elsewhere.
    fn leave_still(&mut self, from: usize, to: usize, steps: &mut Vec<(Span, Span)>) -> bool {
        let mut add = |flat: &mut FlatSteps| {
            flat.leave_still(from, to);
            let there =
                |((a, read), (b, written)): (Span, Span)| ((from + a, read), (to + b, written));
            steps.extend(flat.steps().map(there));
            flat.copies_apart(from, to)
        };
        match self {
            Sure::Flat(flat) => add(flat),
            Sure::Struct(code) => {
                let mut can = code.dropped.is_empty() && add(&mut code.flat);
                for (a, b, part) in &mut code.parts {
                    can = can && part.leave_still(from + *a, to + *b, steps);
                }
                can
            }
            // The old container is read before the new one is written.
            Sure::InPlace(code) => {
                steps.push(((from, code.sizes.0), (to, code.sizes.1)));
                true
            }
        }
    }

    /// Gives up old values for new ones: at most a block of items, if the new ones take the places of the
    /// old.
    ///
    /// # Safety
    ///
    /// The conversion was compiled for the values at `from`, which are given up, and for the room at `to`, by
    /// these strides. If the two overlap, the conversion is [`direct`](Sure::direct).
    unsafe fn convert(&self, from: At, to: At, strides: Strides) {
        match self {
            // SAFETY: the caller passes such values, and such room.
            Sure::Flat(flat) => unsafe { flat.apply(from, to, strides) },
            Sure::Struct(code) => {
                // SAFETY: the caller passes such values, and such room.
                unsafe { code.flat.apply(from, to, strides) };
                for (a, b, part) in &code.parts {
                    // SAFETY: the part was compiled for what is at these offsets.
                    unsafe { part.convert(from.part(*a), to.part(*b), strides) };
                }
                for (offset, operations) in &code.dropped {
                    for (a, _) in strides.offsets() {
                        // SAFETY: the operations are those of the field at this offset, which no new
                        // field was made of.
                        unsafe { from.part(offset + a).drop(operations) };
                    }
                }
            }
            // SAFETY: the caller passes such values, and such room.
            Sure::InPlace(code) => unsafe { code.convert(from, to, strides) },
        }
    }
}
