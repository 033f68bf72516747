//! What another type carries over: a migration of its own, of that type.

use hotmod::operations::CarriedAs;
use hotmod_file::plan::Step;

use super::Compiler;
use crate::migrate::program::carried::Sides;
use crate::migrate::program::{AsField, Code, Ends, Mismatch, Program};

impl Compiler<'_> {
    /// `ends` are the sides of what carries the value over, and `old` and `new` those of the value.
    pub(super) fn carried_as(
        &mut self,
        (into, from): (Option<&CarriedAs>, Option<&CarriedAs>),
        step: &Step,
        ends: Sides,
        (old, new): Sides,
    ) -> Result<Code, Mismatch> {
        Ok(Code::As(Box::new(AsField {
            into: into.copied(),
            from: from.copied(),
            program: self.carried_program(step, ends)?,
            old,
            new,
        })))
    }

    /// The place of the program for a step.
    fn carried_program(&mut self, step: &Step, sides: Sides) -> Result<usize, Mismatch> {
        if let Some(place) = self.carried.find(step, sides) {
            return Ok(place);
        }
        let place = self.carried.begin(step, sides);
        let ends = Ends {
            was: self.was,
            now: self.now,
            from: self.from,
            forms: self.forms,
        };
        let begun = std::mem::take(&mut self.carried);
        let (program, begun) = Program::compile_beside(self.plan, step, ends, sides, false, begun)?;
        self.carried = begun;
        self.carried.finish(place, program);
        Ok(place)
    }
}
