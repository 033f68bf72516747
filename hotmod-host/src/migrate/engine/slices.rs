//! Items that lie one after the other: most of a large state consists of such runs.
//!
//! Structs are converted field by field instead of item by item, a block of items at a time: the code is
//! looked up once for a block, and the block stays in the cache meanwhile.

use hotmod::operations::Run;

use super::{Engine, Failure};
use crate::migrate::at::{self, At};
use crate::migrate::column::{Column, Strides};
use crate::migrate::program::{Code, FieldStep, Item, Make, Slices, Struct};
use crate::migrate::runs::{self, Runs};

/// How far items are from each other.
fn strides(item: &Item, len: usize) -> Strides {
    Strides {
        len,
        from: item.old.size,
        to: item.new.size,
    }
}

/// An error with the place of its item.
pub(super) type Placed = std::result::Result<(), (usize, Failure)>;

impl<'p> Engine<'p> {
    /// Prepares many containers, at most a block of them.
    ///
    /// # Safety
    ///
    /// `code` fits: so many values, at most a block of them, are at `from`, and room for as many at `to`, by
    /// these strides. Only this walk uses them.
    #[inline]
    pub(super) unsafe fn prepare_slices(
        &mut self,
        code: &'p Slices,
        from: At,
        to: At,
        strides: Strides,
    ) -> Placed {
        // SAFETY: `code` fits, so its tables are those of the containers, and the rooms are blocks for the
        // new items.
        unsafe {
            let runs = Runs::of(&code.old, from, strides.from, strides.len);
            let mut rooms = Runs::new();
            for (i, run) in runs.iter().enumerate() {
                match self.prepare_slice(code, run) {
                    Ok(room) => rooms.push(room),
                    Err(failure) => {
                        rooms.iter().for_each(|room| self.abandon_slice(code, room));
                        return Err((i, failure));
                    }
                }
            }
            rooms.build(&code.new, to, strides.to);
            Ok(())
        }
    }

    /// # Safety
    ///
    /// `code` fits: the run is that of one of its old containers.
    #[inline]
    unsafe fn prepare_slice(
        &mut self,
        code: &'p Slices,
        run: Run,
    ) -> std::result::Result<Run, Failure> {
        // SAFETY: the caller's.
        unsafe {
            match self.sampler {
                None => self.prepare_first(code, run, run.len),
                Some(_) => self.sample_slice(code, run),
            }
        }
    }

    /// Prepares so many of the first items of a run.
    ///
    /// # Safety
    ///
    /// `code` fits: the run is that of one of its old containers, and has as many items.
    #[inline]
    pub(super) unsafe fn prepare_first(
        &mut self,
        code: &'p Slices,
        run: Run,
        len: usize,
    ) -> std::result::Result<Run, Failure> {
        // SAFETY: `code` fits, so the run is of its old items. The room is for as many new items, and is
        // given back when no item is in it.
        unsafe {
            self.affords(len.saturating_mul(code.item.new.size))?;
            let Some(room) = runs::room(self.memory, code.item.new, len) else {
                return Err(Failure::for_now("there is no memory for the items"));
            };
            let (from, to) = (runs::first(run), runs::first(room));
            let prepared = match self.prepared_by(&code.item, len) {
                0 | 1 => self.prepare_run(&code.item, from, to, len),
                many => self.prepare_portions(&code.item, (from, to), len, many),
            };
            match prepared {
                Ok(()) => Ok(room),
                Err((i, failure)) => {
                    runs::give_back(self.memory, code.item.new, room);
                    Err(failure.within(format!("[{i}]")))
                }
            }
        }
    }

    /// # Safety
    ///
    /// `code` fits: the run is of items that it made, and is given up.
    pub(super) unsafe fn abandon_slice(&mut self, code: &'p Slices, run: Run) {
        // SAFETY: `code` fits, so the run is of its new items, which are given up before their block.
        unsafe {
            self.abandon_run(&code.item, runs::first(run), run.len);
            runs::give_back(self.memory, code.item.new, run);
        }
    }

    /// # Safety
    ///
    /// `code` fits: what it made is at `to`, and is given up.
    pub(super) unsafe fn abandon_slices(&mut self, code: &'p Slices, to: At) {
        // SAFETY: `code` fits, so its new tables are those of the value, and the codes within fit its parts,
        // each of which is given up once, before the value that holds it.
        unsafe {
            let runs = Runs::of(&code.new, to, 0, 1);
            runs.iter().for_each(|run| self.abandon_slice(code, run));
        }
    }

    /// Commits many containers, at most a block of them.
    ///
    /// # Safety
    ///
    /// `code` fits: the values at `from`, at most a block of them, by these strides, of which it made new
    /// ones, are given up, except for what was copied out of them.
    #[inline]
    pub(super) unsafe fn commit_slices(&mut self, code: &'p Slices, from: At, strides: Strides) {
        // SAFETY: `code` fits, so its old tables are those of the value, and the codes within fit its parts,
        // each of which is given up once, before the value that holds it.
        unsafe {
            let runs = Runs::of(&code.old, from, strides.from, strides.len);
            let commits = self.program.commits(&code.item.code);
            for run in runs.iter() {
                match self.committed_by(&code.item, run.len) {
                    _ if !commits => {}
                    0 | 1 => self.commit_run(&code.item, runs::first(run), run.len),
                    many => self.commit_portions(&code.item, runs::first(run), run.len, many),
                }
                runs::give_back(self.memory, code.item.old, run);
            }
        }
    }

