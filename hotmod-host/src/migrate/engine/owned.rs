//! The items with several owners that a migration has met, and what becomes of them.

use hotmod::operations::Shared;

use super::proof::SharedItems;
use crate::migrate::at::At;
use crate::migrate::pointers::NewItem;
use crate::migrate::program::Pointed;
use crate::migrate::scratch::Scratch;

/// An owner of an item, and the code that fits it.
pub(super) type Owner<'p> = (At, &'p Pointed<Shared>);

/// All items with several owners.
pub(super) type Owners<'p> = SharedItems<Owner<'p>, New>;

/// What an item becomes.
pub(super) struct New {
    pub(super) at: NewItem,
    /// How many values the item consists of.
    pub(super) len: usize,
    /// An owner of the migration's own, so that the item stays while other owners are made and freed.
    pub(super) owner: Option<Scratch>,
    pub(super) is_begun: bool,
    pub(super) is_ready: bool,
}
