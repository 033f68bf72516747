//! How values of a type are read: its description together with its operations.

use std::collections::BTreeMap;
use std::ptr;

use hotmod::describe::{Attribute, Builtin, Described, Field, Shape, Type};
use hotmod::operations::{
    Bytes, CarriedAs, CarriedBySerde, Collection, Kind, Operations, Pointer, Shared, Slice, Stamp,
    Variants, Weak,
};

use crate::image::exports::Exports;
use crate::migrate::deep::with_deep_stack;
use crate::migrate::number::NumberForm;
use crate::migrate::reached::is_deep;
use hotmod_file::live::foreign::{self, Foreign};
use hotmod_file::live::path::PathPart;
use hotmod_file::live::value::is_place;
use hotmod_file::live::written::Written;

/// How much stack must be left for a step into another value, and how much more it gets where less is left.
pub(crate) const RED_ZONE: usize = 128 << 10;
pub(crate) const STACK: usize = 2 << 20;

/// How values of a type are read that code of one image compiled, and those of all types within it. Types are named by
/// their numbers.
pub(crate) struct Shapes {
    shapes: Vec<Read>,
    /// The types, for messages.
    types: Vec<Type>,
    /// Whether something that is carried over may be as deep as its data is: the code that copies it recurses.
    carries_deep: bool,
}

/// How values of one type are read.
pub(crate) enum Read {
    /// It has one value.
    Unit,
    Bool,
    Char,
    /// What two values compare to.
    Ordering,
    Number(NumberForm),
    /// A number, or a truth value, that other threads may change.
    Atomic(Atomic),
    Written(Bytes, Written),
    /// Each field with how many bytes it is into the value.
    Struct(Vec<(ReadField, usize)>),
    /// Each part with how many bytes it is into the value.
    Tuple(Vec<(usize, usize)>),
    Enum(Variants, Vec<ReadVariant>),
    /// `Option`, or what is asked like one; and whether what it may hold shows as `null` itself.
    Option(Variants, usize, bool),
    /// A range that has its bounds behind operations.
    Bounds(Variants, usize),
    Items(ReadItems, Vec<usize>),
    /// So many elements of so many bytes.
    Elements(usize, usize, usize),
    Pointer(Pointer, usize),
    /// With the size of a value of the item.
    Shared(Shared, usize, usize),
    Weak(Weak),
    Lazy(&'static Stamp, usize),
    Serde(CarriedBySerde),
    As(CarriedAs, &'static Operations, usize),
    /// Opaque, with a codec for snapshots.
    #[cfg_attr(
        not(feature = "snapshot"),
        expect(dead_code, reason = "only snapshots have a use for it")
    )]
    Coded(CarriedBySerde),
    Skip,
    Opaque,
}

impl Read {
    /// The shape of the only field of a struct that has no name, and how many bytes it is into that, where these steps lead
    /// into the field: what it holds is shown as the struct.
    pub(super) fn stands_for(&self, steps: &[PathPart]) -> Option<(usize, usize)> {
        let Read::Struct(fields) = self else {
            return None;
        };
        let [(field, offset)] = fields.as_slice() else {
            return None;
        };
        let is_named =
            |step: &PathPart| matches!(step, PathPart::Name(name) if *name == field.name);
        let is_taken = !field.is_form && steps.first().is_some_and(is_named);
        let is_shown = is_place(&field.name) && !field.is_secret;
        (is_shown && !is_taken).then_some((field.shape, *offset))
    }

    /// What a value is that another crate's type has, where it is shown as its text; the shape of its form, and how many bytes
    /// that is into it.
    pub(super) fn foreign(&self) -> Option<(Foreign, usize, usize)> {
        let Read::Struct(fields) = self else {
            return None;
        };
        match fields.as_slice() {
            [(field, offset)] => Some((field.foreign?, field.shape, *offset)),
            _ => None,
        }
    }
}

