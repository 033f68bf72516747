//! From descriptions to bytes, in `const`, in the [`format`](super::format) of a module's section.
//!
//! Every encoder runs twice: over an empty buffer to learn the length, and over a buffer of that
//! length.

mod mentioned;
mod records;
mod writer;

pub use mentioned::{Mentioned, Met, mentioned};
pub use records::{
    build, check, down, forwards, function, function_by_type, hook, identity, implementation,
    import, imports, init, interface, loaded, opaque, preflight, reads, resource, retired, source,
    statics, task, timer, type_ref, use_function, use_instances,
};
pub use writer::{Writer, type_desc};
