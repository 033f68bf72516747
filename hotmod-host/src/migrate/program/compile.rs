//! From a plan's names to offsets and operations.

mod carried;
mod described;
mod reads;
mod standard;

use hotmod::operations::{self, Collection, Kind, LazyValue, Maker, Operations};
use hotmod_file::plan::{Plan, Step};

use super::audit::{Layout, audit, fits};
use super::carried::CarriedPrograms;
use super::in_place::in_place;
use super::{
    Array, Code, ConversionAt, Disclose, Enclose, Ends, FieldStep, Item, Items, Leads, Make,
    Mismatch, OnAnyThread, Pointed, Program, Slices, Struct, Unwrap, Wrap,
};
use crate::image::exports::Exports;
use crate::migrate::at::{Rewritten, SerdeField};
use crate::migrate::failure::PathStep;
use crate::migrate::number::{NumberForm, widen};
use crate::migrate::old_form::CompileForm;
use crate::migrate::reached::is_deep;

/// How much stack a step into another type must find, and how much more it gets where it does not:
/// a description may be of thousands of types, each in the next.
const RED_ZONE: usize = 128 << 10;
const STACK: usize = 2 << 20;

impl Program {
    /// Compiles what a plan does with one of its states.
    pub(crate) fn compile(
        plan: &Plan,
        step: &Step,
        ends: Ends<'_>,
        (old, new): (&'static Operations, &'static Operations),
    ) -> Result<Self, Mismatch> {
        Self::compile_seen(plan, step, ends, (old, new), false)
    }

    /// As [`compile`](Program::compile); `seen` where code looks at the new value before it is committed.
    pub(crate) fn compile_seen(
        plan: &Plan,
        step: &Step,
        ends: Ends<'_>,
        sides: (&'static Operations, &'static Operations),
        seen: bool,
    ) -> Result<Self, Mismatch> {
        let carried = CarriedPrograms::default();
        let (mut program, carried) = Self::compile_beside(plan, step, ends, sides, seen, carried)?;
        program.carried = carried.finished()?;
        program.find_carried_deep(plan, step, ends.was);
        Ok(program)
    }

    fn find_carried_deep(&mut self, plan: &Plan, step: &Step, was: &Exports) {
        let conversion = match step {
            Step::Convert(place) => plan.conversions.get(*place),
            _ => None,
        };
        let of = conversion.map(|it| &it.was);
        self.carries_deep = !self.carried.is_empty() && is_deep(&was.manifest.types, of);
        self.drops_deep |= self.carries_deep;
    }

    /// Compiles one of the programs that lead to each other: `carried` are those that are finished or about to be.
    fn compile_beside(
        plan: &Plan,
        step: &Step,
        ends: Ends<'_>,
        (old, new): (&'static Operations, &'static Operations),
        seen: bool,
        carried: CarriedPrograms,
    ) -> Result<(Self, CarriedPrograms), Mismatch> {
        let Ends { was, now, .. } = ends;
        let conversion = match step {
            Step::Convert(place) => plan.conversions.get(*place),
            _ => None,
        };
        let check = conversion.and_then(|it| now.checks.get(&it.now).copied());
        let mut compiler = Compiler {
            plan,
            from: ends.from,
            forms: ends.forms,
            was,
            now,
            conversions: (0..2 * plan.conversions.len()).map(|_| None).collect(),
            started: vec![false; 2 * plan.conversions.len()],
            carried,
            seen: seen || check.is_some(),
            drops_deep: false,
            leaves_owners: false,
            in_place: false,
        };
        let root = compiler.code(step, old, new, None)?;
        let mut program = Program {
            check,
            drops_deep: compiler.drops_deep,
            carries_deep: false,
            leaves_owners: compiler.leaves_owners,
            commits: vec![false; compiler.conversions.len()],
            shares: vec![false; compiler.conversions.len()],
            has_owners: false,
            in_place: compiler.in_place,
            old,
            new,
            root,
            conversions: compiler.conversions,
            carried: Vec::new(),
        };
        program.find_commits();
        program.find_shares();
        program.has_owners = program.shares(&program.root);
        Ok((program, compiler.carried))
    }
}

