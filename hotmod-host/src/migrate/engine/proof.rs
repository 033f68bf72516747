//! In which order items with several owners are proved to have no owners outside of the state.
//!
//! This file does not know what an item is: a [`Walk`] meets the owners, asks whether one is alone, and
//! looks into items. So `tests/loom` runs this very order against threads that have owners of their own, in
//! every interleaving. [`owners`](super::owners) gives the reasons for the order.

use std::collections::HashMap;

/// All items with several owners, by their addresses.
pub(super) struct SharedItems<O, N> {
    known: HashMap<usize, SharedItem<O, N>>,
    /// The items that are proved, in the order in which that was done.
    proved: Vec<usize>,
    /// The items of which something new is known, so that a proof is tried again.
    changed: Vec<usize>,
    /// The items that could not be proved when that was tried.
    unproved: Vec<usize>,
}

/// An item with several owners.
pub(super) struct SharedItem<O, N> {
    /// How many others were met before it.
    before: usize,
    /// The first owner that was met. `None` as long as only weak ones were met.
    pub(super) owner: Option<O>,
    /// How many owners were met, and how many weak ones.
    pub(super) strong: usize,
    pub(super) weak: usize,
    /// The items whose content leads to this one, unless they were proved when it was met.
    from: Vec<usize>,
    /// The items to which the content of this one leads.
    leads_to: Vec<usize>,
    is_entered: bool,
    is_proved: bool,
    /// What the item becomes.
    pub(super) new: Option<N>,
}

/// How the walk has come to a place.
#[derive(Clone, Copy)]
pub(super) struct Within {
    /// The item whose content the place is in, if that item is not proved yet.
    pub(super) item: Option<usize>,
    /// Whether only this thread can look at the place.
    pub(super) is_local: bool,
    /// Whether the place is behind a lock that the migration holds.
    pub(super) is_locked: bool,
}

impl Within {
    /// A place that only the migration can reach.
    pub(super) const OURS: Within = Within {
        item: None,
        is_local: true,
        is_locked: false,
    };
}

/// A walk that finds the owners.
pub(super) trait Walk {
    type Owner: Copy;
    type New;
    type Failure;

    fn items(&mut self) -> &mut SharedItems<Self::Owner, Self::New>;

    /// Whether the item has only this owner, so many others, and so many weak ones, all of which were met.
    fn alone(&mut self, owner: Self::Owner, others: usize, weak: usize) -> bool;

    /// Whether all owners of the item are on this thread, in the state or outside.
    fn is_local(&self, owner: Self::Owner) -> bool;

    /// Meets all owners to which the content of an item leads.
    fn enter(&mut self, owner: Self::Owner, within: Within) -> Result<(), Self::Failure>;
}

/// Whether items have owners that were not met.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Others {
    None,
    /// There is an owner outside of the state.
    Outside,
    /// Only weak ones were met.
    OnlyWeak,
}

/// Proves that the items belong to the state alone. All owners that the state holds directly were met.
pub(super) fn prove<W: Walk>(walk: &mut W) -> Result<Others, W::Failure> {
    prove_changed(walk)?;
    while let Some(address) = walk.items().unproved.pop() {
        enter_unproved(walk, address)?;
        prove_changed(walk)?;
    }
    let mut left = walk.items().known.values().filter(|item| !item.is_proved);
    Ok(match left.next() {
        None => Others::None,
        Some(first) => match first.owner.is_none() && left.all(|item| item.owner.is_none()) {
            true => Others::OnlyWeak,
            false => Others::Outside,
        },
    })
}

/// Proves the items that can be proved now, and looks into them.
fn prove_changed<W: Walk>(walk: &mut W) -> Result<(), W::Failure> {
    while let Some(address) = walk.items().changed.pop() {
        let items = &walk.items().known;
        let item = &items[&address];
        let (Some(owner), false) = (item.owner, item.is_proved) else {
            continue;
        };
        let is_entered = item.is_entered;
        let (others, weak) = (item.strong - 1, item.weak);
        let is_proved = |before: &usize| *before == address || items[before].is_proved;
        if !item.from.iter().all(is_proved) || !walk.alone(owner, others, weak) {
            if !is_entered {
                walk.items().unproved.push(address);
            }
            continue;
        }
        let items = walk.items();
        items.proved.push(address);
        let item = items.item(address);
        item.is_proved = true;
        let was_entered = std::mem::replace(&mut item.is_entered, true);
        let next = std::mem::take(&mut item.leads_to);
        items.changed.extend(next);
        if !was_entered {
            walk.enter(owner, Within::OURS)?;
        }
    }
    Ok(())
}

