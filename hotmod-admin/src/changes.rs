//! Changes: the plan of each, which changes nothing, and the change itself.
//!
//! A change is a file with a `Change` (`change`); how it is asked for and answered is the same for all (`asked`).

mod asked;
mod canary;
mod change;
mod freeze;
mod rollback;
mod sweep;
mod update;

pub(crate) use self::asked::{apply, plan};
pub(crate) use self::canary::{Abort, BeginCanary, Promote};
pub(crate) use self::change::{Change, tag};
pub(crate) use self::freeze::{Freeze, Thaw};
pub(crate) use self::rollback::{Permanent, Rollback};
pub(crate) use self::sweep::Sweep;
pub(crate) use self::update::{Rehearse, Update};
