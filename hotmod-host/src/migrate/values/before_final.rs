//! Threads that prepare a value or a state, whose own code may look at it before it is final.

use std::cell::Cell;

use crate::image::memory::Memory;
use crate::image::values::Preparing;

/// A preparation on this thread, within others.
struct Preparation {
    of: &'static Memory,
    around: *const Preparation,
}

thread_local! {
    /// The innermost preparation.
    static INNERMOST: Cell<*const Preparation> = const { Cell::new(std::ptr::null()) };
}

/// Until this is dropped, nothing opens a `Lazy` of the state, or of a value that may hold some, which this thread
/// prepares.
#[must_use]
pub(in crate::migrate) struct BeforeFinal {
    _listed: Option<Box<ListedPreparation>>,
}

/// In the list of this thread, which refers to it.
struct ListedPreparation {
    preparation: Preparation,
    _begun: Preparing<'static>,
}

impl BeforeFinal {
    /// Begins to prepare, by the code of the module with this memory. A state without `Lazy`s pays nothing.
    #[inline]
    pub(in crate::migrate) fn begin(holds_lazies: bool, of: &'static Memory) -> Self {
        BeforeFinal {
            _listed: holds_lazies.then(|| ListedPreparation::new(of)),
        }
    }
}

impl ListedPreparation {
    #[cold]
    fn new(of: &'static Memory) -> Box<Self> {
        let _begun = of.preparations.begin();
        let around = INNERMOST.get();
        let preparation = Preparation { of, around };
        let listed = Box::new(ListedPreparation {
            preparation,
            _begun,
        });
        INNERMOST.set(&raw const listed.preparation);
        listed
    }
}

/// What begins later on a thread ends sooner.
impl Drop for ListedPreparation {
    fn drop(&mut self) {
        INNERMOST.set(self.preparation.around);
    }
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
    // SAFETY: a preparation is in the list only until its end: on the stack of `begun`, or in the box of a `ListedPreparation`.
    while let Some(preparation) = unsafe { next.as_ref() } {
        if std::ptr::eq(preparation.of, of) {
            return true;
        }
        next = preparation.around;
    }
    false
}
