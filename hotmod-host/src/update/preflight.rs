//! What tries a state out: a function marked `#[hotmod::preflight]`.

use std::mem::MaybeUninit;
use std::ptr::NonNull;

use abi_stable::std_types::RString;
use hotmod::old::PreflightShim;
use hotmod::operations::OK;

use crate::call::generation::Generation;
use crate::call::slot::{self, Doing};

/// Has a preflight try a state out, and says what it finds wrong.
///
/// # Safety
///
/// The state is one that the preflight is for, and nothing else uses it.
pub(crate) unsafe fn try_out(
    preflight: PreflightShim,
    at: &'static Generation,
    state: NonNull<u8>,
) -> Result<(), String> {
    let mut error = MaybeUninit::<RString>::uninit();
    let _entered = slot::enter_at(at, Doing::Operation, state.as_ptr().cast());
    // SAFETY: the caller's; there is room for an error.
    let status = unsafe { preflight(state.as_ptr(), error.as_mut_ptr()) };
    if status == OK {
        return Ok(());
    }
    // SAFETY: any other status says that the error was written.
    Err(unsafe { error.assume_init() }.into())
}
