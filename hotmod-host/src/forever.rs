//! Things that live as long as the process, because calls may use them at any time.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// The addresses of kept values, here so that leak checkers find them.
static KEPT: Mutex<Vec<KeptAddress>> = Mutex::new(Vec::new());

/// An address, kept and never followed.
pub(crate) struct KeptAddress(
    #[expect(dead_code, reason = "only leak checkers look at it")] *const (),
);

// SAFETY: the address is never followed.
unsafe impl Send for KeptAddress {}

/// Keeps a value for as long as the process lives.
pub(crate) fn forever<T>(value: T) -> &'static T {
    let kept: &'static T = Box::leak(Box::new(value));
    hold().push(KeptAddress(std::ptr::from_ref(kept).cast()));
    kept
}

/// Keeps other threads from adding to the list.
pub(crate) fn hold() -> MutexGuard<'static, Vec<KeptAddress>> {
    // An address is added whole.
    KEPT.lock().unwrap_or_else(PoisonError::into_inner)
}
