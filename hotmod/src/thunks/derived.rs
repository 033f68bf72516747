//! Types that derive `StableState` or `OldState`: what the macros write for them, and the tables made from that.

use std::any::TypeId;
use std::fmt::Display;
use std::marker::PhantomData;

use abi_stable::std_types::RString;

use crate::describe::depth::depths;
use crate::describe::{GENERIC_DEPTH, Instances, TypeRef};
use crate::operations::{Kind, OK, Operations, Variants, make, no_maker, purpose};
use crate::state::crossed::Crossed;
use crate::state::opaque::OpaqueRecord;
use crate::state::{Registry, StableState};

/// Room for a field and for an error; and the field's old value, if the field is made from that.
///
/// A `Room` is only made where all of this is as [`Maker`](crate::operations::Maker) says, so that the user's
/// code can be called without `unsafe` around it.
pub struct Room {
    slot: *mut u8,
    old: *const u8,
    error: *mut RString,
}

/// What the derive writes for a type's fields.
///
/// # Safety
///
/// `make` makes a value of the field at `place` in `room` and returns [`OK`](crate::operations::OK), or
/// writes an error there and returns [`FAILED`](crate::operations::FAILED).
pub unsafe trait Parts: Sized {
    /// The operations of a field.
    fn part(place: usize) -> Option<&'static Operations>;

    /// Makes a field: see [`Maker`](crate::operations::Maker).
    fn make(place: usize, purpose: u8, room: Room) -> u8;
}

/// What the derive writes for an enum's variants.
///
/// # Safety
///
/// Variants and fields are numbered as in the type's description, the fields within their variant.
pub unsafe trait DerivedEnum: Parts {
    /// The variant.
    fn variant(&self) -> usize;

    /// A field of the variant.
    fn field(&self, place: usize) -> *const u8;

    /// Builds a variant.
    ///
    /// # Safety
    ///
    /// `fields` points to a pointer for each field of the variant, and each of those to a value of
    /// the field's type, which is given up.
    unsafe fn build(variant: usize, fields: *const *mut u8) -> Self;
}

extern "C" fn part<S: Parts>(place: usize) -> Option<&'static Operations> {
    S::part(place)
}

unsafe extern "C" fn maker<S: Parts>(
    place: usize,
    purpose: u8,
    slot: *mut u8,
    old: *const u8,
    error: *mut RString,
) -> u8 {
    // The host keeps the contract of `Maker`, so there is room for this field.
    S::make(place, purpose, Room { slot, old, error })
}

/// A struct on its way, without the fields that are not carried over.
struct Incomplete<S>(PhantomData<S>);

impl<S: Parts + StableState> Incomplete<S> {
    const OPERATIONS: &'static Operations =
        &Operations::of::<Crossed<S>>(Self::part, Kind::Struct(Self::maker));

    extern "C" fn part(place: usize) -> Option<&'static Operations> {
        S::part(place).map(|part| part.crossing.unwrap_or(part))
    }

    /// As [`maker`], but that what the receiver makes anew is left to it.
    unsafe extern "C" fn maker(
        place: usize,
        purpose: u8,
        slot: *mut u8,
        old: *const u8,
        error: *mut RString,
    ) -> u8 {
        match purpose {
            purpose::SKIP => OK,
            // SAFETY: the caller's.
            purpose => unsafe { maker::<S>(place, purpose, slot, old, error) },
        }
    }
}

impl Operations {
    /// The operations of a struct that derives `StableState`.
    pub const fn derived_struct<S: Parts + StableState>() -> Self {
        Operations {
            crossing: match S::RENEWED {
                true => Some(Incomplete::<S>::OPERATIONS),
                false => None,
            },
            ..Operations::form_struct::<S>()
        }
    }

    /// The operations of a struct that derives `OldState`.
    pub const fn form_struct<S: Parts>() -> Self {
        Operations::of::<S>(part::<S>, Kind::Struct(maker::<S>))
    }

    /// The operations of an enum that derives one of the two.
    pub const fn derived_enum<S: DerivedEnum>() -> Self {
        unsafe extern "C" fn variant<S: DerivedEnum>(value: *const u8) -> usize {
            // SAFETY: the host passes an `S`.
            unsafe { &*value.cast::<S>() }.variant()
        }
        unsafe extern "C" fn field<S: DerivedEnum>(value: *const u8, place: usize) -> *mut u8 {
            // SAFETY: the host passes an `S`.
            unsafe { &*value.cast::<S>() }.field(place).cast_mut()
        }
        unsafe extern "C" fn build<S: DerivedEnum>(
            slot: *mut u8,
            variant: usize,
            fields: *const *mut u8,
        ) {
            // SAFETY: the host gives up the fields of this variant.
            let value = unsafe { S::build(variant, fields) };
            // SAFETY: the host gives room for an `S`.
            unsafe { slot.cast::<S>().write(value) };
        }
        let variants = Variants {
            variant: variant::<S>,
            field: field::<S>,
            build: build::<S>,
            is_cell: false,
        };
        Operations::of::<S>(part::<S>, Kind::Enum(variants, maker::<S>))
    }
}

/// What a function named by `with = path` may return: the field, or a `Result` of it.
#[diagnostic::on_unimplemented(
    message = "the function makes `{Self}`, and the field is `{T}` [HM-0929]",
    label = "makes `{Self}`",
    note = "write `fn(&Old) -> {T}`, or `fn(&Old) -> Result<{T}, E>` with an `E` that implements \
            `Display`"
)]
pub trait WithOutput<T> {
    /// The field, or the error as text.
    fn into_result(self) -> Result<T, String>;
}

impl<T> WithOutput<T> for T {
    fn into_result(self) -> Result<T, String> {
        Ok(self)
    }
}

