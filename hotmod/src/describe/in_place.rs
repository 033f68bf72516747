//! Whether the bytes of a value may be read as a type that says how it was.

use super::builtin::Builtin;
use super::description::{Description, Field, Shape, Type};
use super::diff;
use super::fingerprint::Fingerprints;
use super::rule::Rule;

/// Compares a type of the module that a value is at with the form of it that the source kept.
///
/// # Errors
///
/// The first place where they differ, or that a description says too little of.
pub fn in_place(live: &Description, kept: &Description, ty: &Type) -> Result<(), String> {
    if let Some(field) = transient(live, ty, &mut Vec::new()) {
        return Err(format!(
            "`{field}` is not carried over, so nothing says what it is: read the other fields by \
             `Old::get`"
        ));
    }
    if Fingerprints::of(live, ty).layout == Fingerprints::of(kept, ty).layout {
        return Ok(());
    }
    let differences = diff::layout(live, kept, ty);
    let differs = differences
        .iter()
        .find(|difference| difference.rule != Rule::MeaningChanged);
    Err(match differs {
        Some(difference) => format!(
            "`{}` is {} in the old value, and {} in the form that was kept",
            difference.path, difference.was, difference.now
        ),
        None => format!("`{ty}` is laid out otherwise in the old value"),
    })
}

/// A field that can be reached and is not carried over, by its type and name.
fn transient<'a>(
    description: &'a Description,
    ty: &'a Type,
    seen: &mut Vec<&'a Type>,
) -> Option<String> {
    let within = ty.args.iter();
    if let Some(found) = within
        .into_iter()
        .find_map(|arg| transient(description, arg, seen))
    {
        return Some(found);
    }
    let described = description.types.get(ty).filter(|_| !seen.contains(&ty))?;
    seen.push(ty);
    let fields: Vec<&Field> = match &described.shape {
        Shape::Struct(fields) => fields.iter().collect(),
        Shape::Enum { variants, .. } => variants.iter().flat_map(|it| &it.fields).collect(),
    };
    fields.into_iter().find_map(|field| {
        if field.ty.builtin() == Some(Builtin::Skipped) {
            return Some(format!("{ty}.{}", field.name));
        }
        transient(description, &field.ty, seen)
    })
}
