//! Types that hotmod cannot look into: those of other crates, `#[state(unsafe(opaque))]`.
//!
//! The compiler gives the size and the alignment of such a type, which do not say what is inside. Its
//! identity does: it is made of the crate, with its version, features and profile, the path in the
//! crate and the parameters. A `const` cannot read an identity while the module is compiled, but the
//! identity can stand in a `static`, and so in a record.
//!
//! Parameters that are described are compared by their descriptions instead, as far as the source shows
//! them.

use std::any::TypeId;
use std::error::Error;
use std::hash::{BuildHasher, Hasher};
use std::{fmt, mem};

use crate::describe::TypeRef;
use crate::describe::encode::{self, Writer};
use crate::describe::format::IDENTITY;

static_assertions::assert_eq_size!(TypeId, [u8; IDENTITY]);

/// The record that says of which type a field is.
#[repr(C, packed)]
pub struct OpaqueRecord<const N: usize, const M: usize> {
    bytes: [u8; N],
    identities: [TypeId; M],
}

impl<const N: usize, const M: usize> OpaqueRecord<N, M> {
    /// The record of the field of `owner` at `place`, or of what its `with` function takes. The
    /// identities are those of the type and, where it has parameters, of its constructor and of the
    /// parameters that have no description.
    pub const fn of(owner: TypeRef, place: usize, source: bool, identities: [TypeId; M]) -> Self {
        let mut bytes = [0; N];
        let mut writer = Writer::new(&mut bytes);
        encode::opaque(&mut writer, &owner, place, source, M);
        assert!(
            writer.written() == N,
            "a record of another length than was counted"
        );
        OpaqueRecord { bytes, identities }
    }
}

// SAFETY: each is packed, and all of its bytes are those of its two arrays: identities are bytes, by `bytes`.
#[cfg(feature = "linked")]
unsafe impl<const N: usize, const M: usize, const COUNT: usize> crate::linked::Records
    for [OpaqueRecord<N, M>; COUNT]
{
}

/// The length of the record without its identities, of which there are so many.
pub const fn opaque_len(owner: TypeRef, place: usize, source: bool, identities: usize) -> usize {
    let mut writer = Writer::new(&mut []);
    encode::opaque(&mut writer, &owner, place, source, identities);
    writer.written()
}

/// The identity of a type, as the record has it.
pub(crate) fn identity<T: 'static>() -> [u8; IDENTITY] {
    bytes(TypeId::of::<T>())
}

/// An identity, as the record has it.
pub(crate) fn bytes(identity: TypeId) -> [u8; IDENTITY] {
    // SAFETY: a `TypeId` has as many bytes, and all of them are its value: it is two words.
    unsafe { mem::transmute::<TypeId, [u8; IDENTITY]>(identity) }
}

/// Stands for a described type among the parameters of a foreign one, so that the identity is that of
/// the constructor. The identity of the whole would change with each version of the module, since the
/// module's own types are different types in each.
///
/// It implements what most bounds ask for. Where a bound asks for more, `unsafe(opaque, whole)` does
/// without it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StandIn;

impl fmt::Display for StandIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a stand-in")
    }
}

impl Error for StandIn {}

impl Hasher for StandIn {
    fn finish(&self) -> u64 {
        0
    }

    fn write(&mut self, _: &[u8]) {}
}

impl BuildHasher for StandIn {
    type Hasher = StandIn;

    fn build_hasher(&self) -> StandIn {
        StandIn
    }
}
