//! What the newer source says of the past and what may have been carried out already: functions that
//! are left in place, and names that are gone.

use std::collections::{BTreeMap, BTreeSet};

use hotmod::describe::{Described, Description, Field, Hook, Shape, Type};

pub(super) use crate::past::{
    Ambiguous, ambiguous, ambiguous_type, by, is_applied, respelled, takes,
};
use crate::past::{by_name, is_untold};

/// The types under one name in both whose values are not to be moved, however alike they look.
/// `hooks` are the functions for types that values of each of the two go through.
pub(super) fn unsettled(
    (older, newer): (&Description, &Description),
    hooks: (&BTreeMap<Type, Hook>, &BTreeMap<Type, Hook>),
) -> BTreeSet<Type> {
    let made = |old: &[Field], new: &[Field]| {
        let mut made = new.iter().filter(|field| field.with.is_some()).peekable();
        let were = match made.peek() {
            Some(_) => by_name(old),
            None => return false,
        };
        made.any(|field| {
            were.get(field.name.as_str())
                .is_some_and(|old| !is_applied(old, field) || respelled(old, field).is_some())
        })
    };
    let is_unsettled = |ty: &Type, old: &Described, new: &Described| {
        let made = match (&old.shape, &new.shape) {
            (Shape::Struct(a), Shape::Struct(b)) => made(a, b),
            (Shape::Enum { variants: a, .. }, Shape::Enum { variants: b, .. }) => {
                let mut pairs = a.iter().zip(b);
                pairs.any(|(a, b)| made(&a.fields, &b.fields))
            }
            _ => false,
        };
        let hooks = (hooks.0.get(ty), hooks.1.get(ty));
        let hook = (hooks.1).is_some_and(|new| hooks.0.is_none_or(|old| !old.is_same(new)));
        hook || made
            || !ambiguous(old, new).is_empty()
            || ambiguous_type(older, newer, ty).is_some()
    };
    let pairs = newer
        .types
        .iter()
        .filter_map(|(ty, new)| Some((ty, older.types.get(ty)?, new)));
    pairs
        .filter(|(ty, old, new)| is_unsettled(ty, old, new))
        .map(|(ty, ..)| ty.clone())
        .collect()
}

/// The types under one name in both of which one side says what the other may not know: which of the two is the newer
/// one, a call cannot tell.
pub(super) fn untold(one: &Description, other: &Description) -> BTreeSet<Type> {
    let pairs = one.types.keys();
    let untold = pairs.filter(|ty| is_untold(one, other, ty));
    untold.cloned().collect()
}

/// Whether a module is of an older version than another, by the numbers of both.
pub(super) fn is_older(one: &Description, other: &Description) -> bool {
    let numbers = |description: &Description| -> Option<Vec<u64>> {
        let version = &description.build.as_ref()?.version;
        let numbers = version.split(['-', '+']).next()?.split('.');
        numbers.map(|number| number.parse().ok()).collect()
    };
    numbers(one)
        .zip(numbers(other))
        .is_some_and(|(one, other)| one < other)
}
