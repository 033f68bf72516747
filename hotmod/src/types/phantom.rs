//! `PhantomData`: of no size, and named after a type of which there need be no value.

use std::marker::PhantomData;

use super::by_layout;
use crate::describe::{Builtin, Instances, TypeRef};
use crate::operations::Operations;
use crate::state::{Describe, Registry, StableState};

/// What a [`PhantomData`] may be of: a described type, or a function or pointer of such, by which
/// the source says how a type varies, or that it is not shared between threads.
///
/// # Safety
///
/// As [`Describe`], of which it says the same.
#[diagnostic::on_unimplemented(
    message = "`PhantomData<{Self}>` cannot be described to a host",
    label = "not a type that hotmod knows",
    note = "a type of your own: put `#[derive(StableState)]` on it",
    note = "functions of up to six arguments and raw pointers of such types may stand there, too"
)]
pub unsafe trait Phantom {
    /// [`Describe::TYPE`]
    const TYPE: TypeRef;
    /// [`Describe::LEVEL_0`]
    const LEVEL_0: Instances;
    /// [`Describe::LEVEL_1`]
    const LEVEL_1: Instances;
    /// [`Describe::LEVEL_2`]
    const LEVEL_2: Instances;
    /// [`Describe::LEVEL_3`]
    const LEVEL_3: Instances;
    /// [`Describe::LEVEL_4`]
    const LEVEL_4: Instances;
    /// [`Describe::LEVEL_5`]
    const LEVEL_5: Instances;
    /// [`Describe::LEVEL_6`]
    const LEVEL_6: Instances;

    /// [`Describe::register`]
    fn register(types: &mut Registry);
}

// SAFETY: it says what the type's description does.
unsafe impl<T: Describe + ?Sized> Phantom for T {
    const TYPE: TypeRef = T::TYPE;
    const LEVEL_0: Instances = T::LEVEL_0;
    const LEVEL_1: Instances = T::LEVEL_1;
    const LEVEL_2: Instances = T::LEVEL_2;
    const LEVEL_3: Instances = T::LEVEL_3;
    const LEVEL_4: Instances = T::LEVEL_4;
    const LEVEL_5: Instances = T::LEVEL_5;
    const LEVEL_6: Instances = T::LEVEL_6;

    fn register(types: &mut Registry) {
        T::register(types);
    }
}

macro_rules! level {
    ($level:ident $($param:ty),*) => {
        const $level: Instances = Instances::of(&[$(&<$param as Phantom>::$level),*]);
    };
}

macro_rules! phantoms {
    ($([$($param:ident)*] $ty:ty = $builtin:ident;)*) => {$(
        // SAFETY: the constructor and the parameters are those of the type.
        unsafe impl<$($param: Phantom),*> Phantom for $ty {
            const TYPE: TypeRef =
                TypeRef::applied(Builtin::$builtin, &[$(&<$param as Phantom>::TYPE),*]);
            level!(LEVEL_0 $($param),*);
            level!(LEVEL_1 $($param),*);
            level!(LEVEL_2 $($param),*);
            level!(LEVEL_3 $($param),*);
            level!(LEVEL_4 $($param),*);
            level!(LEVEL_5 $($param),*);
            level!(LEVEL_6 $($param),*);

            fn register(types: &mut Registry) {
                $(<$param as Phantom>::register(types);)*
            }
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
    const LEVEL_0: Instances = Instances::of(&[&<T as Phantom>::LEVEL_0]);
    const LEVEL_1: Instances = Instances::of(&[&<T as Phantom>::LEVEL_1]);
    const LEVEL_2: Instances = Instances::of(&[&<T as Phantom>::LEVEL_2]);
    const LEVEL_3: Instances = Instances::of(&[&<T as Phantom>::LEVEL_3]);
    const LEVEL_4: Instances = Instances::of(&[&<T as Phantom>::LEVEL_4]);
    const LEVEL_5: Instances = Instances::of(&[&<T as Phantom>::LEVEL_5]);
    const LEVEL_6: Instances = Instances::of(&[&<T as Phantom>::LEVEL_6]);

    fn register(types: &mut Registry) {
        <T as Phantom>::register(types);
    }
}

// SAFETY: there is nothing in it.
unsafe impl<T: Phantom + ?Sized + 'static> StableState for PhantomData<T> {
    const OPERATIONS: &'static Operations = &Operations::opaque::<PhantomData<T>>();
}

by_layout! {
    [T: Phantom + ?Sized + 'static] PhantomData<T>;
}
