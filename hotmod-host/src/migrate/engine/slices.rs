//! Containers whose items lie one after the other: what most of a large state is.
//!
//! Structs are converted field by field instead of item by item, a block of items at a time: what
//! to do is looked up once for a block, and the block stays in the cache meanwhile.

use hotmod::operations::Slice;

use super::{Engine, Failure, Result};
use crate::migrate::at::{self, At};
use crate::migrate::copy::Strides;
use crate::migrate::program::{Code, Item, Make, Part, Struct};

/// Two slices, and how items become items without anything that could fail.
struct Flat<'p> {
    old: &'p Slice,
    new: &'p Slice,
    item: &'p Item,
    code: &'p Struct,
}

impl Flat<'_> {
    #[inline]
    fn prepare(&self, from: At, to: At) -> Result {
        let (first, strides, room) = begin((self.old, from), (self.new, to), self.item)?;
        flat(self.code, first, room, strides);
        at::set_len(self.new, to, strides.len);
        Ok(())
    }
}

/// The old items, how many and how large they are, and the room for the new ones.
#[inline]
fn begin(
    (old, from): (&Slice, At),
    (new, to): (&Slice, At),
    item: &Item,
) -> std::result::Result<(At, Strides, At), Failure> {
    let (first, len) = at::items(old, from);
    match at::begin_items(new, to, len) {
        Some(room) => {
            let (from, to) = (item.old.size, item.new.size);
            Ok((first, Strides { len, from, to }, room))
        }
        None => Err(Failure::new("there is no memory for the items")),
    }
}

/// What of a struct is copied and widened.
#[inline]
fn flat(code: &Struct, first: At, room: At, strides: Strides) {
    for span in &code.copies {
        let (from, to) = (first.part(span.from), room.part(span.to));
        at::copy_each(from, to, span.size, strides);
    }
    for (a, b, widen) in &code.widens {
        at::widen_each(first.part(*a), room.part(*b), *widen, strides);
    }
}

impl<'p> Engine<'p> {
    /// Two slices, if their items are flat structs.
    fn flat(&self, code: &'p Code) -> Option<Flat<'p>> {
        let Code::Collection(code) = code else {
            return None;
        };
        let (Some(old), Some(new), [item]) = (&code.old.slice, &code.new.slice, &*code.items)
        else {
            return None;
        };
        match self.straight(&item.code) {
            Code::Struct(code) if code.is_flat() => Some(Flat {
                old,
                new,
                item,
                code,
            }),
            _ => None,
        }
    }

    pub(super) fn prepare_slice(
        &mut self,
        old: (&Slice, At),
        (new, to): (&Slice, At),
        item: &'p Item,
    ) -> Result {
        let (first, strides, room) = begin(old, (new, to), item)?;
        let prepared = match self.straight(&item.code) {
            Code::Struct(code) => self.prepare_structs(code, first, room, strides),
            Code::Widen(widen) => {
                at::widen_each(first, room, *widen, strides);
                Ok(())
            }
            step => self.prepare_each(step, first, room, strides),
        };
        match prepared {
            Ok(()) => at::set_len(new, to, strides.len),
            Err(_) => at::free_items(new, to),
        }
        prepared
    }

    fn prepare_each(&mut self, code: &'p Code, first: At, room: At, strides: Strides) -> Result {
        for (i, (a, b)) in strides.offsets().enumerate() {
            if let Err(failure) = self.prepare(code, first.part(a), room.part(b)) {
                for (_, done) in strides.offsets().take(i) {
                    self.abandon(code, room.part(done));
                }
                return Err(failure.within(format!("[{i}]")));
            }
        }
        Ok(())
    }

    fn prepare_structs(
        &mut self,
        code: &'p Struct,
        first: At,
        room: At,
        strides: Strides,
    ) -> Result {
        for (start, block) in strides.blocks() {
            let from = first.part(start * strides.from);
            let to = room.part(start * strides.to);
            flat(code, from, to, block);
            for (done, part) in code.parts.iter().enumerate() {
                let (old, new) = (from.part(part.from), to.part(part.to));
                let Err((place, failure)) = self.prepare_parts(part, old, new, block) else {
                    continue;
                };
                for (_, item) in block.offsets() {
                    self.abandon_parts(code, to.part(item), done);
                }
                for (_, item) in strides.offsets().take(start) {
                    self.abandon_parts(code, room.part(item), code.parts.len());
                }
                let failure = failure.within(format!(".{}", part.name));
                return Err(failure.within(format!("[{}]", start + place)));
            }
        }
        Ok(())
    }

    /// Prepares the same part of each item. An error comes with the place of its item.
    fn prepare_parts(
        &mut self,
        part: &'p Part,
        from: At,
        to: At,
        block: Strides,
    ) -> std::result::Result<(), (usize, Failure)> {
        let flat = match &part.make {
            Make::Convert(code) => self.flat(code),
            _ => None,
        };
        for (i, (a, b)) in block.offsets().enumerate() {
            let (old, new) = (from.part(a), to.part(b));
            let prepared = match &flat {
                Some(flat) => flat.prepare(old, new),
                None => self.make(&part.make, old, new),
            };
            if let Err(failure) = prepared {
                for (_, made) in block.offsets().take(i) {
                    self.unmake(&part.make, to.part(made));
                }
                return Err((i, failure));
            }
        }
        Ok(())
    }

    pub(super) fn commit_slice(&mut self, slice: &Slice, item: &'p Item, from: At) {
        let (first, len) = at::items(slice, from);
        let step = self.straight(&item.code);
        let size = item.old.size;
        match step {
            step if !self.program.commits(step) => {}
            Code::Struct(code) => {
                let (from, to) = (size, 0);
                for (start, block) in (Strides { len, from, to }).blocks() {
                    self.commit_structs(code, first.part(start * size), (block.len, size));
                }
            }
            step => {
                for i in 0..len {
                    self.commit(step, first.part(i * size));
                }
            }
        }
        at::free_items(slice, from);
    }

    fn commit_structs(&mut self, code: &'p Struct, first: At, (len, size): (usize, usize)) {
        let items = || (0..len).map(|i| first.part(i * size));
        for part in &code.parts {
            let Make::Convert(code) = &part.make else {
                continue;
            };
            let parts = items().map(|item| item.part(part.from));
            match self.flat(code) {
                Some(flat) => parts.for_each(|part| at::free_items(flat.old, part)),
                None => parts.for_each(|part| self.commit(code, part)),
            }
        }
        for (offset, operations) in &code.dropped {
            items().for_each(|item| item.part(*offset).drop(operations));
        }
    }
}
