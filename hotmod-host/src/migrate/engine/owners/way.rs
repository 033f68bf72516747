//! The way from a state to an item that cannot be converted, for its message.
//!
//! It is looked for only when a message needs it. The state is walked once more, as before, and the walk ends
//! in a failure whose path is the way.

use std::collections::{HashMap, VecDeque};

use hotmod::operations::Shared;

use super::trace::{Trace, Wanted};
use super::{Result, Search, Within};
use crate::migrate::at::At;
use crate::migrate::program::{Code, Pointed};

/// Through how many items a way is named. Of a longer way, only the end is named.
const MOST_ITEMS: usize = 16;

impl<'p> Search<'_, 'p> {
    /// The way from the state to the first pointer to an item.
    ///
    /// # Safety
    ///
    /// The root fits: a value is at `from`, which stays as it is until the search ends.
    pub(super) unsafe fn way_to(&mut self, root: &'p Code, from: At, item: usize) -> String {
        // SAFETY: the root fits the value, and the owners that were met are where they were, each with its code.
        unsafe {
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
                let Some((pointer, within)) = met else { break };
                self.tracing(|trace| {
                    trace.wanted = Wanted::Pointer(pointer);
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
    }

    fn tracing<T>(&mut self, ask: impl FnOnce(&mut Trace<'p>) -> Option<T>) -> Option<T> {
        self.trace.as_mut().and_then(ask)
    }

    /// Walks the content of an item, as the first walk did or could have done.
    ///
    /// # Safety
    ///
    /// The owner was met, in an item or in the state, by this code.
    unsafe fn walk(&mut self, address: usize, owner: At, code: &'p Pointed<Shared>) -> Result {
        // SAFETY: the code fits the owner, and so does that of its item.
        unsafe {
            let within = match self.engine.owners().is_proved(address) {
                true => Within::OURS,
                false => Within {
                    item: Some(address),
                    is_local: !code.old.threads,
                    is_locked: false,
                },
            };
            self.find_shared(code, owner, within)
        }
    }
}
