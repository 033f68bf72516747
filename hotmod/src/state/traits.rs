//! The traits of types that can be described, kept as state, and passed by reference.

use super::registry::Registry;
use crate::describe::depth::{deepest, depths};
use crate::describe::{Instances, TypeDesc, TypeRef};
use crate::operations::Operations;

macro_rules! mentioned {
    (() $($depth:ident = $n:literal,)*) => {$(
        #[doc = concat!("The generic types that it mentions, down to depth ", $n, ". ")]
        /// See [`Instances`].
        const $depth: Instances = Instances::NONE;
    )*};
}

/// A type whose description can stand in a manifest.
///
/// Implemented for the [types that hotmod knows](crate#which-types), for references and slices of
/// them, and by `derive(StableState)`.
///
/// # Safety
///
/// - `TYPE` names this type and no other; only the `TYPE` of an [`OldState`](crate::OldState) names
///   another type, of which it is an earlier form.
/// - `DESC` is `Some` for exactly the types whose `TYPE` is [`Head::Named`](crate::describe::Head),
///   and what it says of sizes, alignments, offsets and variants is true.
/// - `DEPTH_n` mentions every generic described type that occurs in this type's expression, with
///   its fields' `DEPTH_(n-1)`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be described to a host [HM-0924]",
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

    depths!((), mentioned);
    /// The generic types that it mentions, as deep as they are looked for.
    const MENTIONED: Instances = depths!(name, deepest);

    /// Adds every described type that can be reached from this one.
    fn register(types: &mut Registry);
}

/// Data that may outlive the version of the module that made it.
///
/// Derive it. It is implemented for types that own what they hold; a value of such a type can be
/// handed from one version of a module to the next.
///
/// # Safety
///
/// - A value holds no pointer into code or into a module's own data: no function pointer, no trait
///   object, no `&'static`. An opaque field may hold such a pointer: only modules to which its type is
///   the same use it, and what it points to stays mapped.
/// - Its memory comes from the global allocator, or is the value itself.
/// - `fields` tells of every field, each time of the same fields in the same order, and `RENEWED` is
///   `true` if one of them is not carried over.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be kept as state [HM-0921]",
    label = "put `#[derive(StableState)]` on it if it is yours, else `#[state(serde)]`, \
             `#[state(as = …)]` or `#[state(skip)]` on the field",
    note = "in full: `#[state(as = Type, into = path, from = path)]`; `#[state(unsafe(opaque))]` moves \
            the value as it is, if you vouch for it",
    note = "what points into code that is being replaced (`fn`, `dyn`, `TypeId`, `&'static`) is no state: \
            keep a name or a number; of std, `OnceLock` may stand for `LazyLock`, `Box<T>` for \
            `Pin<Box<T>>`, `Result` for `ControlFlow`, `Cow<'static, str>` for `&'static str`"
)]
pub unsafe trait StableState: Describe + Part + Sized + 'static {
    /// Whether it has fields that are not carried over, itself or in the structs that are its
    /// fields: a receiver makes them anew.
    #[doc(hidden)]
    const RENEWED: bool = false;

    /// Tells `fields` of each field of the value, and of the fields of the structs among them.
    ///
    /// # Safety
    ///
    /// `value` points to a value, of which the fields that are not carried over may be missing.
    #[doc(hidden)]
    unsafe fn fields(value: *mut Self, fields: &mut impl Fields) {
        // SAFETY: the value is the only field, and carried over whole.
        unsafe { fields.kept(value) };
    }
}

/// What a container may hold: state, an earlier form of it ([`OldState`](crate::OldState)), or a value as it crosses.
///
/// # Safety
///
/// `OPERATIONS` are those of this type.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be made by a host [HM-0921]",
    label = "put `#[derive(StableState)]` on it, or `#[derive(OldState)]` if it is an earlier form"
)]
pub unsafe trait Part {
    /// What a host can do with values of this type while it migrates them.
    const OPERATIONS: &'static Operations;
}

/// [`StableState`], as generated code asks for it of a type that an item names: the error tells the cure
/// and lists no other types.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be kept as state [HM-0921]",
    label = "put `#[derive(StableState)]` on it, and on what it is applied to"
)]
pub trait IsState: StableState {}

#[diagnostic::do_not_recommend]
impl<T: StableState> IsState for T {}

/// What is told of each field of a value, and of the fields of the structs among them: each time of the
/// same fields, in the order of the source.
pub trait Fields {
    /// A field that is carried over.
    ///
    /// # Safety
    ///
    /// `field` is the next field of the value whose fields this is told of.
    unsafe fn kept<T>(&mut self, field: *mut T);

    /// A field that is not carried over, and what makes it.
    ///
    /// # Safety
    ///
    /// As for [`kept`](Fields::kept).
    unsafe fn transient<T>(&mut self, field: *mut T, make: impl FnOnce() -> T);
}
