//! One loaded module, its versions and its instances, as the host's user sees them.

pub(crate) mod function;
pub(crate) mod instance;
pub(crate) mod loaded;
pub(crate) mod module;
pub(crate) mod registered;
pub(crate) mod retire;