struct Compiler<'a> {
    plan: &'a Plan,
    /// The version that values come from.
    from: &'static str,
    forms: Option<CompileForm>,
    was: &'a Exports,
    now: &'a Exports,
    /// Two for each in the plan. The first half is for values that no code looks at before commit, the second
    /// half for values that code does look at.
    conversions: Vec<Option<Code>>,
    started: Vec<bool>,
    /// The programs of what other types carry over.
    carried: CarriedPrograms,
    /// Whether code looks at the new value before commit.
    seen: bool,
    /// Whether something that commit drops may be as deep as its data is.
    drops_deep: bool,
    /// Whether a value that commit drops, or that a function sees, may own an item with several owners.
    leaves_owners: bool,
    /// Whether anything is converted where it is, on commit.
    in_place: bool,
}

impl Compiler<'_> {
    /// Compiles a step. Where the value is an array that grows, `fill` makes the further elements.
    fn code(
        &mut self,
        step: &Step,
        old: &'static Operations,
        new: &'static Operations,
        fill: Option<(Maker, usize)>,
    ) -> Result<Code, Mismatch> {
        // As deep as types lead to each other.
        let code = stacker::maybe_grow(RED_ZONE, STACK, || self.step(step, old, new, fill))?;
        debug_assert_eq!(fits(&code, old, new), Ok(()), "bug in hotmod");
        Ok(code)
    }

    fn step(
        &mut self,
        step: &Step,
        old: &'static Operations,
        new: &'static Operations,
        fill: Option<(Maker, usize)>,
    ) -> Result<Code, Mismatch> {
        Ok(match step {
            Step::Move if old.size == new.size => Code::Copy(old.size),
            Step::Move => return Err(Mismatch),
            Step::Number { .. } => match (&old.kind, &new.kind) {
                (Kind::Number(a), Kind::Number(b)) => {
                    let forms = (NumberForm::new(a, old.size), NumberForm::new(b, new.size));
                    match widen(forms.0, forms.1) {
                        Some(column) => Code::Widen(column),
                        None => Code::Number(forms.0, forms.1),
                    }
                }
                _ => return Err(Mismatch),
            },
            Step::Bytes => match (&old.kind, &new.kind) {
                (Kind::Bytes(a), Kind::Bytes(b)) => Code::Bytes(Box::new(Rewritten {
                    read: *a,
                    build: *b,
                    old,
                    new,
                })),
                _ => return Err(Mismatch),
            },
            Step::Serde => match (&old.kind, &new.kind) {
                (Kind::Serde(write), Kind::Serde(read)) => Code::Serde(Box::new(SerdeField {
                    write: *write,
                    read: *read,
                    old,
                    new,
                })),
                _ => return Err(Mismatch),
            },
            Step::Same => match (&old.kind, &new.kind) {
                (Kind::As(a), Kind::As(b)) if old.size == new.size && is_same(a, b) => {
                    Code::Copy(old.size)
                }
                _ => self.step(&Step::As(Box::new(Step::Move)), old, new, fill)?,
            },
            Step::As(step) => match (&old.kind, &new.kind) {
                (Kind::As(into), Kind::As(from)) => {
                    let ends = (part(old, 0)?, part(new, 0)?);
                    self.carried_as((Some(into), Some(from)), step, ends, (old, new))?
                }
                _ => return Err(Mismatch),
            },
            Step::Into(step) => match &old.kind {
                Kind::As(into) => {
                    self.carried_as((Some(into), None), step, (part(old, 0)?, new), (old, new))?
                }
                _ => return Err(Mismatch),
            },
            // The value is its only field, and so is what it is made of.
            Step::Form(step) => {
                let old = part(old, 0)?;
                match (&old.kind, &**step) {
                    (Kind::As(_), Step::Formed(step)) => match part(new, 0)? {
                        new @ Operations {
                            kind: Kind::As(_), ..
                        } => self.step(&Step::As(step.clone()), old, new, fill)?,
                        new => self.step(&Step::Into(step.clone()), old, new, fill)?,
                    },
                    (Kind::As(_), step) => {
                        self.step(&Step::Into(Box::new(step.clone())), old, new, fill)?
                    }
                    (_, step) => self.step(step, old, new, fill)?,
                }
            }
            Step::Formed(step) => {
                let new = part(new, 0)?;
                match &new.kind {
                    Kind::As(_) => match &part(new, 1)?.kind {
                        Kind::As(made) => {
                            let ends = (old, part(new, 0)?);
                            self.carried_as((None, Some(made)), step, ends, (old, new))?
                        }
                        _ => return Err(Mismatch),
                    },
                    _ => self.step(step, old, new, fill)?,
                }
            }
            Step::Convert(step) => {
                let place = match self.seen {
                    true => self.plan.conversions.len() + step,
                    false => *step,
                };
                if !std::mem::replace(self.started.get_mut(place).ok_or(Mismatch)?, true) {
                    let code = self.conversion(*step, old, new)?;
                    self.conversions[place] = Some(code);
                }
                match &self.conversions[place] {
                    // It is so short that it is done on the spot.
                    Some(Code::Flat(flat)) => Code::Flat(flat.clone()),
                    code => Code::Conversion(ConversionAt {
                        place,
                        // A conversion that is not finished yet leads back to itself here.
                        recursive: code.is_none(),
                    }),
                }
            }
            Step::Variants(steps) => match (&old.kind, &new.kind) {
                (Kind::Enum(a, _), Kind::Enum(b, maker)) => {
                    self.builtin_enum(steps, (a, old), (b, new), *maker)?
                }
                _ => return Err(Mismatch),
            },
            Step::Range(step) => self.range(step, old, new)?,
            Step::Wrap(step) => match &new.kind {
                Kind::Enum(variants, _) => Code::Wrap(Box::new(Wrap {
                    new: *variants,
                    item: self.item(step, old, part(new, 0)?)?,
                })),
                _ => return Err(Mismatch),
            },
            Step::Unwrap(step) => match &old.kind {
                Kind::Enum(variants, _) => Code::Unwrap(Box::new(Unwrap {
                    old: *variants,
                    code: self.code(step, part(old, 0)?, new, None)?,
                })),
                _ => return Err(Mismatch),
            },
            Step::Enclose(step) => match &new.kind {
                Kind::Pointer(pointer) | Kind::Lazy(LazyValue { pointer, .. }) => {
                    Code::Enclose(Box::new(Enclose {
                        new: *pointer,
                        item: self.item(step, old, part(new, 0)?)?,
                    }))
                }
                _ => return Err(Mismatch),
            },
            Step::Disclose(step) => match &old.kind {
                kind @ (Kind::Pointer(pointer) | Kind::Lazy(LazyValue { pointer, .. })) => {
                    Code::Disclose(Box::new(Disclose {
                        old: *pointer,
                        lazy: match kind {
                            Kind::Lazy(lazy) => Some((lazy.stamp)()),
                            _ => None,
                        },
                        size: part(old, 0)?.size,
                        code: self.code(step, part(old, 0)?, new, None)?,
                    }))
                }
                _ => return Err(Mismatch),
            },
            Step::Pointer(step) => match (&old.kind, &new.kind) {
                (Kind::Pointer(a), Kind::Pointer(b)) => Code::Pointer(Box::new(Pointed {
                    old: *a,
                    new: *b,
                    owners: (old, new),
                    item: self.item(step, part(old, 0)?, part(new, 0)?)?,
                })),
                _ => return Err(Mismatch),
            },
            Step::Shared(step) => match (&old.kind, &new.kind) {
                (Kind::Shared(a), Kind::Shared(b)) => {
                    // The item has one form for all its owners. One of them may be a key of a map, so code
                    // looks at it before commit.
                    let seen = std::mem::replace(&mut self.seen, true);
                    let item = self.item(step, part(old, 0)?, part(new, 0)?);
                    self.seen = seen;
                    Code::Shared(Box::new(Pointed {
                        old: *a,
                        new: *b,
                        owners: (old, new),
                        item: item?,
                    }))
                }
                _ => return Err(Mismatch),
            },
            // The owners of the item convert it.
            Step::Weak(_) => match (&old.kind, &new.kind) {
                (Kind::Weak(a), Kind::Weak(b)) => Code::Weak(Box::new(Leads {
                    old: *a,
                    new: *b,
                    operations: (old, new),
                })),
                _ => return Err(Mismatch),
            },
            Step::Collection(steps) => match (&old.kind, &new.kind) {
                (Kind::Collection(a), Kind::Collection(b)) => {
                    self.collection(steps, (a, old), (b, new))?
                }
                _ => return Err(Mismatch),
            },
            Step::Tuple(steps) => match (&old.kind, &new.kind) {
                (Kind::Tuple(a), Kind::Tuple(b)) => {
                    let mut code = Struct::default();
                    let (mut was, mut now) = (Layout::new(old.size), Layout::new(new.size));
                    for (i, step) in steps.iter().enumerate() {
                        let (from, to) = (old.part_offset(*a, i), new.part_offset(*b, i));
                        let (old, new) = (part(old, i)?, part(new, i)?);
                        let make = self.code(step, old, new, None)?;
                        if cfg!(debug_assertions) {
                            was.element(from, old, &make, |(read, _)| read);
                            now.element(to, new, &make, |(_, written)| written);
                        }
                        let sizes = (old.size, new.size);
                        let step = PathStep::plain(format!(".{i}"));
                        code.push(step, (from, to), sizes, Make::Convert(make));
                    }
                    let code = code.finish();
                    debug_assert_eq!(audit(&code, &was, &now), Ok(()), "bug in hotmod");
                    code
                }
                _ => return Err(Mismatch),
            },
            Step::Array(step) => match (&old.kind, &new.kind) {
                (Kind::Array(a), Kind::Array(b)) if b <= a || fill.is_some() => {
                    Code::Array(Box::new(Array {
                        old_len: *a,
                        new_len: *b,
                        item: self.item(step, part(old, 0)?, part(new, 0)?)?,
                        fill,
                    }))
                }
                _ => return Err(Mismatch),
            },
        })
    }

    fn collection(
        &mut self,
        steps: &[Step],
        (a, old): (&Collection, &'static Operations),
        (b, new): (&Collection, &'static Operations),
    ) -> Result<Code, Mismatch> {
        if let (Some(a), Some(b), [step]) = (&a.slice, &b.slice, steps) {
            let item = self.item(step, part(old, 0)?, part(new, 0)?)?;
            // A container without spare room cannot have the block of one that has some.
            // What a host decoded lies in no block of its own.
            let in_place = match self.seen || old.is_made() || b.exact && !a.exact {
                true => None,
                false => {
                    let sizes = (old.size, new.size);
                    in_place((a, b), sizes, &item, &self.conversions)
                }
            };
            self.in_place |= in_place.is_some();
            return Ok(match in_place {
                Some(code) => Code::InPlace(Box::new(code)),
                None => Code::Slices(Box::new(Slices {
                    old: *a,
                    new: *b,
                    item,
                })),
            });
        }
        let seen = self.seen;
        let mut items = Vec::new();
        for (i, step) in steps.iter().enumerate() {
            // Keys and elements are hashed and compared when they are added; a map's values are
            // not.
            self.seen = seen || i == 0;
            items.push(self.item(step, part(old, i)?, part(new, i)?)?);
        }
        self.seen = seen;
        Ok(Code::Collection(Box::new(Items {
            old: *a,
            new: *b,
            items,
        })))
    }

    fn item(
        &mut self,
        step: &Step,
        old: &'static Operations,
        new: &'static Operations,
    ) -> Result<Item, Mismatch> {
        let code = self.code(step, old, new, None)?;
        Ok(Item {
            plain: code.is_for_any_thread(&self.conversions, OnAnyThread::All),
            parallel: code.is_for_any_thread(&self.conversions, OnAnyThread::Prepare),
            code,
            old,
            new,
        })
    }
}

fn part(operations: &'static Operations, place: usize) -> Result<&'static Operations, Mismatch> {
    operations.part(place).ok_or(Mismatch)
}

impl Struct {
    pub(super) fn push(
        &mut self,
        step: PathStep,
        (from, to): (usize, usize),
        sizes: (usize, usize),
        make: Make,
    ) {
        match make {
            Make::Convert(Code::Copy(0)) => {}
            Make::Convert(Code::Copy(size)) => self.flat.copy(from, to, size),
            Make::Convert(Code::Widen(column)) => self.flat.widen(from, to, column),
            Make::Convert(Code::Flat(part)) => self.flat.inline(*part, from, to),
            Make::Constant(bytes) => self.flat.constant(to, bytes),
            make => self.parts.push(FieldStep {
                step,
                from,
                to,
                sizes,
                make,
            }),
        }
    }

    pub(super) fn finish(mut self) -> Code {
        self.flat.merge();
        match self.parts.is_empty() && self.dropped.is_empty() {
            true => Code::Flat(Box::new(self.flat)),
            false => Code::Struct(Box::new(self)),
        }
    }
}

/// Whether a value that the one carries over may be moved to where the other would make it anew.
fn is_same(was: &operations::CarriedAs, now: &operations::CarriedAs) -> bool {
    match (was.moved, now.moved) {
        (Some(was), Some(now)) => was() == now(),
        _ => false,
    }
}
