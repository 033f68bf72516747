//! Writes a live value, in the form that [`hotmod_file::snapshot::form`] describes.

use std::collections::HashMap;

use hotmod::describe::{Description, Type};
use hotmod::operations::{Access, Operations, RawLazy, Shared};
use hotmod_file::snapshot::encoding::{CHUNK, write_bytes, write_column, write_varint64, zigzag};
use hotmod_file::snapshot::form::{self, Form, Forms, Scalar};

use crate::image::exports::Exports;
use crate::image::values::Follow;
use crate::migrate::at::At;
use crate::migrate::runs::{self, Runs};
use crate::migrate::scratch::Scratch;
use crate::migrate::{Values, parts, pointers};
use crate::read::shapes::{RED_ZONE, Read, ReadField, ReadItems, STACK, Shapes};

/// Writes values of one type.
pub(super) struct ValueWriter {
    shapes: Shapes,
    /// For each shape, what it is read as in one step, and what it consists of where many are written column by column.
    written: Vec<ShapeForm>,
    /// Whether fields that are secret are left out.
    without_secrets: bool,
}

#[derive(Default)]
struct ShapeForm {
    scalar: Option<Scalar>,
    /// Each with how many bytes it is into the value.
    columns: Option<Vec<(usize, Scalar)>>,
}

fn forms(description: &Description, ty: &Type, without_secrets: bool) -> Forms {
    match without_secrets {
        true => Forms::of(&form::without_secrets(description.clone()), ty),
        false => Forms::of(description, ty),
    }
}

/// Why a value was not written: the way to the part of it, and what keeps it.
pub(super) struct Unwritten(Box<WhyUnwritten>);

struct WhyUnwritten {
    /// Innermost first.
    path: Vec<String>,
    reason: String,
}

impl Unwritten {
    fn new(reason: impl Into<String>) -> Self {
        Unwritten(Box::new(WhyUnwritten {
            path: Vec::new(),
            reason: reason.into(),
        }))
    }

    fn within(mut self, step: impl FnOnce() -> String) -> Self {
        self.0.path.push(step());
        self
    }

    pub(super) fn reason(&self) -> &str {
        &self.0.reason
    }

    /// The way from the value to the part.
    pub(super) fn path(&self) -> String {
        self.0.path.iter().rev().map(String::as_str).collect()
    }
}

type Result<T = ()> = std::result::Result<T, Unwritten>;

impl ValueWriter {
    /// Of values of this type, whose image offers these exports.
    pub(super) fn new(
        exports: &Exports,
        ty: &Type,
        operations: &'static Operations,
        without_secrets: bool,
    ) -> Self {
        let shapes = Shapes::of(exports, ty, operations);
        let forms = forms(&exports.manifest, ty, without_secrets);
        let mut writer = ValueWriter {
            written: Vec::new(),
            shapes,
            without_secrets,
        };
        for shape in 0..writer.shapes.len() {
            let form = forms.place(writer.shapes.ty(shape));
            let scalar = form.and_then(|form| match forms.get(form) {
                Form::Scalar(scalar) => Some(*scalar),
                _ => None,
            });
            let columns = form.and_then(|form| forms.scalars(form)).map(|scalars| {
                let mut offsets = Vec::with_capacity(scalars.len());
                writer.offsets(shape, 0, &mut offsets);
                debug_assert_eq!(offsets.len(), scalars.len(), "bug in hotmod");
                offsets.into_iter().zip(scalars.iter().copied()).collect()
            });
            writer.written.push(ShapeForm { scalar, columns });
        }
        writer
    }

    /// What cannot be written of values of a type: the way there, and the type.
    pub(super) fn unwritable(
        description: &Description,
        ty: &Type,
        without_secrets: bool,
    ) -> Option<(String, Type)> {
        let forms = forms(description, ty, without_secrets);
        forms.unwritable().into_iter().next()
    }

    fn leaves_out(&self, field: &ReadField) -> bool {
        self.without_secrets && field.is_secret
    }

