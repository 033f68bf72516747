//! The operations of one type, and the kinds of types.

use std::any::TypeId;
use std::marker::PhantomData;
use std::mem::MaybeUninit;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use std::sync::atomic::{AtomicPtr, AtomicUsize};

use abi_stable::std_types::{RString, RVec};

use super::kinds::{
    Bytes, CarriedAs, CarriedBySerde, Collection, Number, Pointer, Shared, Variants, Weak,
};
use super::status::{FAILED, guarded};

/// The operations of one type.
///
/// Its fields are public to the host, which calls them by `unsafe`. Only `StableState`, an unsafe
/// trait, says that a table belongs to a type.
#[repr(C)]
pub struct Operations {
    /// `size_of`, in bytes.
    pub size: usize,
    /// `align_of`, in bytes.
    pub align: usize,
    /// Drops the value. [`PANICKED`](super::PANICKED) if a destructor did: the rest of the value is leaked.
    pub drop: unsafe extern "C" fn(value: *mut u8) -> u8,
    /// The operations of a part: a field of a struct, by its place; a field of an enum, by its
    /// place among all fields of all variants; a parameter of a container.
    pub part: extern "C" fn(place: usize) -> Option<&'static Operations>,
    /// What else can be done, by the kind of type.
    pub kind: Kind,
    /// The operations of a value on its way between a module and its host, where it lacks the fields that are
    /// not carried over; absent where it lacks nothing.
    pub crossing: Option<&'static Operations>,
    /// The parts of a type whose table a host made while it runs; absent in all tables that are compiled. A function
    /// without a context, such as `part`, can say nothing of those.
    pub made: Option<&'static MadeParts>,
}

/// The parts of a type whose table a host made while it runs. Only that host looks at it. Tables lead to each other, so
/// the parts are told once all tables are there.
#[repr(C)]
#[derive(Debug)]
pub struct MadeParts {
    parts: AtomicPtr<MadePart>,
    /// No part is asked for before this is set.
    len: AtomicUsize,
}

/// One part of such a type.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct MadePart {
    /// Its operations.
    pub operations: &'static Operations,
    /// Where it starts in a tuple, in bytes.
    pub offset: usize,
}

impl Default for MadeParts {
    fn default() -> Self {
        Self::new()
    }
}

impl MadeParts {
    /// Of a type whose parts are told later.
    pub const fn new() -> Self {
        MadeParts {
            parts: AtomicPtr::new(std::ptr::null_mut()),
            len: AtomicUsize::new(0),
        }
    }

    /// Says which parts there are, by their places.
    ///
    /// # Panics
    ///
    /// If that was said before.
    pub fn set(&self, parts: &'static [MadePart]) {
        let first = parts.as_ptr().cast_mut();
        // Relaxed: `len` publishes it.
        let set = self
            .parts
            .compare_exchange(std::ptr::null_mut(), first, Relaxed, Relaxed);
        assert!(
            set.is_ok(),
            "bug in hotmod: the parts of a table were told twice"
        );
        // Release: a thread that sees the number sees where they are.
        self.len.store(parts.len(), Release);
    }

    fn get(&self, place: usize) -> Option<&'static MadePart> {
        if place >= self.len.load(Acquire) {
            return None;
        }
        let part = self.parts.load(Relaxed).wrapping_add(place);
        // SAFETY: `set`, which ran once, took both from a `&'static` slice, and the place is within it.
        Some(unsafe { &*part })
    }
}

/// The kinds of types.
#[repr(C, u8)]
pub enum Kind {
    /// A value that is copied as it is, or not at all.
    Opaque,
    /// A number.
    Number(Number),
    /// A text, path, time or address.
    Bytes(Bytes),
    /// A struct, whose offsets are recorded, and what makes its fields.
    Struct(Maker),
    /// A tuple or a range: where each field starts, in bytes.
    Tuple(extern "C" fn(place: usize) -> usize),
    /// An array of so many elements.
    Array(usize),
    /// An enum, or a type that is asked for its variant like an enum, such as `Option` or `OnceCell`;
    /// and what makes its fields.
    Enum(Variants, Maker),
    /// A container of any number of items.
    Collection(Collection),
    /// A container of one item: `Box`, `Mutex`, `Cell`.
    Pointer(Pointer),
    /// A container of one item that may have several owners: `Arc`, `RArc`, `Rc`.
    Shared(Shared),
    /// A reference to such an item that does not keep it: `Weak`.
    Weak(Weak),
    /// A value that follows to another version by itself: `Lazy`.
    Lazy(LazyValue),
    /// A field that is carried over by its serde form.
    Serde(CarriedBySerde),
    /// A field that is carried over as another type, which is its part.
    As(CarriedAs),
}

