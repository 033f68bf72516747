//! What a host expects of a module, described the same way as a module describes itself: encoded
//! from the host's own copy of the interface crate and decoded again.
//!
//! The bytes are the description: they read the same in this process and in any other.

use crate::describe::Description;
use crate::describe::InterfaceDesc;
use crate::describe::TypeRef;
use crate::describe::decode::{DecodeError, decode};
use crate::describe::encode::{self, Writer};
use crate::root;
use crate::state::Registry;
use crate::state::opaque;

/// An interface and the types that it mentions.
pub fn interface(desc: &InterfaceDesc, types: &Registry) -> Vec<u8> {
    encoded(types, |writer| encode::interface(writer, desc))
}

/// A function and the types that it mentions. Its parameters have no names: the host knows only
/// their types.
pub fn function(name: &str, params: &[TypeRef], output: TypeRef, types: &Registry) -> Vec<u8> {
    encoded(types, |writer| {
        encode::function_by_type(writer, name, false, params, &output);
    })
}

/// The same of an `async fn`, whose future is ready with `output`.
pub fn async_function(
    name: &str,
    params: &[TypeRef],
    output: TypeRef,
    types: &Registry,
) -> Vec<u8> {
    encoded(types, |writer| {
        encode::function_by_type(writer, name, true, params, &output);
    })
}

/// Functions that a host provides together, and the types that they mention.
pub fn services(desc: &InterfaceDesc, types: &Registry) -> Vec<u8> {
    encoded(types, |writer| {
        for method in desc.methods {
            encode::function(writer, "", "", method, None);
        }
    })
}

/// What the bytes of such a description say, which this compiler has made.
///
/// # Errors
///
/// Two types have one id, or the description is one that no module may have.
pub fn described(section: &[u8]) -> Result<Description, DecodeError> {
    decode(section, &root::toolchain())
}

/// The records of types, without any of exports.
pub fn section(types: &Registry) -> Vec<u8> {
    encoded(types, |_| {})
}

fn encoded(types: &Registry, encode: impl Fn(&mut Writer<'_>)) -> Vec<u8> {
    let all = |writer: &mut Writer<'_>| {
        for desc in types.types() {
            encode::type_desc(writer, desc);
            encode::source(writer, desc);
            encode::identity(writer, &opaque::bytes(desc.identity));
        }
        for field in types.opaque_fields() {
            let count = field.identities.len();
            encode::opaque(writer, &field.owner, field.place, field.source, count);
            for identity in field.identities {
                encode::identity(writer, &opaque::bytes(*identity));
            }
        }
        encode(writer);
    };
    let mut count = Writer::new(&mut []);
    all(&mut count);
    let mut bytes = vec![0; count.written()];
    all(&mut Writer::new(&mut bytes));
    bytes
}
