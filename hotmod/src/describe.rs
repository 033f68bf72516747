//! Descriptions as data: what a module's file says of its types, functions and state.
//!
//! Everything here is pure. `model` is what the compiler builds, [`encode`] turns it into bytes
//! in `const`, [`decode`] reads bytes that cannot be trusted into [`Description`]s, and
//! [`fingerprint`] and [`diff`] are functions over those.
//!
//! Most rooms above import from here, and `hotmod-file` and hosts read descriptions through `lib.rs`.
//! This room imports only `printed`, and never a room that loads or runs anything.

mod builtin;
pub mod crossing;
pub mod decode;
pub(crate) mod deep;
pub(crate) mod depth;
mod description;
pub mod diff;
pub mod encode;
pub mod fingerprint;
pub mod format;
pub(crate) mod graph;
mod in_place;
mod model;
pub(crate) mod past;
mod rule;
mod transient;
mod used;

pub use builtin::{Builtin, Representation, ScalarNumber};
pub use decode::DecodeError;
pub use depth::GENERIC_DEPTH;
pub use description::{
    Attribute, Build, Described, Description, Down, ExportedFunction, Field, Form, Hook,
    ImplementedInterface, ImportedFunction, Init, Lifecycle, Name, Opaque, Param, Preflight,
    ReadResource, Shape, Signature, StaticsRule, Task, Timer, Type, Used, UsedInstances, Variant,
};
pub use diff::step_into;
pub use fingerprint::{DECODED, Fingerprint, FingerprintTable, Fingerprints};
pub use in_place::{Unlike, built, followed, handed_over, in_place, transient};
pub(crate) use in_place::{built_for, handed_to};
pub use model::{
    AttributeDesc, Body, BuildDesc, FieldDesc, Head, Instances, InterfaceDesc, OpaqueDesc,
    ParamDesc, Receiver, Repr, SignatureDesc, TypeDesc, TypeRef, VariantDesc,
};
pub use rule::{Difference, Rule, Verdict};
pub use transient::{Transient, Transients};

#[cfg(test)]
pub(crate) mod tests;
