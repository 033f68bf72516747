//! Numbers: read and written in one wide form, so that the host can convert between any two.

use crate::operations::{Kind, Number, Operations, no_parts};

/// The operations of a number type.
pub(crate) const fn number<T>(float: bool, signed: bool) -> Operations {
    Operations::of::<T>(no_parts, Kind::Number(Number { float, signed }))
}
