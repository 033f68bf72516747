//! Records of types, and the sizes, alignments and offsets that no compiler would give out.

use std::collections::BTreeSet;

use super::error::Result;
use super::limits::Thing;
use super::reader::{Reader, aligned, unique};
use crate::describe::description::{Described, Shape, Type, Variant};
use crate::describe::format::{RecordKind, ReprTag, ShapeTag};
use crate::describe::model::Repr;

/// A record of a type inside of another record.
pub(super) fn part(reader: &mut Reader<'_>) -> Result<(Type, Described)> {
    let (kind, _, mut payload) = reader.record()?;
    reader.one::<(Type, Described)>(Thing::Type)?;
    if RecordKind::from_byte(kind) != Some(RecordKind::Type) {
        return reader.fail("a record of a type", format!("one of kind {kind}"));
    }
    let part = type_record(&mut payload)?;
    payload.end()?;
    Ok(part)
}

/// Reads the record of a type.
pub(super) fn type_record(reader: &mut Reader<'_>) -> Result<(Type, Described)> {
    let ty = reader.ty()?;
    reader.location.push(format!("type {ty}"));
    if !ty.is_named() {
        return reader.fail("a type with an id", format!("`{ty}`"));
    }
    let size = reader.u64()?;
    let align = reader.u64()?;
    let meaning = reader.u32()?;
    let attributes = reader.attributes()?;
    let shape = reader.u8()?;
    let shape = match ShapeTag::from_byte(shape) {
        Some(ShapeTag::Struct) => Shape::Struct(reader.fields()?),
        Some(ShapeTag::Enum) => {
            let repr = reader.u8()?;
            let repr = match ReprTag::from_byte(repr) {
                Some(ReprTag::Chosen) => Repr::Chosen,
                Some(ReprTag::Fixed) => Repr::Fixed(reader.text()?),
                Some(ReprTag::Left) => Repr::Left(reader.text()?),
                None => {
                    let found = format!("representation {repr}");
                    return reader.fail("how an enum is represented", found);
                }
            };
            let variants = reader.list("variants", |reader| {
                reader.one::<Variant>(Thing::Variant)?;
                let name = reader.text()?;
                reader.within(format!("variant {name}"), |reader| {
                    Ok(Variant {
                        discriminant: reader.i128()?,
                        fields: reader.fields()?,
                        attributes: reader.attributes()?,
                        name,
                    })
                })
            })?;
            Shape::Enum { repr, variants }
        }
        None => return reader.fail("a struct or an enum", format!("shape {shape}")),
    };
    let described = Described {
        size,
        align,
        meaning,
        attributes,
        shape,
    };
    layout(reader, &described)?;
    Ok((ty, described))
}

/// Sizes, alignments and offsets that no compiler would give out.
fn layout(reader: &Reader<'_>, described: &Described) -> Result<()> {
    let Described { size, align, .. } = *described;
    aligned(reader, size, align)?;
    match &described.shape {
        Shape::Struct(fields) => {
            unique(reader, "field", fields.iter().map(|field| &field.name))?;
            let mut spans = Vec::new();
            for field in fields {
                let location = format!("field {}", field.name);
                let Some(offset) = field.offset else {
                    return reader.fail_at(location, "an offset", "none");
                };
                let end = offset.checked_add(field.size);
                if end.is_none_or(|end| end > size) || !offset.is_multiple_of(field.align.max(1)) {
                    return reader.fail_at(
                        location,
                        format!("a place inside the {size} bytes of the type"),
                        format!("{} bytes at offset {offset}", field.size),
                    );
                }
                if field.size > 0 {
                    spans.push((offset, offset + field.size, &field.name));
                }
            }
            spans.sort_unstable();
            for pair in spans.windows(2) {
                if pair[0].1 > pair[1].0 {
                    return reader.fail_at(
                        format!("field {}", pair[1].2),
                        "bytes of its own",
                        format!("some that belong to `{}`", pair[0].2),
                    );
                }
            }
        }
        Shape::Enum { variants, .. } => {
            unique(reader, "variant", variants.iter().map(|v| &v.name))?;
            let mut discriminants = BTreeSet::new();
            for variant in variants {
                let location = format!("variant {}", variant.name);
                if !discriminants.insert(variant.discriminant) {
                    return reader.fail_at(
                        location,
                        "a discriminant of its own",
                        variant.discriminant.to_string(),
                    );
                }
                unique(reader, "field", variant.fields.iter().map(|f| &f.name))?;
                if let Some(field) = variant.fields.iter().find(|f| f.offset.is_some()) {
                    return reader.fail_at(
                        format!("{location}, field {}", field.name),
                        "no offset: it is the compiler's",
                        "one",
                    );
                }
                if let Some(field) = variant.fields.iter().find(|f| f.size > size) {
                    return reader.fail_at(
                        format!("{location}, field {}", field.name),
                        format!("at most the {size} bytes of the type"),
                        format!("{} bytes", field.size),
                    );
                }
            }
        }
    }
    Ok(())
}
