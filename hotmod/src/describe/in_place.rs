//! Whether the bytes of a value of one module are those of a form of its type that another module kept.

use super::description::{Description, Type};
use super::diff;
use super::fingerprint::Fingerprints;
use super::rule::{Difference, Rule};
use super::transient::{Transient, Transients};

/// Why the bytes of a value of one module are not those of a form that another module kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unlike {
    /// This is not carried over, so nothing says what it is.
    Transient(Transient),
    /// The first place where they differ.
    Differs(Difference),
    /// They are laid out otherwise, and no description says where.
    Layout,
    /// They were not compared: too many forms lead to too many types.
    TooMany,
}

impl Unlike {
    /// What to do about forms that were not compared.
    pub const FEWER: &str = "each form is compared with all that it leads to: let functions take `&Old<'_>`, or \
                             fewer functions name the forms that they take and make";
}

/// Compares a form of a type that one module makes with the type of the module that is to have the
/// value: in layout and in sense.
///
/// # Errors
///
/// The first place where they differ, or that a description says too little of.
pub fn handed_over(kept: &Description, live: &Description, ty: &Type) -> Result<(), Unlike> {
    let has = Fingerprints::of(live, ty);
    handed_to(kept, (live, has, &Transients::of(live)), ty)
}

/// The same, of a type of which the fingerprints are known, and of a module of which it is known what it does
/// not carry over.
pub(crate) fn handed_to(
    kept: &Description,
    (live, has, transients): (&Description, Fingerprints, &Transients<'_>),
    ty: &Type,
) -> Result<(), Unlike> {
    if let Some(field) = transients.within(ty) {
        return Err(Unlike::Transient(field.clone()));
    }
    let made = Fingerprints::of(kept, ty);
    if (made.layout, made.meaning) == (has.layout, has.meaning) {
        return Ok(());
    }
    let first = diff::layout(kept, live, ty).into_iter().next();
    Err(first.map_or(Unlike::Layout, Unlike::Differs))
}

/// Compares a type of the module that a value is at with the form of it that the source kept, to
/// read the value as: in layout.
///
/// # Errors
///
/// The first place where they differ, or that a description says too little of.
pub fn in_place(live: &Description, kept: &Description, ty: &Type) -> Result<(), String> {
    if let Some(field) = transient(live, ty) {
        return Err(format!(
            "`{field}` is not carried over as it is, so nothing says what it is: read the other fields \
             by `Old::get`"
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

/// What can be reached and is not carried over as it is.
pub fn transient(description: &Description, ty: &Type) -> Option<Transient> {
    Transients::of(description).within(ty).cloned()
}