/// A field.
pub(crate) struct ReadField {
    pub(crate) name: String,
    pub(crate) shape: usize,
    pub(crate) is_secret: bool,
    /// Whether it stands for the whole of a type of another crate.
    pub(crate) is_form: bool,
    /// What that is, if it is shown as its text.
    pub(crate) foreign: Option<Foreign>,
}

/// A variant of an enum.
pub(crate) struct ReadVariant {
    pub(crate) name: String,
    pub(crate) fields: Vec<ReadField>,
    /// Whether it is shown as what it holds, or as `null`: those of a value of JSON are.
    pub(crate) is_json: bool,
}

impl ReadVariant {
    /// Whether its fields have no names but their places.
    pub(crate) fn is_tuple(&self) -> bool {
        self.fields.iter().all(|it| is_place(&it.name))
    }
}

/// A container.
pub(crate) struct ReadItems {
    pub(crate) collection: Collection,
    /// Where its items lie one after the other: how they are found, and how many bytes each has.
    pub(crate) row: Option<(Slice, usize)>,
    pub(crate) is_map: bool,
    /// Whether its items come in an order that is theirs.
    pub(crate) is_ordered: bool,
    /// Where each item is an entry of an object of JSON: the shapes of its key and value, and how many bytes they are into
    /// it.
    pub(crate) entry: Option<[(usize, usize); 2]>,
}

/// A number that is read in one step.
#[derive(Clone, Copy)]
pub(crate) struct Atomic {
    /// How many bytes it has.
    pub(crate) size: usize,
    pub(crate) kind: AtomicKind,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum AtomicKind {
    Bool,
    Signed,
    Unsigned,
}

impl Shapes {
    /// Of states of this type, whose image offers these exports. The first shape is that of the states.
    pub(crate) fn of(exports: &Exports, state: &Type, operations: &'static Operations) -> Self {
        let mut making = Making {
            exports,
            shapes: Shapes {
                shapes: Vec::new(),
                types: Vec::new(),
                carries_deep: false,
            },
            known: BTreeMap::new(),
        };
        making.shape(state, operations);
        let mut shapes = making.shapes;
        let carries = shapes.shapes.iter().any(|it| matches!(it, Read::As(..)));
        shapes.carries_deep = carries && is_deep(&exports.manifest.types, [state]);
        for place in 0..shapes.shapes.len() {
            if let Read::Option(_, held, _) = &shapes.shapes[place] {
                let may_be = shapes.may_be_null(*held);
                if let Read::Option(_, _, may_be_null) = &mut shapes.shapes[place] {
                    *may_be_null = may_be;
                }
            }
        }
        shapes
    }

    /// Whether values of a shape may show as `null`.
    fn may_be_null(&self, mut shape: usize) -> bool {
        // A type that is only within itself has no values.
        for _ in 0..=self.shapes.len() {
            shape = match &self.shapes[shape] {
                Read::Unit | Read::Option(..) | Read::Weak(_) | Read::Serde(_) => return true,
                Read::Enum(_, variants) => return variants.iter().any(|it| it.is_json),
                Read::Struct(fields) => match fields.as_slice() {
                    [] => return true,
                    [(field, _)] if is_place(&field.name) => field.shape,
                    _ => return false,
                },
                Read::Pointer(_, held)
                | Read::Shared(_, held, _)
                | Read::Lazy(_, held)
                | Read::As(_, _, held) => *held,
                _ => return false,
            };
        }
        false
    }

    /// Walks over a whole value, with as much stack as that takes.
    pub(crate) fn on_stack<T>(&self, walk: impl FnOnce() -> T) -> T {
        match self.carries_deep {
            true => with_deep_stack(walk),
            false => walk(),
        }
    }

    fn add(&mut self, ty: &Type, read: Read) -> usize {
        self.shapes.push(read);
        self.types.push(ty.clone());
        self.shapes.len() - 1
    }

    pub(crate) fn get(&self, shape: usize) -> &Read {
        &self.shapes[shape]
    }

