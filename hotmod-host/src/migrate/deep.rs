//! Stack for what recurses as deep as data is.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::ptr::NonNull;

use crate::image::image::Image;
use crate::migrate::reached::is_deep;

/// How much stack there is to drop deep values.
const DEEP: usize = 1 << 30;

/// Runs a commit that drops values as deep as their data: the destructors that the compiler makes recurse.
/// So the commit gets a stack that a list of some millions of items does not exhaust. The system provides
/// only the pages of it that are used.
pub(super) fn on_deep_stack(mut commit: impl FnMut()) {
    let mut has_begun = false;
    for size in [DEEP, DEEP / 4, DEEP / 16] {
        let begin = || {
            has_begun = true;
            commit();
        };
        // There may be no memory for so large a stack.
        let done = catch_unwind(AssertUnwindSafe(|| stacker::grow(size, begin)));
        match done {
            Ok(()) => return,
            Err(panic) if has_begun => resume_unwind(panic),
            Err(_) => {}
        }
    }
    commit();
}

/// Runs what calls code that recurses as deep as data is, of which only the code's author knows how much stack a level
/// takes: a copy of a value that a container of another crate holds is made by its `Clone`.
pub(crate) fn with_deep_stack<T>(run: impl FnOnce() -> T) -> T {
    if stacker::remaining_stack().is_some_and(|left| left >= DEEP / 2) {
        return run();
    }
    let mut run = Some(run);
    for size in [DEEP, DEEP / 4, DEEP / 16] {
        let begin = || run.take().map(|run| run());
        // There may be no memory for so large a stack.
        match catch_unwind(AssertUnwindSafe(|| stacker::grow(size, begin))) {
            Ok(Some(done)) => return done,
            Err(panic) if run.is_none() => resume_unwind(panic),
            Ok(None) | Err(_) => {}
        }
    }
    let run = run.expect("bug in hotmod: what has run has returned");
    run()
}

/// How many values that are carried over may stand in each other. Each copies all that it holds, so deeper ones would take
/// a time that grows with the square of their depth.
const DEEPEST_CARRIED: usize = 1000;

/// One more level of what is carried over within what is carried over.
pub(crate) fn deeper_carried(levels: usize) -> Result<usize, String> {
    match levels < DEEPEST_CARRIED {
        true => Ok(levels + 1),
        false => Err(format!(
            "more than {DEEPEST_CARRIED} values that are carried over stand in each other"
        )),
    }
}

/// Drops the value of a state, on as much stack as that takes. A panic of a destructor has no caller to be returned to: the
/// rest of the state is leaked, and the host goes on.
///
/// # Safety
///
/// The state is of the type by which this image implements the interface. Nothing uses its value afterwards.
pub(crate) unsafe fn drop_state(image: &Image, interface: &str, state: NonNull<u8>) {
    let implementation = image.implementation(interface);
    let is_deep = implementation.is_deep.get_or_init(|| {
        let exports = image.exports();
        is_deep(&exports.manifest.types, [&implementation.state])
    });
    // SAFETY: the caller's.
    let drop = || unsafe { (implementation.table.operations().drop)(state.as_ptr()) };
    let _: u8 = match is_deep {
        true => with_deep_stack(drop),
        false => drop(),
    };
}
