//! A plan compiled for two modules: offsets and operations in place of names.

use hotmod::describe::{Described, Description, Field, Shape};
use hotmod::old::CheckShim;
use hotmod::operations::{
    Collection, Kind, Maker, Operations, Pointer, Shared, Text, Variants, purpose,
};
use hotmod::plan::{Body, Fields, Plan, Source, Step, VariantStep};

use crate::load::Image;

use super::hook::{Context, Hook};
use super::number::{Form, Widen};

/// What is done with one state.
pub(crate) struct Program {
    pub(super) old: &'static Operations,
    pub(super) new: &'static Operations,
    pub(super) root: Code,
    /// What is asked before commit.
    pub(super) check: Option<CheckShim>,
    /// The conversions of described types, by their place in the plan.
    pub(super) conversions: Vec<Option<Code>>,
    /// Whether commit has anything to do in a conversion.
    commits: Vec<bool>,
}

/// What is done with one value.
pub(super) enum Code {
    /// So many bytes are copied; their owner stays the old value until commit.
    Copy(usize),
    Number(Form, Form),
    Widen(Widen),
    Text(Box<Texts>),
    Call(Call),
    Struct(Box<Struct>),
    Enum(Box<Enum>),
    Collection(Box<Items>),
    Pointer(Box<Inner<Pointer>>),
    Shared(Box<Inner<Shared>>),
    Wrap(Box<Wrap>),
    Unwrap(Box<Unwrap>),
    Enclose(Box<Enclose>),
    Disclose(Box<Disclose>),
    Array(Box<Array>),
    /// The user's function makes the value; the old one is dropped on commit.
    Hook(Box<Hook>),
}

/// The conversion of a described type, by its place.
#[derive(Clone, Copy)]
pub(super) struct Call {
    pub(super) place: usize,
    /// Whether it leads back to itself, so that the data decides how deep it goes.
    pub(super) recursive: bool,
}

/// The fields of a struct, tuple or variant.
#[derive(Default)]
pub(super) struct Struct {
    /// What is copied, neighbours merged.
    pub(super) copies: Vec<Span>,
    /// What is widened: where from, where to and how.
    pub(super) widens: Vec<(usize, usize, Widen)>,
    pub(super) parts: Vec<Part>,
    /// Old fields that are dropped on commit.
    pub(super) dropped: Vec<(usize, &'static Operations)>,
}

/// Bytes that are copied: where from, where to and how many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) from: usize,
    pub(super) to: usize,
    pub(super) size: usize,
}

/// A field that is more than copied.
pub(super) struct Part {
    pub(super) name: String,
    pub(super) from: usize,
    pub(super) to: usize,
    pub(super) make: Make,
}

/// Where such a field comes from.
pub(super) enum Make {
    Convert(Code),
    /// The module's own code; of the field's old value, if `from` counts.
    Made {
        maker: Maker,
        place: usize,
        purpose: u8,
        operations: &'static Operations,
    },
    /// A new `Option`, built as `None`.
    Absent(Variants),
}

pub(super) struct Enum {
    pub(super) old: Variants,
    pub(super) new: Variants,
    /// For each old variant, its name and what becomes of it.
    pub(super) variants: Vec<(String, Option<Variant>)>,
}

