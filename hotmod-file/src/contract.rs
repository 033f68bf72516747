//! What differs between two descriptions in what both sides were compiled with, and whether it matters: exports, imports
//! and the layouts of what crosses.
//!
//! What becomes of state is for `plan` to say, which stands above this room. The rooms above import from here, and hosts
//! through `lib.rs`; this room imports only `past` and `deep`.

mod alike;
mod crossing;
mod exports;
mod found;
mod imports;
mod layouts;
mod path;
mod signatures;

pub use alike::Alike;
pub use crossing::impossible;
pub use exports::{Called, expectation, exports};
pub(crate) use found::tell;
pub use found::{CallingSide, Converts, Never};
pub use imports::{imports, needs};
pub(crate) use layouts::{another_build, layout, schema};
pub(crate) use path::step_into;

#[cfg(test)]
mod tests;
