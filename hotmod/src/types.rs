//! The types hotmod knows by itself, and what they promise.
//!
//! One file per family. Each says three things of a type: how it is described
//! ([`Describe`](crate::state::Describe)), whether it may be kept as state
//! ([`StableState`](crate::state::StableState)), and how it crosses by value
//! ([`Boundary`](crate::call::boundary::Boundary)).
//!
//! The compiler finds the impls by their traits, so only `lib.rs` and `private` import this room, for
//! the traits below. It stands above `thunks` and `call`.

mod abi;
mod containers;
mod foreign;
mod hashers;
mod impls;
mod lazy;
mod phantom;
mod pointers;
mod primitives;
mod tuples;

pub use foreign::{Carried, Moved};
pub use hashers::Hashing;
pub use lazy::{Lazy, LazyError};
pub use phantom::Phantom;
