//! `PhantomData`: it has no size, and names a type of which there need be no value.

use std::marker::PhantomData;

use super::impls::{as_described, by_layout, described, mentioning};
use crate::describe::{Builtin, TypeRef};
use crate::operations::Operations;
use crate::state::{Describe, Part, StableState};

/// What a [`PhantomData`] may be of: a described type, or a function or pointer of such types, by which
/// the source says how a type varies, or that it is not shared between threads.
///
/// # Safety
///
/// As for [`Describe`]: it says the same.
#[diagnostic::on_unimplemented(
    message = "`PhantomData<{Self}>` cannot be described to a host [HM-0924]",
    label = "not a type that hotmod knows",
    note = "a type of your own: put `#[derive(StableState)]` on it",
    note = "functions of up to six arguments and raw pointers of such types may stand there, too; instead of \
            `dyn Trait`, name an empty type of your own that derives `StableState`"
)]
pub unsafe trait Phantom {
    described!();
}

// SAFETY: it says what the type's description does.
unsafe impl<T: Describe + ?Sized> Phantom for T {
    as_described!(T: Describe);
}

macro_rules! phantoms {
    ($([$($param:ident)*] $ty:ty = $builtin:ident;)*) => {$(
        // SAFETY: the constructor and the parameters are those of the type.
        unsafe impl<$($param: Phantom),*> Phantom for $ty {
            const TYPE: TypeRef =
                TypeRef::applied(Builtin::$builtin, &[$(&<$param as Phantom>::TYPE),*]);
            mentioning!($([$param: Phantom])*);
        }
    )*};
}

// The last parameter of a function is what it returns.
phantoms! {
    [T] *const T = ConstPointer;
    [T] *mut T = MutPointer;
    [R] fn() -> R = Function;
    [A R] fn(A) -> R = Function;
    [A B R] fn(A, B) -> R = Function;
    [A B C R] fn(A, B, C) -> R = Function;
    [A B C D R] fn(A, B, C, D) -> R = Function;
    [A B C D E R] fn(A, B, C, D, E) -> R = Function;
    [A B C D E F R] fn(A, B, C, D, E, F) -> R = Function;
}

// SAFETY: the constructor and the parameter are those of the type, and it mentions what its
// parameter mentions.
unsafe impl<T: Phantom + ?Sized> Describe for PhantomData<T> {
    const TYPE: TypeRef = TypeRef::applied(Builtin::PhantomData, &[&<T as Phantom>::TYPE]);
    mentioning!([T: Phantom]);
}

// SAFETY: there is nothing in it.
unsafe impl<T: Phantom + ?Sized + 'static> StableState for PhantomData<T> {}

// SAFETY: the operations are made for the type.
unsafe impl<T: Phantom + ?Sized + 'static> Part for PhantomData<T> {
    const OPERATIONS: &'static Operations = &Operations::opaque::<PhantomData<T>>();
}

by_layout! {
    [T: Phantom + ?Sized + 'static] PhantomData<T>;
}
