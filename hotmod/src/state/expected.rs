//! What a host expects of a module, described the same way as a module describes itself: encoded
//! from the host's own copy of the interface crate and decoded again.

use crate::describe::decode::{DecodeError, decode};
use crate::describe::encode::{self, Writer};
use crate::describe::{
    Description, ExportedFunction, InterfaceDesc, Param, Receiver, Signature, Type, TypeRef,
};
use crate::root;
use crate::state::Registry;
use crate::state::opaque;

/// An interface and the types that it mentions.
///
/// # Errors
///
/// Two types have one id, or the description is one that no module may have.
pub fn interface(desc: &InterfaceDesc, types: &Registry) -> Result<Description, DecodeError> {
    describe(types, |writer| encode::interface(writer, desc))
}

/// A function and the types that it mentions. Its parameters have no names: the host knows only
/// their types.
///
/// # Errors
///
/// As [`interface`].
pub fn function(
    name: &str,
    params: &[TypeRef],
    output: TypeRef,
    types: &Registry,
) -> Result<Description, DecodeError> {
    let mut description = describe(types, |_| {})?;
    let signature = Signature {
        name: name.to_owned(),
        receiver: Receiver::None,
        params: params
            .iter()
            .map(|ty| Param {
                name: String::new(),
                ty: Type::from(ty),
                default: false,
            })
            .collect(),
        output: Type::from(&output),
        optional: false,
        removed: Vec::new(),
    };
    description
        .functions
        .insert(name.to_owned(), of_host(signature));
    Ok(description)
}

/// Functions that a host provides together, and the types that they mention.
///
/// # Errors
///
/// As [`interface`].
pub fn services(desc: &InterfaceDesc, types: &Registry) -> Result<Description, DecodeError> {
    let mut description = interface(desc, types)?;
    description.shared.clear();
    let methods = description.interfaces.remove(desc.name).unwrap_or_default();
    for signature in methods {
        let name = signature.name.clone();
        description.functions.insert(name, of_host(signature));
    }
    Ok(description)
}

/// A function that no module exports.
fn of_host(signature: Signature) -> ExportedFunction {
    ExportedFunction {
        symbol: String::new(),
        crossing: String::new(),
        signature,
        pure: None,
    }
}

/// The records of types, without any of exports.
pub fn section(types: &Registry) -> Vec<u8> {
    encoded(types, |_| {})
}

fn describe(
    types: &Registry,
    encode: impl Fn(&mut Writer<'_>),
) -> Result<Description, DecodeError> {
    decode(&encoded(types, encode), &root::toolchain())
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
