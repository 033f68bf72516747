//! Types that hotmod cannot look into: those of other crates, `#[state(unsafe(opaque))]`.
//!
//! Of such a type the compiler tells a size and an alignment, which do not say what is inside. Its
//! identity does: it is made of the crate, with its version, features and profile, the path in the
//! crate and the parameters. It cannot be taken apart while the module is compiled, but it can
//! stand in a `static`, and so in a record.

use std::any::TypeId;
use std::mem;

use crate::describe::TypeRef;
use crate::describe::encode::{self, IDENTITY, Writer};

static_assertions::assert_eq_size!(TypeId, [u8; IDENTITY]);

/// The record of which type a field is.
#[repr(C, packed)]
pub struct OpaqueRecord<const N: usize> {
    bytes: [u8; N],
    identity: TypeId,
}

impl<const N: usize> OpaqueRecord<N> {
    /// That of the field of `owner` at `place`, or of what its `with` function takes.
    pub const fn of<T: 'static>(owner: TypeRef, place: usize, source: bool) -> Self {
        let mut bytes = [0; N];
        let mut writer = Writer::new(&mut bytes);
        encode::opaque(&mut writer, &owner, place, source);
        assert!(
            writer.written() == N,
            "a record of another length than was counted"
        );
        OpaqueRecord {
            bytes,
            identity: TypeId::of::<T>(),
        }
    }
}

/// The length of the record but for the identity.
pub const fn opaque_len(owner: TypeRef, place: usize, source: bool) -> usize {
    let mut writer = Writer::new(&mut []);
    encode::opaque(&mut writer, &owner, place, source);
    writer.written()
}

/// Which type it is, as the record has it.
pub(crate) fn identity<T: 'static>() -> [u8; IDENTITY] {
    // SAFETY: a `TypeId` is as many bytes, all of them its value: it is two words.
    unsafe { mem::transmute::<TypeId, [u8; IDENTITY]>(TypeId::of::<T>()) }
}
