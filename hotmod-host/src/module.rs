//! One loaded module, its versions and its instances, as the host's user sees them.

pub(crate) mod function;
pub(crate) mod history;
pub(crate) mod instance;
pub(crate) mod left_behind;
pub(crate) mod loaded;
pub(crate) mod module;
pub(crate) mod options;
pub(crate) mod registered;
pub(crate) mod report;
pub(crate) mod requests;
pub(crate) mod retire;
pub(crate) mod settings;
pub(crate) mod ways;