    /// How many there are.
    #[cfg(feature = "snapshot")]
    pub(crate) fn len(&self) -> usize {
        self.shapes.len()
    }

    /// As what values of a shape are written, if they are.
    pub(super) fn written(&self, mut shape: usize) -> Option<Written> {
        // A type that is only within itself has no values.
        for _ in 0..=self.shapes.len() {
            shape = match &self.shapes[shape] {
                Read::Written(_, written) => return Some(*written),
                Read::As(_, _, held) | Read::Pointer(_, held) => *held,
                read => read.stands_for(&[])?.0,
            };
        }
        None
    }

    pub(crate) fn ty(&self, shape: usize) -> &Type {
        &self.types[shape]
    }

    /// How a type is called where something of it is shown.
    pub(super) fn called(&self, shape: usize) -> String {
        foreign::called(&self.types[shape])
    }
}

struct Making<'e> {
    exports: &'e Exports,
    shapes: Shapes,
    /// By type; and what the author's functions carry over by its operations too, since each field has functions of its own.
    known: BTreeMap<(Type, usize), usize>,
}

impl Making<'_> {
    fn shape(&mut self, ty: &Type, operations: &'static Operations) -> usize {
        let functions = match operations.kind {
            Kind::Serde(_) | Kind::As(_) => ptr::from_ref(operations).addr(),
            _ => 0,
        };
        let key = (ty.clone(), functions);
        if let Some(shape) = self.known.get(&key) {
            return *shape;
        }
        let place = self.shapes.add(ty, Read::Opaque);
        self.known.insert(key, place);
        let made = stacker::maybe_grow(RED_ZONE, STACK, || self.made(ty, operations));
        if let Some(made) = made {
            self.shapes.shapes[place] = made;
        }
        place
    }

    /// `None` for a type that cannot be looked into.
    fn made(&mut self, ty: &Type, operations: &'static Operations) -> Option<Read> {
        let exports = self.exports;
        if let Some(described) = exports.manifest.types.get(ty) {
            return self.derived(ty, described, operations);
        }
        let part = |place: usize| operations.part(place);
        match &operations.kind {
            Kind::Opaque => opaque(ty.builtin()?, operations.size),
            Kind::Number(number) => Some(Read::Number(NumberForm::new(number, operations.size))),
            Kind::Bytes(bytes) => Some(Read::Written(*bytes, Written::of(ty)?)),
            Kind::Tuple(offset) => {
                let mut parts = Vec::new();
                while let Some(operations) = part(parts.len()) {
                    let place = parts.len();
                    // Both bounds of a range are of one type.
                    let ty = ty.args.get(place).or(ty.args.last())?;
                    parts.push((self.shape(ty, operations), offset(place)));
                }
                match bounds(ty.builtin()?) {
                    Some(names) => {
                        let field = |(name, (shape, offset)): (&&str, (usize, usize))| {
                            (ReadField::plain(name, shape), offset)
                        };
                        Some(Read::Struct(names.iter().zip(parts).map(field).collect()))
                    }
                    None => Some(Read::Tuple(parts)),
                }
            }
            Kind::Array(len) => {
                let element = part(0)?;
                let shape = self.shape(ty.args.first()?, element);
                Some(Read::Elements(*len, element.size, shape))
            }
            Kind::Enum(variants, _) => self.standard(ty, *variants, part),
            Kind::Collection(collection) => {
                let mut parts = Vec::new();
                for (place, item) in ty.items().iter().enumerate() {
                    parts.push(self.shape(item, part(place)?));
                }
                let entry = foreign::is_object(ty).then(|| self.entry(parts[0]));
                let items = ReadItems::of(ty, *collection, part(0)?)?;
                let entry = entry.flatten();
                Some(Read::Items(ReadItems { entry, ..items }, parts))
            }
            Kind::Pointer(pointer) => {
                let shape = self.shape(ty.args.first()?, part(0)?);
                Some(Read::Pointer(*pointer, shape))
            }
            Kind::Shared(shared) => {
                let item = part(0)?;
                let held = ty.args.first()?;
                let value = match held.builtin() {
                    Some(Builtin::Slice) => held.args.first()?,
                    _ => held,
                };
                Some(Read::Shared(*shared, self.shape(value, item), item.size))
            }
            Kind::Weak(weak) => Some(Read::Weak(*weak)),
            Kind::Lazy(lazy) => {
                let shape = self.shape(ty.args.first()?, part(0)?);
                Some(Read::Lazy((lazy.stamp)(), shape))
            }
            Kind::Serde(carried) if ty.opaque().is_some() => Some(Read::Coded(*carried)),
            Kind::Serde(carried) => Some(Read::Serde(*carried)),
            Kind::As(carried) => {
                let by = part(0)?;
                Some(Read::As(*carried, by, self.shape(ty.args.first()?, by)))
            }
            Kind::Struct(_) => None,
        }
    }

    /// What a pair has, as the entry of an object.
    fn entry(&self, pair: usize) -> Option<[(usize, usize); 2]> {
        match &self.shapes.shapes[pair] {
            Read::Tuple(parts) => parts.as_slice().try_into().ok(),
            _ => None,
        }
    }

    fn derived(
        &mut self,
        ty: &Type,
        described: &Described,
        operations: &'static Operations,
    ) -> Option<Read> {
        let part = |place: usize| operations.part(place);
        match (&described.shape, &operations.kind) {
            (Shape::Struct(fields), Kind::Struct(_)) => {
                let mut read = Vec::new();
                let is_form = described.attributes.contains(&Attribute::Form) && fields.len() == 1;
                for (place, field) in fields.iter().enumerate() {
                    let offset = usize::try_from(field.offset?).ok()?;
                    let variants = foreign::variants(ty).filter(|_| is_form);
                    let field = match variants {
                        Some(names) => self.carried_by(field, part(place)?, names)?,
                        None => self.field(field, part(place)?),
                    };
                    let foreign = Foreign::of(ty).filter(|_| is_form);
                    let field = ReadField {
                        is_form,
                        foreign,
                        ..field
                    };
                    read.push((field, offset));
                }
                Some(Read::Struct(read))
            }
            (Shape::Enum { variants, .. }, Kind::Enum(by, _)) => {
                let (mut read, mut place) = (Vec::new(), 0);
                for variant in variants {
                    let mut fields = Vec::new();
                    for field in &variant.fields {
                        fields.push(self.field(field, part(place)?));
                        place += 1;
                    }
                    let name = variant.name.clone();
                    let is_json = foreign::is_json(ty) && fields.len() <= 1;
                    read.push(ReadVariant {
                        name,
                        fields,
                        is_json,
                    });
                }
                Some(Read::Enum(*by, read))
            }
            _ => None,
        }
    }

    fn field(&mut self, field: &Field, operations: &'static Operations) -> ReadField {
        ReadField {
            name: field.name.clone(),
            shape: self.shape(&field.ty, operations),
            is_secret: field.attributes.contains(&Attribute::Secret),
            is_form: false,
            foreign: None,
        }
    }

    /// The field of a type that is carried over by an enum of the standard library, whose variants have these names there.
    fn carried_by(
        &mut self,
        field: &Field,
        operations: &'static Operations,
        names: &foreign::Variants,
    ) -> Option<ReadField> {
        let (Kind::As(carried), Some(by)) = (&operations.kind, operations.part(0)) else {
            return None;
        };
        let ty = field.ty.args.first()?;
        let Kind::Enum(variants, _) = &by.kind else {
            return None;
        };
        let mut held = self.standard(ty, *variants, |place| by.part(place))?;
        if let Read::Enum(_, known) = &mut held {
            for variant in known {
                variant.name = foreign::variant(Some(names), &variant.name).to_owned();
            }
        }
        let held = self.shapes.add(ty, held);
        let read = Read::As(*carried, by, held);
        let shape = self.shapes.add(&field.ty, read);
        Some(ReadField::plain(&field.name, shape))
    }

    /// An enum of the standard library or of abi_stable.
    fn standard(
        &mut self,
        ty: &Type,
        variants: Variants,
        part: impl Fn(usize) -> Option<&'static Operations>,
    ) -> Option<Read> {
        use Builtin::{
            Bound, OnceCell, OnceLock, Option, Poll, ROption, RResult, RangeInclusive, Result,
        };
        let mut shape = |place: usize| Some(self.shape(ty.args.get(place)?, part(place)?));
        let variant = |name: &str, fields: &[usize]| ReadVariant {
            name: name.to_owned(),
            fields: fields.iter().map(|it| ReadField::plain("0", *it)).collect(),
            is_json: false,
        };
        let named = match ty.builtin()? {
            Option | ROption | OnceCell | OnceLock => {
                return Some(Read::Option(variants, shape(0)?, false));
            }
            RangeInclusive => return Some(Read::Bounds(variants, shape(0)?)),
            Poll => vec![variant("Pending", &[]), variant("Ready", &[shape(0)?])],
            Result | RResult => vec![variant("Ok", &[shape(0)?]), variant("Err", &[shape(1)?])],
            Bound => {
                let bound = shape(0)?;
                vec![
                    variant("Included", &[bound]),
                    variant("Excluded", &[bound]),
                    variant("Unbounded", &[]),
                ]
            }
            _ => return None,
        };
        Some(Read::Enum(variants, named))
    }
}

