//! Many instances by key.

pub(crate) mod assignment;
pub(crate) mod builder;
pub(crate) mod entry;
pub(crate) mod error;
pub(crate) mod key;
pub(crate) mod pool;
pub(crate) mod rehearse;
pub(crate) mod roster;
pub(crate) mod shared;
pub(crate) mod standing;
pub(crate) mod sweep;
