//! What another type carries over: a migration of its own, of that type.

use hotmod::operations::{CarriedAs, Operations};
use hotmod::plan::Step;

use super::Compiler;
use crate::migrate::program::{AsField, Code, Ends, Mismatch, Program};

type Sides = (&'static Operations, &'static Operations);

/// The programs of what is carried over, each for a step between two types. A type may hold itself in what carries its
/// values over, as a tree does whose branches lie in a container of another crate: so a program may lead to one that is not
/// finished, and is known by its place.
#[derive(Default)]
pub(super) struct Begun {
    all: Vec<BegunProgram>,
}

struct BegunProgram {
    step: Step,
    sides: Sides,
    /// `None` until it is finished.
    program: Option<Program>,
}

impl Begun {
    fn find(&self, step: &Step, sides: Sides) -> Option<usize> {
        let is_same = |a: &'static Operations, b: &'static Operations| std::ptr::eq(a, b);
        self.all.iter().position(|it| {
            is_same(it.sides.0, sides.0) && is_same(it.sides.1, sides.1) && it.step == *step
        })
    }

    /// All of them, by their places.
    pub(super) fn finished(self) -> Result<Vec<Program>, Mismatch> {
        let programs = self.all.into_iter().map(|it| it.program.ok_or(Mismatch));
        programs.collect()
    }
}

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
        if let Some(place) = self.begun.find(step, sides) {
            return Ok(place);
        }
        let mut begun = std::mem::take(&mut self.begun);
        let place = begun.all.len();
        begun.all.push(BegunProgram {
            step: step.clone(),
            sides,
            program: None,
        });
        let ends = Ends {
            was: self.was,
            now: self.now,
            from: self.from,
            forms: self.forms,
        };
        let (program, begun) = Program::compile_beside(self.plan, step, ends, sides, false, begun)?;
        self.begun = begun;
        self.begun.all[place].program = Some(program);
        Ok(place)
    }
}
