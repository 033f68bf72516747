//! Stack for what recurses as deep as data is.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

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
