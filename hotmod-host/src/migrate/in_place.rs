//! Runs of items that are converted where they are, on commit.
//!
//! Where new items take as much room as the old ones, and their conversion can neither fail nor
//! takes memory, prepare does no more than to build a new container of the old one's block. As with
//! all that is moved, the old container goes on owning it: abandon leaves it alone. Commit, which
//! cannot fail, converts the items where they are. Until then nothing may look at the new ones, so
//! this is not done where something would.

pub(super) mod audit;

use hotmod::operations::{Operations, Run, Slice};

use super::at::{self, At, Runs};
use super::column::Strides;
use super::flat::{Bytes, Flat, reads_first};
use super::scratch::Room;

/// Two containers whose items lie one after the other, and what becomes of the items.
#[derive(Clone)]
pub(super) struct InPlace {
    pub(super) old: Slice,
    pub(super) new: Slice,
    /// Of the containers, in bytes.
    pub(super) sizes: (usize, usize),
    /// Of an item, in bytes.
    pub(super) item: usize,
    pub(super) work: Sure,
    /// Whether no byte of an item is read after it was written. Else it is converted out of a copy.
    pub(super) direct: bool,
}

/// A conversion that cannot fail and takes no memory.
#[derive(Clone)]
pub(super) enum Sure {
    Flat(Flat),
    Struct(Box<SureStruct>),
    InPlace(Box<InPlace>),
}

#[derive(Clone)]
pub(super) struct SureStruct {
    pub(super) flat: Flat,
    /// Fields that are more than copied: where from, where to and how.
    pub(super) parts: Vec<(usize, usize, Sure)>,
    /// Old fields that are dropped.
    pub(super) dropped: Vec<(usize, &'static Operations)>,
}

impl InPlace {
    /// Whether something of the old items is dropped.
    pub(super) fn drops(&self) -> bool {
        self.work.drops()
    }

    /// Builds each new container of the old one's block.
    #[inline]
    pub(super) fn prepare(&self, from: At, to: At, strides: Strides) {
        for (start, block) in strides.blocks() {
            let runs = Runs::of(
                &self.old,
                from.part(start * strides.from),
                strides.from,
                block.len,
            );
            runs.build(&self.new, to.part(start * strides.to), strides.to);
        }
    }

    /// Converts the items of each old container, which is given up.
    #[inline]
    pub(super) fn commit(&self, from: At, strides: Strides) {
        for (start, block) in strides.blocks() {
            let runs = Runs::of(
                &self.old,
                from.part(start * strides.from),
                strides.from,
                block.len,
            );
            self.convert_runs(&runs);
        }
    }

    /// Both at once.
    fn convert(&self, from: At, to: At, strides: Strides) {
        for (start, block) in strides.blocks() {
            let runs = Runs::of(
                &self.old,
                from.part(start * strides.from),
                strides.from,
                block.len,
            );
            runs.build(&self.new, to.part(start * strides.to), strides.to);
            self.convert_runs(&runs);
        }
    }

    #[inline]
    fn convert_runs(&self, runs: &Runs) {
        match &self.work {
            // What most items are.
            Sure::Flat(flat) if self.direct => flat.apply_in_runs(runs, self.item),
            work if self.direct => {
                for run in runs.iter() {
                    for (start, block) in self.strides(run.len).blocks() {
                        let items = at::first(run).part(start * self.item);
                        work.convert(items, items, block);
                    }
                }
            }
            work => {
                for run in runs.iter() {
                    self.convert_copied(work, run);
                }
            }
        }
    }

    fn convert_copied(&self, work: &Sure, run: Run) {
        let mut room = Room::new();
        let room = At::room(&mut room);
        let block = Room::SIZE / self.item;
        for start in (0..run.len).step_by(block) {
            let len = block.min(run.len - start);
            let items = at::first(run).part(start * self.item);
            items.copy_to(room, len * self.item);
            work.convert(room, items, self.strides(len));
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

    /// What does the same where the new items take the place of the old ones; `None` if something
    /// would be written over before it is read.
    pub(super) fn direct(&self) -> Option<Sure> {
        let mut sure = self.clone();
        let mut steps = Vec::new();
        let can = sure.leave_still(0, 0, &mut steps);
        (can && reads_first(&steps)).then_some(sure)
    }

    /// Leaves out what is still where it was, and adds the steps of the rest. `false` if one of
    /// them needs the old value elsewhere.
    fn leave_still(&mut self, from: usize, to: usize, steps: &mut Vec<(Bytes, Bytes)>) -> bool {
        let mut add = |flat: &mut Flat| {
            flat.leave_still(from, to);
            let there =
                |((a, read), (b, written)): (Bytes, Bytes)| ((from + a, read), (to + b, written));
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
            // Where the items are is read before the new container is written.
            Sure::InPlace(code) => {
                steps.push(((from, code.sizes.0), (to, code.sizes.1)));
                true
            }
        }
    }

    /// Gives up old values for new ones, of as many items as a block has at most if they take each
    /// other's places.
    fn convert(&self, from: At, to: At, strides: Strides) {
        match self {
            Sure::Flat(flat) => flat.apply(from, to, strides),
            Sure::Struct(code) => {
                code.flat.apply(from, to, strides);
                for (a, b, part) in &code.parts {
                    part.convert(from.part(*a), to.part(*b), strides);
                }
                for (offset, operations) in &code.dropped {
                    for (a, _) in strides.offsets() {
                        from.part(offset + a).drop(operations);
                    }
                }
            }
            Sure::InPlace(code) => code.convert(from, to, strides),
        }
    }
}