    /// Where the numbers and the like are of which a value consists.
    fn offsets(&self, shape: usize, from: usize, found: &mut Vec<usize>) {
        match self.shapes.get(shape) {
            Read::Unit => {}
            Read::Struct(fields) => {
                for (field, offset) in fields {
                    if !self.leaves_out(field) {
                        self.offsets(field.shape, from + offset, found);
                    }
                }
            }
            Read::Tuple(parts) => {
                for (part, offset) in parts {
                    self.offsets(*part, from + offset, found);
                }
            }
            Read::Elements(len, size, item) => {
                for place in 0..*len {
                    self.offsets(*item, from + place * size, found);
                }
            }
            _ => found.push(from),
        }
    }

    /// Writes a value.
    ///
    /// # Safety
    ///
    /// A value of the type is there, which nothing else uses meanwhile. The values of its `Lazy`s are at its version, or
    /// nothing refers to them.
    pub(super) unsafe fn write(&self, at: At, values: Option<&Values>, to: &mut Vec<u8>) -> Result {
        let mut walk = WriteWalk {
            writer: self,
            values,
            to,
            met: HashMap::new(),
            sought: None,
            numbers: Box::new([0; CHUNK]),
        };
        // SAFETY: the first shape is that of the type.
        unsafe { walk.value(0, at, false) }?;
        // SAFETY: the owners that were met are where they were.
        walk.sought = unsafe { walk.owned_outside() };
        if walk.sought.is_none() {
            return Ok(());
        }
        // Once more, for the way to it.
        walk.met.clear();
        // SAFETY: as above.
        unsafe { walk.value(0, at, false) }?;
        Err(walk.owned())
    }
}

/// An item that may have several owners.
struct MetItem {
    number: u64,
    /// The first owner that was met, and how many.
    owner: Option<(At, Shared)>,
    strong: usize,
    weak: usize,
}

/// A walk over one value.
struct WriteWalk<'w> {
    writer: &'w ValueWriter,
    values: Option<&'w Values>,
    to: &'w mut Vec<u8>,
    /// By their addresses.
    met: HashMap<usize, MetItem>,
    /// The item to which the way is looked for.
    sought: Option<usize>,
    /// Room for a column.
    numbers: Box<[u64; CHUNK]>,
}

