//! What a panic inside a module said about its place.
//!
//! Each module has a standard library of its own, so its hook sees only its own panics. While an
//! export runs, the hook notes where the panic was raised instead of printing it: the caller gets
//! it as an error and decides. Panics outside of exports go to the hook that was there before.

use std::backtrace::{Backtrace, BacktraceStatus};
use std::cell::RefCell;
use std::panic;
use std::sync::OnceLock;

use abi_stable::std_types::RString;

use crate::root::mark::Mark;

thread_local! {
    static LAST: RefCell<Option<Note>> = const { RefCell::new(None) };
}

/// Asks the host where this thread is among its calls.
static MARK: OnceLock<extern "C" fn() -> Mark> = OnceLock::new();

/// Where the panic was raised, as it leaves the module.
#[repr(C)]
pub(crate) struct PanicLocation {
    pub(crate) file: RString,
    pub(crate) line: u32,
    pub(crate) column: u32,
}

/// What the hook noted of a panic.
struct Note {
    mark: Mark,
    location: Option<PanicLocation>,
    backtrace: Option<RString>,
}

/// Replaces the module's hook; called once, when the module is initialised.
pub(crate) fn install(mark: extern "C" fn() -> Mark) {
    let mark = *MARK.get_or_init(|| mark);
    let before = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        let mark = mark();
        if !mark.is_inside() {
            return before(info);
        }
        let location = info.location().map(|location| PanicLocation {
            file: location.file().into(),
            line: location.line(),
            column: location.column(),
        });
        let backtrace = mark.traced.then(Backtrace::capture);
        let backtrace = backtrace
            .filter(|backtrace| backtrace.status() == BacktraceStatus::Captured)
            .map(|backtrace| RString::from(backtrace.to_string()));
        let note = Note {
            mark,
            location,
            backtrace,
        };
        LAST.with(|last| *last.borrow_mut() = Some(note));
    }));
}

/// Takes what was noted of the last panic on this thread. If that panic was in an earlier call, there
/// is nothing to take: the module caught it by itself, and its place is not the place of a later panic,
/// of which nothing may be noted (`resume_unwind` runs no hook).
pub(crate) fn take() -> (Option<PanicLocation>, Option<RString>) {
    let note = LAST.with(|last| last.borrow_mut().take());
    match (note, MARK.get()) {
        (Some(note), Some(mark)) if note.mark == mark() => (note.location, note.backtrace),
        _ => (None, None),
    }
}
