//! Values that were decoded, as the old side of a migration.

use std::num::NonZero;
use std::ptr::NonNull;
use std::sync::Arc;

use hotmod::describe::Description;
use hotmod::operations::Operations;
use hotmod::plan::{Plan, Step};
use hotmod::version::VersionWire;

use super::prepare;
use crate::image::exports::Exports;
use crate::image::memory::Memory;
use crate::migrate::at::At;
use crate::migrate::block::{free, layout};
use crate::migrate::failure::Failure;
use crate::migrate::program::{Ends, Mismatch, Program};

/// How decoded values of one type become values of a type of a loaded version.
pub(crate) struct Restoring {
    program: Program,
    /// The module that they are of, and its version.
    from: (String, &'static str),
    memory: &'static Memory,
    threads: NonZero<usize>,
}

impl Restoring {
    /// Compiles a step of a plan. The operations are those of the decoded values and those of the new ones; the version
    /// is the one that the values were written at.
    pub(crate) fn compile(
        (plan, step): (&Plan, &Step),
        (decoded, now): (Arc<Description>, &Exports),
        operations: (&'static Operations, &'static Operations),
        from: (&str, &'static str),
        (memory, threads): (&'static Memory, NonZero<usize>),
    ) -> Result<Self, Mismatch> {
        let was = Exports::of_host(decoded);
        let ends = Ends {
            was: &was,
            now,
            from: from.1,
        };
        Ok(Restoring {
            program: Program::compile(plan, step, ends, operations)?,
            from: (from.0.to_owned(), from.1),
            memory,
            threads,
        })
    }

    /// Makes the new value, in a block of its own. The caller is in an operation.
    ///
    /// # Safety
    ///
    /// A decoded value is there, of the operations that this was compiled for. What it refers to stays as it is, and
    /// belongs to nothing, until this returns.
    pub(crate) unsafe fn restore(&self, decoded: *const u8) -> Result<NonNull<u8>, Failure> {
        let old_layout = layout(self.program.old);
        let Some(old) = self.memory.take(old_layout) else {
            return Err(Failure::new("there is no memory for it"));
        };
        // SAFETY: the caller passes such a value, and the block has room for it. None of what it consists of has an
        // owner, so a copy is as good.
        unsafe { decoded.copy_to_nonoverlapping(old.as_ptr(), old_layout.size()) };
        // SAFETY: the program was compiled for the value, and nothing else uses it.
        let prepared = unsafe { prepare(&self.program, (self.memory, self.threads), old) };
        let mut prepared = match prepared {
            Ok(prepared) => prepared,
            Err(failure) => {
                // SAFETY: the block was taken above, and nothing in it has an owner.
                unsafe { free(self.memory, self.program.old, old) };
                return Err(failure);
            }
        };
        let checked = match self.program.check {
            Some(check) => {
                let from = VersionWire::new(&self.from.0, self.from.1);
                // SAFETY: the check is that of the program, for its new type, of which a value was prepared there.
                unsafe { prepared.to.check(check, from) }.map_err(Failure::new)
            }
            None => Ok(()),
        };
        let Err(refused) = checked else {
            return Ok(prepared.commit().0);
        };
        // SAFETY: it was prepared above, and a check changes nothing.
        if unsafe { prepared.engine.is_kept() } {
            // What the check kept a part of is given up whole, as its own code would.
            let new = prepared.commit().0;
            let new_operations = self.program.new;
            // SAFETY: the value was made, and nothing else uses it.
            unsafe { At::state(new).drop(new_operations) };
            // SAFETY: nothing is left in the block.
            unsafe { free(self.memory, new_operations, new) };
        } else {
            drop(prepared);
            // SAFETY: the block was taken above, and nothing in it has an owner.
            unsafe { free(self.memory, self.program.old, old) };
        }
        Err(refused)
    }
}
