//! The described types that can be reached from somewhere.

use std::any::TypeId;
use std::collections::HashSet;

use crate::describe::{TypeDesc, TypeRef};

/// The described types that can be reached from somewhere, each once.
///
/// What is entered is believed: only `Describe::register`, of an unsafe trait, is given one by a host.
#[derive(Default)]
pub struct Registry {
    types: Vec<&'static TypeDesc>,
    entered: HashSet<TypeId>,
    opaque: Vec<OpaqueField>,
}

/// Which type a field is that hotmod cannot look into.
pub(crate) struct OpaqueField {
    pub(crate) owner: TypeRef,
    pub(crate) place: usize,
    /// Whether it is of the type that the field is converted from.
    pub(crate) source: bool,
    pub(crate) identities: &'static [TypeId],
}

impl Registry {
    /// Adds a type; `false` if it was there already and its fields need no second look.
    pub fn enter<T: 'static>(&mut self, desc: &'static TypeDesc) -> bool {
        // Not by name: a reader of the description is to find two types under one id. Nor
        // by address: two that look alike may have one, and fields that do not.
        let new = self.entered.insert(TypeId::of::<T>());
        if new {
            self.types.push(desc);
        }
        new
    }

    /// Adds that a field of a type is one of these identities, which hotmod cannot look into, or is
    /// converted from one: see [`OpaqueRecord::of`](crate::state::opaque::OpaqueRecord::of).
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
