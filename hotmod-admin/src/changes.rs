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
use self::canary::{Abort, BeginCanary, Promote};
pub(crate) use self::change::{Action, tag};
use self::freeze::{Freeze, Thaw};
use self::rollback::{Permanent, Rollback};
use self::sweep::Sweep;
use self::update::{Rehearse, Update};

/// All kinds.
pub(crate) const ALL: [Action; 10] = [
    Action::of::<Update>("update"),
    Action::of::<Rehearse>("rehearse"),
    Action::of::<Rollback>("rollback"),
    Action::of::<Permanent>("permanent"),
    Action::of::<BeginCanary>("canary"),
    Action::of::<Promote>("promote"),
    Action::of::<Abort>("abort"),
    Action::of::<Freeze>("freeze"),
    Action::of::<Thaw>("thaw"),
    Action::of::<Sweep>("sweep"),
];
