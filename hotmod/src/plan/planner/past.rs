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
        let renamed = |field: &&Field| {
            let mut attributes = field.attributes.iter();
            attributes.any(|it| matches!(it, Attribute::Was(name) if *name != field.name))
        };
        let mut renamed = b.iter().filter(renamed).peekable();
        if renamed.peek().is_none() {
            continue;
        }
        let were = by_name(a);
        for field in renamed {
            let Some(same) = were.get(field.name.as_str()) else {
                continue;
            };
            for attribute in &field.attributes {
                if let Attribute::Was(name) = attribute
                    && *name != field.name
                    && were.contains_key(name.as_str())
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
    let (removed, fresh) = (removes(&old.attributes), removes(&new.attributes));
    if fresh.is_empty() {
        return found;
    }
    // One variant may have lost a field whose name another variant keeps.
    let (mut lost, mut kept) = (BTreeSet::new(), BTreeMap::new());
    for (path, a, b) in &pairs {
        let are = by_name(b);
        for field in *a {
            let name = field.name.as_str();
            if are.contains_key(name) {
                kept.entry(name).or_insert(path);
            } else {
                lost.insert(name);
            }
        }
    }
    for name in fresh.difference(&removed) {
        if let Some(path) = kept.get(name).filter(|_| !lost.contains(name)) {
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

/// The names that the attributes of a type say were removed.
fn removes(attributes: &[Attribute]) -> BTreeSet<&str> {
    let names = attributes.iter().filter_map(|it| match it {
        Attribute::Removed(name) => Some(name.as_str()),
        _ => None,
    });
    names.collect()
}

/// The fields by their names.
fn by_name(fields: &[Field]) -> BTreeMap<&str, &Field> {
    let mut named = BTreeMap::new();
    for field in fields {
        named.entry(field.name.as_str()).or_insert(field);
    }
    named
}

fn ambiguous_variants<'a>(
    (old, was): (&'a [Variant], &[Attribute]),
    (new, now): (&'a [Variant], &[Attribute]),
    found: &mut Vec<Ambiguous>,
) {
    let names = |variants: &'a [Variant]| {
        let mut named: BTreeMap<&str, &Variant> = BTreeMap::new();
        for variant in variants {
            named.entry(variant.name.as_str()).or_insert(variant);
        }
        named
    };
    let (were, are) = (names(old), names(new));
    let mut removed: BTreeMap<&str, Vec<&Attribute>> = BTreeMap::new();
    for attribute in now {
        if let Attribute::RemovedVariant(from, _) = attribute {
            removed.entry(from).or_default().push(attribute);
        }
    }
    for variant in new {
        let Some(same) = were.get(variant.name.as_str()) else {
            continue;
        };
        let path = format!("::{}", variant.name);
        for attribute in &variant.attributes {
            if let Attribute::Was(name) = attribute
                && *name != variant.name
                && were.contains_key(name.as_str())
                && are.contains_key(name.as_str())
                && !same.attributes.contains(attribute)
            {
                found.push(Ambiguous::renamed(path.clone(), &variant.name, name));
            }
        }
        for attribute in removed.get(variant.name.as_str()).into_iter().flatten() {
            if let Attribute::RemovedVariant(from, to) = attribute
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
