//! Maps and sets that hash, by whatever hashes.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher, Hash, Hasher, RandomState};

use super::{by_layout, describe, state};
use crate::describe::{Builtin, Instances, TypeRef};
use crate::operations::Operations;
use crate::state::{Describe, Registry, StableState};
use crate::thunks;

describe! {
    [H: Describe] BuildHasherDefault<H> = BuildHasherDefault (H);
    [] DefaultHasher = DefaultHasher ();
}

state! {
    [H: StableState] BuildHasherDefault<H> = Operations::opaque::<BuildHasherDefault<H>>();
    [] DefaultHasher = Operations::opaque::<DefaultHasher>();
}

by_layout! {
    [H: StableState] BuildHasherDefault<H>;
    [] DefaultHasher;
}

/// What may hash the keys of a map or the elements of a set that is state: `RandomState`, or what is
/// described, such as a type of yours that derives `StableState`.
///
/// Where a map is built anew, so is what hashes it, by `Default`.
///
/// # Safety
///
/// As [`Describe`], of which it says the same.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot hash what is kept as state",
    label = "not a hasher that hotmod knows",
    note = "a type of your own: put `#[derive(StableState, Default)]` on it, and implement \
            `BuildHasher`; of another crate: write such a type around it"
)]
pub unsafe trait Hashing: BuildHasher + Default + 'static {
    /// Whether it is the one that nobody writes.
    const STANDARD: bool;
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

// SAFETY: it stands in no description.
unsafe impl Hashing for RandomState {
    const STANDARD: bool = true;
    const TYPE: TypeRef = TypeRef::builtin(Builtin::Unit);
    const LEVEL_0: Instances = Instances::NONE;
    const LEVEL_1: Instances = Instances::NONE;
    const LEVEL_2: Instances = Instances::NONE;
    const LEVEL_3: Instances = Instances::NONE;
    const LEVEL_4: Instances = Instances::NONE;
    const LEVEL_5: Instances = Instances::NONE;
    const LEVEL_6: Instances = Instances::NONE;

    fn register(_: &mut Registry) {}
}

// SAFETY: it says what the type's description does.
unsafe impl<S: StableState + BuildHasher + Default> Hashing for S {
    const STANDARD: bool = false;
    const TYPE: TypeRef = <S as Describe>::TYPE;
    const LEVEL_0: Instances = <S as Describe>::LEVEL_0;
    const LEVEL_1: Instances = <S as Describe>::LEVEL_1;
    const LEVEL_2: Instances = <S as Describe>::LEVEL_2;
    const LEVEL_3: Instances = <S as Describe>::LEVEL_3;
    const LEVEL_4: Instances = <S as Describe>::LEVEL_4;
    const LEVEL_5: Instances = <S as Describe>::LEVEL_5;
    const LEVEL_6: Instances = <S as Describe>::LEVEL_6;

    fn register(types: &mut Registry) {
        <S as Describe>::register(types);
    }
}

macro_rules! level {
    ($level:ident $($param:ident)*) => {
        const $level: Instances =
            Instances::of(&[$(&<$param as Describe>::$level,)* &<S as Hashing>::$level]);
    };
}

macro_rules! hashed {
    ($ty:ident $args:ident [$($param:ident)*]) => {
        /// The parameters of the type, as it is described.
        struct $args<$($param,)* S>($($param,)* S);

        impl<$($param: Describe,)* S: Hashing> $args<$($param,)* S> {
            const WITHOUT: &'static [&'static TypeRef] = &[$(&<$param as Describe>::TYPE),*];
            const WITH: &'static [&'static TypeRef] =
                &[$(&<$param as Describe>::TYPE,)* &<S as Hashing>::TYPE];
        }

        // SAFETY: the constructor and the parameters are those of the type; it has no description
        // of its own; what it mentions is what its parameters mention.
        unsafe impl<$($param: Describe,)* S: Hashing> Describe for $ty<$($param,)* S> {
            const TYPE: TypeRef = TypeRef::applied(
                Builtin::$ty,
                if S::STANDARD { $args::<$($param,)* S>::WITHOUT } else { $args::<$($param,)* S>::WITH },
            );
            level!(LEVEL_0 $($param)*);
            level!(LEVEL_1 $($param)*);
            level!(LEVEL_2 $($param)*);
            level!(LEVEL_3 $($param)*);
            level!(LEVEL_4 $($param)*);
            level!(LEVEL_5 $($param)*);
            level!(LEVEL_6 $($param)*);

            fn register(types: &mut Registry) {
                $(<$param as Describe>::register(types);)*
                <S as Hashing>::register(types);
            }
        }
    };
}

hashed!(HashMap MapArgs [K V]);
hashed!(HashSet SetArgs [T]);

state! {
    [T: StableState + Eq + Hash, S: Hashing] HashSet<T, S> = thunks::hash_set::<T, S>();
    [K: StableState + Eq + Hash, V: StableState, S: Hashing] HashMap<K, V, S> =
        thunks::hash_map::<K, V, S>();
}

by_layout! {
    [T: StableState, S: Hashing] HashSet<T, S>;
    [K: StableState, V: StableState, S: Hashing] HashMap<K, V, S>;
}

/// What `BuildHasherDefault` makes is made by `Default`, so it holds no state of its own.
const _: fn() = || {
    fn hashing<S: Hashing>() {}
    hashing::<RandomState>();
    hashing::<BuildHasherDefault<DefaultHasher>>();
    fn of<H: StableState + Hasher + Default>() {
        hashing::<BuildHasherDefault<H>>();
    }
    let _ = of::<DefaultHasher>;
};