    /// Prepares items that lie one after the other.
    ///
    /// # Safety
    ///
    /// The item's code fits: so many values lie one after the other at `from`, and there is room for as many
    /// at `to`. Only this walk uses them.
    #[inline]
    pub(super) unsafe fn prepare_run(
        &mut self,
        item: &'p Item,
        from: At,
        to: At,
        len: usize,
    ) -> Placed {
        // SAFETY: the item's code fits, and its sizes are those of both items.
        unsafe {
            let strides = strides(item, len);
            match &item.code {
                Code::Flat(flat) => flat.apply(from, to, strides),
                Code::Widen(column) => at::column(*column, from, to, strides),
                Code::Copy(size) => at::column(Column::copy(*size), from, to, strides),
                code => return self.prepare_each(self.straight(code), from, to, strides),
            }
            Ok(())
        }
    }

    /// # Safety
    ///
    /// The item's code fits: the `len` values that it made at `to` are given up.
    pub(super) unsafe fn abandon_run(&mut self, item: &'p Item, to: At, len: usize) {
        // SAFETY: the item's code fits, and its sizes are those of both items.
        unsafe {
            for (_, made) in strides(item, len).offsets() {
                self.abandon(&item.code, to.part(made));
            }
        }
    }

    /// # Safety
    ///
    /// The item's code fits: the `len` values at `from`, of which it made new ones, are given up, except for
    /// what was copied out of them.
    #[inline]
    pub(super) unsafe fn commit_run(&mut self, item: &'p Item, from: At, len: usize) {
        // SAFETY: the item's code fits, and its sizes are those of both items.
        unsafe {
            if self.program.commits(&item.code) {
                self.commit_each(self.straight(&item.code), from, strides(item, len));
            }
        }
    }

    /// # Safety
    ///
    /// `code` fits: so many values are at `from`, and room for as many at `to`, by these strides.
    unsafe fn prepare_each(
        &mut self,
        code: &'p Code,
        from: At,
        to: At,
        strides: Strides,
    ) -> Placed {
        // SAFETY: `code` fits each of the values.
        unsafe {
            if let Code::Struct(code) = code {
                return self.prepare_structs(code, from, to, strides);
            }
            for (i, (a, b)) in strides.offsets().enumerate() {
                if let Err(failure) = self.prepare(code, from.part(a), to.part(b)) {
                    for (_, made) in strides.offsets().take(i) {
                        self.abandon(code, to.part(made));
                    }
                    return Err((i, failure));
                }
            }
            Ok(())
        }
    }

    /// # Safety
    ///
    /// `code` fits: so many values are at `first`, and room for as many at `room`, by these strides.
    unsafe fn prepare_structs(
        &mut self,
        code: &'p Struct,
        first: At,
        room: At,
        strides: Strides,
    ) -> Placed {
        // SAFETY: `code` fits each of the values, and so its parts fit theirs.
        unsafe {
            for (start, block) in strides.blocks() {
                let from = first.part(start * strides.from);
                let to = room.part(start * strides.to);
                code.flat.apply(from, to, block);
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
                    let failure = failure.within_step(&part.step);
                    return Err((start + place, failure));
                }
            }
            Ok(())
        }
    }

    /// Prepares the same part of each item.
    ///
    /// # Safety
    ///
    /// The part fits: a block of values, or fewer, is at `from`, and room for as many at `to`, by these
    /// strides.
    unsafe fn prepare_parts(
        &mut self,
        part: &'p FieldStep,
        from: At,
        to: At,
        block: Strides,
    ) -> Placed {
        // SAFETY: the part fits each of the values.
        unsafe {
            match &part.make {
                Make::Convert(Code::Slices(code)) => {
                    return self.prepare_slices(code, from, to, block);
                }
                Make::Convert(Code::InPlace(code)) => {
                    code.prepare(from, to, block);
                    return Ok(());
                }
                _ => {}
            }
            for (i, (a, b)) in block.offsets().enumerate() {
                if let Err(failure) = self.make(&part.make, from.part(a), to.part(b)) {
                    for (_, made) in block.offsets().take(i) {
                        self.unmake(&part.make, to.part(made));
                    }
                    return Err((i, failure));
                }
            }
            Ok(())
        }
    }

    /// # Safety
    ///
    /// `code` fits: the values at `from`, by these strides, of which it made new ones, are given up, except
    /// for what was copied out of them.
    unsafe fn commit_each(&mut self, code: &'p Code, from: At, strides: Strides) {
        // SAFETY: `code` fits each of the values.
        unsafe {
            match code {
                Code::Struct(code) => {
                    for (start, block) in strides.blocks() {
                        self.commit_structs(code, from.part(start * strides.from), block);
                    }
                }
                code => {
                    for (old, _) in strides.offsets() {
                        self.commit(code, from.part(old));
                    }
                }
            }
        }
    }

    /// # Safety
    ///
    /// `code` fits: the values at `first`, at most a block of them, by these strides, of which it made new
    /// ones, are given up, except for what was copied out of them.
    unsafe fn commit_structs(&mut self, code: &'p Struct, first: At, block: Strides) {
        // SAFETY: `code` fits each of the values, and so its parts fit theirs.
        unsafe {
            for part in &code.parts {
                let from = first.part(part.from);
                match &part.make {
                    Make::Convert(Code::Slices(code)) => self.commit_slices(code, from, block),
                    Make::Convert(Code::InPlace(code)) => code.commit(from, block),
                    Make::Convert(code) => {
                        for (old, _) in block.offsets() {
                            self.commit(code, from.part(old));
                        }
                    }
                    Make::Made { .. } | Make::Constant(_) | Make::Text(..) => {}
                }
            }
            for (offset, operations) in &code.dropped {
                for (old, _) in block.offsets() {
                    first.part(offset + old).drop(operations);
                }
            }
        }
    }
}