pub(super) struct Variant {
    pub(super) to: usize,
    /// The new fields, each with the old one it comes from.
    pub(super) fields: Vec<VariantField>,
    pub(super) dropped: Vec<(usize, &'static Operations)>,
}

pub(super) struct VariantField {
    /// The step into it: `::Busy.since`, or `?` for the item of an `Option`.
    pub(super) name: String,
    /// The place of the old field, if there is one.
    pub(super) from: usize,
    pub(super) make: Make,
    pub(super) operations: &'static Operations,
}

pub(super) struct Items {
    pub(super) old: Collection,
    pub(super) new: Collection,
    /// One for each parameter of the container.
    pub(super) items: Vec<Item>,
}

pub(super) struct Item {
    pub(super) code: Code,
    pub(super) old: &'static Operations,
    pub(super) new: &'static Operations,
}

/// A `String` of one compiler that becomes one of another.
pub(super) struct Texts {
    pub(super) read: Text,
    pub(super) build: Text,
    pub(super) old: &'static Operations,
    pub(super) new: &'static Operations,
}

pub(super) struct Inner<P> {
    pub(super) old: P,
    pub(super) new: P,
    pub(super) item: Item,
}

pub(super) struct Wrap {
    pub(super) new: Variants,
    pub(super) item: Item,
}

pub(super) struct Unwrap {
    pub(super) old: Variants,
    pub(super) code: Code,
}

pub(super) struct Enclose {
    pub(super) new: Pointer,
    pub(super) item: Item,
}

pub(super) struct Disclose {
    pub(super) old: Pointer,
    pub(super) code: Code,
}

pub(super) struct Array {
    pub(super) old_len: usize,
    pub(super) new_len: usize,
    pub(super) item: Item,
    /// Makes the elements beyond the old ones.
    pub(super) fill: Option<(Maker, usize)>,
}

/// The operations of a module do not fit its description: it was not built by hotmod.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Unfit;

impl Program {
    /// Compiles what a plan does with one of its states.
    pub(crate) fn compile(
        plan: &Plan,
        step: &Step,
        (from, to): (&'static Image, &'static Image),
        (old, new): (&'static Operations, &'static Operations),
    ) -> Result<Self, Unfit> {
        let mut compiler = Compiler {
            plan,
            from,
            to,
            was: &from.manifest,
            now: &to.manifest,
            conversions: plan.conversions.iter().map(|_| None).collect(),
            started: vec![false; plan.conversions.len()],
        };
        let root = compiler.code(step, old, new, None)?;
        let check = match step {
            Step::Convert(place) => plan.conversions.get(*place),
            _ => None,
        };
        let mut program = Program {
            check: check.and_then(|conversion| to.checks.get(&conversion.now).copied()),
            commits: vec![false; compiler.conversions.len()],
            old,
            new,
            root,
            conversions: compiler.conversions,
        };
        program.find_commits();
        Ok(program)
    }
}

impl Program {
    /// Whether commit has anything to do with the old value.
    pub(super) fn commits(&self, code: &Code) -> bool {
        match code {
            Code::Copy(_) | Code::Number(..) | Code::Widen(_) => false,
            Code::Call(call) => self.commits[call.place],
            Code::Struct(code) => {
                let converts = |part: &Part| match &part.make {
                    Make::Convert(code) => self.commits(code),
                    Make::Made { .. } | Make::Absent(_) => false,
                };
                !code.dropped.is_empty() || code.parts.iter().any(converts)
            }
            Code::Array(code) => code.new_len < code.old_len || self.commits(&code.item.code),
            _ => true,
        }
    }

    /// From nothing commits to all that do, until no more is found: conversions lead to each other.
    fn find_commits(&mut self) {
        loop {
            let codes = self.conversions.iter();
            let found: Vec<bool> = codes
                .map(|code| code.as_ref().is_some_and(|code| self.commits(code)))
                .collect();
            if found == self.commits {
                return;
            }
            self.commits = found;
        }
    }
}

struct Compiler<'a> {
    plan: &'a Plan,
    from: &'static Image,
    to: &'static Image,
    was: &'static Description,
    now: &'static Description,
    conversions: Vec<Option<Code>>,
    started: Vec<bool>,
}

