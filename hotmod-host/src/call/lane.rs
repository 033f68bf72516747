//! What calls and instances follow: a module has one lane, and one more for a candidate on trial.

use crate::call::generation::Generation;
use crate::call::slot;

/// The generation that whoever follows it enters next.
pub(crate) type Lane = slot::LaneOf<Generation>;
