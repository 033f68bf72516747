//! How the impls of a type are written: as macros, one for each trait.

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
            $crate::types::impls::mentioning!($([$param: $crate::state::Describe])*);
        }
    )*};
}

/// The declarations of a trait that describes types as [`Describe`](crate::state::Describe) does, for
/// a narrower use.
macro_rules! described {
    () => {
        /// [`Describe::TYPE`](crate::state::Describe::TYPE)
        const TYPE: $crate::describe::TypeRef;
        $crate::describe::depth::depths!((), $crate::types::impls::described);

        /// [`Describe::register`](crate::state::Describe::register)
        fn register(types: &mut $crate::state::Registry);
    };
    (() $($depth:ident = $n:literal,)*) => {$(
        #[doc = concat!("[`Describe::", stringify!($depth), "`](crate::state::Describe::", stringify!($depth), ")")]
        const $depth: $crate::describe::Instances;
    )*};
}

/// The items of such a trait, or of `Describe`, for a type with the description that `$ty` has by `$by`.
macro_rules! as_described {
    ($ty:ty: $($by:tt)+) => {
        const TYPE: $crate::describe::TypeRef = <$ty as $($by)+>::TYPE;
        $crate::types::impls::mentioning!([$ty: $($by)+]);
    };
}

/// What such a type mentions: all that its parameters mention, each described by a trait.
macro_rules! mentioning {
    ($([$param:ty: $($by:tt)+])*) => {
        $crate::describe::depth::depths!(($([$param: $($by)+])*), $crate::types::impls::mentioning_at);

        fn register(_types: &mut $crate::state::Registry) {
            $(<$param as $($by)+>::register(_types);)*
        }
    };
}

/// The same, depth by depth.
macro_rules! mentioning_at {
    ($params:tt $($depth:ident = $n:literal,)*) => {
        $($crate::types::impls::mentioning_at!(@ $params $depth);)*
    };
    (@ ($([$param:ty: $($by:tt)+])*) $depth:ident) => {
        const $depth: $crate::describe::Instances =
            $crate::describe::Instances::of(&[$(&<$param as $($by)+>::$depth),*]);
    };
}

/// Makes types state, with their operations. Parameters that are `State` are state too; where they are earlier forms of
/// it, the type is a part of such a form.
macro_rules! state {
    ($([$($generics:tt)*] $ty:ty = $operations:expr;)*) => {$(
        const _: () = {
            #[allow(unused_imports, reason = "of types that have no such parameters")]
            use $crate::state::Part as State;

            // SAFETY: the operations are made for the type.
            unsafe impl<$($generics)*> $crate::state::Part for $ty {
                const OPERATIONS: &'static $crate::operations::Operations = &$operations;
            }
        };
        const _: () = {
            #[allow(unused_imports, reason = "of types that have no such parameters")]
            use $crate::state::StableState as State;

            // SAFETY: the type owns what it holds, through the global allocator, and its parameters are
            // state themselves.
            unsafe impl<$($generics)*> $crate::state::StableState for $ty {}
        };
    )*};
}

/// Lets types cross as the bytes they are.
macro_rules! by_layout {
    ($([$($generics:tt)*] $ty:ty;)*) => {$(
        // SAFETY: it crosses as the bytes it is, and is compared by layout; where the compiler chose
        // the layout, the compilers are compared too. It lends nothing.
        unsafe impl<$($generics)*> $crate::call::boundary::Boundary for $ty {
            type Wire = Self;
            type Lent<'lent> = Self;

            const PASSING: $crate::call::passing::Passing = $crate::call::passing::Passing::value(
                <Self as $crate::state::Part>::OPERATIONS,
            );

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
                $crate::call::boundary::taken_over(wires)
            }
        }
    )*};
}

pub(super) use {as_described, by_layout, describe, described, mentioning, mentioning_at, state};
