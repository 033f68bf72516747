//! The types hotmod knows by itself, and what they promise.
//!
//! One file per family. Each says three things of a type: how it is described
//! ([`Describe`](crate::state::Describe)), whether it may be kept as state
//! ([`StableState`](crate::state::StableState)), and how it crosses by value
//! ([`Boundary`](crate::boundary::Boundary)).

mod abi;
mod containers;
mod hashers;
mod phantom;
mod pointers;
mod primitives;
mod tuples;

/// Describes a constructor of [`Builtin`](crate::describe::Builtin) applied to its parameters.
macro_rules! describe {
    ($($(#[$meta:meta])* [$($generics:tt)*] $ty:ty = $builtin:ident ($($param:ty),*);)*) => {$(
        // SAFETY: the constructor and the parameters are those of the type; it has no description
        // of its own; what it mentions is what its parameters mention.
        unsafe impl<$($generics)*> $crate::state::Describe for $ty {
            const TYPE: $crate::describe::TypeRef = $crate::describe::TypeRef::applied(
                $crate::describe::Builtin::$builtin,
                &[$(&<$param as $crate::state::Describe>::TYPE),*],
            );
            $crate::types::levels!($($param),*);

            fn register(_types: &mut $crate::state::Registry) {
                $(<$param as $crate::state::Describe>::register(_types);)*
            }
        }
    )*};
}

/// The `LEVEL_n` of a type that mentions what its parameters mention.
macro_rules! levels {
    ($($param:ty),*) => {
        $crate::types::levels!(@ LEVEL_0 $($param),*);
        $crate::types::levels!(@ LEVEL_1 $($param),*);
        $crate::types::levels!(@ LEVEL_2 $($param),*);
        $crate::types::levels!(@ LEVEL_3 $($param),*);
        $crate::types::levels!(@ LEVEL_4 $($param),*);
        $crate::types::levels!(@ LEVEL_5 $($param),*);
        $crate::types::levels!(@ LEVEL_6 $($param),*);
    };
    (@ $level:ident $($param:ty),*) => {
        const $level: $crate::describe::Instances = $crate::describe::Instances::of(
            &[$(&<$param as $crate::state::Describe>::$level),*],
        );
    };
}

/// Makes types state, with their operations; the parameters must be state too.
macro_rules! state {
    ($([$($generics:tt)*] $ty:ty = $operations:expr;)*) => {$(
        // SAFETY: the type owns what it holds, through the global allocator, its parameters are
        // state themselves, and the operations are made for it.
        unsafe impl<$($generics)*> $crate::state::StableState for $ty {
            const OPERATIONS: &'static $crate::operations::Operations = &$operations;
        }
    )*};
}

/// Lets types cross as the bytes they are.
macro_rules! by_layout {
    ($([$($generics:tt)*] $ty:ty;)*) => {$(
        // SAFETY: it crosses as the bytes it is, and is compared by layout: where its compiler
        // chooses that, by the compiler too. It lends nothing.
        unsafe impl<$($generics)*> $crate::boundary::Boundary for $ty {
            type Wire = Self;
            type Lent<'lent> = Self;

            #[inline]
            fn into_wire(self) -> Self {
                self
            }

            #[inline]
            fn from_wire(wire: Self) -> Self {
                wire
            }

            fn vec_into_wire(values: Vec<Self>) -> abi_stable::std_types::RVec<Self> {
                values.into()
            }

            fn vec_from_wire(wires: abi_stable::std_types::RVec<Self>) -> Vec<Self> {
                wires.into()
            }
        }
    )*};
}

use {by_layout, describe, levels, state};
