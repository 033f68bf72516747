//! Live values, read by their descriptions.
//!
//! To be imported: [`inspection::Inspection`] and what belongs to it, [`value::LiveValue`], [`differences::diff`].
//! `shapes` says how values of a type are read, and `walk` reads them.
//!
//! It imports `pool` and below: its `impl` blocks give `Instance`, `Pool`, `SharedInstance` and `NamedPool` their `inspect`. Nothing
//! in the host stands above it but the crate's root.

mod by_name;
pub(crate) mod differences;
pub(crate) mod error;
pub(crate) mod inspection;
mod instances;
mod path;
pub(crate) mod shapes;
pub(crate) mod value;
mod walk;
pub(crate) mod written;
