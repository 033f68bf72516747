//! Whether the bytes of a value of one module are those of a form of its type that another module kept, or such a form
//! can be built of it.

use std::collections::BTreeSet;

use hotmod::describe::{
    Builtin, Description, Difference, Fingerprint, Fingerprints, Hook, Rule, Transient, Transients,
    Type,
};

use crate::contract;

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
/// value: in layout and in sense. Of the type the fingerprints are known, and of the module what it does not carry over.
///
/// # Errors
///
/// The first place where they differ, or that a description says too little of.
pub(crate) fn handed_to(
    kept: &Description,
    live: (&Description, Fingerprints, &Transients<'_>),
    ty: &Type,
) -> Result<(), Unlike> {
    alike(kept, live, ty, |it| it.layout, contract::layout)
}

/// Compares a form of a type that a function takes with a type whose values were decoded: in names, types and sense. A
/// value of the form is built, wherever the parts lie.
pub(crate) fn built_for(
    kept: &Description,
    decoded: (&Description, Fingerprints, &Transients<'_>),
    ty: &Type,
) -> Result<(), Unlike> {
    alike(kept, decoded, ty, |it| it.schema, contract::schema)
}

/// Says of a type whether all of it is carried over, and is alike in its meaning and in one fingerprint more; and where it is
/// not, what differs.
fn alike(
    kept: &Description,
    (live, has, transients): (&Description, Fingerprints, &Transients<'_>),
    ty: &Type,
    fingerprint: fn(&Fingerprints) -> Fingerprint,
    differences: fn(&Description, &Description, &Type) -> Vec<Difference>,
) -> Result<(), Unlike> {
    if let Some(field) = transients.within(ty) {
        return Err(Unlike::Transient(field.clone()));
    }
    let made = Fingerprints::of(kept, ty);
    if (fingerprint(&made), made.meaning) == (fingerprint(&has), has.meaning) {
        return Ok(());
    }
    let first = differences(kept, live, ty).into_iter().next();
    Err(first.map_or(Unlike::Layout, Unlike::Differs))
}

/// A type of which values in a `Lazy`, within a value of this type, are taken along from the one module to the other. Where
/// such a value lies, it follows by itself; of one that is built for a function, nothing would.
pub fn followed(was: &Description, now: &Description, ty: &Type) -> Option<Type> {
    let is_new = |ty: &Type, hook: &Hook| !was.hooks.get(ty).is_some_and(|it| it.is_same(hook));
    let mut seen = BTreeSet::new();
    let mut left = vec![(ty, false)];
    while let Some((ty, is_within)) = left.pop() {
        let begins = ty.builtin() == Some(Builtin::Lazy);
        left.extend(ty.args.iter().map(|arg| (arg, is_within || begins)));
        let prints = |value| [was, now].map(|it| Fingerprints::of(it, value));
        let differs = |value| {
            let [was, now] = prints(value);
            (was.schema, was.meaning) != (now.schema, now.meaning)
        };
        if let (true, Some(value)) = (begins, ty.args.first())
            && differs(value)
        {
            return Some(value.clone());
        }
        if is_within && now.hooks.get(ty).is_some_and(|hook| is_new(ty, hook)) {
            return Some(ty.clone());
        }
        if let Some(described) = was.types.get(ty)
            && seen.insert((ty, is_within))
        {
            left.extend(described.fields().map(|field| (&field.ty, is_within)));
        }
    }
    None
}

/// Compares a type whose values were decoded with the form of it that the source kept, to build such a form of a value: in
/// names and types.
///
/// # Errors
///
/// As for [`in_place`].
pub fn built(decoded: &Description, kept: &Description, ty: &Type) -> Result<(), String> {
    read_as(decoded, kept, ty, |it| it.schema, contract::schema)
}

/// Compares a type of the module that a value is at with the form of it that the source kept, to
/// read the value as: in layout.
///
/// # Errors
///
/// The first place where they differ, or that a description says too little of.
pub fn in_place(live: &Description, kept: &Description, ty: &Type) -> Result<(), String> {
    read_as(live, kept, ty, |it| it.layout, contract::layout)
}

fn read_as(
    live: &Description,
    kept: &Description,
    ty: &Type,
    print: fn(Fingerprints) -> Fingerprint,
    differences: fn(&Description, &Description, &Type) -> Vec<Difference>,
) -> Result<(), String> {
    if let Some(field) = transient(live, ty) {
        return Err(format!(
            "`{field}` is not carried over as it is, so nothing says what it is: read the other fields \
             by `Old::get`"
        ));
    }
    if print(Fingerprints::of(live, ty)) == print(Fingerprints::of(kept, ty)) {
        return Ok(());
    }
    let differences = differences(live, kept, ty);
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
