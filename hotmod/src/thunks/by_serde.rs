//! Fields of foreign types that are carried over by their serde form.

use std::io::{self, Write};

use abi_stable::std_types::{RSlice, RString, RVec};

use crate::operations::{CarriedBySerde, Kind, Operations, make, no_parts};

/// A type whose serde form carries it over.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no serde form that can be written and read",
    label = "does not implement `Serialize` and `DeserializeOwned`",
    note = "enable the crate's feature for serde, or write `as = Type, into = path, from = path` or `skip`"
)]
pub trait BySerde: serde::Serialize + serde::de::DeserializeOwned + 'static {}

impl<T: serde::Serialize + serde::de::DeserializeOwned + 'static> BySerde for T {}

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
fn write<T: BySerde>(value: &T, most: usize) -> Result<Vec<u8>, String> {
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

fn read<T: BySerde>(form: &[u8]) -> Result<T, String> {
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

#[cfg(test)]
mod tests;
