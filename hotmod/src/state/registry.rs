//! The described types that can be reached from somewhere.

use std::any::TypeId;
use std::collections::HashSet;

use crate::describe::{TypeDesc, TypeRef};

/// The described types that can be reached from somewhere, each once.
///
/// The registry trusts what is entered: a host gives it only to `Describe::register`, of an unsafe
/// trait.
#[derive(Default)]
pub struct Registry {
    types: Vec<&'static TypeDesc>,
    entered: HashSet<TypeId>,
    opaque: Vec<OpaqueField>,
}

/// The identity of a field's type that hotmod cannot look into.
pub(crate) struct OpaqueField {
    pub(crate) owner: TypeRef,
    pub(crate) place: usize,
    /// Whether the type is the one that the field is converted from, and not the field's own.
    pub(crate) source: bool,
    pub(crate) identities: &'static [TypeId],
}

impl Registry {
    /// Adds a type; `false` if it was there already and its fields need no second look.
    pub fn enter<T: 'static>(&mut self, desc: &'static TypeDesc) -> bool {
        // Types are not told apart by name, since a reader of the description must be able to find two
        // types under one id. Nor by address, since two types that look alike may have one address and
        // different fields.
        let new = self.entered.insert(TypeId::of::<T>());
        if new {
            self.types.push(desc);
        }
        new
    }

    /// Adds the identities of a field's type that hotmod cannot look into, or of the type that the
    /// field is converted from: see [`OpaqueRecord::of`](crate::state::opaque::OpaqueRecord::of).
    pub fn opaque(
        &mut self,
        owner: TypeRef,
        place: usize,
        source: bool,
        identities: &'static [TypeId],
    ) {
        self.opaque.push(OpaqueField {
            owner,
            place,
            source,
            identities,
        });
    }

    pub(crate) fn opaque_fields(&self) -> &[OpaqueField] {
        &self.opaque
    }

    /// The types, in the order they were found.
    pub fn types(&self) -> &[&'static TypeDesc] {
        &self.types
    }
}
