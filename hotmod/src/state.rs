//! Which types can be described and kept as state, and what a host or a file knows of them.
//!
//! Everything above imports the traits from here. This room stands above `describe` and
//! `operations`, and never imports what implements the traits: that is `types`.

pub mod crossed;
pub mod expected;
pub(crate) mod opaque;
mod registry;
mod traits;

pub use registry::Registry;
pub use traits::{Describe, Fields, IsState, Part, StableState};
