//! `#[state(…)]` and `#[repr(…)]`: what the source says of a type, its variants and its fields.
//!
//! `model` reads items through this room; it knows nothing of what is made of them.

mod below;
mod entries;
mod fields;
mod helpers;
mod repr;
mod types;

pub(super) use below::{below, derives, tools};
pub(super) use entries::claimed_once;
pub(super) use fields::{As, FieldAttributes, Known, With};
pub(crate) use helpers::for_helpers;
pub(super) use repr::{Repr, Represented};
pub(super) use types::{TypeAttributes, VariantAttributes};
