//! The names that once stood for something in a type, and no longer do.
//!
//! A plan finds fields by their names. If a name is given to another field after the one it stood
//! for was removed, then state of a release that still had the first would fill the second.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use hotmod::codes::{NAME_REUSED, coded};
use hotmod_file::describe::{Attribute, Described, Description, Field, Name, Shape, Variant};
use serde::{Deserialize, Serialize};

use crate::json::JsonChange;

/// The removed names, by the id of the type: names of fields and variants, and `Variant.field`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Removed(BTreeMap<String, BTreeSet<String>>);

/// A name that is in use again.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Reuse {
    path: String,
    now: String,
}

const WAS: &str = "a name that is removed";
const HELP: &str = "state of a release that had it would be taken for the new one's: give it a \
                    name that was never used; if no such state can be live or come back, delete \
                    the name from `removed` in the lock file";

impl Reuse {
    pub(crate) fn change(&self) -> JsonChange<'_> {
        JsonChange {
            path: &self.path,
            was: WAS,
            now: &self.now,
            code: NAME_REUSED.to_string(),
            rule: NAME_REUSED.name(),
            help: HELP,
            refuses: true,
            loses: false,
        }
    }
}

impl fmt::Display for Reuse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Reuse { path, now } = self;
        coded(f, NAME_REUSED, |f| {
            write!(f, "{path}: was {WAS}, now {now}\n  help: {HELP}")
        })
    }
}

impl Removed {
    /// The removed names of the release `now`, which follows the release `before`; `self` has those of
    /// `before`.
    pub(super) fn after(&self, before: &Description, now: &Description) -> Self {
        let mut removed = self.clone();
        let current = names(now);
        for (id, had) in names(before) {
            let successor = match current.contains_key(id) {
                true => Some(id),
                false => renamed(now, id),
            };
            let heir = successor.unwrap_or(id);
            let has = current.get(heir);
            let gone = had
                .keys()
                .filter(|name| has.is_none_or(|has| !has.contains_key(*name)))
                // The fields of a variant that is gone are gone with it.
                .filter(|name| match name.split_once('.') {
                    Some((variant, _)) => has.is_some_and(|has| has.contains_key(variant)),
                    None => true,
                });
            let inherited = self.0.get(id).into_iter().flatten().cloned();
            let names = removed.0.entry(heir.to_owned()).or_default();
            names.extend(gone.cloned().chain(inherited));
        }
        for (ty, described) in &now.types {
            let Name::Named(id) = &ty.name else { continue };
            let said = said(described);
            let free = said.filter(|name| !current[id.as_str()].contains_key(*name));
            let names = removed.0.entry(id.clone()).or_default();
            names.extend(free.cloned());
        }
        removed.0.retain(|_, names| !names.is_empty());
        removed
    }

    /// The names that a build gives to something else.
    pub(crate) fn reused(&self, now: &Description) -> Vec<Reuse> {
        let current = names(now);
        let mut found = Vec::new();
        for (id, removed) in &self.0 {
            let Some(has) = current.get(id.as_str()) else {
                continue;
            };
            let again = removed.iter().filter_map(|name| has.get(name));
            found.extend(again.map(|(path, now)| Reuse {
                path: format!("{id}{path}"),
                now: now.clone(),
            }));
        }
        found
    }

    pub(super) fn count(&self) -> usize {
        self.0.values().map(BTreeSet::len).sum()
    }
}

/// For each name in a type, its path from there and what it is.
type Names = BTreeMap<String, (String, String)>;

fn names(description: &Description) -> BTreeMap<&str, Names> {
    let mut all: BTreeMap<&str, Names> = BTreeMap::new();
    for (ty, described) in &description.types {
        let Name::Named(id) = &ty.name else { continue };
        // The instances of a generic type have the same names.
        let names = all.entry(id).or_default();
        match &described.shape {
            Shape::Struct(fields) => names.extend(fields.iter().map(|field| {
                let Field { name, ty, .. } = field;
                (name.clone(), (format!(".{name}"), ty.to_string()))
            })),
            Shape::Enum { variants, .. } => {
                for Variant { name, fields, .. } in variants {
                    let variant = (format!("::{name}"), "a variant".to_owned());
                    names.insert(name.clone(), variant);
                    names.extend(fields.iter().map(|field| {
                        let path = format!("::{name}.{}", field.name);
                        (
                            format!("{name}.{}", field.name),
                            (path, field.ty.to_string()),
                        )
                    }));
                }
            }
        }
    }
    all
}

/// The type that says that it had this id before.
fn renamed<'a>(now: &'a Description, id: &str) -> Option<&'a str> {
    let was = Attribute::Was(id.to_owned());
    now.types.iter().find_map(|(ty, described)| match &ty.name {
        Name::Named(new) if described.attributes.contains(&was) => Some(new.as_str()),
        _ => None,
    })
}

/// The names that a type itself says were in it. Those of variants' fields are left out: `after`
/// finds them.
fn said(described: &Described) -> impl Iterator<Item = &String> {
    let own = described.attributes.iter().filter_map(|it| match it {
        Attribute::Removed(name) | Attribute::RemovedVariant(name, _) => Some(name),
        _ => None,
    });
    let parts: Vec<&[Attribute]> = match &described.shape {
        Shape::Struct(fields) => fields.iter().map(|it| &*it.attributes).collect(),
        Shape::Enum { variants, .. } => variants.iter().map(|it| &*it.attributes).collect(),
    };
    let renamed = parts.into_iter().flatten().filter_map(|it| match it {
        Attribute::Was(name) => Some(name),
        _ => None,
    });
    own.chain(renamed)
}
