//! How a file becomes the current version of a module, and how that is undone.
//!
//! To be imported: [`update`], the way of a file from its name to its publication;
//! [`publish::publish`], by which a version becomes current, whatever asked for it; [`follow`], what is
//! done about the calls that a publication leaves behind; [`settle`], which takes instances along at once;
//! [`first`], how a module comes to its first version; [`rollback`]; [`drain`]; [`planned`], what an update would do; [`preflight`], which tries a state out; [`request`]; [`transaction`], in which order the turns of several modules are taken.
//!
//! Arrows inside of it run one way: `planned`, `first` → `update` → `rehearsal` (→ `preflight`), `pauses`, `probation` → `rollback` → `publish`, `settle` →
//! `follow` → `drain`; what becomes current is `recorded`. It imports `module` and below, and never what is tried beside the running version
//! (`trial`) nor many instances (`pool`).

pub(crate) mod drain;
pub(crate) mod first;
pub(crate) mod follow;
pub(crate) mod pauses;
pub(crate) mod planned;
pub(crate) mod preflight;
pub(crate) mod probation;
pub(crate) mod publish;
pub(crate) mod recorded;
pub(crate) mod rehearsal;
#[cfg(feature = "resources")]
pub(crate) mod renew;
pub(crate) mod request;
pub(crate) mod rollback;
pub(crate) mod settle;
pub(crate) mod transaction;
pub(crate) mod update;
