//! What the decoder refuses, one row for each check.

mod contradictions;
mod downs;
mod layouts;
mod opaque;
mod records;

use std::collections::BTreeMap;

use super::arbitrary::leaf;
use super::leak;
use crate::describe::decode::decode;
use crate::describe::format::{HeadTag, MAGIC, MANDATORY, RecordKind};
use crate::describe::{
    Attribute, Build, Builtin, Described, Description, ExportedFunction, Field, Hook,
    ImplementedInterface, ImportedFunction, Init, Name, Opaque, Param, Receiver, Repr, Shape,
    Signature, Type, Variant,
};

fn world() -> Type {
    leaf(Name::Named("World".to_owned()))
}

fn number() -> Type {
    leaf(Name::Builtin(Builtin::U32))
}

fn field(name: &str, offset: Option<u64>) -> Field {
    Field {
        name: name.to_owned(),
        ty: number(),
        size: 4,
        align: 4,
        offset,
        attributes: vec![],
        with: None,
    }
}

fn variant(name: &str, discriminant: i128) -> Variant {
    Variant {
        name: name.to_owned(),
        discriminant,
        fields: vec![field("0", None)],
        attributes: vec![],
    }
}

fn described(shape: Shape) -> Description {
    let world_type = Described {
        size: 8,
        align: 4,
        meaning: 0,
        attributes: vec![],
        shape,
    };
    Description {
        toolchain: "rustc".to_owned(),
        types: BTreeMap::from([(world(), world_type)]),
        ..Description::default()
    }
}

fn a_struct() -> Description {
    described(Shape::Struct(vec![
        field("a", Some(0)),
        field("b", Some(4)),
    ]))
}

fn an_enum() -> Description {
    described(Shape::Enum {
        repr: Repr::Chosen,
        variants: vec![variant("A", 0), variant("B", 1)],
    })
}

fn function() -> ExportedFunction {
    ExportedFunction {
        symbol: "symbol".to_owned(),
        crossing: "crossing".to_owned(),
        signature: Signature {
            name: "f".to_owned(),
            is_async: false,
            is_local: false,
            receiver: Receiver::None,
            params: vec![],
            output: number(),
            optional: false,
            removed: vec![],
        },
        pure: None,
    }
}

fn build() -> Build {
    Build {
        abi: 1,
        module: "game".to_owned(),
        version: "1.0.0".to_owned(),
        rustc: "rustc".to_owned(),
        commit: "c".to_owned(),
        target: "t".to_owned(),
        unwinds: true,
        allocator: "host".to_owned(),
    }
}

/// The first error of decoding this section, in full.
fn refused(section: &[u8]) -> String {
    match decode(section, "rustc") {
        Ok(description) => panic!("decoded into {description:#?}"),
        Err(error) => error.to_string(),
    }
}

#[track_caller]
fn edited(base: Description, expected: &str, edit: impl FnOnce(&mut Described)) {
    let mut description = base;
    edit(description.types.get_mut(&world()).expect("described"));
    assert_eq!(refused(&leak::section(&description)), expected);
}

fn fields(described: &mut Described) -> &mut Vec<Field> {
    match &mut described.shape {
        Shape::Struct(fields) => fields,
        Shape::Enum { variants, .. } => &mut variants[0].fields,
    }
}

fn variants(described: &mut Described) -> &mut Vec<Variant> {
    match &mut described.shape {
        Shape::Enum { variants, .. } => variants,
        Shape::Struct(_) => panic!("a struct"),
    }
}

fn record(kind: u8, flags: u8, payload: &[u8]) -> Vec<u8> {
    let mut record = MAGIC.to_vec();
    record.extend([kind, flags]);
    record.extend(u32::try_from(payload.len()).expect("short").to_le_bytes());
    record.extend(payload);
    record
}

/// The bytes after the output of a signature that is not optional and never had another parameter.
const SAYS_NOTHING: &[u8] = &[0; 5];

/// A function record whose output is the type with these bytes.
fn returning(output: &[u8]) -> Vec<u8> {
    ending(&[output, SAYS_NOTHING, &[0]].concat())
}

/// A function record with these bytes in place of its output and of all that follows.
fn ending(rest: &[u8]) -> Vec<u8> {
    let mut payload = vec![];
    for text in ["symbol", "crossing", "f"] {
        payload.extend(u32::try_from(text.len()).expect("short").to_le_bytes());
        payload.extend(text.as_bytes());
    }
    payload.push(Receiver::None as u8);
    payload.extend([0; 4]);
    payload.extend(rest);
    record(RecordKind::Function as u8, MANDATORY, &payload)
}

#[test]
fn the_rows_below_start_from_what_is_decoded() {
    for base in [a_struct(), an_enum()] {
        assert_eq!(decode(&leak::section(&base), "rustc").unwrap(), base);
    }
    let unit = [&[Builtin::Unit as u8][..], &[0; 4]].concat();
    assert!(decode(&returning(&unit), "rustc").is_ok());
}
