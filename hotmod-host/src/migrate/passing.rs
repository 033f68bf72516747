//! Calls between a host and a version that were compiled apart, whichever of them calls: what is passed is
//! converted on its way, by the same walks that migrate state.
//!
//! What is passed by value is prepared for each parameter, then committed for all: if one does not fit,
//! those before it are abandoned, and the caller has all of its arguments still. What is lent is prepared
//! and, when the call has ended, abandoned: what did not change in it is the caller's own all along. A
//! result is prepared and committed at once.
//!
//! [`compile`] makes a [`Passage`] of a plan, once; a call goes through it here, with what it has
//! [`prepared`] beside it, in a room on the caller's stack. [`import`] is what a module calls.

mod compile;
mod import;
mod passage;
mod prepared;

use hotmod::call::DONE;

use crate::call::generation::{Converter, DoesNotFit, Ran};

use super::at::At;
use super::program::Program;
pub(crate) use compile::converter;
pub(crate) use import::connect;
use passage::{CallRoom, Output, Passage};
use prepared::{Prepared, engine};

impl Converter for Passage {
    unsafe fn call(
        &self,
        state: *mut (),
        args: *mut (),
        output: *mut (),
        panic: *mut (),
    ) -> Result<u8, DoesNotFit> {
        let mut room = CallRoom::of(self.room);
        let room = At::scratch(&mut room);
        let (given, to) = (At(args.cast()), At(output.cast()));
        let returned = match &self.output {
            Output::Same => to,
            Output::Converted { at, .. } => room.part(*at),
        };
        // SAFETY: the caller passes the arguments, and there is room for those of the function.
        unsafe { self.flat.apply_once(given, room) };
        // SAFETY: the state and the room for a panic are the caller's, and there is room for the function's result.
        let call = || unsafe { (self.shim)(state, room.as_ptr(), returned.as_ptr(), panic) };
        let status = match self.params.is_empty() && self.dropped.is_empty() {
            // The arguments are given up, each for one of the function's.
            true => call(),
            // SAFETY: the arguments and the room are as above, and `call` has the function take them from there.
            false => unsafe { self.call_with_more((given, room, returned), call) }?,
        };
        match &self.output {
            Output::Converted { program, .. } if status == DONE => {
                // SAFETY: the function has written its result, and the caller gives room for the one that it expects.
                unsafe { self.give_back(program, returned, to) }
            }
            _ => Ok(status),
        }
    }
}

impl Passage {
    /// Makes the other parameters, calls the function, and gives up what was lent to it.
    ///
    /// # Safety
    ///
    /// As for [`Prepared::new`]. `call` is the call of the function, which takes the parameters that are in the
    /// room, and writes its result where it is returned.
    #[inline(never)]
    unsafe fn call_with_more(
        &self,
        (given, room, returned): (At, At, At),
        call: impl FnOnce() -> u8,
    ) -> Result<u8, DoesNotFit> {
        // SAFETY: the caller's.
        let mut prepared = unsafe { Prepared::new(self, given, room) };
        prepared.make().map_err(|(param, failure)| {
            let path = format!("{}{}", param.name, failure.path());
            DoesNotFit::of(path, failure.reason(), Ran::Not)
        })?;
        // From here on nothing is refused, and the arguments are given up.
        // SAFETY: all were made.
        unsafe { prepared.commit() };
        let status = call();
        // What was lent for the call goes before its result is looked at.
        let mut unfit = Vec::new();
        // SAFETY: the function has had all that was prepared for it, and has no more of it.
        unsafe { prepared.merge(&mut unfit) };
        drop(prepared);
        if unfit.is_empty() {
            return Ok(status);
        }
        let ran = match status {
            DONE => Ran::Returned,
            _ => Ran::Panicked,
        };
        if status == DONE {
            // SAFETY: the function has written its result, which goes to no one.
            unsafe { returned.drop(self.returns) };
        }
        Err(DoesNotFit { values: unfit, ran })
    }

    /// Makes the caller's result of the function's.
    ///
    /// # Safety
    ///
    /// The function's result is at `returned`, and is given up; there is room at `to` for what the caller expects.
    #[inline]
    unsafe fn give_back(&self, program: &Program, returned: At, to: At) -> Result<u8, DoesNotFit> {
        if let Some(flat) = program.flat() {
            // SAFETY: the program was compiled for both. Nothing of it can fail, or is left to be given up.
            unsafe { flat.apply_once(returned, to) };
            return Ok(DONE);
        }
        let mut engine = engine(program, self.memory);
        // SAFETY: the program was compiled for the result that is there, and for the room.
        match unsafe { engine.prepare_state(returned, to) } {
            Ok(()) => {
                // SAFETY: it was prepared by this engine, and nothing else owns it.
                unsafe { engine.commit_state(returned) };
                Ok(DONE)
            }
            Err(failure) => {
                // The engine may still hold parts of the value, so it goes before the value does.
                drop(engine);
                // SAFETY: it is of these operations' type, as the function returned it, and nothing else owns it.
                unsafe { returned.drop(program.old) };
                let path = format!("() -> {}", failure.path());
                let path = path.trim_end().to_owned();
                Err(DoesNotFit::of(path, failure.reason(), Ran::Returned))
            }
        }
    }
}

#[cfg(test)]
mod tests;
