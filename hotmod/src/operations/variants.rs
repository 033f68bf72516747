//! Enums: asked for their variant and built from its fields.

use super::{Kind, Operations, no_maker};
use crate::state::StableState;

/// The operations of an enum. Fields are numbered within their variant.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Variants {
    /// The variant of the value, by its place in the source.
    pub variant: unsafe extern "C" fn(value: *const u8) -> usize,
    /// A field of the variant that the value has.
    pub field: unsafe extern "C" fn(value: *const u8, place: usize) -> *mut u8,
    /// Builds a variant from its fields, which are moved out of where `fields` points.
    pub build: unsafe extern "C" fn(slot: *mut u8, variant: usize, fields: *const *mut u8),
}

/// `None` is variant 0, `Some` is variant 1.
pub(crate) const fn option<T: StableState>() -> Operations {
    extern "C" fn part<T: StableState>(place: usize) -> Option<&'static Operations> {
        (place == 0).then_some(T::OPERATIONS)
    }

    unsafe extern "C" fn variant<T>(value: *const u8) -> usize {
        // SAFETY: the host passes an `Option<T>`.
        let value = unsafe { &*value.cast::<Option<T>>() };
        usize::from(value.is_some())
    }

    unsafe extern "C" fn field<T>(value: *const u8, _: usize) -> *mut u8 {
        // SAFETY: the host passes an `Option<T>`.
        match unsafe { &*value.cast::<Option<T>>() } {
            Some(inner) => std::ptr::from_ref(inner).cast::<u8>().cast_mut(),
            None => std::ptr::null_mut(),
        }
    }

    unsafe extern "C" fn build<T>(slot: *mut u8, variant: usize, fields: *const *mut u8) {
        let value = match variant {
            0 => None,
            _ => {
                // SAFETY: `Some` has one field.
                let field = unsafe { *fields };
                // SAFETY: the host gives up the `T` there.
                Some(unsafe { field.cast::<T>().read() })
            }
        };
        // SAFETY: the host gives room for an `Option<T>`.
        unsafe { slot.cast::<Option<T>>().write(value) };
    }

    let variants = Variants {
        variant: variant::<T>,
        field: field::<T>,
        build: build::<T>,
    };
    Operations::of::<Option<T>>(part::<T>, Kind::Enum(variants, no_maker))
}

/// `Ok` is variant 0, `Err` is variant 1.
pub(crate) const fn result<T: StableState, E: StableState>() -> Operations {
    extern "C" fn part<T: StableState, E: StableState>(
        place: usize,
    ) -> Option<&'static Operations> {
        match place {
            0 => Some(T::OPERATIONS),
            1 => Some(E::OPERATIONS),
            _ => None,
        }
    }

    unsafe extern "C" fn variant<T, E>(value: *const u8) -> usize {
        // SAFETY: the host passes a `Result<T, E>`.
        let value = unsafe { &*value.cast::<Result<T, E>>() };
        usize::from(value.is_err())
    }

    unsafe extern "C" fn field<T, E>(value: *const u8, _: usize) -> *mut u8 {
        // SAFETY: the host passes a `Result<T, E>`.
        match unsafe { &*value.cast::<Result<T, E>>() } {
            Ok(inner) => std::ptr::from_ref(inner).cast::<u8>().cast_mut(),
            Err(inner) => std::ptr::from_ref(inner).cast::<u8>().cast_mut(),
        }
    }

    unsafe extern "C" fn build<T, E>(slot: *mut u8, variant: usize, fields: *const *mut u8) {
        // SAFETY: either variant has one field.
        let field = unsafe { *fields };
        let value: Result<T, E> = match variant {
            // SAFETY: the host gives up the `T` there.
            0 => Ok(unsafe { field.cast::<T>().read() }),
            // SAFETY: the host gives up the `E` there.
            _ => Err(unsafe { field.cast::<E>().read() }),
        };
        // SAFETY: the host gives room for a `Result<T, E>`.
        unsafe { slot.cast::<Result<T, E>>().write(value) };
    }

    let variants = Variants {
        variant: variant::<T, E>,
        field: field::<T, E>,
        build: build::<T, E>,
    };
    Operations::of::<Result<T, E>>(part::<T, E>, Kind::Enum(variants, no_maker))
}
