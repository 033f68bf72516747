//! Types that derive `StableState`: what the macro writes of them, and the tables made of that.

use std::fmt::Display;

use abi_stable::std_types::RString;

use super::{Kind, Operations, Variants, make};

/// What the derive writes of a type's fields.
///
/// # Safety
///
/// `make` writes a value of the field at `place` into `slot` and returns [`OK`](super::OK), or
/// writes `error` and returns [`FAILED`](super::FAILED).
pub unsafe trait Parts: Sized {
    /// The operations of a field.
    fn part(place: usize) -> Option<&'static Operations>;

    /// Makes a field: see [`Maker`](super::Maker).
    ///
    /// # Safety
    ///
    /// `slot` has room for the field, `old` is the field's old value for
    /// [`purpose::WITH`](super::purpose::WITH), `error` has room for an error.
    unsafe fn make(
        place: usize,
        purpose: u8,
        slot: *mut u8,
        old: *const u8,
        error: *mut RString,
    ) -> u8;
}

/// What the derive writes of an enum's variants.
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
    // SAFETY: the host keeps the contract of `Maker`.
    unsafe { S::make(place, purpose, slot, old, error) }
}

impl Operations {
    /// Those of a struct that derives `StableState`.
    pub const fn derived_struct<S: Parts>() -> Self {
        Operations::of::<S>(part::<S>, Kind::Struct(maker::<S>))
    }

    /// Those of an enum that derives `StableState`.
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
        };
        Operations::of::<S>(part::<S>, Kind::Enum(variants, maker::<S>))
    }
}

/// What a function named by `with = path` may return: the field, or a `Result` of it.
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

/// Makes a field from its old value, by the user's function.
///
/// # Safety
///
/// As [`make`]; `old` points to an `A`.
pub unsafe fn make_with<A, B: WithOutput<T>, T>(
    slot: *mut u8,
    old: *const u8,
    error: *mut RString,
    with: impl FnOnce(&A) -> B,
) -> u8 {
    // SAFETY: the caller passes an `A`, which stays as it is for the duration of the call.
    let old = unsafe { &*old.cast::<A>() };
    // SAFETY: the caller gives room for the field and an error.
    unsafe { make::<T>(slot, error, || with(old).into_result()) }
}
