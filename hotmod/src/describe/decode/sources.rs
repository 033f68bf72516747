//! The identities of a module's described types: there is only one type under each id.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use super::error::{DecodeError, ONE_TYPE, Result};
use super::limits::Thing;
use super::reader::Reader;
use crate::describe::description::Type;
use crate::describe::format::IDENTITY;

/// What the records say of the types that they describe, beside the descriptions.
#[derive(Default)]
pub(super) struct Sources {
    /// For each reference, the identities of the types that it names, each with the place of its
    /// source.
    types: BTreeMap<Type, BTreeMap<[u8; IDENTITY], String>>,
    /// Types that were described in two ways, each with the record of the second description.
    unlike: BTreeMap<Type, String>,
}

impl Sources {
    /// Notes that a type is described otherwise than before.
    pub(super) fn unlike(&mut self, ty: Type, location: String) {
        self.unlike.entry(ty).or_insert(location);
    }

    /// Reads a record that says which types other records describe.
    pub(super) fn read(&mut self, reader: &mut Reader<'_>) -> Result<()> {
        reader.location.push("identities".to_owned());
        let before = reader.spent();
        let named = reader.list("types", |reader| {
            Ok(match reader.bool()? {
                true => Some((reader.ty()?, reader.text()?)),
                false => None,
            })
        })?;
        let count = reader.u32()? as usize;
        let mut places = Vec::new();
        for _ in 0..count {
            places.push(reader.u32()? as usize);
        }
        // These are read from every such record, and not kept: most repeat what others say.
        reader.forgive(before);
        for place in places {
            let identity = reader.array()?;
            let Some((ty, source)) = named.get(place).and_then(Option::as_ref) else {
                return reader.fail("the place of a type", place.to_string());
            };
            let known = self.types.entry(ty.clone()).or_default();
            if let Entry::Vacant(new) = known.entry(identity) {
                reader.one::<([u8; IDENTITY], Type, String)>(Thing::Mention)?;
                new.insert(source.clone());
            }
        }
        Ok(())
    }

    /// Refuses two types under one id, even if they are alike: the functions that make the fields of
    /// one do not fit the fields of the other.
    pub(super) fn check(self) -> Result<()> {
        let one_type = |location: String, found: String| {
            Err(DecodeError {
                location,
                expected: ONE_TYPE.to_owned(),
                found,
            })
        };
        for (ty, known) in &self.types {
            // Two types that one macro makes have the same place in the source.
            let locations: BTreeSet<&str> = known.values().map(String::as_str).collect();
            let locations: Vec<&str> = locations.into_iter().collect();
            let found = match locations.as_slice() {
                _ if known.len() < 2 => continue,
                [] | [_] => format!("{} at {}", known.len(), locations.concat()),
                [others @ .., last] => {
                    format!("one at {} and one at {last}", others.join(", one at "))
                }
            };
            return one_type(format!("type {ty}"), found);
        }
        match self.unlike.into_iter().next() {
            Some((_, location)) => {
                one_type(location, "a different type under the same id".to_owned())
            }
            None => Ok(()),
        }
    }
}
