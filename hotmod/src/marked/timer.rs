//! What is called again and again: the functions marked `#[hotmod::every]`.

use crate::call;
use crate::call::boundary::LentForTheCall;
use crate::state::IsState;

/// Calls a function that takes a state, on behalf of its shim. Its arguments are `()`, and so is its result.
///
/// # Safety
///
/// As for [`call::run`], and `state` points to an `S` that only this call uses meanwhile.
pub unsafe fn run_tick<S: IsState + Send>(
    [state, args, output, panic]: [*mut (); 4],
    tick: impl FnOnce(&mut S),
) -> u8 {
    // SAFETY: the caller passes an `S`.
    let state = unsafe { &mut *state.cast::<S>() };
    // SAFETY: the caller's.
    unsafe { run_beat([args, output, panic], || tick(state)) }
}

/// Calls a function that takes nothing, on behalf of its shim.
///
/// # Safety
///
/// As for [`call::run`], with arguments that are `()`, and a result that is.
pub unsafe fn run_beat([args, output, panic]: [*mut (); 3], beat: impl FnOnce()) -> u8 {
    let beat = |_: LentForTheCall<'_>, (): ()| beat();
    // SAFETY: the caller's.
    unsafe { call::run::<(), ()>(args, output, panic, beat) }
}
