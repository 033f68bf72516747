//! The operations of the values that states lead to in `Lazy`s.

use std::collections::{BTreeMap, BTreeSet};

use hotmod::describe::{Builtin, Description, Type};
use hotmod::operations::{Kind, LazyValue, Operations};

use crate::image::exports::Exports;

/// The `Lazy`s in the states of a version, by the types of their values.
pub(super) fn found(exports: &Exports) -> BTreeMap<Type, LazyValue> {
    let mut found = BTreeMap::new();
    let mut seen = BTreeSet::new();
    let states = exports
        .manifest
        .implementations
        .values()
        .zip(exports.tables.values());
    let states = states.map(|(it, table)| (&it.state, table.operations()));
    let mut left: Vec<(&Type, &'static Operations)> = states.collect();
    while let Some((ty, operations)) = left.pop() {
        if !seen.insert(ty) {
            continue;
        }
        if let (Some(Builtin::Lazy), Kind::Lazy(lazy)) = (ty.builtin(), &operations.kind) {
            found.insert(ty.args[0].clone(), *lazy);
        }
        let part = |(place, ty)| operations.part(place).map(|part| (ty, part));
        match exports.manifest.types.get(ty) {
            Some(described) => {
                let fields = described.fields().map(|field| &field.ty);
                left.extend(fields.enumerate().filter_map(part));
            }
            None => left.extend(ty.items().iter().enumerate().filter_map(part)),
        }
    }
    found
}

fn mentions(ty: &Type) -> bool {
    ty.builtin() == Some(Builtin::Lazy) || ty.args.iter().any(mentions)
}

/// Whether a type of this description has a `Lazy` in a field.
pub(in crate::migrate) fn holds_lazies(description: &Description) -> bool {
    let mut types = description.types.values();
    types.any(|described| described.fields().any(|field| mentions(&field.ty)))
}

/// Whether values of a type may hold a `Lazy`.
pub(super) fn is_holder(description: &Description, ty: &Type) -> bool {
    leads_to(description, ty, |_| true)
}

/// Whether values of a type may hold a `Lazy` of a value of such a type.
pub(in crate::migrate) fn leads_to(
    description: &Description,
    ty: &Type,
    mut is_such: impl FnMut(&Type) -> bool,
) -> bool {
    let mut seen = BTreeSet::new();
    let mut left = vec![ty];
    while let Some(ty) = left.pop() {
        if ty.builtin() == Some(Builtin::Lazy) && is_such(&ty.args[0]) {
            return true;
        }
        left.extend(&ty.args);
        if let Some(described) = description.types.get(ty)
            && seen.insert(ty)
        {
            left.extend(described.fields().map(|field| &field.ty));
        }
    }
    false
}
