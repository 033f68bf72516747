//! The record of a walk that looks for the way to an item.

use std::collections::{HashMap, HashSet, VecDeque};

use hotmod::operations::Shared;

use crate::migrate::at::At;
use crate::migrate::failure::Failure;
use crate::migrate::program::Pointed;

/// What is looked for.
#[derive(Clone, Copy)]
pub(super) enum Wanted {
    /// Any pointer to the item at this address.
    Item(usize),
    /// The pointer at this address.
    Pointer(usize),
}

/// Where an item was met: the pointer to it, and the item whose content the pointer is in.
type Meeting = (usize, Option<usize>);

/// A walk that looks for a way.
pub(super) struct Trace<'p> {
    pub(super) wanted: Wanted,
    /// The addresses of locks that are held already.
    pub(super) locks: HashSet<usize>,
    /// The item whose content is walked.
    pub(super) holder: Option<usize>,
    pub(super) met: HashMap<usize, Meeting>,
    pub(super) next: VecDeque<(usize, At, &'p Pointed<Shared>)>,
}

impl<'p> Trace<'p> {
    /// Whether the lock at this address is held already.
    pub(super) fn holds(&self, lock: usize) -> bool {
        self.locks.contains(&lock)
    }

    /// Notes a pointer to an item. The error that ends the walk, if this is the one that is wanted.
    pub(super) fn meet(
        &mut self,
        pointer: At,
        item: usize,
        owner: Option<&'p Pointed<Shared>>,
    ) -> Result<(), Failure> {
        let is_it = match self.wanted {
            Wanted::Item(wanted) => item == wanted,
            Wanted::Pointer(wanted) => pointer.address() == wanted,
        };
        if is_it {
            return Err(Failure::new("found"));
        }
        if let (Wanted::Item(_), Some(code)) = (self.wanted, owner)
            && !self.met.contains_key(&item)
        {
            self.met.insert(item, (pointer.address(), self.holder));
            self.next.push_back((item, pointer, code));
        }
        Ok(())
    }
}