impl<T, E: Display> WithOutput<T> for Result<T, E> {
    fn into_result(self) -> Result<T, String> {
        self.map_err(|error| error.to_string())
    }
}

/// What a function named by `with = path` may read without the author's word for it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be kept as state, so the function cannot be held against what it converts [HM-0929]",
    label = "a type of yours: put `#[derive(StableState)]` on `{Self}`; of another crate: write \
             `unsafe(opaque, with = path)`"
)]
pub trait WithInput: StableState {}

#[diagnostic::do_not_recommend]
impl<T: StableState> WithInput for T {}

macro_rules! constants {
    (($ty:ident) $($depth:ident = $n:literal,)*) => { [$($ty::$depth),*] };
}

/// A function named by `with = path`.
#[derive(Clone, Copy)]
pub struct With<A, B> {
    function: fn(&A) -> B,
    source: TypeRef,
    /// What can be done with the values that it converts.
    reads: fn() -> Option<&'static Operations>,
    /// The `DEPTH_n` of the type that it converts from.
    depths: [Instances; GENERIC_DEPTH + 1],
}

impl<A: WithInput, B> With<A, B> {
    /// Fails to compile, at the path's place in the source, where `function` is no such function.
    pub const fn new(function: fn(&A) -> B) -> Self {
        With {
            function,
            source: A::TYPE,
            reads: || Some(A::OPERATIONS),
            depths: depths!((A), constants),
        }
    }
}

impl<A: 'static, B> With<A, B> {
    /// As [`new`](With::new), for a type that hotmod cannot look into.
    pub const fn opaque(function: fn(&A) -> B) -> Self {
        With {
            function,
            source: TypeRef::opaque::<A>("", &[]),
            reads: || None,
            depths: [Instances::NONE; GENERIC_DEPTH + 1],
        }
    }

    /// Adds the identity of the type that it converts from.
    pub fn register(self, types: &mut Registry, owner: TypeRef, place: usize) {
        types.opaque(owner, place, true, const { &[TypeId::of::<A>()] });
    }

    /// The record of which type it converts from.
    pub const fn record<const N: usize>(self, owner: TypeRef, place: usize) -> OpaqueRecord<N, 1> {
        OpaqueRecord::of(owner, place, true, [TypeId::of::<A>()])
    }
}

/// The same. Fails to compile, at the path's place in the source, where several threads cannot run the function at once.
pub const fn parallel<A: ParallelInput, B>(with: With<A, B>) -> With<A, B> {
    with
}

/// A former value that a function may read on another thread than that of the migration.
#[diagnostic::on_unimplemented(
    message = "a function that is `parallel` cannot read a `{Self}` [HM-0927]",
    label = "`{Self}` cannot be used by several threads at once",
    note = "a function marked `parallel` runs on several threads, so what it reads is `Sync` and what it makes \
            `Send`: remove `parallel`, or make it so"
)]
pub trait ParallelInput: Sync {}

#[diagnostic::do_not_recommend]
impl<T: Sync> ParallelInput for T {}

/// A value that a function may make on another thread than that of the migration.
#[diagnostic::on_unimplemented(
    message = "a function that is `parallel` cannot make a `{Self}` [HM-0927]",
    label = "`{Self}` cannot be sent between threads",
    note = "a function marked `parallel` runs on several threads, so what it reads is `Sync` and what it makes \
            `Send`: remove `parallel`, or make it so"
)]
pub trait ParallelOutput: Send {}

#[diagnostic::do_not_recommend]
impl<T: Send> ParallelOutput for T {}

impl<A, B> With<A, B> {
    /// The type that it converts from.
    pub const fn source(self) -> TypeRef {
        self.source
    }

    /// The generic types that it mentions, down to this depth.
    pub const fn mentions(self, depth: usize) -> Instances {
        self.depths[depth]
    }
}

/// Makes a field without an old value.
///
/// # Safety
///
/// The field is a `T`.
pub unsafe fn make_field<T>(room: Room, value: impl FnOnce() -> Result<T, String>) -> u8 {
    // SAFETY: there is room for the field, which is a `T`, and for an error.
    unsafe { make::<T>(room.slot, room.error, value) }
}

/// Makes a field from an expression that calls no function, if its value owns nothing.
///
/// # Safety
///
/// The field is a `T`.
pub unsafe fn make_constant<T>(room: Room, value: impl FnOnce() -> Result<T, String>) -> u8 {
    match std::mem::needs_drop::<T>() {
        true => make_nothing(room),
        // SAFETY: the field is a `T`.
        false => unsafe { make_field::<T>(room, value) },
    }
}

/// Makes a field from its old value, by the user's function.
///
/// # Safety
///
/// The field is a `T`; there is an old value, and it is an `A`.
pub unsafe fn make_with<A, B: WithOutput<T>, T>(room: Room, with: With<A, B>) -> u8 {
    // SAFETY: the old value is an `A`, which stays as it is for the duration of the call.
    let old = unsafe { &*room.old.cast::<A>() };
    // SAFETY: there is room for the field, which is a `T`, and for an error.
    unsafe { make::<T>(room.slot, room.error, || (with.function)(old).into_result()) }
}

/// Answers with the operations of what a `with` reads.
///
/// # Safety
///
/// There is room for a reference to them, in place of a field.
pub unsafe fn make_reads<A, B>(room: Room, with: With<A, B>) -> u8 {
    let Some(operations) = (with.reads)() else {
        return make_nothing(room);
    };
    // SAFETY: the caller's.
    unsafe { room.slot.cast::<&'static Operations>().write(operations) };
    OK
}

/// Writes the error of a field that has no maker.
pub fn make_nothing(room: Room) -> u8 {
    // SAFETY: there is room for an error.
    unsafe { no_maker(0, 0, room.slot, room.old, room.error) }
}
