//! What differs between two descriptions, and whether it matters.
//!
//! What becomes of state is for `plan` to say, which stands above this room.

mod alike;
mod exports;
mod found;
mod imports;
mod layouts;
mod path;
mod signatures;

pub use alike::Alike;
pub use exports::{Called, expectation, exports};
pub use found::{CallingSide, Converts, Never};
pub use imports::{imports, needs};
pub use path::step_into;

pub(crate) use layouts::{another_build, layout, schema};

#[cfg(test)]
mod tests;
