//! Enums: asked for their variant and built from its fields.

use std::cell::OnceCell;
use std::ops::Bound;
use std::sync::OnceLock;
use std::task::Poll;

use abi_stable::std_types::{ROption, RResult};

use super::parts::{bounds, one_part, two_parts};
use crate::operations::{Kind, Operations, Variants, no_maker};
use crate::state::Part;

macro_rules! option {
    (@is_cell) => { false };
    (@is_cell cell) => { true };
    (
        $(#[$meta:meta])* $name:ident, $ty:ident,
        get: |$value:ident| $get:expr, none: $none:expr, some: |$inner:ident| $some:expr
        $(, $cell:ident)?
    ) => {
        $(#[$meta])*
        pub(crate) const fn $name<T: Part>() -> Operations {
            fn get<T>($value: &$ty<T>) -> Option<&T> {
                $get
            }

            unsafe extern "C" fn variant<T>(value: *const u8) -> usize {
                // SAFETY: the host passes a value.
                let value = unsafe { &*value.cast::<$ty<T>>() };
                usize::from(get(value).is_some())
            }

            unsafe extern "C" fn field<T>(value: *const u8, _: usize) -> *mut u8 {
                // SAFETY: the host passes a value.
                match get(unsafe { &*value.cast::<$ty<T>>() }) {
                    Some(inner) => std::ptr::from_ref(inner).cast::<u8>().cast_mut(),
                    None => std::ptr::null_mut(),
                }
            }

            unsafe extern "C" fn build<T>(slot: *mut u8, variant: usize, fields: *const *mut u8) {
                let value: $ty<T> = match variant {
                    0 => $none,
                    _ => {
                        // SAFETY: there is one field.
                        let field = unsafe { *fields };
                        // SAFETY: the host gives up the `T` there.
                        let $inner = unsafe { field.cast::<T>().read() };
                        $some
                    }
                };
                // SAFETY: the host gives room for a value.
                unsafe { slot.cast::<$ty<T>>().write(value) };
            }

            let variants = Variants {
                variant: variant::<T>,
                field: field::<T>,
                build: build::<T>,
                is_cell: option!(@is_cell $($cell)?),
            };
            Operations::of::<$ty<T>>(one_part::<T>, Kind::Enum(variants, no_maker))
        }
    };
}

option!(
    /// `Option<T>`: `None` is variant 0, `Some` is variant 1.
    option, Option, get: |value| value.as_ref(), none: None, some: |inner| Some(inner)
);
option!(
    /// `ROption<T>`: `RNone` is variant 0, `RSome` is variant 1.
    r_option, ROption,
    get: |value| value.as_ref().into_option(), none: ROption::RNone, some: |inner| ROption::RSome(inner)
);
option!(
    /// `OnceCell<T>`, as an `Option`.
    once_cell, OnceCell, get: |value| value.get(), none: OnceCell::new(), some: |inner| inner.into(),
    cell
);
option!(
    /// `OnceLock<T>`, as an `Option`.
    once_lock, OnceLock, get: |value| value.get(), none: OnceLock::new(), some: |inner| inner.into(),
    cell
);
option!(
    /// `Poll<T>`: `Pending` is variant 0, `Ready` is variant 1.
    poll, Poll,
    get: |value| match value {
        Poll::Ready(value) => Some(value),
        Poll::Pending => None,
    },
    none: Poll::Pending, some: |inner| Poll::Ready(inner)
);

/// `Bound<T>`: `Included`, `Excluded` and `Unbounded`.
pub(crate) const fn bound<T: Part>() -> Operations {
    unsafe extern "C" fn variant<T>(value: *const u8) -> usize {
        // SAFETY: the host passes a value.
        match unsafe { &*value.cast::<Bound<T>>() } {
            Bound::Included(_) => 0,
            Bound::Excluded(_) => 1,
            Bound::Unbounded => 2,
        }
    }

    unsafe extern "C" fn field<T>(value: *const u8, _: usize) -> *mut u8 {
        // SAFETY: the host passes a value.
        match unsafe { &*value.cast::<Bound<T>>() } {
            Bound::Included(inner) | Bound::Excluded(inner) => {
                std::ptr::from_ref(inner).cast::<u8>().cast_mut()
            }
            Bound::Unbounded => std::ptr::null_mut(),
        }
    }

    unsafe extern "C" fn build<T>(slot: *mut u8, variant: usize, fields: *const *mut u8) {
        let field = || {
            // SAFETY: but for `Unbounded`, a variant has one field.
            let field = unsafe { *fields };
            // SAFETY: the host gives up the `T` there.
            unsafe { field.cast::<T>().read() }
        };
        let value = match variant {
            0 => Bound::Included(field()),
            1 => Bound::Excluded(field()),
            _ => Bound::Unbounded,
        };
        // SAFETY: the host gives room for a value.
        unsafe { slot.cast::<Bound<T>>().write(value) };
    }

    let variants = Variants {
        variant: variant::<T>,
        field: field::<T>,
        build: build::<T>,
        is_cell: false,
    };
    Operations::of::<Bound<T>>(bounds::<T>, Kind::Enum(variants, no_maker))
}

macro_rules! result {
    ($(#[$meta:meta])* $name:ident, $ty:ident, $ok:ident, $err:ident) => {
        $(#[$meta])*
        pub(crate) const fn $name<T: Part, E: Part>() -> Operations {
            unsafe extern "C" fn variant<T, E>(value: *const u8) -> usize {
                // SAFETY: the host passes a value.
                let value = unsafe { &*value.cast::<$ty<T, E>>() };
                usize::from(value.is_err())
            }

            unsafe extern "C" fn field<T, E>(value: *const u8, _: usize) -> *mut u8 {
                // SAFETY: the host passes a value.
                match unsafe { &*value.cast::<$ty<T, E>>() } {
                    $ty::$ok(inner) => std::ptr::from_ref(inner).cast::<u8>().cast_mut(),
                    $ty::$err(inner) => std::ptr::from_ref(inner).cast::<u8>().cast_mut(),
                }
            }

            unsafe extern "C" fn build<T, E>(slot: *mut u8, variant: usize, fields: *const *mut u8) {
                // SAFETY: either variant has one field.
                let field = unsafe { *fields };
                let value: $ty<T, E> = match variant {
                    // SAFETY: the host gives up the `T` there.
                    0 => $ty::$ok(unsafe { field.cast::<T>().read() }),
                    // SAFETY: the host gives up the `E` there.
                    _ => $ty::$err(unsafe { field.cast::<E>().read() }),
                };
                // SAFETY: the host gives room for a value.
                unsafe { slot.cast::<$ty<T, E>>().write(value) };
            }

            let variants = Variants {
                variant: variant::<T, E>,
                field: field::<T, E>,
                build: build::<T, E>,
                is_cell: false,
            };
            Operations::of::<$ty<T, E>>(two_parts::<T, E>, Kind::Enum(variants, no_maker))
        }
    };
}

result!(
    /// `Result<T, E>`: `Ok` is variant 0, `Err` is variant 1.
    result, Result, Ok, Err
);
result!(
    /// `RResult<T, E>`: `ROk` is variant 0, `RErr` is variant 1.
    r_result, RResult, ROk, RErr
);
