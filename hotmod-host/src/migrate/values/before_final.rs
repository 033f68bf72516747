//! Threads that prepare a value or a state, whose own code may look at it before it is final.

use std::cell::Cell;

use crate::image::memory::Memory;

/// A preparation on this thread, within others.
struct Preparation {
    of: &'static Memory,
    around: *const Preparation,
}

thread_local! {
    /// The innermost preparation.
    static INNERMOST: Cell<*const Preparation> = const { Cell::new(std::ptr::null()) };
}

/// Runs code that prepares a state of the module with this memory, or a value that may hold `Lazy`s: nothing opens
/// those meanwhile.
pub(in crate::migrate) fn before_final<R>(
    holds_lazies: bool,
    of: &'static Memory,
    prepare: impl FnOnce() -> R,
) -> R {
    if !holds_lazies {
        return prepare();
    }
    let _begun = of.preparations.begin();
    begun(of, prepare)
}

/// Runs code that prepares a value of the module with this memory: the code that it calls on this thread opens no
/// `Lazy` of the module.
pub(in crate::migrate) fn begun<R>(of: &'static Memory, prepare: impl FnOnce() -> R) -> R {
    struct Restore(*const Preparation);

    impl Drop for Restore {
        fn drop(&mut self) {
            INNERMOST.set(self.0);
        }
    }

    let around = INNERMOST.get();
    let preparation = Preparation { of, around };
    let _restore = Restore(around);
    INNERMOST.set(&raw const preparation);
    prepare()
}

/// Whether this thread prepares a value of this module.
pub(super) fn is(of: &'static Memory) -> bool {
    let mut next = INNERMOST.get();
    // SAFETY: `before_final` leaves the pointer only for as long as the preparation is on its stack.
    while let Some(preparation) = unsafe { next.as_ref() } {
        if std::ptr::eq(preparation.of, of) {
            return true;
        }
        next = preparation.around;
    }
    false
}
