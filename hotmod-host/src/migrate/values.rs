//! The values of `Lazy`s, each of which follows to another version by itself.
//!
//! Code that finds a value at another version than its own asks for it here, by the services of its module. One thread
//! at a time takes a value along, and others that come for it meanwhile wait for this one value: the stamp beside it
//! says who may (`RawLazy`). The new value is prepared beside the old one, as a state is; when it stands, its
//! address and the stamp of its version take the place of the old ones, and then the old one is taken apart, outside of
//! any lock. A value that does not fit stays whole.
//!
//! A sweep that must not hold a state for long sets values aside first (`aside`), and takes them along by themselves.
//!
//! Before a state is final, its bytes are there twice. Code that looks at it then cannot open a `Lazy` in it
//! (`before_final`).

mod aside;
pub(super) mod before_final;
mod follow;
pub(super) mod found;
mod gather;
pub(super) mod of_route;
mod places;
mod sample;
mod stamps;
mod sweep;
mod sync;
mod unfit;
mod waiting;
mod waiting_places;
mod walk;

pub(crate) use follow::{KnowsRoutes, Values};
pub(crate) use gather::{Gathered, SetAside};
pub use sweep::ValuesReport;
pub(crate) use walk::Position;
