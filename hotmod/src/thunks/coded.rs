//! Opaque fields that a snapshot holds by a codec of their author's.

use abi_stable::std_types::{RSlice, RString, RVec};

use crate::operations::{CarriedBySerde, Kind, Operations, make, no_parts};

/// How a snapshot holds a value that hotmod cannot look into: named by `#[state(unsafe(opaque), snapshot = path)]`.
///
/// What one version has written, later ones read, perhaps on another machine: so the bytes should say what they are,
/// and depend on no layout, pointer width or byte order.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no codec for `{T}` [HM-0929]",
    label = "does not implement `SnapshotCodec<{T}>`",
    note = "write `impl hotmod::SnapshotCodec<{T}> for {Self}`, with how a value is written and read"
)]
pub trait SnapshotCodec<T> {
    /// Writes a value behind what is there.
    ///
    /// # Errors
    ///
    /// Why it cannot be written: then the snapshot is refused, with the field.
    fn write(value: &T, to: &mut Vec<u8>) -> Result<(), String>;

    /// Makes a value of what was written, which is not to be trusted.
    ///
    /// # Errors
    ///
    /// Why it is no such value: then the state that holds it is not restored.
    fn read(written: &[u8]) -> Result<T, String>;
}

impl Operations {
    /// The operations of an opaque field that is a `T` and has a codec. Its description says that it is opaque, so
    /// nothing but a snapshot uses the codec.
    pub const fn coded<T, C: SnapshotCodec<T>>() -> Self {
        unsafe extern "C" fn write_shim<T, C: SnapshotCodec<T>>(
            value: *const u8,
            most: usize,
            form: *mut u8,
            error: *mut RString,
        ) -> u8 {
            // SAFETY: the host passes a `T`, which stays as it is for the call.
            let value = unsafe { &*value.cast::<T>() };
            let write = || {
                let mut written = Vec::new();
                C::write(value, &mut written)?;
                match written.len() <= most {
                    true => Ok(RVec::from(written)),
                    false => Err(format!("what was written takes more than {most} bytes")),
                }
            };
            // SAFETY: there is room for an `RVec<u8>` and for an error.
            unsafe { make::<RVec<u8>>(form, error, write) }
        }
        unsafe extern "C" fn read_shim<T, C: SnapshotCodec<T>>(
            form: RSlice<'_, u8>,
            slot: *mut u8,
            error: *mut RString,
        ) -> u8 {
            // SAFETY: there is room for a `T` and for an error.
            unsafe { make::<T>(slot, error, || C::read(form.as_slice())) }
        }
        Operations::of::<T>(
            no_parts,
            Kind::Serde(CarriedBySerde {
                write: write_shim::<T, C>,
                read: read_shim::<T, C>,
            }),
        )
    }
}
