//! Writes a live value, in the form that [`hotmod_file::snapshot::form`] describes.

mod numbers;
mod places;
mod runs;
mod texts;

use std::collections::HashMap;

use hotmod::describe::{Description, Type};
use hotmod::operations::{Access, Bytes, CarriedAs, Operations, RawLazy, Shared};
use hotmod_file::snapshot::blocks::BlockDigest;
use hotmod_file::snapshot::encoding::{write_bytes, write_varint64};
use hotmod_file::snapshot::form::{self, ColumnOf, Form, FormColumn, Forms, Scalar};
use parking_lot::Mutex;

use self::numbers::LikelyWidth;
use crate::image::exports::Exports;
use crate::image::values::Follow;
use crate::migrate::at::At;
use crate::migrate::deep::deeper_carried;
use crate::migrate::{Values, parts, pointers};
use crate::read::carried::CarriedForm;
use crate::read::shapes::{RED_ZONE, Read, ReadField, STACK, Shapes};

/// Writes values of one type.
pub(super) struct ValueWriter {
    shapes: Shapes,
    /// For each shape.
    written: Vec<ShapeForm>,
    /// Whether fields that are secret are left out.
    without_secrets: bool,
    /// Those that no walk uses.
    rooms: Mutex<Vec<WriteRoom>>,
}

/// How values of a shape are written.
struct ShapeForm {
    /// In one step.
    scalar: Option<Scalar>,
    /// Many that follow each other.
    columns: Vec<WrittenColumn>,
}

/// A column of a run.
struct WrittenColumn {
    /// How many bytes it is into an item.
    offset: usize,
    /// The shape of what is there.
    shape: usize,
    of: WrittenAs,
    /// The way from an item to it.
    path: String,
}

enum WrittenAs {
    Numbers(Scalar, LikelyWidth),
    Texts(Bytes),
    Items,
    Values,
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

/// The same, in an item of a run, by its place.
struct PlacedUnwritten(usize, Unwritten);

impl PlacedUnwritten {
    fn within(self) -> Unwritten {
        let PlacedUnwritten(place, unwritten) = self;
        unwritten.within(|| format!("[{place}]"))
    }
}

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
            rooms: Mutex::default(),
        };
        for shape in 0..writer.shapes.len() {
            let form = forms.place(writer.shapes.ty(shape));
            let scalar = form.and_then(|form| match forms.get(form) {
                Form::Scalar(scalar) => Some(*scalar),
                _ => None,
            });
            let columns = form.and_then(|form| {
                let columns = forms.columns(form).iter();
                let found = columns.map(|it| writer.column(shape, it, forms.path(form, &it.steps)));
                found.collect()
            });
            // What cannot be looked into is refused as a value.
            let whole = || WrittenColumn {
                offset: 0,
                shape,
                of: WrittenAs::Values,
                path: String::new(),
            };
            writer.written.push(ShapeForm {
                scalar,
                columns: columns.unwrap_or_else(|| vec![whole()]),
            });
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

    /// Where a column is in the values of a shape, and how it is read there.
    fn column(&self, shape: usize, column: &FormColumn, path: String) -> Option<WrittenColumn> {
        let (mut offset, mut shape) = (0, shape);
        for step in &column.steps {
            let (part, at) = match self.shapes.get(shape) {
                Read::Struct(fields) => {
                    let mut fields = fields.iter().filter(|(it, _)| !self.leaves_out(it));
                    let (field, at) = fields.nth(*step)?;
                    (field.shape, *at)
                }
                Read::Tuple(parts) => *parts.get(*step)?,
                Read::Elements(_, size, item) => (*item, step * size),
                _ => return None,
            };
            offset += at;
            shape = part;
        }
        let of = match (column.of, self.shapes.get(shape)) {
            (ColumnOf::Numbers(scalar), _) => WrittenAs::Numbers(scalar, LikelyWidth::default()),
            (ColumnOf::Texts, Read::Written(bytes, _)) => WrittenAs::Texts(*bytes),
            (ColumnOf::Items, Read::Items(..)) => WrittenAs::Items,
            (ColumnOf::Values, _) => WrittenAs::Values,
            _ => return None,
        };
        Some(WrittenColumn {
            offset,
            shape,
            of,
            path,
        })
    }

    /// Writes a value, and has what was written be digested meanwhile.
    ///
    /// # Safety
    ///
    /// A value of the type is there, which nothing else uses meanwhile. The values of its `Lazy`s are at its version, or
    /// nothing refers to them.
    pub(super) unsafe fn write(
        &self,
        at: At,
        values: Option<&Values>,
        to: &mut Vec<u8>,
        digest: Option<&mut BlockDigest>,
    ) -> Result {
        let mut walk = WriteWalk {
            writer: self,
            values,
            to,
            digest,
            met: HashMap::new(),
            sought: None,
            carried_in: 0,
            within: 0,
            carried: 0,
            copies: 1,
            held: Vec::new(),
            meetings: 0,
            room: self.rooms.lock().pop().unwrap_or_default(),
        };
        let written = self.shapes.on_stack(|| {
            // SAFETY: the first shape is that of the type.
            let written = unsafe { walk.whole(at) };
            walk.held.clear();
            written
        });
        let mut room = std::mem::take(&mut walk.room);
        room.empty();
        self.rooms.lock().push(room);
        written
    }
}

