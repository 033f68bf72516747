//! The way of a file into the process: one loaded version, and what it needs of its host.

pub(crate) mod budget;
pub(crate) mod expected;
pub(crate) mod exports;
pub(crate) mod image;
pub(crate) mod import;
pub(crate) mod load;
pub(crate) mod mapping;
pub(crate) mod memory;
pub(crate) mod stage;