impl ReadField {
    fn plain(name: &str, shape: usize) -> Self {
        ReadField {
            name: name.to_owned(),
            shape,
            is_secret: false,
            is_form: false,
            foreign: None,
        }
    }
}

impl ReadItems {
    fn of(ty: &Type, collection: Collection, first: &Operations) -> Option<Self> {
        use Builtin::{BTreeMap, BinaryHeap, Entries, HashMap, HashSet, RHashMap};
        let builtin = ty.builtin()?;
        Some(ReadItems {
            collection,
            row: collection.slice.map(|slice| (slice, first.size)),
            is_map: matches!(builtin, HashMap | BTreeMap | RHashMap | Entries),
            is_ordered: !matches!(builtin, HashMap | RHashMap | HashSet | BinaryHeap),
            entry: None,
        })
    }
}

/// The names of the bounds of a range whose fields lie in it.
fn bounds(range: Builtin) -> Option<&'static [&'static str]> {
    match range {
        Builtin::Range => Some(&["start", "end"]),
        Builtin::RangeFrom => Some(&["start"]),
        Builtin::RangeTo | Builtin::RangeToInclusive => Some(&["end"]),
        _ => None,
    }
}

/// A type of which the operations know the size alone, and whose layout the language fixes.
fn opaque(builtin: Builtin, size: usize) -> Option<Read> {
    use Builtin::*;
    let atomic = |kind| Some(Read::Atomic(Atomic { size, kind }));
    let number = |signed| Some(Read::Number(NumberForm::integer(size, signed)));
    match builtin {
        Unit | RangeFull | PhantomData | BuildHasherDefault => Some(Read::Unit),
        Bool => Some(Read::Bool),
        Char => Some(Read::Char),
        CmpOrdering => Some(Read::Ordering),
        AtomicBool => atomic(AtomicKind::Bool),
        AtomicU8 | AtomicU16 | AtomicU32 | AtomicU64 | AtomicUsize => atomic(AtomicKind::Unsigned),
        AtomicI8 | AtomicI16 | AtomicI32 | AtomicI64 | AtomicIsize => atomic(AtomicKind::Signed),
        NonZeroU8 | NonZeroU16 | NonZeroU32 | NonZeroU64 | NonZeroU128 | NonZeroUsize => {
            number(false)
        }
        NonZeroI8 | NonZeroI16 | NonZeroI32 | NonZeroI64 | NonZeroI128 | NonZeroIsize => {
            number(true)
        }
        Skipped => Some(Read::Skip),
        _ => None,
    }
}
