//! What threads share and wait by. Its model (`tests/loom`) replaces it by that of `loom`.

pub(super) use std::sync::{Arc, Condvar, Mutex, PoisonError};

pub(super) use hotmod::operations::{RawLazy, Stamp};
