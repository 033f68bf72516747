//! Values that were decoded, as the old side of a migration.

use std::num::NonZero;
use std::ptr::NonNull;
use std::sync::Arc;

use hotmod::describe::Description;
use hotmod::operations::Operations;
use hotmod::version::VersionWire;
use hotmod_file::plan::{Plan, Step};

use super::prepare;
use crate::image::exports::Exports;
use crate::image::memory::Memory;
use crate::migrate::at::At;
use crate::migrate::block::{free, layout};
use crate::migrate::failure::Failure;
use crate::migrate::held::{HOLDER, held_step, holding};
use crate::migrate::old_form::{OldForm, WantedForm};
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
            forms: Some(form),
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
        // SAFETY: the caller's.
        unsafe {
            made(
                &self.program,
                self.from.0.as_str(),
                self.from.1,
                (self.memory, self.threads),
                decoded,
            )
        }
    }
}

/// Makes what a program was compiled for of a decoded value.
///
/// # Safety
///
/// As for [`Restoring::restore`], of the program.
unsafe fn made(
    program: &Program,
    module: &str,
    version: &'static str,
    (memory, threads): (&'static Memory, NonZero<usize>),
    decoded: *const u8,
) -> Result<NonNull<u8>, Failure> {
    let old_layout = layout(program.old);
    let Some(old) = memory.take(old_layout) else {
        return Err(Failure::new("there is no memory for it"));
    };
    // SAFETY: the caller passes such a value, and the block has room for it. None of what it consists of has an
    // owner, so a copy is as good.
    unsafe { decoded.copy_to_nonoverlapping(old.as_ptr(), old_layout.size()) };
    // SAFETY: the program was compiled for the value, and nothing else uses it.
    let prepared = unsafe { prepare(program, (memory, threads), old) };
    let mut prepared = match prepared {
        Ok(prepared) => prepared,
        Err(failure) => {
            // SAFETY: the block was taken above, and nothing in it has an owner.
            unsafe { free(memory, program.old, old) };
            return Err(failure);
        }
    };
    let checked = match program.check {
        Some(check) => {
            let from = VersionWire::new(module, version);
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
        let new_operations = program.new;
        // SAFETY: the value was made, and nothing else uses it.
        unsafe { At::state(new).drop(new_operations) };
        // SAFETY: nothing is left in the block.
        unsafe { free(memory, new_operations, new) };
    } else {
        drop(prepared);
        // SAFETY: the block was taken above, and nothing in it has an owner.
        unsafe { free(memory, program.old, old) };
    }
    Err(refused)
}

/// A type that is the same in both versions.
struct BuiltForm {
    program: Program,
    from: &'static str,
}

impl OldForm for BuiltForm {
    unsafe fn build(
        &self,
        old: *const u8,
        memory: &'static Memory,
    ) -> Result<NonNull<u8>, Failure> {
        let by = (memory, NonZero::<usize>::MIN);
        // SAFETY: the caller's.
        unsafe { made(&self.program, "", self.from, by, old) }
    }
}

/// Compiles how decoded values are built into what a module's function asks for.
fn form(wanted: WantedForm<'_>) -> Result<Arc<dyn OldForm>, String> {
    let [was, now] = wanted.manifests;
    let (old, new) = wanted.operations.into();
    let (mut was, mut now) = (Description::clone(was), Description::clone(now));
    // The type is the same. What becomes of it and of its fields by functions is for those to say who take it along, and
    // whether it is meant in the same sense is for those who ask for it.
    for side in [&mut was, &mut now] {
        side.hooks.clear();
        side.downs.clear();
        for described in side.types.values_mut() {
            described.meaning = 0;
            for field in described.fields_mut() {
                field.with = None;
            }
        }
        // And nothing is said of the states that are there.
        side.implementations.clear();
        side.inits.clear();
    }
    let was = holding(was, wanted.ty, old);
    let now = holding(now, wanted.ty, new);
    let plan = Plan::new(&was, &now);
    let mut differences = plan.differences.iter();
    if let Some(refused) = differences.find(|it| it.rule.refuses()) {
        let refused = refused.to_string();
        return Err(refused.replacen(&format!("{HOLDER}.0"), &wanted.ty.to_string(), 1));
    }
    let (was, now) = (Exports::of_host(was.into()), Exports::of_host(now.into()));
    let ends = Ends {
        was: &was,
        now: &now,
        from: wanted.from,
        forms: None,
    };
    let step = held_step(&plan).ok_or("bug in hotmod: a held value without a step")?;
    let program = Program::compile(&plan, step, ends, (old, new));
    let program =
        program.map_err(|Mismatch| "its operations do not fit its description".to_owned())?;
    Ok(Arc::new(BuiltForm {
        program,
        from: wanted.from,
    }))
}
