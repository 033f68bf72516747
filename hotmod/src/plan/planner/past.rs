//! What the newer source says of the past and what may have been carried out already: functions that
//! are left in place, and names that are gone.

use std::collections::{BTreeMap, BTreeSet};

use super::names::{self, is_source};
use crate::describe::{Attribute, Described, Description, Field, Hook, Name, Shape, Type, Variant};

/// A name that an attribute says is gone, although the running version has it: hotmod cannot tell what
/// the attribute means.
pub(super) struct Ambiguous {
    /// Where, from the type on.
    pub(super) path: String,
    /// What the running version has.
    pub(super) was: String,
    /// What the newer source says of it.
    pub(super) now: String,
    pub(super) help: String,
}

impl Ambiguous {
    fn renamed(path: String, name: &str, was: &str) -> Self {
        Ambiguous {
            path,
            was: format!("`{name}`, beside `{was}`"),
            now: format!("said to have been `{was}`"),
            help: format!(
                "the running version has both, so nothing tells which has become `{name}`: remove `was = \
                 \"{was}\"`, or rename one after the other, in two updates"
            ),
        }
    }

    fn removed(path: String, name: &str, attribute: &str) -> Self {
        Ambiguous {
            path,
            was: format!("`{name}`"),
            now: "said to be gone".to_owned(),
            help: format!(
                "{attribute} says that it is gone, and it is there: remove the attribute to carry it \
                 over, or give what is new another name"
            ),
        }
    }
}

/// What the newer form of a type says of its parts, although the older form still has the names that it
/// says are gone. What the older form says too has been done already.
pub(super) fn ambiguous(old: &Described, new: &Described) -> Vec<Ambiguous> {
    let mut found = Vec::new();
    // The lists of fields that go with each other.
    let mut pairs = Vec::new();
    match (&old.shape, &new.shape) {
        (Shape::Struct(a), Shape::Struct(b)) => pairs.push((String::new(), &a[..], &b[..])),
        (Shape::Enum { variants: a, .. }, Shape::Enum { variants: b, .. }) => {
            ambiguous_variants((a, &old.attributes), (b, &new.attributes), &mut found);
            let places = names::variants(a, b);
            pairs.extend(a.iter().zip(places).filter_map(|(variant, place)| {
                let now = &b[place?];
                Some((
                    format!("::{}", now.name),
                    &variant.fields[..],
                    &now.fields[..],
                ))
            }));
        }
        _ => {}
    }
    for (path, a, b) in &pairs {
        for field in *b {
            let Some(same) = named(a, &field.name) else {
                continue;
            };
            for attribute in &field.attributes {
                if let Attribute::Was(name) = attribute
                    && *name != field.name
                    && named(a, name).is_some()
                    && !same.attributes.contains(attribute)
                {
                    found.push(Ambiguous::renamed(
                        format!("{path}.{}", field.name),
                        &field.name,
                        name,
                    ));
                }
            }
        }
    }
    let fresh = new
        .attributes
        .iter()
        .filter(|it| !old.attributes.contains(it));
    for attribute in fresh {
        let Attribute::Removed(name) = attribute else {
            continue;
        };
        // One variant may have lost a field whose name another variant keeps.
        let lost = |(_, a, b): &(_, &[Field], &[Field])| {
            named(a, name).is_some() && named(b, name).is_none()
        };
        let kept = pairs
            .iter()
            .find(|(_, a, b)| named(a, name).is_some() && named(b, name).is_some());
        if let Some((path, ..)) = kept.filter(|_| !pairs.iter().any(lost)) {
            let attribute = format!("`removed(\"{name}\")`");
            found.push(Ambiguous::removed(
                format!("{path}.{name}"),
                name,
                &attribute,
            ));
        }
    }
    found
}

fn named<'a>(fields: &'a [Field], name: &str) -> Option<&'a Field> {
    fields.iter().find(|field| field.name == name)
}

fn ambiguous_variants(
    (old, was): (&[Variant], &[Attribute]),
    (new, now): (&[Variant], &[Attribute]),
    found: &mut Vec<Ambiguous>,
) {
    let named = |name: &str| old.iter().find(|variant| variant.name == name);
    for variant in new {
        let Some(same) = named(&variant.name) else {
            continue;
        };
        let path = format!("::{}", variant.name);
        for attribute in &variant.attributes {
            if let Attribute::Was(name) = attribute
                && *name != variant.name
                && named(name).is_some()
                && new.iter().any(|other| other.name == *name)
                && !same.attributes.contains(attribute)
            {
                found.push(Ambiguous::renamed(path.clone(), &variant.name, name));
            }
        }
        for attribute in now {
            if let Attribute::RemovedVariant(from, to) = attribute
                && *from == variant.name
                && !was.contains(attribute)
            {
                let attribute = format!("`removed_variant({from} => {to})`");
                found.push(Ambiguous::removed(path.clone(), from, &attribute));
            }
        }
    }
}

/// The type that a type says it was, where the older module has both.
pub(super) fn ambiguous_type(
    older: &Description,
    newer: &Description,
    ty: &Type,
) -> Option<Ambiguous> {
    let (old, new) = (older.types.get(ty)?, newer.types.get(ty)?);
    new.attributes.iter().find_map(|attribute| match attribute {
        Attribute::Was(name) if !old.attributes.contains(attribute) => {
            let other = Type {
                name: Name::Named(name.clone()),
                args: ty.args.clone(),
            };
            // Where the other is gone, both have become this one.
            let both = other != *ty
                && older.types.contains_key(&other)
                && newer.types.contains_key(&other);
            both.then(|| Ambiguous::renamed(String::new(), &ty.to_string(), name))
        }
        _ => None,
    })
}

/// Whether the function that makes a newer field has made the older one.
pub(super) fn is_applied(old: &Field, new: &Field) -> bool {
    if old.with.is_none() || old.ty != new.ty {
        return false;
    }
    let same = by(old).map(last) == by(new).map(last);
    match &new.with {
        // It takes what the field is already, so it could be applied once more.
        Some(source) if is_source(source, &old.ty) => same && old.with == new.with,
        // It takes what the field was, before the running version converted it by this function.
        Some(_) => same,
        None => false,
    }
}

/// The paths of two functions of one name, which may be the same function under another path.
pub(super) fn respelled<'f>(old: &'f Field, new: &'f Field) -> Option<(&'f str, &'f str)> {
    let takes = (new.with.as_ref()).is_some_and(|source| is_source(source, &old.ty));
    let paths = by(old).zip(by(new))?;
    (takes && paths.0 != paths.1 && is_applied(old, new)).then_some(paths)
}

/// The name of a function, without the path that leads to it.
fn last(path: &str) -> &str {
    let bare = match path.find("::<") {
        Some(generics) if path.ends_with('>') => &path[..generics],
        _ => path,
    };
    bare.rsplit("::").next().unwrap_or(bare)
}

/// The name of the function that makes a field.
pub(super) fn by(field: &Field) -> Option<&str> {
    field
        .attributes
        .iter()
        .find_map(|attribute| match attribute {
            Attribute::By(name) => Some(name.as_str()),
            _ => None,
        })
}

/// The types under one name in both whose values are not to be moved, however alike they look.
/// `hooks` are the functions for types that values of each of the two go through.
pub(super) fn unsettled(
    (older, newer): (&Description, &Description),
    hooks: (&BTreeMap<Type, Hook>, &BTreeMap<Type, Hook>),
) -> BTreeSet<Type> {
    let made = |old: &[Field], new: &[Field]| {
        new.iter()
            .filter(|field| field.with.is_some())
            .any(|field| {
                named(old, &field.name)
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
