//! Decodes what was written into memory of the host's, laid out as [`hotmod_file::snapshot::layout`] says.
//!
//! The bytes cannot be trusted, though they are as they were written: all that they say is compared with what is left of
//! them, and what they take in memory has a bound.

mod numbers;

use std::alloc::{Layout, alloc_zeroed, dealloc};
use std::ptr::NonNull;

use hotmod_file::SnapshotError;
use hotmod_file::snapshot::encoding::{CHUNK, SnapshotReader};
use hotmod_file::snapshot::form::{ColumnOf, Form, Scalar};

use self::numbers::read_numbers;
use super::tables::{
    DecodedColumn, DecodedItems, DecodedRun, DecodedTables, ItemsReference, Reference,
    VariantHeader,
};
use crate::read::shapes::{RED_ZONE, STACK};
use crate::sys::huge;

/// How much memory a value may take at least, in bytes, and how much more for each byte that it is written in.
const LEAST: usize = 16 << 20;
const TIMES: usize = 256;

/// The size of a block from which several values get their room: what they have taken so far, within these bounds.
const BLOCKS: std::ops::RangeInclusive<usize> = 64 << 10..=4 << 20;

/// A decoded value. It refers to the bytes that it was decoded from.
pub(super) struct Decoded<'b> {
    value: *mut u8,
    _room: DecodingRoom,
    _from: std::marker::PhantomData<&'b [u8]>,
}

impl<'b> Decoded<'b> {
    /// Decodes a value of this form.
    pub(super) fn new(
        tables: &'static DecodedTables,
        form: usize,
        bytes: &'b [u8],
    ) -> Result<Self, SnapshotError> {
        let mut decoding = Decoding {
            tables,
            from: SnapshotReader::new(bytes),
            room: DecodingRoom {
                blocks: Vec::new(),
                free: (std::ptr::null_mut(), 0),
                taken: 0,
                left: bytes.len().saturating_mul(TIMES).max(LEAST),
            },
            items: Vec::new(),
            weaks: Vec::new(),
            numbers: Box::new([0; CHUNK]),
        };
        let layout = tables.layouts.get(form);
        let value = decoding.room.take(layout.size, layout.align)?;
        // SAFETY: the room is for a value of this form.
        unsafe { decoding.value(form, value) }?;
        // SAFETY: the `Weak`s were decoded there.
        unsafe { decoding.lead_weaks() }?;
        match decoding.from.left() {
            0 => Ok(Decoded {
                value,
                _room: decoding.room,
                _from: std::marker::PhantomData,
            }),
            left => Err(SnapshotError::new(
                "the end of the value",
                format!("{left} bytes more"),
            )),
        }
    }

    /// Where it is. It stays there, and as it is, as long as this is.
    pub(super) fn as_ptr(&self) -> *const u8 {
        self.value
    }
}

/// Memory that values are decoded into, all of it zeroed first.
struct DecodingRoom {
    blocks: Vec<(NonNull<u8>, Layout)>,
    /// Where the next value goes, and how many bytes are left there.
    free: (*mut u8, usize),
    /// How many bytes were taken.
    taken: usize,
    /// How many bytes more may be taken.
    left: usize,
}

impl DecodingRoom {
    fn take(&mut self, size: usize, align: usize) -> Result<*mut u8, SnapshotError> {
        if size == 0 {
            return Ok(std::ptr::without_provenance_mut(align));
        }
        let (free, left) = self.free;
        let skip = free.addr().wrapping_neg() & (align - 1);
        if let Some(rest) = left.checked_sub(size.saturating_add(skip)) {
            let taken = free.wrapping_add(skip);
            self.free = (taken.wrapping_add(size), rest);
            return Ok(taken);
        }
        let block = self.taken.clamp(*BLOCKS.start(), *BLOCKS.end());
        let whole = size.max(block.min(self.left));
        let layout = Layout::from_size_align(whole, align.max(16)).ok();
        let layout = layout.filter(|it| it.size() <= self.left);
        let Some(layout) = layout else {
            return Err(SnapshotError::new(
                format!("a value that takes at most {} bytes more", self.left),
                format!("one that takes {size}"),
            ));
        };
        self.left -= layout.size();
        self.taken += layout.size();
        // SAFETY: the layout is not empty.
        let Some(block) = NonNull::new(unsafe { alloc_zeroed(layout) }) else {
            let expected = format!("memory for {whole} bytes");
            return Err(SnapshotError::new(expected, "none"));
        };
        huge::advise(block, layout.size());
        self.blocks.push((block, layout));
        let rest = layout.size() - size;
        // A block for one large value leaves what is left of the one before.
        if rest >= self.free.1 {
            self.free = (block.as_ptr().wrapping_add(size), rest);
        }
        Ok(block.as_ptr())
    }
}

