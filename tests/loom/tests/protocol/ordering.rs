//! The strengths that `hotmod-host` is compiled with, each of which a test may weaken.

#[path = "../../../../hotmod-host/src/call/slot/ordering.rs"]
mod written;

use std::cell::RefCell;
use std::sync::atomic::Ordering;

/// A place of the protocol that has an ordering.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Site {
    pub(crate) name: &'static str,
    written: Ordering,
}

/// A place and the ordering that it has instead of the one that is written down. Of a fence,
/// `Relaxed` means that there is none.
pub(crate) type Weakened = (Site, Ordering);

thread_local! {
    /// What is weakened in the model that this thread runs; the threads of a model are coroutines of
    /// one thread of the system.
    static WEAKENED: RefCell<Vec<Weakened>> = const { RefCell::new(Vec::new()) };
}

pub(crate) fn weaken(weakened: &[Weakened]) {
    WEAKENED.set(weakened.to_vec());
}

impl Site {
    /// The ordering to use now.
    pub(crate) fn ordering(self) -> Ordering {
        WEAKENED.with_borrow(|weakened| {
            let instead = weakened.iter().find(|(site, _)| site.name == self.name);
            instead.map_or(self.written, |(_, ordering)| *ordering)
        })
    }

    /// Every weaker ordering than the one that is written down.
    pub(crate) fn weaker(self) -> &'static [Ordering] {
        use Ordering::{AcqRel, Acquire, Relaxed, Release, SeqCst};
        match self.written {
            Relaxed => &[],
            Acquire | Release => &[Relaxed],
            AcqRel => &[Relaxed, Acquire, Release],
            SeqCst => &[Relaxed, Acquire, Release, AcqRel],
            other => panic!("{} has an unknown ordering, {other:?}", self.name),
        }
    }
}

/// One site for each constant; the compiler reports a constant that is left out as unused.
macro_rules! sites {
    ($($name:ident)*) => {
        $(
            pub(crate) const $name: Site = Site {
                name: stringify!($name),
                written: written::$name,
            };
        )*
        pub(crate) const ALL: &[Site] = &[$($name),*];
    };
}

sites! {
    PUBLISH CURRENT STATE GENERATION ENTER LEAVE OWN
    SEEN_WORD SEEN_GENERATION SEEN_STATE SEEN_AGAIN LIGHT HEAVY
}
