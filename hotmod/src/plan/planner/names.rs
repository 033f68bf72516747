//! What has become of what, by its name and by the earlier names that its newer form gives.
//!
//! Always asked of an older and a newer form, whichever way a plan leads.

use crate::describe::{Attribute, Description, Field, Name, Type, Variant};

/// The type that a described type of the older module has become in the newer one.
pub(super) fn successor(newer: &Description, was: &Type) -> Option<Type> {
    if newer.types.contains_key(was) {
        return Some(was.clone());
    }
    let Name::Named(id) = &was.name else {
        return None;
    };
    let renamed = newer.types.iter().find(|(ty, described)| {
        ty.args == was.args && described.attributes.contains(&Attribute::Was(id.clone()))
    });
    renamed.map(|(ty, _)| ty.clone())
}

/// The type of the older module that has become this one, first of all the one of its name.
pub(super) fn predecessor(older: &Description, newer: &Description, now: &Type) -> Option<Type> {
    let same = older.types.contains_key(now).then(|| now.clone());
    same.or_else(|| {
        let mut types = older.types.keys();
        types
            .find(|was| successor(newer, was).as_ref() == Some(now))
            .cloned()
    })
}

/// For each newer field, the older one that it comes from. No two come from the same: its value
/// would have two owners.
pub(super) fn origins(old: &[Field], new: &[Field]) -> Vec<Option<usize>> {
    let named = |name: &str| old.iter().position(|field| field.name == name);
    let mut taken = vec![false; old.len()];
    let mut take = |place: usize| !std::mem::replace(&mut taken[place], true);
    // First what says which field it was: another field may have that name by now.
    let renamed: Vec<Option<usize>> = new
        .iter()
        .map(|field| {
            if named(&field.name).is_some() {
                return None;
            }
            field
                .attributes
                .iter()
                .find_map(|attribute| match attribute {
                    Attribute::Was(name) => named(name).filter(|&place| take(place)),
                    _ => None,
                })
        })
        .collect();
    new.iter()
        .zip(renamed)
        .map(|(field, renamed)| renamed.or_else(|| named(&field.name).filter(|&place| take(place))))
        .collect()
}

/// For each older variant, the newer one that it has become. Two may claim to have become the same.
pub(super) fn variants(old: &[Variant], new: &[Variant]) -> Vec<Option<usize>> {
    let place = |variant: &Variant| {
        let was = Attribute::Was(variant.name.clone());
        let renamed = |other: &Variant| other.attributes.contains(&was);
        let fresh = |other: &Variant| !old.iter().any(|old| old.name == other.name);
        // First what says which variant it was: another may have that name by now.
        new.iter()
            .position(|other| renamed(other) && fresh(other))
            .or_else(|| new.iter().position(|other| other.name == variant.name))
            .or_else(|| new.iter().position(renamed))
    };
    old.iter().map(place).collect()
}

/// The same the other way round: for each of so many places, the first that leads there.
pub(super) fn inverted(places: &[Option<usize>], len: usize) -> Vec<Option<usize>> {
    let first = |to| places.iter().position(|place| *place == Some(to));
    (0..len).map(first).collect()
}
