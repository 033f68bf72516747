//! What threads wait by. Its model (`tests/loom`) replaces it by that of `loom`.

pub(super) use std::sync::{Condvar, Mutex, PoisonError};

pub(super) use hotmod::operations::RawLazy;