/// Looks into an item that may have other owners.
fn enter_unproved<W: Walk>(walk: &mut W, address: usize) -> Result<(), W::Failure> {
    let item = walk.items().item(address);
    let (Some(owner), false) = (item.owner, item.is_entered) else {
        return Ok(());
    };
    item.is_entered = true;
    let within = Within {
        item: Some(address),
        is_local: walk.is_local(owner),
        is_locked: false,
    };
    walk.enter(owner, within)?;
    walk.items().changed.push(address);
    Ok(())
}

impl<O, N> SharedItems<O, N> {
    /// Notes that a place leads to an item.
    pub(super) fn meet(&mut self, address: usize, within: Within) -> &mut SharedItem<O, N> {
        self.changed.push(address);
        // No other thread reads a place behind a lock that is held, or one that only this thread reaches.
        if let Some(from) = within.item
            && from != address
            && !within.is_locked
            && !within.is_local
        {
            self.item(from).leads_to.push(address);
            self.item(address).from.push(from);
        }
        self.item(address)
    }

    /// Whether an item is proved: no other thread is at it, or can come to it.
    pub(super) fn is_proved(&self, address: usize) -> bool {
        self.known.get(&address).is_some_and(|item| item.is_proved)
    }

    /// An item that could not be proved; preferably one that waited for no other item, and of these the one that was met first:
    /// a refusal that is repeated names the same place, wherever the items are in memory.
    pub(super) fn first_unproved(&self) -> Option<usize> {
        let left = self.known.iter().filter(|(_, item)| !item.is_proved);
        let waits = |address: usize, item: &SharedItem<O, N>| {
            let is_proved = |before: &usize| *before == address || self.is_proved(*before);
            !item.from.iter().all(is_proved)
        };
        left.min_by_key(|(address, item)| {
            (waits(**address, item), item.owner.is_none(), item.before)
        })
        .map(|(address, _)| *address)
    }

    pub(super) fn get_mut(&mut self, address: usize) -> Option<&mut SharedItem<O, N>> {
        self.known.get_mut(&address)
    }

    pub(super) fn values(&self) -> impl Iterator<Item = &SharedItem<O, N>> {
        self.known.values()
    }

    pub(super) fn values_mut(&mut self) -> impl Iterator<Item = &mut SharedItem<O, N>> {
        self.known.values_mut()
    }

    pub(super) fn into_values(self) -> impl Iterator<Item = SharedItem<O, N>> {
        self.known.into_values()
    }

    /// Calls `ask` with each proved item, in the order in which they were proved.
    pub(super) fn each_proved(&mut self, mut ask: impl FnMut(&mut SharedItem<O, N>)) {
        for address in &self.proved {
            if let Some(item) = self.known.get_mut(address) {
                ask(item);
            }
        }
    }

    fn item(&mut self, address: usize) -> &mut SharedItem<O, N> {
        let before = self.known.len();
        let met = || SharedItem::met_after(before);
        self.known.entry(address).or_insert_with(met)
    }
}

impl<O, N> Default for SharedItems<O, N> {
    fn default() -> Self {
        SharedItems {
            known: HashMap::new(),
            proved: Vec::new(),
            changed: Vec::new(),
            unproved: Vec::new(),
        }
    }
}

impl<O, N> SharedItem<O, N> {
    fn met_after(before: usize) -> Self {
        SharedItem {
            before,
            owner: None,
            strong: 0,
            weak: 0,
            from: Vec::new(),
            leads_to: Vec::new(),
            is_entered: false,
            is_proved: false,
            new: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_refused_does_not_depend_on_where_the_items_are() {
        for order in [[10, 20, 30], [30, 20, 10], [20, 30, 10]] {
            let mut items = SharedItems::<(), ()>::default();
            for address in order {
                items.meet(address, Within::OURS).owner = Some(());
            }
            assert_eq!(items.first_unproved(), Some(order[0]));
        }
    }
}
