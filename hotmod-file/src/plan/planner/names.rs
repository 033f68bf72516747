//! Which types, fields and variants have become which, by their names and by the earlier names that the
//! newer forms give.
//!
//! Every question here is about an older and a newer form, whichever way a plan leads.

use std::collections::BTreeMap;

use hotmod::describe::{Attribute, Description, Field, Name, Type};

use crate::past::places;
pub(super) use crate::past::{is_source, variants};
use crate::plan::model::Way;

/// The types of an older and a newer module, by what has become of them.
pub(super) struct TypeNames<'a> {
    older: &'a Description,
    newer: &'a Description,
    /// For a name and parameters, the first newer type that says it was of that name.
    renamed: BTreeMap<(&'a str, &'a [Type]), &'a Type>,
    /// For a newer type, the first older type of another name that has become this one.
    before: BTreeMap<&'a Type, &'a Type>,
}

impl<'a> TypeNames<'a> {
    /// For a plan that leads from `was` to `now`.
    pub(super) fn new(was: &'a Description, now: &'a Description, way: Way) -> Self {
        let (older, newer) = match way {
            Way::On => (was, now),
            Way::Back => (now, was),
        };
        let mut names = TypeNames {
            older,
            newer,
            renamed: BTreeMap::new(),
            before: BTreeMap::new(),
        };
        for (ty, described) in &newer.types {
            for attribute in &described.attributes {
                if let Attribute::Was(id) = attribute {
                    let was = (id.as_str(), ty.args.as_slice());
                    names.renamed.entry(was).or_insert(ty);
                }
            }
        }
        for was in older.types.keys() {
            if let Some(now) = names.renamed_to(was) {
                names.before.entry(now).or_insert(was);
            }
        }
        names
    }

    /// The type that a described type of the older module has become in the newer one.
    pub(super) fn successor(&self, was: &Type) -> Option<Type> {
        match self.newer.types.contains_key(was) {
            true => Some(was.clone()),
            false => self.renamed_to(was).cloned(),
        }
    }

    fn renamed_to(&self, was: &Type) -> Option<&'a Type> {
        let Name::Named(id) = &was.name else {
            return None;
        };
        if self.newer.types.contains_key(was) {
            return None;
        }
        let renamed = |args: &[Type]| self.renamed.get(&(id.as_str(), args)).copied();
        if let Some(now) = renamed(&was.args) {
            return Some(now);
        }
        // Its parameters may have other names too.
        let now = self.with_renamed_parameters(was);
        let known = self.newer.types.get_key_value(&now).map(|(ty, _)| ty);
        known
            .filter(|_| now.args != was.args)
            .or_else(|| renamed(&now.args))
    }

    /// A type expression with what described types have become.
    fn renamed_within(&self, was: &Type) -> Type {
        self.successor(was)
            .filter(|now| now != was)
            .unwrap_or_else(|| self.with_renamed_parameters(was))
    }

    fn with_renamed_parameters(&self, was: &Type) -> Type {
        let args = was.args.iter().map(|arg| self.renamed_within(arg));
        Type {
            name: was.name.clone(),
            args: args.collect(),
        }
    }

    /// The type of the older module that has become this one, first of all the one of its name.
    pub(super) fn predecessor(&self, now: &Type) -> Option<Type> {
        match self.older.types.contains_key(now) {
            true => Some(now.clone()),
            false => self.before.get(now).map(|was| (*was).clone()),
        }
    }
}

/// For each newer field, the older one that it comes from. No two come from the same older field: its
/// value would have two owners.
pub(super) fn origins(old: &[Field], new: &[Field]) -> Vec<Option<usize>> {
    let places = places(old.iter().map(|field| &field.name));
    let named = |name: &str| places.get(name).copied();
    let mut taken = vec![false; old.len()];
    let mut take = |place: usize| !std::mem::replace(&mut taken[place], true);
    // Fields that say which field they were go first: another field may have that name by now.
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

/// The same the other way round: for each of `len` places, the first place that leads there.
pub(super) fn inverted(places: &[Option<usize>], len: usize) -> Vec<Option<usize>> {
    let mut inverted = vec![None; len];
    for (from, to) in places.iter().enumerate() {
        if let Some(place) = to.and_then(|to| inverted.get_mut(to)) {
            place.get_or_insert(from);
        }
    }
    inverted
}
