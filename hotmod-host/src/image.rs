//! One loaded version of a module, and the way of a file into the process.
//!
//! To be imported: [`load::Loader`], which stages and loads what `hotmod-file` accepted; the
//! [`image::Image`] that comes of it, with its [`exports::Exports`]; [`memory::Memory`], which the
//! module's code allocates from; [`import::Imports`] and [`expected::Expected`], what the host provides
//! and was compiled with.
//!
//! It never imports who calls an image (`call`), nor anything above that: what is loaded does not know
//! what it is used for. Of the host's code it imports the ground and `sys`.

pub(crate) mod budget;
pub(crate) mod expected;
pub(crate) mod exports;
pub(crate) mod image;
pub(crate) mod import;
pub(crate) mod load;
pub(crate) mod mapping;
pub(crate) mod memory;
pub(crate) mod stage;
