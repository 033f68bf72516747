//! What a panic inside a module said about its place.
//!
//! Each module has a standard library of its own, so its hook sees only its own panics. While an
//! export runs, the hook notes where the panic was raised instead of printing it: the caller gets
//! it as an error and decides. Panics outside of exports go to the hook that was there before.

use std::backtrace::{Backtrace, BacktraceStatus};
use std::cell::{Cell, RefCell};
use std::panic;

use abi_stable::std_types::RString;

use crate::call::PanicLocation;

/// Set in [`DEPTH`] while [`LAST`] holds something.
const NOTED: u32 = 1 << 31;

thread_local! {
    /// How many exports run on this thread, one inside the other.
    static DEPTH: Cell<u32> = const { Cell::new(0) };
    static LAST: RefCell<Option<(Option<PanicLocation>, Option<RString>)>> =
        const { RefCell::new(None) };
}

/// Replaces the module's hook; called once, when the module is initialised.
pub(crate) fn install() {
    let before = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        if DEPTH.get() == 0 {
            return before(info);
        }
        let location = info.location().map(|location| PanicLocation {
            file: location.file().into(),
            line: location.line(),
            column: location.column(),
        });
        let backtrace = Backtrace::capture();
        let backtrace = (backtrace.status() == BacktraceStatus::Captured)
            .then(|| RString::from(backtrace.to_string()));
        LAST.with(|last| *last.borrow_mut() = Some((location, backtrace)));
        DEPTH.set(DEPTH.get() | NOTED);
    }));
}

/// Takes what the last panic on this thread left.
pub(crate) fn take() -> (Option<PanicLocation>, Option<RString>) {
    DEPTH.set(DEPTH.get() & !NOTED);
    LAST.with(|last| last.borrow_mut().take())
        .unwrap_or_default()
}

/// Marks that an export runs on this thread, until dropped.
pub(crate) fn enter() -> Inside {
    DEPTH.set(DEPTH.get() + 1);
    Inside
}

pub(crate) struct Inside;

impl Drop for Inside {
    #[inline]
    fn drop(&mut self) {
        let depth = DEPTH.get() - 1;
        DEPTH.set(depth);
        // The module caught a panic by itself: its place is not that of a later one, which may
        // have none of its own (`resume_unwind` runs no hook).
        if depth == NOTED {
            forget();
        }
    }
}

#[cold]
fn forget() {
    drop(take());
}
