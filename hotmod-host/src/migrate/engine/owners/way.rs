//! The way from a state to an item that cannot be converted, for its message.
//!
//! It is looked for once it is wanted: the state is walked once more, as it was before, and the way comes
//! back as that of a failure does.

use std::collections::{HashMap, HashSet, VecDeque};

use hotmod::operations::Shared;

use super::{Result, Search, Within, at};
use crate::migrate::at::At;
use crate::migrate::failure::Failure;
use crate::migrate::program::{Code, Inner};

/// Through how many items a way is named: of one that is longer, the end.
const MOST_ITEMS: usize = 16;

/// What is looked for.
#[derive(Clone, Copy)]
enum Wanted {
    /// Any place that leads to the item at this address.
    Item(usize),
    /// The place at this address.
    Place(usize),
}

/// Where an item was met: the place, and the item whose content that is.
type Met = (usize, Option<usize>);

/// A walk that looks for a way.
pub(super) struct Trace<'p> {
    wanted: Wanted,
    /// Where the locks are that are held already.
    locks: HashSet<usize>,
    /// The item whose content is walked.
    holder: Option<usize>,
    met: HashMap<usize, Met>,
    next: VecDeque<(usize, At, &'p Inner<Shared>)>,
}

impl<'p> Trace<'p> {
    /// Whether the lock at this address is held already.
    pub(super) fn holds(&self, lock: usize) -> bool {
        self.locks.contains(&lock)
    }

    /// A place from which one gets to an item; an error if it is the one.
    pub(super) fn meet(
        &mut self,
        place: At,
        item: usize,
        owner: Option<&'p Inner<Shared>>,
    ) -> Result {
        let is_it = match self.wanted {
            Wanted::Item(wanted) => item == wanted,
            Wanted::Place(wanted) => place.address() == wanted,
        };
        if is_it {
            return Err(Failure::new("found"));
        }
        if let (Wanted::Item(_), Some(code)) = (self.wanted, owner)
            && !self.met.contains_key(&item)
        {
            self.met.insert(item, (place.address(), self.holder));
            self.next.push_back((item, place, code));
        }
        Ok(())
    }
}

impl<'p> Search<'_, 'p> {
    /// The way from the state to the first place that leads to an item.
    pub(super) fn way_to(&mut self, root: &'p Code, from: At, item: usize) -> String {
        self.trace = Some(Trace {
            wanted: Wanted::Item(item),
            locks: self.held.iter().map(|(lock, _)| *lock).collect(),
            holder: None,
            met: HashMap::new(),
            next: VecDeque::new(),
        });
        let mut steps: Vec<String> = Vec::new();
        let mut found = self.find(root, from, Within::OURS);
        while found.is_ok() {
            let next = self.tracing(|trace| {
                let next = trace.next.pop_front()?;
                trace.holder = Some(next.0);
                Some(next)
            });
            let Some((address, owner, code)) = next else {
                break;
            };
            found = self.walk(address, owner, code);
        }
        if let Err(way) = found {
            steps.push(way.path());
        }
        // The ways to the items that it leads through, from the last to the first.
        let mut holder = self.tracing(|trace| trace.holder.filter(|_| !steps.is_empty()));
        while let Some(item) = holder {
            if steps.len() == MOST_ITEMS {
                steps.push("…".to_owned());
                break;
            }
            let met = self.tracing(|trace| trace.met.get(&item).copied());
            let Some((place, within)) = met else { break };
            self.tracing(|trace| {
                trace.wanted = Wanted::Place(place);
                Some(())
            });
            let found = match within {
                None => self.find(root, from, Within::OURS),
                Some(within) => {
                    match self.engine.owners().get_mut(within).and_then(|it| it.owner) {
                        Some((owner, code)) => self.walk(within, owner, code),
                        None => break,
                    }
                }
            };
            if let Err(way) = found {
                steps.push(way.path());
            }
            holder = within;
        }
        self.trace = None;
        steps.reverse();
        steps.concat()
    }

    fn tracing<T>(&mut self, ask: impl FnOnce(&mut Trace<'p>) -> Option<T>) -> Option<T> {
        self.trace.as_mut().and_then(ask)
    }

    /// Walks the content of an item, as the first walk did or could have done.
    fn walk(&mut self, address: usize, owner: At, code: &'p Inner<Shared>) -> Result {
        let within = match self.engine.owners().is_proved(address) {
            true => Within::OURS,
            false => Within {
                item: Some(address),
                is_local: !code.old.threads,
                is_locked: false,
            },
        };
        let content = at::shared_item(&code.old, owner);
        self.find(&code.item.code, content, within)
    }
}