/// An item that may have several owners.
struct MetItem {
    number: u64,
    /// The first owner that was met.
    owner: Option<(At, Shared)>,
    /// How many owners there are if those that were met are all, and how many `Weak`s: an owner that was met in what was made
    /// to carry a value over stands for another one in that value.
    strong: usize,
    weak: usize,
    /// What they were met in: 0 for the value itself, or the number of what was made to carry a value over.
    within: usize,
}

/// An item that something else owns, to which the way is looked for.
#[derive(Clone, Copy)]
struct Sought {
    address: usize,
    within: usize,
}

/// A walk over one value.
struct WriteWalk<'w> {
    writer: &'w ValueWriter,
    values: Option<&'w Values>,
    /// Nothing that was put there changes any more.
    to: &'w mut Vec<u8>,
    digest: Option<&'w mut BlockDigest>,
    /// By their addresses.
    met: HashMap<usize, MetItem>,
    sought: Option<Sought>,
    /// In how many values that are carried over it is.
    carried_in: usize,
    /// The number of what the innermost of them is carried over by, and how many there were.
    within: usize,
    carried: usize,
    /// How many there are of what the walk is at: one, and one more for each value that is carried over and that this is a
    /// part of. Of what an owner leads to there is one, however many copies of the owner there are.
    copies: usize,
    /// What was made to carry values over, and holds owners: these are asked at the end of the walk, so that all can be counted.
    held: Vec<CarriedForm>,
    /// How many owners were met, and how many `Weak`s.
    meetings: usize,
    room: WriteRoom,
}

/// What a walk puts aside.
#[derive(Default)]
struct WriteRoom {
    /// The bytes of a column of texts.
    texts: Vec<u8>,
    /// For lengths of texts and containers.
    lens: Vec<Vec<u64>>,
    /// For the places of items that lie anywhere. They are empty while no walk uses them.
    lists: Vec<Vec<At>>,
}

// SAFETY: no address is in it but within a walk, which is on one thread: `empty` ends it.
unsafe impl Send for WriteRoom {}

/// How many lists are kept, and how many bytes of texts.
const LISTS: usize = 16;
const TEXTS: usize = 1 << 20;

impl WriteRoom {
    /// Keeps nothing but some room for the next walk.
    fn empty(&mut self) {
        self.lists.truncate(LISTS);
        self.lists.iter_mut().for_each(Vec::clear);
        self.lens.truncate(LISTS);
        self.texts.clear();
        self.texts.shrink_to(TEXTS);
    }

    /// Room for so many lengths, all of them nought.
    fn lens(&mut self, count: usize) -> Vec<u64> {
        let mut lens = self.lens.pop().unwrap_or_default();
        lens.clear();
        lens.resize(count, 0);
        lens
    }
}

