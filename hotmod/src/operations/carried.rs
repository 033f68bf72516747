//! Fields of foreign types that are never used by another image's copy of their crate: they are written
//! down by the code that made them, in a form that needs no layout, and made anew from that.

use std::ptr::NonNull;

use abi_stable::std_types::{RSlice, RString};

#[cfg(feature = "serde")]
use super::no_parts;
use super::{Kind, Operations, WithOutput, make};
use crate::state::StableState;

/// What carries over a value of a type by a described type: `as = D, into = path, from = path`.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct CarriedAs {
    /// Makes the described value, in room for one, from the field's value, which stays as it is.
    pub into: unsafe extern "C" fn(value: *const u8, slot: *mut u8, error: *mut RString) -> u8,
    /// Makes the field's value, in room for one, from a described one, which is given up.
    pub from: unsafe extern "C" fn(given: *mut u8, slot: *mut u8, error: *mut RString) -> u8,
}

impl Operations {
    /// Those of a field that is a `T` and is carried over as a `D`.
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
        extern "C" fn part<D: StableState>(place: usize) -> Option<&'static Operations> {
            (place == 0).then_some(D::OPERATIONS)
        }
        Operations::of::<T>(
            part::<D>,
            Kind::As(CarriedAs {
                into: into_shim::<T, D, R, I>,
                from: from_shim::<T, D, Q, F>,
            }),
        )
    }
}

/// What carries over a value by its serde form.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct CarriedBySerde {
    /// Writes the form of a value, which stays as it is, into room for an `RVec<u8>`: at most so many
    /// bytes.
    pub write: unsafe extern "C" fn(
        value: *const u8,
        most: usize,
        form: *mut u8,
        error: *mut RString,
    ) -> u8,
    /// Makes a value, in room for one, from such a form.
    pub read: unsafe extern "C" fn(form: RSlice<'_, u8>, slot: *mut u8, error: *mut RString) -> u8,
}

/// A type whose serde form carries it over.
#[cfg(feature = "serde")]
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no serde form that can be written and read",
    label = "does not implement `Serialize` and `DeserializeOwned`",
    note = "enable the crate's feature for serde, or write `as = Type, into = path, from = path` or `skip`"
)]
pub trait BySerde: serde::Serialize + serde::de::DeserializeOwned + 'static {}

#[cfg(feature = "serde")]
impl<T: serde::Serialize + serde::de::DeserializeOwned + 'static> BySerde for T {}

#[cfg(feature = "serde")]
mod by_serde {
    use std::io::{self, Write};

    use abi_stable::std_types::RVec;

    use super::{BySerde, CarriedBySerde, Kind, Operations, RSlice, RString, make, no_parts};

    impl Operations {
        /// Those of a field that is a `T` and is carried over by its serde form.
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

    /// At most so many bytes, in a block that never has room for more.
    struct Bounded {
        bytes: Vec<u8>,
        most: usize,
        exceeded: bool,
    }

    impl Write for Bounded {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let len = self.bytes.len() + bytes.len();
            if len > self.most {
                self.exceeded = true;
                return Err(io::Error::other("too long"));
            }
            if len > self.bytes.capacity() {
                let capacity = (2 * len).min(self.most);
                self.bytes.reserve_exact(capacity - self.bytes.len());
            }
            self.bytes.extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// `MessagePack` with names, so that a changed type is read by them; and as for people, since serde
    /// reads what it has to look at twice (`flatten`, untagged enums) so, whatever the format says.
    pub(super) fn write<T: BySerde>(value: &T, most: usize) -> Result<Vec<u8>, String> {
        let bytes = Vec::new();
        let mut bounded = Bounded {
            bytes,
            most,
            exceeded: false,
        };
        let mut serializer = rmp_serde::Serializer::new(&mut bounded)
            .with_struct_map()
            .with_human_readable();
        let written = value.serialize(&mut serializer);
        if bounded.exceeded {
            return Err(format!(
                "its serde form has more than the {most} bytes that the module may still take"
            ));
        }
        written.map_err(|error| format!("it cannot be written by serde: {error}"))?;
        Ok(bounded.bytes)
    }

    pub(super) fn read<T: BySerde>(form: &[u8]) -> Result<T, String> {
        let mut rest = form;
        let mut deserializer = rmp_serde::Deserializer::new(&mut rest).with_human_readable();
        let read = T::deserialize(&mut deserializer);
        let value = read.map_err(|error| format!("it cannot be read by serde: {error}"))?;
        match rest.is_empty() {
            true => Ok(value),
            false => Err(format!(
                "{} bytes of its serde form were not read",
                rest.len()
            )),
        }
    }
}

#[cfg(all(test, feature = "serde"))]
mod tests;
