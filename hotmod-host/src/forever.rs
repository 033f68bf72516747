//! Things that live as long as the process, because calls may use them at any time.

use std::sync::{Mutex, PoisonError};

/// Where leak checkers find them.
static KEPT: Mutex<Vec<Kept>> = Mutex::new(Vec::new());

/// An address, kept and never followed.
struct Kept(#[expect(dead_code, reason = "only leak checkers look at it")] *const ());

// SAFETY: the address is never followed.
unsafe impl Send for Kept {}

/// Keeps a value for as long as the process lives.
pub(crate) fn forever<T>(value: T) -> &'static T {
    let kept: &'static T = Box::leak(Box::new(value));
    let mut all = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
    all.push(Kept(std::ptr::from_ref(kept).cast()));
    kept
}