impl WriteWalk<'_> {
    /// # Safety
    ///
    /// As for [`ValueWriter::write`].
    unsafe fn whole(&mut self, at: At) -> Result {
        // SAFETY: the first shape is that of the type.
        unsafe { self.value(0, at, false) }?;
        // SAFETY: the owners that were met are where they were.
        self.sought = unsafe { self.owned_outside() };
        if self.sought.is_none() {
            return Ok(());
        }
        // Once more, for the way to it.
        self.met.clear();
        self.carried = 0;
        // SAFETY: as above.
        unsafe { self.value(0, at, false) }?;
        Err(owned(self.sought.is_some_and(|it| it.within > 0)))
    }

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
                Read::Elements(len, size, item) => self
                    .run(*item, at, *size, *len, shared)
                    .map_err(PlacedUnwritten::within),
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
                            let copies = self.copies;
                            let met = self.meet(item)?;
                            met.weak += copies;
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
                Read::As(carried, by, held) => self.carried((carried, by, *held), at),
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

    /// Writes a value by what carries it over.
    ///
    /// # Safety
    ///
    /// As for [`value`](WriteWalk::value).
    unsafe fn carried(
        &mut self,
        (carried, by, held): (&CarriedAs, &'static Operations, usize),
        at: At,
    ) -> Result {
        let outside = (self.carried_in, self.within, self.copies);
        self.carried_in = deeper_carried(self.carried_in).map_err(Unwritten::new)?;
        self.carried += 1;
        self.within = self.carried;
        self.copies += 1;
        // SAFETY: the shape is that of the value.
        let form = unsafe { CarriedForm::of(carried, by, at) };
        let written = form.map_err(Unwritten::new).and_then(|mut form| {
            let before = self.meetings;
            // SAFETY: the shape is that of what was made, which is this walk's own.
            let written = unsafe { self.value(held, form.at(), false) };
            if self.meetings != before {
                self.held.push(form);
            }
            written
        });
        let within = self.within;
        (self.carried_in, self.within, self.copies) = outside;
        // What is made once more may own other items than before: then this much of the way is known.
        match self.sought {
            Some(sought) if sought.within == within => written.and(Err(owned(true))),
            _ => written,
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
            let copies = self.copies;
            let met = self.meet(address)?;
            met.strong += copies;
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
            let shared = shared || by.threads;
            self.copies = 1;
            let written = match by.len {
                None => self.value(held, item, shared),
                Some(_) => self
                    .run(held, item, size, len, shared)
                    .map_err(PlacedUnwritten::within),
            };
            self.copies = copies;
            written
        }
    }

    fn meet(&mut self, address: usize) -> Result<&mut MetItem> {
        if let Some(sought) = self.sought
            && sought.address == address
        {
            return Err(owned(sought.within > 0));
        }
        self.meetings += 1;
        let number = self.met.len() as u64;
        let met = self.met.entry(address).or_insert(MetItem {
            number,
            owner: None,
            strong: 0,
            weak: 0,
            within: self.within,
        });
        // What carries a value over becomes that value by itself.
        match met.within == self.within {
            true => Ok(met),
            false => Err(Unwritten::new(
                "a value that is carried over, as a container of another crate, owns what this leads to, and so does another \
                 part of the state: they would not share it again",
            )),
        }
    }

    /// An item that is owned by something outside of the value, or to which only `Weak`s in it lead.
    ///
    /// How many owners there are of an item in what was made to carry a value over is only asked. None is given up for a
    /// moment, as it is of the value's own: how many of them are in that value is not known for sure, since its author's code
    /// may have left out or added some. So two things may be missed. A thread may hold the item by an owner while one count
    /// is read and by a `Weak` while the other is, or may clone an owner out of an item and let go of that, which was asked
    /// before; and a value with fewer owners than its form hides as many others. Then the item is written as a value of its
    /// own, as if the other owner had been made later. That is not a matter of soundness: nothing of it is moved, and it was
    /// looked into as any thread with an owner may, with locks tried and no look into cells.
    ///
    /// # Safety
    ///
    /// The value was written, and has not changed since.
    unsafe fn owned_outside(&self) -> Option<Sought> {
        let met = self.met.iter();
        let outside = met.filter(|(_, met)| match &met.owner {
            Some((owner, by)) if met.within > 0 => {
                // SAFETY: the owner is where it was met, in a form that is held.
                let counts = unsafe { pointers::counts(by, *owner) };
                counts.strong > met.strong || counts.weak > met.weak
            }
            // SAFETY: the owners are where they were met, and nothing else uses the value.
            Some((owner, by)) => unsafe { !pointers::alone(by, *owner, met.strong - 1, met.weak) },
            // An empty slice has no item.
            None => met.strong == 0,
        });
        // The first on the way.
        let first = outside.min_by_key(|(_, met)| met.number);
        first.map(|(address, met)| Sought {
            address: *address,
            within: met.within,
        })
    }
}

/// Why an item is not written that something else owns, or that was met in what was made to carry a value over.
fn owned(in_carried: bool) -> Unwritten {
    let reason = "something outside of the state owns what it leads to, or has a `Weak` of it, and what is written could not \
                  be shared with that";
    Unwritten::new(match in_carried {
        false => reason.to_owned(),
        true => format!(
            "{reason}; or the value that is carried over owns it more often than the form that is made of it, which has to \
             own it as often"
        ),
    })
}

impl ValueWriter {
    fn scalar(&self, shape: usize) -> Result<Scalar> {
        let scalar = self.written[shape].scalar;
        scalar.ok_or_else(|| Unwritten::new("bug in hotmod: a number without a form"))
    }
}
