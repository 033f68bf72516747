//! Numbers: read and written in one wide form, so that the host can convert between any two.

use super::{Kind, Operations, no_parts};

/// The operations of a number.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Number {
    /// Whether it is a floating-point number.
    pub float: bool,
    /// Whether it has a sign.
    pub signed: bool,
}

/// The operations of a number type.
pub(crate) const fn number<T>(float: bool, signed: bool) -> Operations {
    Operations::of::<T>(no_parts, Kind::Number(Number { float, signed }))
}
