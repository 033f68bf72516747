//! Live values, read by their descriptions.
//!
//! To be imported: [`inspection::Inspection`] and what belongs to it.
//! `shapes` says how values of a type are read, and `walk` reads them.
//!
//! It imports `pool` and below: its `impl` blocks give `Instance`, `Pool`, `SharedInstance` and `NamedPool` their `inspect`. Nothing
//! in the host stands above it but the crate's root.

mod by_name;
pub(crate) mod carried;
pub(crate) mod error;
pub(crate) mod inspection;
mod instances;
pub(crate) mod pages;
pub(crate) mod shapes;
mod walk;
mod way;
