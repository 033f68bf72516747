//! Ranges and the enums of the standard library, whose parts no description lists.

use hotmod::operations::{Kind, Maker, Operations, Variants};
use hotmod_file::plan::{Step, VariantStep};

use super::{Compiler, part};
use crate::migrate::failure::PathStep;
use crate::migrate::program::audit::{Layout, audit};
use crate::migrate::program::{Code, Enum, Make, Mismatch, Struct, VariantFieldStep, VariantSteps};

impl Compiler<'_> {
    /// A range, whose parts are its bounds.
    pub(super) fn range(
        &mut self,
        step: &Step,
        old: &'static Operations,
        new: &'static Operations,
    ) -> Result<Code, Mismatch> {
        match (&old.kind, &new.kind) {
            (Kind::Tuple(a), Kind::Tuple(b)) => {
                let mut code = Struct::default();
                let (mut was, mut now) = (Layout::new(old.size), Layout::new(new.size));
                let names: &[&str] = match old.part(1) {
                    Some(_) => &["start", "end"],
                    None => &["bounds"],
                };
                for (i, name) in names.iter().enumerate() {
                    let (from, to) = (old.part_offset(*a, i), new.part_offset(*b, i));
                    let (old, new) = (part(old, i)?, part(new, i)?);
                    let make = self.code(step, old, new, None)?;
                    if cfg!(debug_assertions) {
                        was.element(from, old, &make, |(read, _)| read);
                        now.element(to, new, &make, |(_, written)| written);
                    }
                    let sizes = (old.size, new.size);
                    let path_step = PathStep::plain(format!(".{name}"));
                    code.push(path_step, (from, to), sizes, Make::Convert(make));
                }
                let code = code.finish();
                debug_assert_eq!(audit(&code, &was, &now), Ok(()), "bug in hotmod");
                Ok(code)
            }
            // One that is iterated holds more than its bounds.
            (Kind::Enum(a, _), Kind::Enum(b, _)) => {
                let mut variants = Vec::new();
                // Whether it was is found out by comparing the bounds, those of the new one too.
                let seen = std::mem::replace(&mut self.seen, true);
                for (to, is) in ["range", "range that was iterated to its end"]
                    .into_iter()
                    .enumerate()
                {
                    let mut fields = Vec::new();
                    for (i, name) in [".start", ".end"].into_iter().enumerate() {
                        let make = self.code(step, part(old, i)?, part(new, i)?, None)?;
                        fields.push(VariantFieldStep {
                            make: Make::Convert(make),
                            operations: part(new, i)?,
                            step: PathStep::plain(name),
                            from: i,
                        });
                    }
                    let bounds = VariantSteps::new(to, fields, Vec::new());
                    variants.push((is.to_owned(), Some(bounds)));
                }
                self.seen = seen;
                Ok(Code::Enum(Box::new(Enum {
                    old: *a,
                    size: new.size,
                    new: *b,
                    variants,
                    // Of bounds that are not counted, there is none that was iterated.
                    may_differ: true,
                })))
            }
            _ => Err(Mismatch),
        }
    }

    /// `Option` and `Result`, whose parts are their parameters.
    pub(super) fn builtin_enum(
        &mut self,
        steps: &[VariantStep],
        (a, old): (&Variants, &'static Operations),
        (b, new): (&Variants, &'static Operations),
        maker: Maker,
    ) -> Result<Code, Mismatch> {
        let mut variants = Vec::new();
        let mut parameter = 0;
        for (i, step) in steps.iter().enumerate() {
            // As `step_into` has it. `Bound` has three variants, and one parameter.
            let name = if parameter == 0 || steps.len() == 3 {
                "?"
            } else {
                "?err"
            };
            let sources = step.fields.sources.iter();
            let names = sources.map(|_| PathStep::plain(name)).collect();
            let places = parameter..parameter + step.fields.sources.len();
            parameter = places.end;
            // No function takes part in what the standard library describes.
            let places = (places.clone(), places, [].as_slice());
            let variant = self.variant(step, names, places, (old, new), maker)?;
            variants.push((i.to_string(), Some(variant)));
        }
        Ok(Code::Enum(Box::new(Enum {
            old: *a,
            new: *b,
            size: new.size,
            variants,
            may_differ: false,
        })))
    }
}