impl Compiler<'_> {
    /// `fill` makes the elements of an array that the value may be.
    fn code(
        &mut self,
        step: &Step,
        old: &'static Operations,
        new: &'static Operations,
        fill: Option<(Maker, usize)>,
    ) -> Result<Code, Unfit> {
        Ok(match step {
            Step::Move if old.size == new.size => Code::Copy(old.size),
            Step::Move => return Err(Unfit),
            Step::Number { .. } => match (&old.kind, &new.kind) {
                (Kind::Number(a), Kind::Number(b)) => {
                    let forms = (Form::new(a, old.size), Form::new(b, new.size));
                    match Widen::new(forms.0, forms.1) {
                        Some(widen) => Code::Widen(widen),
                        None => Code::Number(forms.0, forms.1),
                    }
                }
                _ => return Err(Unfit),
            },
            Step::Text => match (&old.kind, &new.kind) {
                (Kind::Text(a), Kind::Text(b)) => Code::Text(Box::new(Texts {
                    read: *a,
                    build: *b,
                    old,
                    new,
                })),
                _ => return Err(Unfit),
            },
            Step::Convert(place) => {
                if !std::mem::replace(self.started.get_mut(*place).ok_or(Unfit)?, true) {
                    let code = self.conversion(*place, old, new)?;
                    self.conversions[*place] = Some(code);
                }
                Code::Call(Call {
                    place: *place,
                    // Met again before it is finished: this is the way back.
                    recursive: self.conversions[*place].is_none(),
                })
            }
            Step::Variants(steps) => match (&old.kind, &new.kind) {
                (Kind::Enum(a, _), Kind::Enum(b, maker)) => {
                    self.builtin_enum(steps, (a, old), (b, new), *maker)?
                }
                _ => return Err(Unfit),
            },
            Step::Wrap(step) => match &new.kind {
                Kind::Enum(variants, _) => Code::Wrap(Box::new(Wrap {
                    new: *variants,
                    item: self.item(step, old, part(new, 0)?)?,
                })),
                _ => return Err(Unfit),
            },
            Step::Unwrap(step) => match &old.kind {
                Kind::Enum(variants, _) => Code::Unwrap(Box::new(Unwrap {
                    old: *variants,
                    code: self.code(step, part(old, 0)?, new, None)?,
                })),
                _ => return Err(Unfit),
            },
            Step::Enclose(step) => match &new.kind {
                Kind::Pointer(pointer) => Code::Enclose(Box::new(Enclose {
                    new: *pointer,
                    item: self.item(step, old, part(new, 0)?)?,
                })),
                _ => return Err(Unfit),
            },
            Step::Disclose(step) => match &old.kind {
                Kind::Pointer(pointer) => Code::Disclose(Box::new(Disclose {
                    old: *pointer,
                    code: self.code(step, part(old, 0)?, new, None)?,
                })),
                _ => return Err(Unfit),
            },
            Step::Pointer(step) => match (&old.kind, &new.kind) {
                (Kind::Pointer(a), Kind::Pointer(b)) => Code::Pointer(Box::new(Inner {
                    old: *a,
                    new: *b,
                    item: self.item(step, part(old, 0)?, part(new, 0)?)?,
                })),
                _ => return Err(Unfit),
            },
            Step::Shared(step) => match (&old.kind, &new.kind) {
                (Kind::Shared(a), Kind::Shared(b)) => Code::Shared(Box::new(Inner {
                    old: *a,
                    new: *b,
                    item: self.item(step, part(old, 0)?, part(new, 0)?)?,
                })),
                _ => return Err(Unfit),
            },
            Step::Collection(steps) => match (&old.kind, &new.kind) {
                (Kind::Collection(a), Kind::Collection(b)) => {
                    let items = steps
                        .iter()
                        .enumerate()
                        .map(|(i, step)| self.item(step, part(old, i)?, part(new, i)?));
                    Code::Collection(Box::new(Items {
                        items: items.collect::<Result<_, _>>()?,
                        old: *a,
                        new: *b,
                    }))
                }
                _ => return Err(Unfit),
            },
            Step::Tuple(steps) => match (&old.kind, &new.kind) {
                (Kind::Tuple(a), Kind::Tuple(b)) => {
                    let mut code = Struct::default();
                    for (i, step) in steps.iter().enumerate() {
                        let make =
                            Make::Convert(self.code(step, part(old, i)?, part(new, i)?, None)?);
                        code.push(i.to_string(), a(i), b(i), make);
                    }
                    code.merge();
                    Code::Struct(Box::new(code))
                }
                _ => return Err(Unfit),
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
                _ => return Err(Unfit),
            },
        })
    }

    fn item(
        &mut self,
        step: &Step,
        old: &'static Operations,
        new: &'static Operations,
    ) -> Result<Item, Unfit> {
        let code = self.code(step, old, new, None)?;
        Ok(Item { code, old, new })
    }

    fn conversion(
        &mut self,
        place: usize,
        old: &'static Operations,
        new: &'static Operations,
    ) -> Result<Code, Unfit> {
        let conversion = &self.plan.conversions[place];
        let was: &Described = self.was.types.get(&conversion.was).ok_or(Unfit)?;
        let now: &Described = self.now.types.get(&conversion.now).ok_or(Unfit)?;
        if (was.size, now.size) != (old.size as u64, new.size as u64) {
            return Err(Unfit);
        }
        if conversion.body == Body::Hook {
            let shim = *self.to.hooks.get(&conversion.now).ok_or(Unfit)?;
            return Ok(Code::Hook(Box::new(Hook {
                shim,
                context: Context::new((self.from, self.to), &conversion.was, old),
                old,
                new,
            })));
        }
        match (&conversion.body, &was.shape, &now.shape) {
            (Body::Struct(steps), Shape::Struct(a), Shape::Struct(b)) => {
                let Kind::Struct(maker) = new.kind else {
                    return Err(Unfit);
                };
                self.struct_code(steps, (a, old), (b, new), maker)
            }
            (
                Body::Enum(steps),
                Shape::Enum { variants: a, .. },
                Shape::Enum { variants: b, .. },
            ) => {
                let (Kind::Enum(from, _), Kind::Enum(to, maker)) = (&old.kind, &new.kind) else {
                    return Err(Unfit);
                };
                let first = |variants: &[hotmod::describe::Variant], place: usize| -> usize {
                    variants[..place].iter().map(|v| v.fields.len()).sum()
                };
                let mut variants = Vec::new();
                for (i, step) in steps.iter().enumerate() {
                    let step = match step {
                        Some(step) => {
                            let new_fields = &b.get(step.to).ok_or(Unfit)?.fields;
                            let names = new_fields
                                .iter()
                                .map(|f| format!("::{}.{}", a[i].name, f.name))
                                .collect();
                            let places = (first(a, i), first(b, step.to));
                            Some(self.variant(step, names, places, (old, new), *maker)?)
                        }
                        None => None,
                    };
                    variants.push((a[i].name.clone(), step));
                }
                Ok(Code::Enum(Box::new(Enum {
                    old: *from,
                    new: *to,
                    variants,
                })))
            }
            _ => Err(Unfit),
        }
    }

    fn struct_code(
        &mut self,
        steps: &Fields,
        (a, old): (&[Field], &'static Operations),
        (b, new): (&[Field], &'static Operations),
        maker: Maker,
    ) -> Result<Code, Unfit> {
        let offset = |fields: &[Field], place: usize| {
            let offset = fields.get(place).and_then(|field| field.offset);
            usize::try_from(offset.ok_or(Unfit)?).map_err(|_| Unfit)
        };
        let mut code = Struct::default();
        for &place in &steps.dropped {
            code.dropped.push((offset(a, place)?, part(old, place)?));
        }
        for (place, source) in steps.sources.iter().enumerate() {
            let to = offset(b, place)?;
            let from = match source {
                Source::Field { place, .. } | Source::With { place } => offset(a, *place)?,
                _ => 0,
            };
            if let Source::With { place } = source {
                code.dropped.push((from, part(old, *place)?));
            }
            let make = self.make(source, place, (old, 0), (new, 0), maker)?;
            match &make {
                Make::Convert(Code::Call(call)) => match &self.conversions[call.place] {
                    Some(Code::Struct(inner)) if inner.is_flat() => code.inline(inner, from, to),
                    _ => code.push(b[place].name.clone(), from, to, make),
                },
                _ => code.push(b[place].name.clone(), from, to, make),
            }
        }
        code.merge();
        Ok(Code::Struct(Box::new(code)))
    }

    /// Where the field at `place` comes from; `old` and `new` come with the place of their first
    /// field among all parts.
    fn make(
        &mut self,
        source: &Source,
        place: usize,
        (old, old_first): (&'static Operations, usize),
        (new, new_first): (&'static Operations, usize),
        maker: Maker,
    ) -> Result<Make, Unfit> {
        let operations = part(new, new_first + place)?;
        let place = new_first + place;
        let made = |purpose| Make::Made {
            maker,
            place,
            purpose,
            operations,
        };
        Ok(match source {
            Source::Field { place: from, step } => {
                let old = part(old, old_first + from)?;
                Make::Convert(self.code(step, old, operations, Some((maker, place)))?)
            }
            Source::With { .. } => made(purpose::WITH),
            Source::Default => made(purpose::DEFAULT),
            Source::Skip => made(purpose::SKIP),
            Source::Absent => match &operations.kind {
                Kind::Enum(variants, _) => Make::Absent(*variants),
                _ => return Err(Unfit),
            },
        })
    }

    fn variant(
        &mut self,
        step: &VariantStep,
        names: Vec<String>,
        (old_first, new_first): (usize, usize),
        (old, new): (&'static Operations, &'static Operations),
        maker: Maker,
    ) -> Result<Variant, Unfit> {
        let mut dropped = Vec::new();
        for &place in &step.fields.dropped {
            dropped.push((place, part(old, old_first + place)?));
        }
        let mut fields = Vec::new();
        for (place, (source, name)) in step.fields.sources.iter().zip(names).enumerate() {
            let from = match source {
                Source::Field { place, .. } | Source::With { place } => *place,
                _ => 0,
            };
            if let Source::With { place } = source {
                dropped.push((*place, part(old, old_first + place)?));
            }
            fields.push(VariantField {
                make: self.make(source, place, (old, old_first), (new, new_first), maker)?,
                operations: part(new, new_first + place)?,
                name,
                from,
            });
        }
        Ok(Variant {
            to: step.to,
            fields,
            dropped,
        })
    }

    /// `Option` and `Result`, whose parts are their parameters.
    fn builtin_enum(
        &mut self,
        steps: &[VariantStep],
        (a, old): (&Variants, &'static Operations),
        (b, new): (&Variants, &'static Operations),
        maker: Maker,
    ) -> Result<Code, Unfit> {
        let mut variants = Vec::new();
        let mut parameter = 0;
        for (i, step) in steps.iter().enumerate() {
            // As `step_into` has it.
            let name = if parameter == 0 { "?" } else { "?err" };
            let names = step
                .fields
                .sources
                .iter()
                .map(|_| name.to_owned())
                .collect();
            let places = (parameter, parameter);
            parameter += step.fields.sources.len();
            let variant = self.variant(step, names, places, (old, new), maker)?;
            variants.push((i.to_string(), Some(variant)));
        }
        Ok(Code::Enum(Box::new(Enum {
            old: *a,
            new: *b,
            variants,
        })))
    }
}

fn part(operations: &'static Operations, place: usize) -> Result<&'static Operations, Unfit> {
    (operations.part)(place).ok_or(Unfit)
}

impl Struct {
    fn push(&mut self, name: String, from: usize, to: usize, make: Make) {
        match make {
            Make::Convert(Code::Copy(0)) => {}
            Make::Convert(Code::Copy(size)) => self.copies.push(Span { from, to, size }),
            Make::Convert(Code::Widen(widen)) => self.widens.push((from, to, widen)),
            make => self.parts.push(Part {
                name,
                from,
                to,
                make,
            }),
        }
    }

    /// Whether it only copies and widens.
    pub(super) fn is_flat(&self) -> bool {
        self.parts.is_empty() && self.dropped.is_empty()
    }

    /// Does what a flat struct does as part of this one.
    fn inline(&mut self, inner: &Struct, from: usize, to: usize) {
        let copies = inner.copies.iter().map(|span| Span {
            from: from + span.from,
            to: to + span.to,
            size: span.size,
        });
        self.copies.extend(copies);
        let widens = inner.widens.iter();
        self.widens
            .extend(widens.map(|(a, b, widen)| (from + a, to + b, *widen)));
    }

    /// Merges copies that continue each other on both sides.
    fn merge(&mut self) {
        self.copies.sort_unstable_by_key(|span| span.from);
        let mut merged: Vec<Span> = Vec::new();
        for span in self.copies.drain(..) {
            match merged.last_mut() {
                Some(last)
                    if last.from + last.size == span.from && last.to + last.size == span.to =>
                {
                    last.size += span.size;
                }
                _ => merged.push(span),
            }
        }
        self.copies = merged;
    }
}
