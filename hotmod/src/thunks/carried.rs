//! Fields of foreign types that are never used by another image's copy of their crate: they are written
//! down by the code that made them, in a form that needs no layout, and made anew from that form.

use std::ptr::NonNull;

use abi_stable::std_types::RString;

use super::derived::WithOutput;
use super::parts::one_part;
use crate::operations::{CarriedAs, Kind, Operations, make};
use crate::state::StableState;

impl Operations {
    /// The operations of a field that is a `T` and is carried over as a `D`.
    pub const fn carried_as<T, D, R, Q, I, F>(into: I, from: F) -> Self
    where
        T: 'static,
        D: StableState,
        R: WithOutput<D>,
        Q: WithOutput<T>,
        I: Fn(&T) -> R + Copy,
        F: Fn(D) -> Q + Copy,
    {
        const {
            assert!(
                size_of::<I>() == 0 && size_of::<F>() == 0,
                "`into` and `from` name functions, and no values"
            );
        }
        let _ = (into, from);
        unsafe extern "C" fn into_shim<T, D, R: WithOutput<D>, I: Fn(&T) -> R + Copy>(
            value: *const u8,
            slot: *mut u8,
            error: *mut RString,
        ) -> u8 {
            // SAFETY: the host passes a `T`, which stays as it is for the call.
            let value = unsafe { &*value.cast::<T>() };
            // SAFETY: `carried_as` was given a value of this type, which has no bytes and can be copied:
            // any aligned address holds one.
            let into = unsafe { NonNull::<I>::dangling().read() };
            // SAFETY: there is room for a `D` and for an error.
            unsafe { make::<D>(slot, error, || into(value).into_result()) }
        }
        unsafe extern "C" fn from_shim<T, D, Q: WithOutput<T>, F: Fn(D) -> Q + Copy>(
            given: *mut u8,
            slot: *mut u8,
            error: *mut RString,
        ) -> u8 {
            // SAFETY: the host passes a `D` and gives it up.
            let given = unsafe { given.cast::<D>().read() };
            // SAFETY: `carried_as` was given a value of this type, which has no bytes and can be copied:
            // any aligned address holds one.
            let from = unsafe { NonNull::<F>::dangling().read() };
            // SAFETY: there is room for a `T` and for an error.
            unsafe { make::<T>(slot, error, || from(given).into_result()) }
        }
        Operations::of::<T>(
            one_part::<D>,
            Kind::As(CarriedAs {
                into: into_shim::<T, D, R, I>,
                from: from_shim::<T, D, Q, F>,
                moved: None,
            }),
        )
    }
}