impl WriteWalk<'_> {
    /// # Safety
    ///
    /// A value of the shape is there. `shared` says that others may use it by shared references; otherwise, nothing else
    /// uses it.
    #[inline]
    unsafe fn value(&mut self, shape: usize, at: At, shared: bool) -> Result {
        let writer = self.writer;
        match writer.shapes.get(shape) {
            // Most values are these, and hold no others: they need no room on the stack.
            Read::Number(_) | Read::Bool | Read::Char => {
                let scalar = writer.scalar(shape)?;
                // SAFETY: the caller passes such a value.
                let bits = unsafe { at.bits(scalar.size()) };
                scalar.write(self.to, bits);
                Ok(())
            }
            Read::Written(bytes, _) => {
                // SAFETY: the caller passes such a value.
                unsafe { at.reads(bytes, |bytes| write_bytes(self.to, bytes)) };
                Ok(())
            }
            // SAFETY: the caller's.
            _ => stacker::maybe_grow(RED_ZONE, STACK, || unsafe { self.at(shape, at, shared) }),
        }
    }

    /// # Safety
    ///
    /// As for [`value`](WriteWalk::value).
    #[expect(
        clippy::multiple_unsafe_ops_per_block,
        reason = "one proof holds for all steps of a walk"
    )]
    unsafe fn at(&mut self, shape: usize, at: At, shared: bool) -> Result {
        let writer = self.writer;
        let read = writer.shapes.get(shape);
        // SAFETY: the shape is that of the value, so its operations and offsets are the value's, and the shapes within
        // are those of its parts.
        unsafe {
            match read {
                Read::Unit | Read::Skip => Ok(()),
                Read::Bool | Read::Char | Read::Ordering | Read::Number(_) => {
                    let scalar = writer.scalar(shape)?;
                    scalar.write(self.to, at.bits(scalar.size()));
                    Ok(())
                }
                Read::Atomic(atomic) => {
                    writer.scalar(shape)?.write(self.to, at.atomic(atomic.size));
                    Ok(())
                }
                Read::Written(bytes, _) => {
                    at.reads(bytes, |bytes| write_bytes(self.to, bytes));
                    Ok(())
                }
                Read::Struct(fields) => {
                    for (field, offset) in fields {
                        self.field(field, at.part(*offset), shared)?;
                    }
                    Ok(())
                }
                Read::Tuple(parts) => {
                    for (place, (part, offset)) in parts.iter().enumerate() {
                        self.value(*part, at.part(*offset), shared)
                            .map_err(|it| it.within(|| format!(".{place}")))?;
                    }
                    Ok(())
                }
                Read::Enum(variants, known) => {
                    let place = parts::variant(variants, at);
                    let Some(variant) = known.get(place) else {
                        return Err(Unwritten::new("its variant is unknown"));
                    };
                    write_varint64(self.to, place as u64);
                    for (place, field) in variant.fields.iter().enumerate() {
                        self.field(field, parts::field(variants, at, place), shared)
                            .map_err(|it| it.within(|| format!("::{}", variant.name)))?;
                    }
                    Ok(())
                }
                Read::Option(variants, held, _) => {
                    let is_some = parts::variant(variants, at) != parts::NONE;
                    self.to.push(is_some.into());
                    match is_some {
                        true => self.value(*held, parts::field(variants, at, 0), shared),
                        false => Ok(()),
                    }
                }
                Read::Bounds(variants, bound) => {
                    for place in [0, 1] {
                        self.value(*bound, parts::field(variants, at, place), shared)?;
                    }
                    self.to.push((parts::variant(variants, at) != 0).into());
                    Ok(())
                }
                Read::Items(items, of) => self.items(items, of, at, shared),
                Read::Elements(len, size, item) => self.run(*item, at, *size, *len, shared),
                Read::Pointer(pointer, held) => match (&pointer.access, shared) {
                    (Access::Cell, true) => Err(Unwritten::new(
                        "a cell in something that others may own can change meanwhile",
                    )),
                    (Access::Lock(lock), true) => match pointers::hold(lock, at) {
                        Some((at, _held)) => self.value(*held, at, false),
                        None => Err(Unwritten::new("a thread has it locked")),
                    },
                    _ => self.value(*held, pointers::item(pointer, at), shared),
                },
                Read::Shared(by, held, size) => self.owner((by, *held, *size), at, shared),
                Read::Weak(weak) => {
                    let number = match pointers::followed(weak, at) {
                        None => 0,
                        Some(item) => {
                            let met = self.meet(item)?;
                            met.weak += 1;
                            met.number + 1
                        }
                    };
                    write_varint64(self.to, number);
                    Ok(())
                }
                Read::Lazy(stamp, held) => {
                    let lazy = &*at.as_ptr().cast::<RawLazy>();
                    let Some(values) = self.values else {
                        return Err(Unwritten::new("a `Lazy` in a key"));
                    };
                    match values.follow(lazy, stamp) {
                        Ok(()) => self.value(*held, At::of(lazy.value()), shared),
                        Err(stays) => {
                            let (path, reason) = (&stays.path, &stays.reason);
                            Err(Unwritten::new(format!(
                                "{path} stays at its version: {reason}"
                            )))
                        }
                    }
                }
                Read::Serde(carried) | Read::Coded(carried) => {
                    let form = at.form_of(carried, usize::MAX).map_err(Unwritten::new)?;
                    write_bytes(self.to, form.as_slice());
                    Ok(())
                }
                Read::As(carried, by, held) => {
                    let mut room = Scratch::new(by);
                    let made = At::scratch(&mut room);
                    at.give_as(carried, made, by.size).map_err(Unwritten::new)?;
                    let written = self.value(*held, made, false);
                    made.drop(by);
                    written
                }
                Read::Opaque => {
                    let ty = writer.shapes.ty(shape);
                    Err(Unwritten::new(format!("a `{ty}` cannot be written")))
                }
            }
        }
    }

    /// # Safety
    ///
    /// As for [`value`](WriteWalk::value), of the field's.
    unsafe fn field(&mut self, field: &ReadField, at: At, shared: bool) -> Result {
        if self.writer.leaves_out(field) {
            return Ok(());
        }
        // SAFETY: the caller's.
        let written = unsafe { self.value(field.shape, at, shared) };
        written.map_err(|it| it.within(|| format!(".{}", field.name)))
    }

    /// Writes the items of a container, behind how many there are.
    ///
    /// # Safety
    ///
    /// As for [`value`](WriteWalk::value), of the container.
    #[expect(
        clippy::multiple_unsafe_ops_per_block,
        reason = "one proof holds for all steps of a walk"
    )]
    unsafe fn items(&mut self, items: &ReadItems, of: &[usize], at: At, shared: bool) -> Result {
        let collection = &items.collection;
        // SAFETY: as in `at`; no items come or go meanwhile.
        unsafe {
            let len = parts::len(collection, at);
            write_varint64(self.to, len as u64);
            if let (Some((slice, size)), [item]) = (&items.row, of) {
                return match Runs::of(slice, at, 0, 1).iter().next() {
                    Some(run) if run.len == len => {
                        self.run(*item, runs::first(run), *size, len, shared)
                    }
                    _ => Err(Unwritten::new(
                        "the module says otherwise how many items it has",
                    )),
                };
            }
            let mut columns = Vec::new();
            for (part, shape) in of.iter().enumerate() {
                match &self.writer.written[*shape].columns {
                    Some(of) => columns.extend(of.iter().map(|it| (part, *it))),
                    None => {
                        columns.clear();
                        break;
                    }
                }
            }
            let (mut count, mut written) = (0, Ok(()));
            let mut chunk: Vec<At> = Vec::new();
            let all = parts::each(collection, at, of.len(), |item| {
                if columns.is_empty() {
                    for (shape, at) in of.iter().zip(item) {
                        written = self.value(*shape, *at, shared);
                        if written.is_err() {
                            return false;
                        }
                    }
                } else {
                    chunk.extend(item);
                    if chunk.len() == CHUNK * of.len() {
                        self.scattered(&columns, of.len(), &chunk);
                        chunk.clear();
                    }
                }
                count += 1;
                true
            });
            if !chunk.is_empty() {
                self.scattered(&columns, of.len(), &chunk);
            }
            written.map_err(|it| it.within(|| format!("[{count}]")))?;
            match all && count == len {
                true => Ok(()),
                false => Err(Unwritten::new("the module could not read all of its items")),
            }
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
    unsafe fn run(
        &mut self,
        shape: usize,
        first: At,
        size: usize,
        len: usize,
        shared: bool,
    ) -> Result {
        let writer = self.writer;
        // SAFETY: so many values are there.
        unsafe {
            if let Some(columns) = &writer.written[shape].columns {
                for start in (0..len).step_by(CHUNK) {
                    let count = (len - start).min(CHUNK);
                    for (offset, scalar) in columns {
                        let from = first.part(start * size + offset);
                        let numbers = &mut self.numbers[..count];
                        gathered(from, size, *scalar, numbers);
                        write_column(self.to, numbers);
                    }
                }
                return Ok(());
            }
            for place in 0..len {
                self.value(shape, first.part(place * size), shared)
                    .map_err(|it| it.within(|| format!("[{place}]")))?;
            }
            Ok(())
        }
    }

    /// Writes columns of items that lie anywhere, at most a chunk of them.
    ///
    /// # Safety
    ///
    /// `items` are the parts of items, so many of each, of which the columns are parts.
    unsafe fn scattered(
        &mut self,
        columns: &[(usize, (usize, Scalar))],
        parts: usize,
        items: &[At],
    ) {
        for (part, (offset, scalar)) in columns {
            let mut count = 0;
            for at in items.iter().skip(*part).step_by(parts) {
                // SAFETY: the caller's.
                let bits = unsafe { at.part(*offset).bits(scalar.size()) };
                self.numbers[count] = scalar.written(bits as u64);
                count += 1;
            }
            write_column(self.to, &self.numbers[..count]);
        }
    }

    /// Writes an owner of an item, and the item if it was not written yet.
    ///
    /// # Safety
    ///
    /// As for [`value`](WriteWalk::value).
    #[expect(
        clippy::multiple_unsafe_ops_per_block,
        reason = "one proof holds for all steps of a walk"
    )]
    unsafe fn owner(
        &mut self,
        (by, held, size): (&Shared, usize, usize),
        at: At,
        shared: bool,
    ) -> Result {
        // SAFETY: as in `at`.
        unsafe {
            let len = pointers::shared_len(by, at);
            let item = pointers::shared_item(by, at);
            // Owners of an empty slice may lie anywhere, and share nothing that could be told apart: each is written as
            // if it were alone, under a number of its own.
            let address = match len {
                0 => usize::MAX - self.met.len(),
                _ => item.address(),
            };
            let met = self.meet(address)?;
            met.strong += 1;
            let (number, is_first) = (met.number, met.owner.is_none());
            if len > 0 {
                met.owner.get_or_insert((at, *by));
            }
            write_varint64(self.to, number);
            if !is_first {
                return Ok(());
            }
            if by.len.is_some() {
                write_varint64(self.to, len as u64);
            }
            self.run(held, item, size, len, shared || by.threads)
        }
    }

    fn meet(&mut self, address: usize) -> Result<&mut MetItem> {
        if self.sought == Some(address) {
            return Err(self.owned());
        }
        let number = self.met.len() as u64;
        Ok(self.met.entry(address).or_insert(MetItem {
            number,
            owner: None,
            strong: 0,
            weak: 0,
        }))
    }

    fn owned(&self) -> Unwritten {
        Unwritten::new(
            "something outside of the state owns what it leads to, or has a `Weak` of it, and what is written could not \
             be shared with that",
        )
    }

    /// An item that is owned by something outside of the value, or to which only `Weak`s in it lead.
    ///
    /// # Safety
    ///
    /// The value was written, and has not changed since.
    unsafe fn owned_outside(&self) -> Option<usize> {
        let mut met = self.met.iter();
        let outside = met.find(|(_, met)| match &met.owner {
            // SAFETY: the owners are where they were met, and nothing else uses the value.
            Some((owner, by)) => unsafe { !pointers::alone(by, *owner, met.strong - 1, met.weak) },
            // An empty slice has no item.
            None => met.strong == 0,
        });
        outside.map(|(address, _)| *address)
    }
}

