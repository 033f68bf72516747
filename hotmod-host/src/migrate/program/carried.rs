//! The programs of what other types carry over.

use hotmod::operations::Operations;
use hotmod_file::plan::Step;

use super::{Mismatch, Program};

pub(super) type Sides = (&'static Operations, &'static Operations);

/// These programs, each for a step between two types. A type may hold itself in what carries its values over, as a tree does
/// whose branches lie in a container of another crate: so a program may lead to one that is not finished, and is known by its
/// place.
#[derive(Default)]
pub(super) struct CarriedPrograms {
    all: Vec<CarriedProgram>,
}

struct CarriedProgram {
    step: Step,
    sides: Sides,
    /// `None` until it is finished.
    program: Option<Program>,
}

impl CarriedPrograms {
    pub(super) fn find(&self, step: &Step, (old, new): Sides) -> Option<usize> {
        self.all.iter().position(|it| {
            std::ptr::eq(it.sides.0, old) && std::ptr::eq(it.sides.1, new) && it.step == *step
        })
    }

    /// Gives a program its place.
    pub(super) fn begin(&mut self, step: &Step, sides: Sides) -> usize {
        self.all.push(CarriedProgram {
            step: step.clone(),
            sides,
            program: None,
        });
        self.all.len() - 1
    }

    pub(super) fn finish(&mut self, place: usize, program: Program) {
        self.all[place].program = Some(program);
    }

    /// All of them, by their places.
    pub(super) fn finished(self) -> Result<Vec<Program>, Mismatch> {
        let programs = self.all.into_iter().map(|it| it.program.ok_or(Mismatch));
        programs.collect()
    }
}
