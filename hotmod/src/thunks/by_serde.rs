//! Fields of foreign types that are carried over by their serde form.

mod form;

use abi_stable::std_types::{RSlice, RString, RVec};

use crate::operations::{CarriedBySerde, Kind, Operations, make, no_parts};
use form::{read, write};

/// A type whose serde form carries it over.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no serde form that can be written and read [HM-0929]",
    label = "does not implement `Serialize` and `DeserializeOwned`",
    note = "enable the crate's feature for serde, or write `as = Type, into = path, from = path` or `skip`"
)]
pub trait BySerde: serde::Serialize + serde::de::DeserializeOwned + 'static {}

impl<T: serde::Serialize + serde::de::DeserializeOwned + 'static> BySerde for T {}

impl Operations {
    /// The operations of a field that is a `T` and is carried over by its serde form.
    pub const fn by_serde<T: BySerde>() -> Self {
        unsafe extern "C" fn write_shim<T: BySerde>(
            value: *const u8,
            most: usize,
            form: *mut u8,
            error: *mut RString,
        ) -> u8 {
            // SAFETY: the host passes a `T`, which stays as it is for the call.
            let value = unsafe { &*value.cast::<T>() };
            let write = || write(value, most).map(RVec::from);
            // SAFETY: there is room for an `RVec<u8>` and for an error.
            unsafe { make::<RVec<u8>>(form, error, write) }
        }
        unsafe extern "C" fn read_shim<T: BySerde>(
            form: RSlice<'_, u8>,
            slot: *mut u8,
            error: *mut RString,
        ) -> u8 {
            // SAFETY: there is room for a `T` and for an error.
            unsafe { make::<T>(slot, error, || read(form.as_slice())) }
        }
        Operations::of::<T>(
            no_parts,
            Kind::Serde(CarriedBySerde {
                write: write_shim::<T>,
                read: read_shim::<T>,
            }),
        )
    }
}

#[cfg(test)]
mod tests;
