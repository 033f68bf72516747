//! What can be done with a value of a type whose layout only its own compiler knows.
//!
//! A plan says what becomes of each part of a state; the host carries it out. Structs go by their
//! recorded offsets. Everything else goes through the tables here, which are emitted by the module that
//! compiled the type: so a `HashMap` of one compiler becomes a `HashMap` of another, and neither side
//! guesses.
//!
//! Tables lead to those of their parts by functions, never by pointers: types may refer to each
//! other.
//!
//! This room has the form of the tables: `state` and all rooms above it import that, and hosts read it. It
//! knows no type, imports only `root`, and never what fills the tables: that is `thunks`, above it.

mod kinds;
mod lazy;
mod ordering;
mod status;
mod sync;
mod table;

pub use kinds::{
    Access, Bytes, CarriedAs, CarriedBySerde, Collection, EachItem, Lock, Many, MovedIdentity,
    Number, OwnerCounts, Pointer, Run, Shared, Slice, TakeBytes, Variants, Weak,
};
pub use lazy::RawLazy;
pub use status::{FAILED, OK, PANICKED, PANICKED_WITHIN};
pub use table::{Kind, LazyValue, MadePart, MadeParts, Maker, Operations, Stamp, purpose};

pub(crate) use status::{forget_payload, guarded, make};
pub(crate) use table::{no_maker, no_parts};
