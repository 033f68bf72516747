//! Stamps that stand for nothing but themselves.

#[repr(align(8))]
pub(crate) struct Stamp(#[expect(dead_code, reason = "two stamps are at two addresses")] u64);

pub(crate) static OLD: Stamp = Stamp(1);
pub(crate) static NEW: Stamp = Stamp(2);
pub(crate) static ASIDE: Stamp = Stamp(3);
pub(crate) static GONE: Stamp = Stamp(4);