impl ValueWriter {
    fn scalar(&self, shape: usize) -> Result<Scalar> {
        let scalar = self.written[shape].scalar;
        scalar.ok_or_else(|| Unwritten::new("bug in hotmod: a number without a form"))
    }
}

/// Reads a column.
///
/// # Safety
///
/// There are as many values as there is room for, each so many bytes after the one before.
#[expect(
    clippy::multiple_unsafe_ops_per_block,
    reason = "one proof holds for every kind of number"
)]
unsafe fn gathered(from: At, stride: usize, scalar: Scalar, numbers: &mut [u64]) {
    /// # Safety
    ///
    /// As above, of such values.
    unsafe fn each<T: Copy>(
        from: At,
        stride: usize,
        numbers: &mut [u64],
        written: impl Fn(T) -> u64,
    ) {
        let mut at = from.as_ptr().cast::<u8>();
        for number in numbers {
            // SAFETY: the caller's.
            *number = written(unsafe { at.cast::<T>().read() });
            at = at.wrapping_add(stride);
        }
    }
    let is_signed = match scalar {
        Scalar::Number(number, _) => number.signed && !number.float,
        Scalar::Bool | Scalar::Char | Scalar::Ordering => false,
    };
    // SAFETY: the caller's, for values of whichever kind these are.
    unsafe {
        match (scalar.size(), is_signed) {
            _ if scalar == Scalar::Ordering => {
                each::<u8>(from, stride, numbers, |it| it.wrapping_add(1).into());
            }
            (1, false) => each::<u8>(from, stride, numbers, u64::from),
            (2, false) => each::<u16>(from, stride, numbers, u64::from),
            (4, false) => each::<u32>(from, stride, numbers, u64::from),
            (_, false) => each::<u64>(from, stride, numbers, |it| it),
            (1, true) => each::<i8>(from, stride, numbers, |it| zigzag(it.into())),
            (2, true) => each::<i16>(from, stride, numbers, |it| zigzag(it.into())),
            (4, true) => each::<i32>(from, stride, numbers, |it| zigzag(it.into())),
            (_, true) => each::<i64>(from, stride, numbers, zigzag),
        }
    }
}
