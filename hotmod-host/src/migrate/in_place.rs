//! Runs of items that are converted where they are, on commit.
//!
//! Where new items take as much room as the old ones, and their conversion can neither fail nor
//! takes memory, prepare does no more than to build a new container of the old one's block. As with
//! all that is moved, the old container goes on owning it: abandon leaves it alone. Commit, which
//! cannot fail, converts the items where they are. Until then nobody may look at the new ones, so
//! this is not done where somebody would.

use hotmod::operations::{Operations, Slice};

use super::at::{self, At};
use super::copy::Strides;
use super::flat::Flat;
use super::program::{Code, Item, Make};
use super::scratch::Room;

/// Two containers whose items lie one after the other, and what becomes of the items.
#[derive(Clone)]
pub(super) struct InPlace {
    old: Slice,
    new: Slice,
    /// Of an item, in bytes.
    size: usize,
    work: Work,
}

#[derive(Clone)]
enum Work {
    /// No byte of an item is read after it was written.
    Direct(Flat),
    /// Items are converted out of a copy.
    Copied(Sure),
}

/// A conversion that cannot fail and takes no memory.
#[derive(Clone)]
enum Sure {
    Flat(Flat),
    Struct(Box<SureStruct>),
    InPlace(Box<InPlace>),
}

#[derive(Clone)]
struct SureStruct {
    flat: Flat,
    /// Fields that are more than copied: where from, where to and how.
    parts: Vec<(usize, usize, Sure)>,
    /// Old fields that are dropped.
    dropped: Vec<(usize, &'static Operations)>,
}

impl InPlace {
    /// `None` where the items cannot be converted where they are.
    pub(super) fn new(
        (old, new): (&Slice, &Slice),
        item: &Item,
        conversions: &[Option<Code>],
    ) -> Option<Self> {
        let (was, now) = (item.old, item.new);
        let alike = (was.size, was.align) == (now.size, now.align);
        let fits = (1..=Room::SIZE).contains(&was.size) && was.align <= align_of::<Room>();
        if !alike || !fits {
            return None;
        }
        let sure = Sure::new(&item.code, conversions)?;
        let direct = match &sure {
            Sure::Flat(flat) => flat.in_place(),
            _ => None,
        };
        Some(InPlace {
            old: *old,
            new: *new,
            size: was.size,
            work: match direct {
                Some(flat) => Work::Direct(flat),
                None => Work::Copied(sure),
            },
        })
    }

    /// Builds the new container of the old one's block.
    #[inline]
    pub(super) fn prepare(&self, from: At, to: At) {
        at::build_run(&self.new, to, at::run(&self.old, from));
    }

    /// Converts the items of the old container, which is given up.
    #[inline]
    pub(super) fn commit(&self, from: At) {
        let run = at::run(&self.old, from);
        let (first, size) = (at::first(run), self.size);
        let strides = |len| Strides {
            len,
            from: size,
            to: size,
        };
        match &self.work {
            Work::Direct(flat) => flat.apply(first, first, strides(run.len)),
            Work::Copied(sure) => {
                let mut room = Room::new();
                let room = At::room(&mut room);
                let block = Room::SIZE / size;
                for start in (0..run.len).step_by(block) {
                    let len = block.min(run.len - start);
                    let items = first.part(start * size);
                    items.copy_to(room, len * size);
                    sure.convert(room, items, strides(len));
                }
            }
        }
    }
}

impl Sure {
    fn new(code: &Code, conversions: &[Option<Code>]) -> Option<Self> {
        let mut flat = Flat::default();
        match code {
            Code::Copy(size) => flat.copy(0, 0, *size),
            Code::Widen(widen) => flat.widen(0, 0, *widen),
            Code::Flat(code) => flat = (**code).clone(),
            // The data decides how deep it goes.
            Code::Call(call) if call.recursive => return None,
            Code::Call(call) => return Sure::new(conversions[call.place].as_ref()?, conversions),
            Code::InPlace(code) => return Some(Sure::InPlace(code.clone())),
            Code::Struct(code) => {
                let parts = code.parts.iter().map(|part| match &part.make {
                    Make::Convert(code) => {
                        Some((part.from, part.to, Sure::new(code, conversions)?))
                    }
                    _ => None,
                });
                return Some(Sure::Struct(Box::new(SureStruct {
                    flat: code.flat.clone(),
                    parts: parts.collect::<Option<_>>()?,
                    dropped: code.dropped.clone(),
                })));
            }
            _ => return None,
        }
        Some(Sure::Flat(flat))
    }

    /// Gives up old values for new ones, elsewhere.
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
            Sure::InPlace(code) => {
                for (a, b) in strides.offsets() {
                    code.prepare(from.part(a), to.part(b));
                    code.commit(from.part(a));
                }
            }
        }
    }
}
