//! What values of described types may lead to.

use std::collections::{BTreeMap, BTreeSet};

use hotmod::describe::{Builtin, Described, Type};

/// Whether one of these types leads back to itself, or to one that does, so that the data decides how
/// deep a value goes.
pub(crate) fn is_deep<'a>(
    types: &'a BTreeMap<Type, Described>,
    from: impl IntoIterator<Item = &'a Type>,
) -> bool {
    // What each type leads to.
    let mut leads: BTreeMap<&Type, BTreeSet<&Type>> = BTreeMap::new();
    let mut left: Vec<(Option<&Type>, &Type)> = from.into_iter().map(|ty| (None, ty)).collect();
    while let Some((holder, ty)) = left.pop() {
        left.extend(ty.args.iter().map(|arg| (holder, arg)));
        let Some((ty, described)) = types.get_key_value(ty) else {
            continue;
        };
        if let Some(holder) = holder {
            leads.entry(holder).or_default().insert(ty);
        }
        if !leads.contains_key(ty) {
            leads.insert(ty, BTreeSet::new());
            left.extend(described.fields().map(|field| (Some(ty), &field.ty)));
        }
    }
    // Take away the types that lead nowhere, until there are none. What is left leads back to itself, or to a
    // type that does.
    let mut held_by: BTreeMap<&Type, Vec<&Type>> = BTreeMap::new();
    for (holder, held) in &leads {
        for ty in held {
            held_by.entry(ty).or_default().push(holder);
        }
    }
    let mut count: BTreeMap<&Type, usize> = leads.iter().map(|(ty, to)| (*ty, to.len())).collect();
    let mut ends: Vec<&Type> = count
        .iter()
        .filter(|(_, to)| **to == 0)
        .map(|(ty, _)| *ty)
        .collect();
    let mut gone = 0;
    while let Some(ty) = ends.pop() {
        gone += 1;
        for holder in held_by.get(ty).into_iter().flatten() {
            if let Some(to) = count.get_mut(holder) {
                *to -= 1;
                if *to == 0 {
                    ends.push(holder);
                }
            }
        }
    }
    gone < leads.len()
}

/// Whether a value of one of these types may own an item that has other owners.
pub(super) fn owns<'a>(
    types: &'a BTreeMap<Type, Described>,
    from: impl IntoIterator<Item = &'a Type>,
) -> bool {
    let mut seen = BTreeSet::new();
    let mut left: Vec<&Type> = from.into_iter().collect();
    while let Some(ty) = left.pop() {
        if ty.builtin().is_some_and(Builtin::is_owner) {
            return true;
        }
        left.extend(&ty.args);
        if let Some(described) = types.get(ty)
            && seen.insert(ty)
        {
            left.extend(described.fields().map(|field| &field.ty));
        }
    }
    false
}
