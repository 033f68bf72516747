//! One loaded version of a module, and the way of a file into the process.
//!
//! To be imported: [`load::Loader`], which stages and loads what `hotmod-file` accepted, or links what is in the
//! executable already; the
//! [`image::Image`] that results, with its [`exports::Exports`]; [`memory::Memory`], from which the
//! module's code allocates; [`import::Imports`], what the host provides; [`panics`], what the module
//! told of its panics; [`meter`], which measures the calls of a version.
//!
//! It imports `sys` and the rooms right above that (`forever`, `wake`, `turn`, `later`, `events`). It never
//! imports the room that calls an image (`call`), nor any above that: an image does not know what it is
//! used for.

pub(crate) mod awaited;
pub(crate) mod budget;
pub(crate) mod code;
pub(crate) mod exports;
pub(crate) mod image;
pub(crate) mod import;
#[cfg(feature = "linked")]
pub(crate) mod linked;
pub(crate) mod linking;
pub(crate) mod load;
pub(crate) mod mapping;
pub(crate) mod memory;
pub(crate) mod meter;
pub(crate) mod others;
pub(crate) mod panics;
pub(crate) mod places;
pub(crate) mod stage;
pub(crate) mod values;