/// The operations of a `Lazy<T>`, which has one part, the `T`. Its value lies in a block of the host's memory of the
/// layout of a `T`; where that has no bytes, there is no block.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct LazyValue {
    /// The stamp of values that the code of this image makes.
    pub stamp: extern "C" fn() -> &'static Stamp,
    /// As those of a `Box`, where the value is at the version of this image.
    pub pointer: Pointer,
}

/// Which type a value is of, in which image: what it takes to drop or convert it.
///
/// The same type may have several stamps in one image, at several addresses.
#[repr(C)]
pub struct Stamp {
    /// What the host knows the image by; null without a host.
    pub image: extern "C" fn() -> *const (),
    /// The operations of the value's type.
    pub operations: &'static Operations,
    /// Its encoded type.
    pub ty: extern "C" fn() -> RVec<u8>,
    /// The type itself. Only code of the same image looks at this: it may have another layout for others.
    pub identity: TypeId,
}

impl Stamp {
    /// Whether it stands for the same type in the same image as another, which stands for one of this image.
    pub fn is(&self, own: &Stamp) -> bool {
        (self.image)() == (own.image)() && self.identity == own.identity
    }
}

/// What a value is made for.
pub mod purpose {
    /// `default`: existing state lacks the field.
    pub const DEFAULT: u8 = 1;
    /// `skip`: the field is not carried over.
    pub const SKIP: u8 = 2;
    /// `fill`: an element that a grown array lacks.
    pub const FILL: u8 = 3;
    /// `with`: from the old value of the field.
    pub const WITH: u8 = 4;
    /// As [`DEFAULT`], where the value is the same whenever it is made and owns nothing, so that
    /// its bytes may be copied; for any other field there is no maker.
    pub const CONSTANT: u8 = 5;
    /// What the module can do with the values that a `with` reads: its operations, in place of a field. None for what
    /// cannot be looked into.
    pub const READS: u8 = 6;
}

/// Makes the value of a field, from the field's old value or without one.
///
/// Takes the field's place, the purpose, room for the value, the old value (only for
/// [`purpose::WITH`]), and room for an error, which is written when [`FAILED`] is returned.
pub type Maker = unsafe extern "C" fn(
    place: usize,
    purpose: u8,
    slot: *mut u8,
    old: *const u8,
    error: *mut RString,
) -> u8;

impl Operations {
    /// The operations of a type of which only the size is known.
    pub const fn opaque<T>() -> Self {
        Operations::of::<T>(no_parts, Kind::Opaque)
    }

    /// The operations of a type of this kind with these parts.
    pub const fn of<T>(
        part: extern "C" fn(usize) -> Option<&'static Operations>,
        kind: Kind,
    ) -> Self {
        Operations {
            size: size_of::<T>(),
            align: align_of::<T>(),
            drop: drop_value::<T>,
            part,
            kind,
            crossing: None,
            made: None,
        }
    }

    /// The operations of a field that is not carried over: on its way there is nothing in its place.
    pub const fn skipped<T>() -> Self {
        struct Nothing<T>(PhantomData<T>);

        impl<T> Nothing<T> {
            const OPERATIONS: &'static Operations = &Operations::opaque::<MaybeUninit<T>>();
        }

        Operations {
            crossing: Some(Nothing::<T>::OPERATIONS),
            ..Operations::opaque::<T>()
        }
    }
}

impl Operations {
    /// The operations of the part at this place.
    pub fn part(&self, place: usize) -> Option<&'static Operations> {
        match self.made {
            Some(made) => made.get(place).map(|part| part.operations),
            None => (self.part)(place),
        }
    }

    /// Where the part at this place starts in a tuple, in bytes; `offset` is what the tuple's kind has.
    pub fn part_offset(&self, offset: extern "C" fn(place: usize) -> usize, place: usize) -> usize {
        match self.made {
            Some(made) => made.get(place).map_or(0, |part| part.offset),
            None => offset(place),
        }
    }

    /// Whether a host made the table while it runs.
    pub fn is_made(&self) -> bool {
        self.made.is_some()
    }

    /// Whether the type is a number.
    pub const fn is_number(&self) -> bool {
        matches!(self.kind, Kind::Number(_))
    }
}

/// The parts of a type that has none.
pub(crate) extern "C" fn no_parts(_: usize) -> Option<&'static Operations> {
    None
}

/// A maker of a type whose fields are never made.
///
/// # Safety
///
/// As [`Maker`].
pub(crate) unsafe extern "C" fn no_maker(
    _: usize,
    _: u8,
    _: *mut u8,
    _: *const u8,
    error: *mut RString,
) -> u8 {
    // SAFETY: the caller gives room for an error.
    unsafe { error.write("the field has no value for existing state".into()) };
    FAILED
}

unsafe extern "C" fn drop_value<T>(value: *mut u8) -> u8 {
    guarded(|| {
        // SAFETY: the caller gives up the `T` that `value` points to.
        unsafe { value.cast::<T>().drop_in_place() };
        true
    })
}
