//! Threads that help another one: each does a part of its work, and it waits for all of them.
//!
//! What the other thread has for itself, the instances that it uses and the turns that it has, none of its helpers
//! may wait for: it would be given back only after they have ended. So a helper that comes upon it is told what the
//! other thread would be told.

use std::cell::{Cell, RefCell};
use std::thread::{self, ThreadId};

/// How a thread uses an instance whose lock the host knows.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Usage {
    Shared,
    Exclusive,
}

/// What a thread uses.
#[derive(Clone, Copy)]
struct Used {
    address: usize,
    usage: Usage,
    /// The gate before it.
    #[cfg(feature = "snapshot")]
    gate: GateAt,
}

/// Which gate stands before an instance, by its address: each host has one.
#[cfg(feature = "snapshot")]
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct GateAt(usize);

#[cfg(feature = "snapshot")]
impl GateAt {
    pub(crate) fn of<G>(gate: &G) -> Self {
        GateAt(std::ptr::from_ref(gate).addr())
    }
}

thread_local! {
    /// What this thread uses, and what the threads used that it helps, when it began to.
    static USED: RefCell<Vec<Used>> = const { RefCell::new(Vec::new()) };
    /// The thread that this one helps, which may help another one itself.
    static HELPED: Cell<Option<ThreadId>> = const { Cell::new(None) };
}

/// This thread uses what is at an address until this is dropped.
pub(crate) struct Using(usize);

impl Using {
    /// How this thread uses it. While the thread's own data is torn down, its uses are not known here: then a second
    /// use waits for the first, as that of another thread would.
    pub(crate) fn of<E>(used: &E) -> Option<Usage> {
        let address = std::ptr::from_ref(used).addr();
        let find = |used: &RefCell<Vec<Used>>| {
            let used = used.borrow();
            let known = used.iter().rev().find(|it| it.address == address);
            known.map(|it| it.usage)
        };
        USED.try_with(find).ok().flatten()
    }

    /// Whether this thread uses something, or the one that it helps.
    #[cfg(feature = "snapshot")]
    pub(crate) fn is_any() -> bool {
        USED.try_with(|used| !used.borrow().is_empty()) == Ok(true)
    }

    /// Whether it uses something that is behind this gate, if `besides` so many others.
    #[cfg(feature = "snapshot")]
    pub(crate) fn is_any_behind(gate: GateAt, besides: usize) -> bool {
        let count = |used: &RefCell<Vec<Used>>| {
            let used = used.borrow();
            used.iter().filter(|it| it.gate == gate).count() > besides
        };
        USED.try_with(count) == Ok(true)
    }

    pub(crate) fn begin<E>(
        used: &E,
        usage: Usage,
        #[cfg(feature = "snapshot")] gate: GateAt,
    ) -> Self {
        let address = std::ptr::from_ref(used).addr();
        let used = Used {
            address,
            usage,
            #[cfg(feature = "snapshot")]
            gate,
        };
        let _ = USED.try_with(|all| all.borrow_mut().push(used));
        Using(address)
    }
}

impl Drop for Using {
    fn drop(&mut self) {
        let _ = USED.try_with(|used| {
            let mut used = used.borrow_mut();
            if let Some(last) = used.iter().rposition(|it| it.address == self.0) {
                used.remove(last);
            }
        });
    }
}

/// Whether it is this thread, or the one that it helps.
pub(crate) fn is_this_or_helped(thread: ThreadId) -> bool {
    thread == thread::current().id() || HELPED.get() == Some(thread)
}

/// What helpers of a thread are told of it.
#[derive(Clone)]
pub(crate) struct Helped {
    thread: ThreadId,
    used: Vec<Used>,
}

impl Helped {
    /// Of this thread, or of the one that it helps.
    pub(crate) fn this() -> Self {
        Helped {
            thread: HELPED.get().unwrap_or_else(|| thread::current().id()),
            used: USED.with_borrow(Clone::clone),
        }
    }

    /// Has this thread, which was started for that, help it to its end.
    pub(crate) fn help(&self) {
        HELPED.set(Some(self.thread));
        USED.set(self.used.clone());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_helper_knows_what_the_helped_thread_uses() {
        let both = (1_u64, 2_u64);
        // A closure that moves would have copies of the two at other addresses.
        let (used, other) = (&both.0, &both.1);
        let using = Using::begin(
            used,
            Usage::Exclusive,
            #[cfg(feature = "snapshot")]
            GateAt::of(&0),
        );
        let (helped, this) = (Helped::this(), thread::current().id());
        thread::scope(|scope| {
            scope.spawn(|| {
                assert!(Using::of(used).is_none() && !is_this_or_helped(this));
                helped.help();
                assert!(Using::of(used) == Some(Usage::Exclusive));
                assert!(Using::of(other).is_none());
                assert!(is_this_or_helped(this) && is_this_or_helped(thread::current().id()));
                // A helper of a helper.
                let (helped, middle) = (Helped::this(), thread::current().id());
                scope.spawn(move || {
                    helped.help();
                    assert!(Using::of(used) == Some(Usage::Exclusive));
                    assert!(is_this_or_helped(this) && !is_this_or_helped(middle));
                });
            });
        });
        drop(using);
        assert!(Using::of(used).is_none());
    }
}
