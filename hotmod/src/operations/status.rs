//! How an operation ends: by its status, and never by a panic that leaves the module.

use std::any::Any;
use std::panic::{self, AssertUnwindSafe};

use abi_stable::std_types::RString;

use crate::root::panic_hook;

/// An operation succeeded.
pub const OK: u8 = 0;
/// An operation failed; what it was to make does not exist.
pub const FAILED: u8 = 1;
/// An operation panicked; what it was to make does not exist.
pub const PANICKED: u8 = 2;
/// An operation panicked after it had taken what it was given.
pub const PANICKED_WITHIN: u8 = 3;

/// Runs an operation so that no panic leaves the module.
pub(crate) fn guarded(operation: impl FnOnce() -> bool) -> u8 {
    match panic::catch_unwind(AssertUnwindSafe(operation)) {
        Ok(true) => OK,
        Ok(false) => FAILED,
        Err(payload) => {
            forget_payload(payload);
            PANICKED
        }
    }
}

/// Drops the payload of a panic, whose own destructor may panic.
pub(crate) fn forget_payload(payload: Box<dyn Any + Send>) {
    if let Err(second) = panic::catch_unwind(AssertUnwindSafe(|| drop(payload))) {
        std::mem::forget(second);
    }
}

/// Makes a value for a [`Maker`](super::Maker): writes it, or the error.
///
/// # Safety
///
/// `slot` has room for a `T`, `error` for an `RString`.
pub(crate) unsafe fn make<T>(
    slot: *mut u8,
    error: *mut RString,
    value: impl FnOnce() -> Result<T, String>,
) -> u8 {
    let made = panic::catch_unwind(AssertUnwindSafe(value));
    let message = match made {
        Ok(Ok(value)) => {
            // SAFETY: the caller gives room for a `T`.
            unsafe { slot.cast::<T>().write(value) };
            return OK;
        }
        Ok(Err(message)) => message,
        Err(payload) => {
            let text = match payload.downcast_ref::<&str>() {
                Some(text) => Some(*text),
                None => payload.downcast_ref::<String>().map(String::as_str),
            };
            let (place, _) = panic_hook::take(text.unwrap_or_default());
            let message = text.unwrap_or("a value that is not text").to_owned();
            if let Err(second) = panic::catch_unwind(AssertUnwindSafe(|| drop(payload))) {
                std::mem::forget(second);
            }
            match place {
                Some(place) => {
                    let (file, line, column) = (place.file, place.line, place.column);
                    format!("panicked at {file}:{line}:{column}: {message}")
                }
                None => format!("panicked: {message}"),
            }
        }
    };
    // SAFETY: the caller gives room for an error.
    unsafe { error.write(message.into()) };
    FAILED
}
