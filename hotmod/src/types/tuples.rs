//! Tuples: described whole. Those of the language cross part by part, those of abi_stable as they are.

use abi_stable::std_types::{Tuple1, Tuple2, Tuple3, Tuple4};

use super::impls::{by_layout, describe, state};
use crate::call::boundary::{Boundary, Cons};
use crate::call::passing::Passing;
use crate::operations::{Kind, Operations};
use crate::state::{Describe, Part, StableState};

macro_rules! tuples {
    ($($($name:ident)+;)*) => {$(
        tuples!(@state Tuple ($($name,)+); $($name)+);
        // SAFETY: `Cons` is `repr(C)`, and each of the values promises the rest for itself.
        unsafe impl<$($name: Boundary),+> Boundary for ($($name,)+) {
            type Wire = tuples!(@type $($name)+);
            type Lent<'lent> = ($($name::Lent<'lent>,)+);

            const PASSING: Passing = Passing::value(&{
                extern "C" fn part<$($name: Boundary),+>(
                    place: usize,
                ) -> Option<&'static Operations> {
                    [$($name::PASSING.wire),+].get(place).copied()
                }
                extern "C" fn offset<$($name: Boundary),+>(place: usize) -> usize {
                    Passing::offset(&[$($name::PASSING),+], place)
                }
                Operations::of::<tuples!(@type $($name)+)>(
                    part::<$($name),+>,
                    Kind::Tuple(offset::<$($name),+>),
                )
            });

            #[allow(non_snake_case, reason = "the variables are named after their types")]
            fn into_wire(self) -> Self::Wire {
                let ($($name,)+) = self;
                tuples!(@into $($name)+)
            }

            #[allow(non_snake_case, reason = "the variables are named after their types")]
            fn from_wire(wire: Self::Wire) -> Self {
                let tuples!(@pattern $($name)+) = wire;
                ($(Boundary::from_wire($name),)+)
            }
        }
    )*};
    (@state $builtin:ident $ty:ty; $($name:ident)+) => {
        describe! {
            [$($name: Describe),+] $ty = $builtin ($($name),+);
        }
        state! {
            [$($name: State),+] $ty = {
                extern "C" fn part<$($name: Part),+>(
                    place: usize,
                ) -> Option<&'static Operations> {
                    [$($name::OPERATIONS),+].get(place).copied()
                }
                extern "C" fn offset<$($name),+>(place: usize) -> usize {
                    tuples!(@offsets $ty; $($name)+)[place]
                }
                Operations::of::<$ty>(part::<$($name),+>, Kind::Tuple(offset::<$($name),+>))
            };
        }
    };
    (@offsets $ty:ty; $($name:ident)+) => { tuples!(@offset $ty; [] [$($name)+] 0 1 2 3 4 5 6 7 8 9 10 11) };
    (@offset $ty:ty; [$($done:tt)*] [] $($rest:tt)*) => { [$($done)*] };
    (@offset $ty:ty; [$($done:tt)*] [$head:ident $($tail:ident)*] $place:tt $($rest:tt)*) => {
        tuples!(@offset $ty; [$($done)* std::mem::offset_of!($ty, $place),] [$($tail)*] $($rest)*)
    };
    (@type) => { () };
    (@type $head:ident $($tail:ident)*) => {
        Cons<<$head as Boundary>::Wire, tuples!(@type $($tail)*)>
    };
    (@into) => { () };
    (@into $head:ident $($tail:ident)*) => {
        Cons($head.into_wire(), tuples!(@into $($tail)*))
    };
    (@pattern) => { () };
    (@pattern $head:ident $($tail:ident)*) => {
        Cons($head, tuples!(@pattern $($tail)*))
    };
}

tuples! {
    A;
    A B;
    A B C;
    A B C D;
    A B C D E;
    A B C D E F;
    A B C D E F G;
    A B C D E F G H;
    A B C D E F G H I;
    A B C D E F G H I J;
    A B C D E F G H I J K;
    A B C D E F G H I J K L;
}

macro_rules! fixed_tuples {
    ($($tuple:ident $($name:ident)+;)*) => {$(
        tuples!(@state $tuple $tuple<$($name),+>; $($name)+);
        by_layout! { [$($name: StableState),+] $tuple<$($name),+>; }
    )*};
}

fixed_tuples! {
    Tuple1 A;
    Tuple2 A B;
    Tuple3 A B C;
    Tuple4 A B C D;
}
