//! Maps and sets that hash, and what may hash them.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher, Hash, Hasher, RandomState};

use super::impls::{as_described, by_layout, describe, described, mentioning, state};
use crate::describe::{Builtin, TypeRef};
use crate::operations::Operations;
use crate::state::{Describe, StableState};
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
/// Where a map is built anew, `Default` makes its hasher.
///
/// # Safety
///
/// As for [`Describe`]: it says the same.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot hash what is kept as state [HM-0921]",
    label = "not a hasher that hotmod knows",
    note = "a type of your own: put `#[derive(StableState, Default)]` on it, and implement \
            `BuildHasher`; of another crate: write such a type around it"
)]
pub unsafe trait Hashing: BuildHasher + Default + 'static {
    /// Whether it is `RandomState`, which the parameters of a described type leave out.
    const STANDARD: bool;
    described!();
}

// SAFETY: it stands in no description.
unsafe impl Hashing for RandomState {
    const STANDARD: bool = true;
    const TYPE: TypeRef = TypeRef::builtin(Builtin::Unit);
    mentioning!();
}

// SAFETY: it says what the type's description does.
unsafe impl<S: StableState + BuildHasher + Default> Hashing for S {
    const STANDARD: bool = false;
    as_described!(S: Describe);
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
            mentioning!($([$param: Describe])* [S: Hashing]);
        }
    };
}

hashed!(HashMap MapArgs [K V]);
hashed!(HashSet SetArgs [T]);

state! {
    [T: State + Eq + Hash, S: Hashing] HashSet<T, S> = thunks::hash_set::<T, S>();
    [K: State + Eq + Hash, V: State, S: Hashing] HashMap<K, V, S> =
        thunks::hash_map::<K, V, S>();
}

by_layout! {
    [T: StableState + Eq + Hash, S: Hashing] HashSet<T, S>;
    [K: StableState + Eq + Hash, V: StableState, S: Hashing] HashMap<K, V, S>;
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
