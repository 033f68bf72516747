//! What a source says of the past of its types: names that are gone, and functions that made fields.
//!
//! Every question here is about an older and a newer form. Which of two sides is the newer one, states know and
//! calls do not: a call asks both ways.

use std::collections::{BTreeMap, BTreeSet};

use hotmod::describe::{Attribute, Described, Description, Field, Name, Shape, Type, Variant};

/// A name that an attribute says is gone, although the running version has it: hotmod cannot tell what
/// the attribute means.
pub(crate) struct Ambiguous {
    /// Where, from the type on.
    pub(crate) path: String,
    /// What the running version has.
    pub(crate) was: String,
    /// What the newer source says of it.
    pub(crate) now: String,
    pub(crate) help: String,
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
pub(crate) fn ambiguous(old: &Described, new: &Described) -> Vec<Ambiguous> {
    let mut found = Vec::new();
    // The lists of fields that go with each other.
    let mut pairs = Vec::new();
    match (&old.shape, &new.shape) {
        (Shape::Struct(a), Shape::Struct(b)) => pairs.push((String::new(), &a[..], &b[..])),
        (Shape::Enum { variants: a, .. }, Shape::Enum { variants: b, .. }) => {
            ambiguous_variants((a, &old.attributes), (b, &new.attributes), &mut found);
            let places = variants(a, b);
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
pub(crate) fn by_name(fields: &[Field]) -> BTreeMap<&str, &Field> {
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
pub(crate) fn ambiguous_type(
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

/// Whether a call must not pass values of a type as they are, however alike both sides have it: one of the two says of
/// its past what the other one may not know.
pub(crate) fn is_untold(one: &Description, other: &Description, ty: &Type) -> bool {
    let Some((a, b)) = one.types.get(ty).zip(other.types.get(ty)) else {
        return false;
    };
    if !says_of_past(a) && !says_of_past(b) {
        return false;
    }
    let says = |(older, old): (&Description, &Described),
                (newer, new): (&Description, &Described)| {
        takes_any(new, old)
            || !ambiguous(old, new).is_empty()
            || ambiguous_type(older, newer, ty).is_some()
    };
    says((one, a), (other, b)) || says((other, b), (one, a))
}

/// Whether anything is said of earlier forms: of most types, nothing is.
fn says_of_past(described: &Described) -> bool {
    let says = |attributes: &[Attribute]| {
        let mut attributes = attributes.iter();
        attributes.any(|it| {
            matches!(
                it,
                Attribute::Was(_) | Attribute::Removed(_) | Attribute::RemovedVariant(..)
            )
        })
    };
    let variants = match &described.shape {
        Shape::Struct(_) => &[][..],
        Shape::Enum { variants, .. } => variants,
    };
    let mut fields = described.fields();
    says(&described.attributes)
        || variants.iter().any(|it| says(&it.attributes))
        || fields.any(|it| it.with.is_some() || says(&it.attributes))
}

/// Whether a function makes a field of what the older form has under the same name.
fn takes_any(new: &Described, old: &Described) -> bool {
    let takes = |new: &[Field], old: &[Field]| {
        let mut made = new.iter().filter(|field| field.with.is_some()).peekable();
        if made.peek().is_none() {
            return false;
        }
        let were = by_name(old);
        made.any(|field| {
            let same = were.get(field.name.as_str());
            same.is_some_and(|same| takes(field, same))
        })
    };
    match (&new.shape, &old.shape) {
        (Shape::Struct(new), Shape::Struct(old)) => takes(new, old),
        (Shape::Enum { variants: new, .. }, Shape::Enum { variants: old, .. }) => {
            let mut pairs = new.iter().zip(old);
            pairs.any(|(new, old)| takes(&new.fields, &old.fields))
        }
        _ => false,
    }
}

/// Whether the function that makes a newer field makes it of what the older field is, and has not made that already.
pub(crate) fn takes(new: &Field, old: &Field) -> bool {
    let source = new.with.as_ref();
    source.is_some_and(|source| is_source(source, &old.ty)) && !is_applied(old, new)
}

/// Whether the function that makes a newer field has made the older one.
pub(crate) fn is_applied(old: &Field, new: &Field) -> bool {
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
pub(crate) fn respelled<'f>(old: &'f Field, new: &'f Field) -> Option<(&'f str, &'f str)> {
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
pub(crate) fn by(field: &Field) -> Option<&str> {
    field
        .attributes
        .iter()
        .find_map(|attribute| match attribute {
            Attribute::By(name) => Some(name.as_str()),
            _ => None,
        })
}

/// Where each name stands first.
pub(crate) fn places<'n>(names: impl Iterator<Item = &'n String>) -> BTreeMap<&'n str, usize> {
    let mut places = BTreeMap::new();
    for (place, name) in names.enumerate() {
        places.entry(name.as_str()).or_insert(place);
    }
    places
}

/// For each older variant, the newer one that it has become. Two older variants may become the same.
pub(crate) fn variants(old: &[Variant], new: &[Variant]) -> Vec<Option<usize>> {
    let known = places(old.iter().map(|variant| &variant.name));
    let same = places(new.iter().map(|variant| &variant.name));
    // By earlier name: the first variant that gives it, and the first that gives it and whose own name
    // is new.
    let (mut renamed, mut fresh) = (BTreeMap::new(), BTreeMap::new());
    for (place, variant) in new.iter().enumerate() {
        for attribute in &variant.attributes {
            if let Attribute::Was(name) = attribute {
                renamed.entry(name.as_str()).or_insert(place);
                if !known.contains_key(variant.name.as_str()) {
                    fresh.entry(name.as_str()).or_insert(place);
                }
            }
        }
    }
    let place = |variant: &Variant| {
        // A variant that says which one it was goes first: another may have that name by now.
        let name = variant.name.as_str();
        let found = fresh.get(name).or_else(|| same.get(name));
        found.or_else(|| renamed.get(name)).copied()
    };
    old.iter().map(place).collect()
}

/// Whether a function that takes a reference to `source` can take a reference to a value of the type
/// `was`. A foreign type is compared with all of its parameters here: only its path shows which of them are
/// described.
pub(crate) fn is_source(source: &Type, was: &Type) -> bool {
    match (source.opaque(), was.opaque()) {
        (Some(source), Some(was)) => {
            (source.whole, source.size, source.align) == (was.whole, was.size, was.align)
        }
        _ => source == was,
    }
}
