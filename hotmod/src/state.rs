//! The traits of types that can be described, kept as state, and passed by reference.

use std::any::TypeId;
use std::collections::HashSet;

use crate::describe::{Instances, TypeDesc, TypeRef};
use crate::operations::Operations;

/// A type whose description can stand in a manifest.
///
/// Implemented for the [types that hotmod knows](crate#which-types), for references and slices of
/// them, and by `derive(StableState)`.
///
/// # Safety
///
/// - `TYPE` names this type and no other; only that of an [`OldState`](crate::OldState) names
///   another, of which it is an earlier form.
/// - `DESC` is `Some` for exactly the types whose `TYPE` is [`Head::Named`](crate::describe::Head),
///   and what it says of sizes, alignments, offsets and variants is true.
/// - `LEVEL_n` mentions every generic described type that occurs in this type's expression, with
///   its fields' `LEVEL_(n-1)`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be described to a host",
    label = "not a type that hotmod knows",
    note = "a type of your own: put `#[derive(StableState)]` on it",
    note = "function pointers, trait objects and `&'static` point into code that is being replaced; \
            keep a name or a number and look the code up when it is needed"
)]
pub unsafe trait Describe {
    /// How others refer to this type.
    const TYPE: TypeRef;
    /// Its description, if it derives `StableState`.
    const DESC: Option<&'static TypeDesc> = None;

    /// The generic types it mentions, where no levels are left; see [`Instances`].
    const LEVEL_0: Instances = Instances::NONE;
    /// The generic types it mentions, with one level left.
    const LEVEL_1: Instances = Instances::NONE;
    /// The generic types it mentions, with two levels left.
    const LEVEL_2: Instances = Instances::NONE;
    /// The generic types it mentions, with three levels left.
    const LEVEL_3: Instances = Instances::NONE;
    /// The generic types it mentions, with four levels left.
    const LEVEL_4: Instances = Instances::NONE;
    /// The generic types it mentions, with five levels left.
    const LEVEL_5: Instances = Instances::NONE;
    /// The generic types it mentions, with all levels left.
    const LEVEL_6: Instances = Instances::NONE;

    /// Adds every described type that can be reached from this one.
    fn register(types: &mut Registry);
}

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
        // Not by name: two types under one id are to be found by whoever reads the description. Nor
        // by address: two that look alike may have one, and fields that do not.
        let new = self.entered.insert(TypeId::of::<T>());
        if new {
            self.types.push(desc);
        }
        new
    }

    /// Adds that a field of a type is one of these identities, which hotmod cannot look into, or is
    /// converted from one: see [`OpaqueRecord::of`](crate::opaque::OpaqueRecord::of).
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

/// Data that may outlive the version of the module that made it.
///
/// Derive it. It is implemented for types that own what they hold; a value of such a type can be
/// handed from one version of a module to the next.
///
/// # Safety
///
/// - A value holds no pointer into code or into a module's own data: no function pointer, no trait
///   object, no `&'static`. What stands in an opaque field may: it is only ever used by modules to
///   which the type is the same, and what it points to stays mapped.
/// - Its memory comes from the global allocator, or is the value itself.
/// - `OPERATIONS` are those of this type.
/// - `fields` tells of every field, each time of the same ones in the same order, and `RENEWED` is
///   `true` if one of them is not carried over.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be kept as state",
    label = "would not survive the replacement of the code that made it",
    note = "a type of your own: put `#[derive(StableState)]` on it",
    note = "a type of another crate: put `#[state(serde)]`, `#[state(as = Type, into = path, from = path)]` \
            or `#[state(skip)]` on the field, or `#[state(unsafe(opaque))]` if you vouch for it",
    note = "what points into code that is being replaced (function pointers, trait objects, `TypeId`, \
            `&'static`): keep a name or a number; `Cow<'static, str>` may stand for `&'static str`"
)]
pub unsafe trait StableState: Describe + Sized + 'static {
    /// What a host can do with values of this type while it migrates them.
    const OPERATIONS: &'static Operations;

    /// Whether it has fields that are not carried over, itself or in the structs that are its
    /// fields: a receiver makes them anew.
    #[doc(hidden)]
    const RENEWED: bool = false;

    /// Tells of each of its fields, and of those of the structs that are its fields.
    ///
    /// # Safety
    ///
    /// `value` points to a value, of which the fields that are not carried over may be missing.
    #[doc(hidden)]
    unsafe fn fields(value: *mut Self, fields: &mut impl Fields) {
        // SAFETY: it is the only one, and carried over whole.
        unsafe { fields.kept(value) };
    }
}

/// Told of each field of a value, and of those of the structs that are its fields: in the order of
/// the source, each time the same.
pub trait Fields {
    /// A field that is carried over.
    ///
    /// # Safety
    ///
    /// It is the next one of the value that this is told of.
    unsafe fn kept<T>(&mut self, field: *mut T);

    /// A field that is not, and what makes it.
    ///
    /// # Safety
    ///
    /// As for [`kept`](Fields::kept).
    unsafe fn transient<T>(&mut self, field: *mut T, make: impl FnOnce() -> T);
}
