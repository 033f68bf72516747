//! Structs and enums that a description lists the parts of: what becomes of each field.

use std::ops::Range;

use hotmod::describe::{Attribute, Described, Field, Shape, Type, Variant};
use hotmod::operations::{Kind, Maker, Operations, purpose};
use hotmod_file::plan::{ConversionBody, FieldSteps, Preparation, Source, VariantStep};

use super::{Compiler, part};
use crate::image::exports::Exports;
use crate::migrate::at;
use crate::migrate::failure::PathStep;
use crate::migrate::hook::{By, Context, Hook};
use crate::migrate::parts;
use crate::migrate::program::audit::{Layout, audit, audit_variant};
use crate::migrate::program::{Code, Enum, Make, Mismatch, Struct, VariantFieldStep, VariantSteps};
use crate::migrate::reached::{is_deep, owns};

impl Compiler<'_> {
    /// The conversion of described types at this place in the plan.
    pub(super) fn conversion(
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

    pub(super) fn variant(
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

/// The old field that a new one comes from, if it does.
fn old_field<'f>(fields: &'f [Field], source: &Source) -> Option<&'f Field> {
    match source {
        Source::Field { place, .. } | Source::With { place } => fields.get(*place),
        _ => None,
    }
}
