//! The identities of fields' types that hotmod cannot look into.

use std::hash::Hasher;

use siphasher::sip128::{Hasher128, SipHasher24};

use super::error::{DecodeError, Result};
use crate::describe::description::{Description, Field, Name, Shape, Type};

/// The identity of a field's type that hotmod cannot look into.
pub(super) struct Identity {
    pub(super) location: String,
    pub(super) owner: Type,
    /// Among all fields of all variants.
    pub(super) field: usize,
    /// Whether the type is the one that the field is converted from, and not the field's own.
    pub(super) source: bool,
    /// The identity of the type; and, where it has parameters, the identities of its constructor and of
    /// the parameters that have no description.
    pub(super) identities: Vec<u128>,
}

impl Identity {
    /// Puts the identity into the field's description.
    pub(super) fn tell(self, description: &mut Description) -> Result<()> {
        let fail = |expected: &str, found: String| {
            Err(DecodeError {
                location: self.location.clone(),
                expected: expected.to_owned(),
                found,
            })
        };
        let described = description.types.get_mut(&self.owner);
        let mut fields: Vec<&mut Field> = match described.map(|it| &mut it.shape) {
            Some(Shape::Struct(fields)) => fields.iter_mut().collect(),
            Some(Shape::Enum { variants, .. }) => {
                variants.iter_mut().flat_map(|it| &mut it.fields).collect()
            }
            None => return fail("a type that is described", format!("`{}`", self.owner)),
        };
        let field = fields.get_mut(self.field);
        let ty = field.and_then(|field| match self.source {
            true => field.with.as_mut(),
            false => Some(&mut field.ty),
        });
        let Some(Name::Opaque(opaque)) = ty.map(|ty| &mut ty.name) else {
            let field = format!("field {} of `{}`", self.field, self.owner);
            return fail("a field of an opaque type", field);
        };
        let Some((&whole, parts)) = self.identities.split_first() else {
            return fail("an identity", "none".to_owned());
        };
        let identity = match parts {
            [] => whole,
            [constructor] => *constructor,
            parts => {
                let mut hasher = SipHasher24::new_with_keys(0x6f70, 0x6171_7565);
                parts.iter().for_each(|part| hasher.write_u128(*part));
                hasher.finish128().as_u128()
            }
        };
        opaque.whole = Some(whole);
        match opaque.identity.replace(identity) {
            Some(other) if other != identity => fail(
                "one type under each id",
                format!("a second one for a field of `{}`", self.owner),
            ),
            _ => Ok(()),
        }
    }
}
