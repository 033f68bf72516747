//! What runs on behalf of an item that an attribute marks, on either side of the boundary.
//!
//! A file for each attribute. Generated code forwards to it through `private`, and a host reads the
//! tables and shims here. This room stands above `call` and `state`; it never imports `types` or
//! `private`.

pub mod import;
pub mod init;
pub mod interface;
pub mod lifecycle;
pub mod old;
pub mod pure;
pub mod reach;
pub mod resource;
pub mod task;
pub mod timer;
pub mod version;
