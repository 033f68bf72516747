//! From a plan's names to offsets and operations.

mod standard;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use hotmod::describe::{Attribute, Builtin, Described, Field, Fingerprints, Shape, Type, Variant};
use hotmod::operations::{self, Collection, Kind, LazyValue, Maker, Operations, purpose};
use hotmod::plan::{ConversionBody, FieldSteps, Plan, Preparation, Source, Step, VariantStep};

use super::audit::{Layout, audit, audit_variant, fits};
use super::in_place::in_place;
use super::{
    Array, AsField, BuiltOld, Code, ConversionAt, Disclose, Enclose, Ends, Enum, FieldStep, Item,
    Items, Leads, Make, Mismatch, OnAnyThread, Pointed, Program, Slices, Struct, Unwrap,
    VariantFieldStep, VariantSteps, Wrap,
};
use crate::image::exports::Exports;
use crate::migrate::at::{self, Rewritten, SerdeField};
use crate::migrate::failure::PathStep;
use crate::migrate::hook::{By, CompileForm, Context, Hook, WantedForm};
use crate::migrate::number::{NumberForm, widen};
use crate::migrate::parts;

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
        (old, new): (&'static Operations, &'static Operations),
        seen: bool,
    ) -> Result<Self, Mismatch> {
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
            seen: seen || check.is_some(),
            drops_deep: false,
            leaves_owners: false,
            in_place: false,
        };
        let root = compiler.code(step, old, new, None)?;
        let mut program = Program {
            check,
            drops_deep: compiler.drops_deep,
            leaves_owners: compiler.leaves_owners,
            commits: vec![false; compiler.conversions.len()],
            shares: vec![false; compiler.conversions.len()],
            has_owners: false,
            in_place: compiler.in_place,
            old,
            new,
            root,
            conversions: compiler.conversions,
        };
        program.find_commits();
        program.find_shares();
        program.has_owners = program.shares(&program.root);
        Ok(program)
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

    fn carried_as(
        &self,
        (into, from): (
            Option<&operations::CarriedAs>,
            Option<&operations::CarriedAs>,
        ),
        step: &Step,
        ends: (&'static Operations, &'static Operations),
        (old, new): (&'static Operations, &'static Operations),
    ) -> Result<Code, Mismatch> {
        let program = Program::compile(
            self.plan,
            step,
            Ends {
                was: self.was,
                now: self.now,
                from: self.from,
                forms: self.forms,
            },
            ends,
        )?;
        Ok(Code::As(Box::new(AsField {
            into: into.copied(),
            from: from.copied(),
            program,
            old,
            new,
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

    fn conversion(
        &mut self,
        place: usize,
        old: &'static Operations,
        new: &'static Operations,
    ) -> Result<Code, Mismatch> {
        let conversion = &self.plan.conversions[place];
        let was: &Described = self
            .was
            .manifest
            .types
            .get(&conversion.was)
            .ok_or(Mismatch)?;
        let now: &Described = self
            .now
            .manifest
            .types
            .get(&conversion.now)
            .ok_or(Mismatch)?;
        if (was.size, now.size) != (old.size as u64, new.size as u64) {
            return Err(Mismatch);
        }
        let mut may_be_parallel = false;
        let by = match &conversion.body {
            ConversionBody::Hook => {
                let (shim, parallel) = *self.now.hooks.get(&conversion.now).ok_or(Mismatch)?;
                // Each thread has values of its own, and reads whatever is in them.
                let was = &self.was.manifest;
                may_be_parallel = parallel && Preparation::only_reads(was, &conversion.was);
                let manifests = [self.was, self.now].map(|exports| exports.manifest.clone());
                let context =
                    Context::new(self.from, manifests, &conversion.was, (old, self.forms));
                Some(By::New(shim, Box::new(context)))
            }
            ConversionBody::Down(name) => {
                let table = self.was.downs.get(name).ok_or(Mismatch)?;
                Some(By::Old(table.convert))
            }
            ConversionBody::Struct(_) | ConversionBody::Enum(_) => None,
        };
        if let Some(by) = by {
            self.drops_deep |= is_deep(&self.was.manifest.types, [&conversion.was]);
            self.leaves_owners |= owns(&self.was.manifest.types, [&conversion.was]);
            return Ok(Code::Hook(Box::new(Hook {
                by,
                old,
                new,
                parallel: may_be_parallel,
            })));
        }
        match (&conversion.body, &was.shape, &now.shape) {
            (ConversionBody::Struct(steps), Shape::Struct(a), Shape::Struct(b)) => {
                let Kind::Struct(maker) = new.kind else {
                    return Err(Mismatch);
                };
                self.struct_code(steps, (a, old), (b, new), maker)
            }
            (
                ConversionBody::Enum(steps),
                Shape::Enum { variants: a, .. },
                Shape::Enum { variants: b, .. },
            ) => {
                let (Kind::Enum(from, _), Kind::Enum(to, maker)) = (&old.kind, &new.kind) else {
                    return Err(Mismatch);
                };
                let places = |variants: &[Variant], place: usize| -> Range<usize> {
                    let first = variants[..place].iter().map(|v| v.fields.len()).sum();
                    first..first + variants[place].fields.len()
                };
                let mut variants = Vec::new();
                for (i, step) in steps.iter().enumerate() {
                    let step = match step {
                        Some(step) => {
                            let new_fields = &b.get(step.to).ok_or(Mismatch)?.fields;
                            let is_parallel =
                                |field: &Field| field.attributes.contains(&Attribute::Parallel);
                            let parallel: Vec<bool> = new_fields.iter().map(is_parallel).collect();
                            let sources = new_fields.iter().zip(&step.fields.sources);
                            let steps = sources
                                .map(|(field, source)| {
                                    let text = format!("::{}.{}", a[i].name, field.name);
                                    let old = old_field(&a[i].fields, source);
                                    PathStep::into_field(text, [old, Some(field)])
                                })
                                .collect();
                            let places = (places(a, i), places(b, step.to), &*a[i].fields);
                            self.find_deep(&step.fields, &a[i].fields);
                            let mut variant =
                                self.variant(step, steps, places, (old, new), *maker)?;
                            for (field, parallel) in variant.fields.iter_mut().zip(parallel) {
                                field.make.lets_run(parallel);
                            }
                            Some(variant)
                        }
                        None => None,
                    };
                    variants.push((a[i].name.clone(), step));
                }
                Ok(Code::Enum(Box::new(Enum {
                    old: *from,
                    new: *to,
                    size: new.size,
                    variants,
                    may_differ: false,
                })))
            }
            _ => Err(Mismatch),
        }
    }

    fn struct_code(
        &mut self,
        steps: &FieldSteps,
        (a, old): (&[Field], &'static Operations),
        (b, new): (&[Field], &'static Operations),
        maker: Maker,
    ) -> Result<Code, Mismatch> {
        let offset = |fields: &[Field], place: usize| {
            let offset = fields.get(place).and_then(|field| field.offset);
            usize::try_from(offset.ok_or(Mismatch)?).map_err(|_| Mismatch)
        };
        let mut code = Struct::default();
        for &place in &steps.dropped {
            code.dropped.push((offset(a, place)?, part(old, place)?));
        }
        self.find_deep(steps, a);
        for (place, source) in steps.sources.iter().enumerate() {
            let to = offset(b, place)?;
            let (from, size) = match source {
                Source::Field { place, .. } | Source::With { place } => {
                    (offset(a, *place)?, part(old, *place)?.size)
                }
                _ => (0, 0),
            };
            let sizes = (size, part(new, place)?.size);
            if let Source::With { place } = source {
                code.dropped.push((from, part(old, *place)?));
            }
            let parallel = b[place].attributes.contains(&Attribute::Parallel);
            let mut make = self.make(source, place, (old, 0, a), (new, 0), maker)?;
            make.lets_run(parallel);
            let text = format!(".{}", b[place].name);
            let step = PathStep::into_field(text, [old_field(a, source), b.get(place)]);
            code.push(step, (from, to), sizes, make);
        }
        let code = code.finish();
        if cfg!(debug_assertions) {
            let layout = |exports: &Exports, fields: &[Field], operations: &'static Operations| {
                let mut layout = Layout::new(operations.size);
                for (place, field) in fields.iter().enumerate() {
                    let (at, part) = (offset(fields, place)?, part(operations, place)?);
                    layout.field(&exports.manifest.types, &field.ty, at, part);
                }
                Ok(layout)
            };
            let (was, now) = (layout(self.was, a, old)?, layout(self.now, b, new)?);
            debug_assert_eq!(audit(&code, &was, &now), Ok(()), "bug in hotmod");
        }
        Ok(code)
    }

    /// Notes whether an old field that is dropped may be as deep as its data is, or own an item with several
    /// owners.
    fn find_deep(&mut self, steps: &FieldSteps, old: &[Field]) {
        let with = steps.sources.iter().filter_map(|source| match source {
            Source::With { place } => Some(place),
            _ => None,
        });
        let dropped = steps.dropped.iter().chain(with);
        let types = dropped.filter_map(|place| old.get(*place).map(|field| &field.ty));
        let types: Vec<&Type> = types.collect();
        self.leaves_owners |= owns(&self.was.manifest.types, types.iter().copied());
        self.drops_deep |= is_deep(&self.was.manifest.types, types);
    }

    /// Where the field at `place` comes from; `old` and `new` come with the place of their first
    /// field among all parts.
    fn make(
        &mut self,
        source: &Source,
        place: usize,
        (old, old_first, was): (&'static Operations, usize, &[Field]),
        (new, new_first): (&'static Operations, usize),
        maker: Maker,
    ) -> Result<Make, Mismatch> {
        let operations = part(new, new_first + place)?;
        let place = new_first + place;
        let made = |purpose| Make::Made {
            maker,
            place,
            purpose,
            operations,
            parallel: false,
            reads: None,
        };
        Ok(match source {
            Source::Field { place: from, step } => {
                let old = part(old, old_first + from)?;
                Make::Convert(self.code(step, old, operations, Some((maker, place)))?)
            }
            Source::With { place: from } => {
                let old = part(old, old_first + from)?;
                let ty = &was.get(*from).ok_or(Mismatch)?.ty;
                let reads = self.reads(ty, old, (maker, place))?;
                Make::Made {
                    maker,
                    place,
                    purpose: purpose::WITH,
                    operations,
                    parallel: false,
                    reads: reads.map(Box::new),
                }
            }
            Source::Default => {
                // SAFETY: the maker is that of the type whose part at this place has these operations.
                match unsafe { at::constant(maker, place, operations) } {
                    Some(bytes) => Make::Constant(bytes),
                    None => made(purpose::DEFAULT),
                }
            }
            Source::Skip => made(purpose::SKIP),
            Source::Name(name) => match &operations.kind {
                Kind::Bytes(text) => Make::Text(name.as_str().into(), *text, operations),
                _ => return Err(Mismatch),
            },
            Source::Absent => match &operations.kind {
                Kind::Enum(variants, _) => {
                    // SAFETY: the variants are those of the operations, and the plan has an absent
                    // field be `None` only where it is an `Option`.
                    Make::Constant(unsafe { parts::none(variants, operations) })
                }
                _ => return Err(Mismatch),
            },
        })
    }

    /// How the old value is built that the `with` of a field reads, where no module compiled it.
    fn reads(
        &self,
        ty: &Type,
        old: &'static Operations,
        (maker, place): (Maker, usize),
    ) -> Result<Option<BuiltOld>, Mismatch> {
        let Some(compile) = self.forms else {
            return Ok(None);
        };
        let manifests = [self.was, self.now].map(|exports| exports.manifest.clone());
        let layouts = manifests.each_ref();
        let layouts = layouts.map(|it| Fingerprints::of(it, ty).layout);
        if layouts[0] == layouts[1] {
            return Ok(None);
        }
        // SAFETY: the field at this place is one that the maker makes by `with`.
        let operations = unsafe { at::reads(maker, place) }.ok_or(Mismatch)?;
        let form = compile(WantedForm {
            ty,
            manifests: &manifests,
            from: self.from,
            operations: [old, operations],
        });
        let form = form.map_err(|_| Mismatch)?;
        Ok(Some(BuiltOld { form, operations }))
    }

    fn variant(
        &mut self,
        step: &VariantStep,
        path_steps: Vec<PathStep>,
        (old_places, new_places, was): (Range<usize>, Range<usize>, &[Field]),
        (old, new): (&'static Operations, &'static Operations),
        maker: Maker,
    ) -> Result<VariantSteps, Mismatch> {
        let (old_first, new_first) = (old_places.start, new_places.start);
        let mut dropped = Vec::new();
        for &place in &step.fields.dropped {
            dropped.push((place, part(old, old_first + place)?));
        }
        let mut fields = Vec::new();
        for (place, (source, path_step)) in step.fields.sources.iter().zip(path_steps).enumerate() {
            let from = match source {
                Source::Field { place, .. } | Source::With { place } => *place,
                _ => 0,
            };
            if let Source::With { place } = source {
                dropped.push((*place, part(old, old_first + place)?));
            }
            fields.push(VariantFieldStep {
                make: self.make(
                    source,
                    place,
                    (old, old_first, was),
                    (new, new_first),
                    maker,
                )?,
                operations: part(new, new_first + place)?,
                step: path_step,
                from,
            });
        }
        let variant = VariantSteps::new(step.to, fields, dropped);
        if cfg!(debug_assertions) {
            let parts = |of, places: Range<usize>| places.map(|place| part(of, place)).collect();
            let (was, now): (Result<Vec<_>, _>, Result<Vec<_>, _>) =
                (parts(old, old_places), parts(new, new_places));
            debug_assert_eq!(
                audit_variant(&variant, &was?, &now?),
                Ok(()),
                "bug in hotmod"
            );
        }
        Ok(variant)
    }
}

/// Whether one of these types leads back to itself, or to one that does, so that the data decides how
/// deep a value goes.
fn is_deep<'a>(
    types: &'a BTreeMap<Type, Described>,
    from: impl IntoIterator<Item = &'a Type>,
) -> bool {
    // What each type leads to.
    let mut leads: BTreeMap<&Type, BTreeSet<&Type>> = BTreeMap::new();
    let mut left: Vec<(Option<&Type>, &Type)> = from.into_iter().map(|ty| (None, ty)).collect();
    while let Some((holder, ty)) = left.pop() {
        left.extend(ty.args.iter().map(|arg| (holder, arg)));
        let Some((ty, described)) = types.get_key_value(ty) else {
            continue;
        };
        if let Some(holder) = holder {
            leads.entry(holder).or_default().insert(ty);
        }
        if !leads.contains_key(ty) {
            leads.insert(ty, BTreeSet::new());
            left.extend(described.fields().map(|field| (Some(ty), &field.ty)));
        }
    }
    // Take away the types that lead nowhere, until there are none. What is left leads back to itself, or to a
    // type that does.
    let mut held_by: BTreeMap<&Type, Vec<&Type>> = BTreeMap::new();
    for (holder, held) in &leads {
        for ty in held {
            held_by.entry(ty).or_default().push(holder);
        }
    }
    let mut count: BTreeMap<&Type, usize> = leads.iter().map(|(ty, to)| (*ty, to.len())).collect();
    let mut ends: Vec<&Type> = count
        .iter()
        .filter(|(_, to)| **to == 0)
        .map(|(ty, _)| *ty)
        .collect();
    let mut gone = 0;
    while let Some(ty) = ends.pop() {
        gone += 1;
        for holder in held_by.get(ty).into_iter().flatten() {
            if let Some(to) = count.get_mut(holder) {
                *to -= 1;
                if *to == 0 {
                    ends.push(holder);
                }
            }
        }
    }
    gone < leads.len()
}

/// Whether a value of one of these types may own an item that has other owners.
fn owns<'a>(
    types: &'a BTreeMap<Type, Described>,
    from: impl IntoIterator<Item = &'a Type>,
) -> bool {
    let mut seen = BTreeSet::new();
    let mut left: Vec<&Type> = from.into_iter().collect();
    while let Some(ty) = left.pop() {
        if ty.builtin().is_some_and(Builtin::is_owner) {
            return true;
        }
        left.extend(&ty.args);
        if let Some(described) = types.get(ty)
            && seen.insert(ty)
        {
            left.extend(described.fields().map(|field| &field.ty));
        }
    }
    false
}

/// The old field that a new one comes from, if it does.
fn old_field<'f>(fields: &'f [Field], source: &Source) -> Option<&'f Field> {
    match source {
        Source::Field { place, .. } | Source::With { place } => fields.get(*place),
        _ => None,
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