impl Drop for DecodingRoom {
    fn drop(&mut self) {
        for (block, layout) in &self.blocks {
            // SAFETY: `take` took it with this layout.
            unsafe { dealloc(block.as_ptr(), *layout) };
        }
    }
}

/// An item with several owners.
#[derive(Clone, Copy)]
struct OwnedItem {
    form: usize,
    is_slice: bool,
    item: Reference,
}

struct Decoding<'b> {
    tables: &'static DecodedTables,
    from: SnapshotReader<'b>,
    room: DecodingRoom,
    /// By their numbers; `None` for those to which only a `Weak` has led so far.
    items: Vec<Option<OwnedItem>>,
    /// The `Weak`s, each with the number of its item and the form of that.
    weaks: Vec<(*mut u8, usize, usize)>,
    /// Room for a column.
    numbers: Box<[u64; CHUNK]>,
}

type Result<T = (), E = SnapshotError> = std::result::Result<T, E>;

impl Decoding<'_> {
    /// # Safety
    ///
    /// There is room at `to` for a value of this form, all of it zero.
    unsafe fn value(&mut self, form: usize, to: *mut u8) -> Result {
        let tables = self.tables;
        let made = &tables.forms[form];
        match tables.layouts.forms.get(form) {
            Form::Unit | Form::Skip => Ok(()),
            Form::Never | Form::Opaque => {
                let found = format!("a `{}`", tables.layouts.forms.ty(form));
                Err(SnapshotError::new("a value that can be written", found))
            }
            Form::Scalar(scalar) => {
                let bits = scalar.read(&mut self.from)?;
                // SAFETY: the caller's.
                unsafe { write_bits(to, scalar.size(), bits) };
                Ok(())
            }
            Form::Written | Form::Serde | Form::Coded => {
                let bytes = self.from.bytes()?;
                let reference = Reference {
                    first: bytes.as_ptr(),
                    len: bytes.len(),
                };
                // SAFETY: the caller's.
                unsafe { to.cast::<Reference>().write(reference) };
                Ok(())
            }
            Form::Struct(fields) => {
                for (field, offset) in fields.iter().zip(made.offsets()) {
                    // SAFETY: the caller's; the field is there.
                    unsafe { self.deeper(field.form, to.wrapping_add(*offset)) }?;
                }
                Ok(())
            }
            Form::Tuple(parts) => {
                for (part, offset) in parts.iter().zip(made.offsets()) {
                    // SAFETY: the caller's; the part is there.
                    unsafe { self.deeper(*part, to.wrapping_add(*offset)) }?;
                }
                Ok(())
            }
            Form::Enum(variants) => {
                let place = self.from.varint()?;
                let place = usize::try_from(place).ok();
                let known = place.and_then(|place| Some((place, variants.get(place)?)));
                let Some((place, variant)) = known else {
                    let expected = format!("one of {} variants", variants.len());
                    return Err(SnapshotError::new(expected, "another"));
                };
                // SAFETY: the caller's.
                let offsets = unsafe { self.header(form, place, to) };
                for (field, offset) in variant.fields.iter().zip(offsets) {
                    // SAFETY: the caller's; the field is there.
                    unsafe { self.deeper(field.form, to.wrapping_add(*offset)) }?;
                }
                Ok(())
            }
            Form::Option(held) => {
                let is_some = self.truth()?;
                // SAFETY: the caller's.
                let offsets = unsafe { self.header(form, is_some.into(), to) };
                for offset in offsets {
                    // SAFETY: the caller's; what it holds is there.
                    unsafe { self.deeper(*held, to.wrapping_add(*offset)) }?;
                }
                Ok(())
            }
            Form::Bounds(bound) => {
                // The bounds are at the same places, whether it is used up or not.
                for offset in made.offsets() {
                    // SAFETY: the caller's; the bound is there.
                    unsafe { self.deeper(*bound, to.wrapping_add(*offset)) }?;
                }
                let is_exhausted = self.truth()?;
                // SAFETY: the caller's.
                unsafe { self.header(form, is_exhausted.into(), to) };
                Ok(())
            }
            // SAFETY: the caller's.
            Form::Items(_) => unsafe { self.container(form, to) },
            Form::Elements(len, item) => {
                let run = &tables.forms[*item].run;
                let len = self.from.there_can_be(*len as u64, run.least)?;
                // SAFETY: the caller's; the elements lie one after the other.
                unsafe { self.run(run, to, len) }
            }
            // SAFETY: the caller's; it lies in the room for what holds it.
            Form::Inside(held, false) => unsafe { self.deeper(*held, to) },
            Form::Inside(held, true) => {
                let layout = tables.layouts.get(*held);
                let item = self.room.take(layout.size, layout.align)?;
                // SAFETY: the room is for one.
                unsafe { self.deeper(*held, item) }?;
                // SAFETY: the caller's.
                unsafe { to.cast::<*mut u8>().write(item) };
                Ok(())
            }
            // SAFETY: the caller's.
            Form::Shared(held, is_slice) => unsafe { self.owner(*held, *is_slice, to) },
            Form::Weak(held) => {
                if let Some(number) = self.from.varint()?.checked_sub(1) {
                    let number = self.number(number)?;
                    self.weaks.push((to, number, *held));
                }
                Ok(())
            }
            Form::As(held) => {
                let layout = tables.layouts.get(*held);
                let item = self.room.take(layout.size, layout.align)?;
                // SAFETY: the room is for one.
                unsafe { self.deeper(*held, item) }?;
                let reference = Reference {
                    first: item,
                    len: layout.size,
                };
                // SAFETY: the caller's.
                unsafe { to.cast::<Reference>().write(reference) };
                Ok(())
            }
        }
    }

    /// # Safety
    ///
    /// As for [`value`](Decoding::value).
    #[inline]
    unsafe fn deeper(&mut self, form: usize, to: *mut u8) -> Result {
        match self.tables.layouts.forms.get(form) {
            // Most values are these, and hold no others: they need no room on the stack.
            Form::Scalar(scalar) => {
                let bits = scalar.read(&mut self.from)?;
                // SAFETY: the caller's.
                unsafe { write_bits(to, scalar.size(), bits) };
                Ok(())
            }
            Form::Written => {
                let bytes = self.from.bytes()?;
                let reference = Reference {
                    first: bytes.as_ptr(),
                    len: bytes.len(),
                };
                // SAFETY: the caller's.
                unsafe { to.cast::<Reference>().write(reference) };
                Ok(())
            }
            // SAFETY: the caller's.
            _ => stacker::maybe_grow(RED_ZONE, STACK, || unsafe { self.value(form, to) }),
        }
    }

    fn truth(&mut self) -> Result<bool> {
        Ok(Scalar::Bool.read(&mut self.from)? != 0)
    }

    /// Writes which variant an enum has, and gives where its fields are.
    ///
    /// # Safety
    ///
    /// There is room at `to` for an enum of this form, which has the variant.
    unsafe fn header(&self, form: usize, variant: usize, to: *mut u8) -> &'static [usize] {
        let offsets: &'static [usize] = self.tables.forms[form].variants[variant];
        let header = VariantHeader {
            variant,
            fields: offsets.as_ptr(),
        };
        // SAFETY: the caller's.
        unsafe { to.cast::<VariantHeader>().write(header) };
        offsets
    }

    /// How the items of a container lie.
    fn items_of(&self, form: usize) -> &'static DecodedItems {
        let items = self.tables.forms[form].items;
        items.expect("bug in hotmod: a container without items")
    }

    /// # Safety
    ///
    /// As for [`value`](Decoding::value), of a container.
    unsafe fn container(&mut self, form: usize, to: *mut u8) -> Result {
        let of = self.items_of(form);
        let len = self.from.count(of.run.least)?;
        let first = self.room_for(&of.run, len)?;
        // SAFETY: so many items have room there.
        unsafe { self.run(&of.run, first, len) }?;
        let items = Reference { first, len };
        // SAFETY: the caller's.
        unsafe {
            to.cast::<ItemsReference>()
                .write(ItemsReference { items, of })
        };
        Ok(())
    }

    fn room_for(&mut self, run: &DecodedRun, len: usize) -> Result<*mut u8> {
        self.room.take(len.saturating_mul(run.stride), run.align)
    }

    /// Decodes values that lie one after the other.
    ///
    /// # Safety
    ///
    /// There is room at `to` for so many of the run's values, all of it zero.
    unsafe fn run(&mut self, run: &'static DecodedRun, to: *mut u8, len: usize) -> Result {
        if len == 1 {
            for (form, offset) in &run.parts {
                // SAFETY: the caller's; the part is there.
                unsafe { self.deeper(*form, to.wrapping_add(*offset)) }?;
            }
            return Ok(());
        }
        if run.columns.is_empty() {
            return Ok(());
        }
        for start in (0..len).step_by(CHUNK) {
            let count = CHUNK.min(len - start);
            for column in &run.columns {
                let first = to.wrapping_add(start * run.stride + column.offset);
                // SAFETY: the caller's; the column's part is there in each value.
                unsafe { self.column(column, first, run.stride, count) }?;
            }
        }
        Ok(())
    }

    /// Decodes a column of a run, or of a part of it.
    ///
    /// # Safety
    ///
    /// There is room for so many of its values, at most a chunk of them, each so many bytes after the one before. All of
    /// it is zero.
    unsafe fn column(
        &mut self,
        column: &'static DecodedColumn,
        first: *mut u8,
        stride: usize,
        count: usize,
    ) -> Result {
        match column.of {
            ColumnOf::Numbers(scalar) => {
                let (from, numbers) = (&mut self.from, &mut self.numbers);
                // SAFETY: the caller's.
                unsafe { read_numbers(from, scalar, first, (stride, count), numbers) }
            }
            ColumnOf::Texts => {
                let lens = &mut self.numbers[..count];
                let all = self.from.lengths(lens)?;
                let all = self.from.there_can_be(all, 1)?;
                let mut all = self.from.take(all)?;
                for (place, len) in lens.iter().enumerate() {
                    let bytes;
                    (bytes, all) = all.split_at(*len as usize);
                    let reference = Reference {
                        first: bytes.as_ptr(),
                        len: bytes.len(),
                    };
                    let to = first.wrapping_add(place * stride);
                    // SAFETY: the caller's.
                    unsafe { to.cast::<Reference>().write(reference) };
                }
                Ok(())
            }
            ColumnOf::Items => {
                let of = self.items_of(column.form);
                let lens = &mut self.numbers[..count];
                let all = self.from.lengths(lens)?;
                let all = self.from.there_can_be(all, of.run.least)?;
                let room = self.room_for(&of.run, all)?;
                let mut before = 0;
                for (place, len) in self.numbers[..count].iter().enumerate() {
                    let items = Reference {
                        first: room.wrapping_add(before * of.run.stride),
                        len: *len as usize,
                    };
                    before += items.len;
                    let to = first.wrapping_add(place * stride);
                    // SAFETY: the caller's.
                    unsafe {
                        to.cast::<ItemsReference>()
                            .write(ItemsReference { items, of })
                    };
                }
                // Containers of containers lead back here, as deep as the data is.
                // SAFETY: the room is for so many.
                stacker::maybe_grow(RED_ZONE, STACK, || unsafe { self.run(&of.run, room, all) })
            }
            ColumnOf::Values => {
                for place in 0..count {
                    let to = first.wrapping_add(place * stride);
                    // SAFETY: the caller's.
                    unsafe { self.deeper(column.form, to) }?;
                }
                Ok(())
            }
        }
    }

    /// The number of an item, which may be the next one.
    fn number(&mut self, number: u64) -> Result<usize> {
        let next = self.items.len();
        match usize::try_from(number) {
            Ok(number) if number < next => Ok(number),
            Ok(number) if number == next => {
                self.items.push(None);
                Ok(number)
            }
            _ => Err(SnapshotError::new(
                format!("the number of one of {next} items, or of the next"),
                number.to_string(),
            )),
        }
    }

    /// # Safety
    ///
    /// As for [`value`](Decoding::value), of an owner of an item of this form.
    unsafe fn owner(&mut self, form: usize, is_slice: bool, to: *mut u8) -> Result {
        let number = self.from.varint()?;
        let number = self.number(number)?;
        let item = match self.items[number] {
            Some(known) if known.form == form && known.is_slice == is_slice => known.item,
            Some(_) => return Err(SnapshotError::new("an item of its type", "another")),
            None => {
                let run = &self.tables.forms[form].run;
                let len = match is_slice {
                    true => self.from.count(run.least)?,
                    false => 1,
                };
                let first = self.room_for(run, len)?;
                let item = Reference { first, len };
                // Known before it is decoded: it may lead back to itself.
                self.items[number] = Some(OwnedItem {
                    form,
                    is_slice,
                    item,
                });
                // SAFETY: the room is for so many.
                unsafe { self.run(run, first, len) }?;
                item
            }
        };
        // SAFETY: the caller's.
        unsafe { to.cast::<Reference>().write(item) };
        Ok(())
    }

    /// Has each `Weak` lead to its item.
    ///
    /// # Safety
    ///
    /// The `Weak`s were decoded there, and nothing else uses them.
    unsafe fn lead_weaks(&mut self) -> Result {
        for (to, number, form) in &self.weaks {
            let item = self.items[*number].filter(|it| it.form == *form);
            let Some(OwnedItem { item, .. }) = item else {
                return Err(SnapshotError::new("an item of its type", "none"));
            };
            // SAFETY: the caller's; it holds an address.
            unsafe { to.cast::<*const u8>().write(item.first) };
        }
        Ok(())
    }
}

/// # Safety
///
/// There is room at `to` for a number of so many bytes: 1, 2, 4, 8 or 16.
#[expect(
    clippy::multiple_unsafe_ops_per_block,
    reason = "one proof holds for every size"
)]
unsafe fn write_bits(to: *mut u8, size: usize, bits: u128) {
    // SAFETY: the caller's, for whichever size it is.
    unsafe {
        match size {
            1 => to.write(bits as u8),
            2 => to.cast::<u16>().write(bits as u16),
            4 => to.cast::<u32>().write(bits as u32),
            8 => to.cast::<u64>().write(bits as u64),
            _ => to.cast::<u128>().write(bits),
        }
    }
}
