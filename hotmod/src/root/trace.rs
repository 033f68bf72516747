//! Where a thread is in its code: addresses, which say nothing before they are looked up.
//!
//! To look up functions and lines takes hundreds of milliseconds the first time, so a panic only notes the
//! addresses, and the host looks them up when a backtrace is displayed. Images stay mapped for as long as the process
//! lives, so an address stands for the same code for ever.

use std::ffi::{c_int, c_void};
use std::sync::OnceLock;

use abi_stable::std_types::{RSlice, RString};

/// How many functions of a stack are noted at most, from the innermost on.
pub const DEEPEST: usize = 256;

/// The state of an unwinder that walks the stack.
#[repr(C)]
struct Context {
    _opaque: [u8; 0],
}

/// Called for each function of the stack, from the innermost on. Nought goes on.
type WalkStep = unsafe extern "C" fn(context: *mut Context, to: *mut c_void) -> c_int;

// The unwinder of the Itanium C++ ABI, level 1, which the standard library unwinds with.
unsafe extern "C-unwind" {
    fn _Unwind_Backtrace(step: WalkStep, to: *mut c_void) -> c_int;
    fn _Unwind_GetIPInfo(context: *mut Context, is_before: *mut c_int) -> usize;
}

const GO_ON: c_int = 0;
/// `_URC_END_OF_STACK`: what a step says to end the walk.
const END: c_int = 5;

/// The address of the code that runs in each function of this thread's stack, from the innermost on.
#[cold]
#[inline(never)]
pub(crate) fn addresses() -> Vec<usize> {
    let mut addresses: Vec<usize> = Vec::with_capacity(64);
    // SAFETY: `step` is a step, and what it is given is the vector, which nothing else uses meanwhile.
    unsafe { _Unwind_Backtrace(step, (&raw mut addresses).cast()) };
    addresses
}

/// # Safety
///
/// An unwinder calls it with its context, and with the vector that [`addresses`] passed.
unsafe extern "C" fn step(context: *mut Context, to: *mut c_void) -> c_int {
    // SAFETY: the caller passes the vector.
    let addresses = unsafe { &mut *to.cast::<Vec<usize>>() };
    let mut is_before = 0;
    // SAFETY: the context is that of an unwinder, at a function of the stack.
    let address = unsafe { _Unwind_GetIPInfo(context, &raw mut is_before) };
    if address == 0 || addresses.len() == DEEPEST {
        return END;
    }
    // A call returns to what follows it, which may belong to another line, or to another function. Where a
    // signal came, the address is that of the instruction itself.
    addresses.push(if is_before == 0 { address - 1 } else { address });
    GO_ON
}

/// Looks addresses up: their functions and lines, as text.
pub type LookUp = extern "C" fn(addresses: RSlice<'_, usize>) -> RString;

static LOOK_UP: OnceLock<LookUp> = OnceLock::new();

/// Has [`Backtrace`](crate::Backtrace)s of this image show what this finds. The first one stays.
pub fn look_up_by(look_up: LookUp) {
    let _ = LOOK_UP.set(look_up);
}

/// The functions and lines at these addresses. `None` where there is no host.
pub(crate) fn look_up(addresses: &[usize]) -> Option<RString> {
    Some(LOOK_UP.get()?(addresses.into()))
}
