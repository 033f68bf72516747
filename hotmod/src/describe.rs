//! Descriptions as data: what a module's file says of its types, functions and state.
//!
//! Everything here is pure. `model` is what the compiler builds, [`encode`] turns it into bytes
//! in `const`, [`decode`] reads bytes that cannot be trusted into [`Description`]s, and
//! [`fingerprint`] is a function over those. What two of them differ in, and what becomes of state, is for
//! `hotmod-file` to say: no module asks that.
//!
//! Most rooms above import from here, and `hotmod-file` and hosts read descriptions through `lib.rs`.
//! This room imports only `printed`, and never a room that loads or runs anything.

mod builtin;
pub mod decode;
pub(crate) mod depth;
mod description;
pub mod encode;
pub mod fingerprint;
pub mod format;
#[doc(hidden)]
pub mod graph;
mod model;
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
pub use fingerprint::{DECODED, Fingerprint, FingerprintTable, Fingerprints};
pub use model::{
    AttributeDesc, Body, BuildDesc, FieldDesc, Head, Instances, InterfaceDesc, OpaqueDesc,
    ParamDesc, Receiver, Repr, SignatureDesc, TypeDesc, TypeRef, VariantDesc,
};
pub use rule::{Difference, Rule, Verdict};
pub use transient::{Transient, Transients};

#[cfg(test)]
pub(crate) mod tests;
