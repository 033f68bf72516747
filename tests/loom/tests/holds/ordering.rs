//! The strengths that `hotmod-host` is compiled with, each of which a test may weaken.

#[path = "../../../../hotmod-host/src/pool/entry_lock/ordering.rs"]
mod written;

use std::cell::Cell;
use std::sync::atomic::Ordering;

/// An access that has an ordering.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Site {
    pub(crate) name: &'static str,
    written: Ordering,
}

thread_local! {
    /// What is weakened in the model that this thread runs; the threads of a model are coroutines of one thread of the
    /// system.
    static WEAKENED: Cell<&'static str> = const { Cell::new("") };
}

/// Weakens the access of this name to `Relaxed`.
pub(crate) fn weaken(name: &'static str) {
    WEAKENED.set(name);
}

impl Site {
    /// The ordering to use now.
    pub(crate) fn ordering(self) -> Ordering {
        match WEAKENED.get() == self.name {
            true => Ordering::Relaxed,
            false => self.written,
        }
    }
}

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

sites! { LOOK MARK TAKE LEAVE }
