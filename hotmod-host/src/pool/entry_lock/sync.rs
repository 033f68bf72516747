//! What `holds.rs` is made of. Its model (`tests/loom`) replaces it by that of `loom`.

pub(super) use std::sync::atomic::AtomicUsize;

/// What is locked for moments.
pub(super) type Line<T> = parking_lot::Mutex<T>;
