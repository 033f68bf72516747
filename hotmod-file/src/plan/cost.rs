//! What a plan costs, path by path.

use hotmod::describe::{Builtin, Description, Field, Name, Shape, Type};

use super::model::{Conversion, ConversionBody, Cost, FieldSteps, Source, Step, VariantStep};
use super::planner::by_form::form_of;
use crate::contract::step_into;
use crate::deep::{deeper, shown};
use crate::plan::shared::shared_value;

/// The costs of these states, by the paths that differences have.
pub(super) fn costs(
    (was, now): (&Description, &Description),
    conversions: &[Conversion],
    states: &[(Type, Step)],
) -> Vec<(String, Cost)> {
    let mut costs = Costs {
        was,
        now,
        conversions,
        met: vec![false; conversions.len()],
        found: Vec::new(),
    };
    for (state, step) in states {
        let next = match step {
            Step::Convert(place) => &conversions[*place].now,
            _ => state,
        };
        costs.step(state.to_string(), step, state, next);
    }
    costs.found
}

/// A value that a call passes: its path, what becomes of it, and its type on either side.
pub(super) type PassedValue<'a> = (&'a str, &'a Step, &'a Type, &'a Type);

/// The costs of what a call passes, by the paths that differences have.
pub(super) fn costs_of_values<'a>(
    (was, now): (&Description, &Description),
    conversions: &[Conversion],
    values: impl Iterator<Item = PassedValue<'a>>,
) -> Vec<(String, Cost)> {
    let mut costs = Costs {
        was,
        now,
        conversions,
        met: vec![false; conversions.len()],
        found: Vec::new(),
    };
    for (path, step, was, now) in values {
        costs.step(path.to_owned(), step, was, now);
    }
    for (path, _) in &mut costs.found {
        path.truncate(path.trim_end().len());
    }
    costs.found
}

struct Costs<'a> {
    was: &'a Description,
    now: &'a Description,
    conversions: &'a [Conversion],
    /// Which conversions were looked into: their parts are listed once.
    met: Vec<bool>,
    found: Vec<(String, Cost)>,
}

impl Costs<'_> {
    /// Costs of one path are one, the highest.
    fn add(&mut self, path: String, cost: Cost) {
        match self.found.last_mut() {
            Some((last, known)) if *last == path && cost < Cost::Dropped => {
                *known = cost.max(*known);
            }
            _ => self.found.push((path, cost)),
        }
    }

    fn step(&mut self, path: String, step: &Step, was: &Type, now: &Type) {
        let path = shown(&path).into_owned();
        deeper(|| self.step_at(path, step, was, now));
    }

    fn step_at(&mut self, path: String, step: &Step, was: &Type, now: &Type) {
        match step {
            Step::Move => self.add(path, Cost::Moved),
            Step::Number { .. } => self.add(path, Cost::Copied),
            Step::Bytes => self.add(path, Cost::Rebuilt),
            // Only the user's code knows what that costs.
            Step::Serde => self.add(path, Cost::Converted),
            Step::As(step) => {
                self.add(path.clone(), Cost::Converted);
                self.step(path, step, &was.args[0], &now.args[0]);
            }
            Step::Into(step) => {
                self.add(path.clone(), Cost::Converted);
                self.step(path, step, &was.args[0], now);
            }
            Step::Same => self.add(path, Cost::Converted),
            Step::Form(step) => {
                self.add(path.clone(), Cost::Converted);
                if let Some(form) = form_of(self.was, was) {
                    self.step(path, step, form, now);
                }
            }
            Step::Formed(step) => {
                self.add(path.clone(), Cost::Converted);
                if let Some(form) = form_of(self.now, now) {
                    self.step(path, step, was, form);
                }
            }
            Step::Convert(place) => self.convert(path, *place),
            Step::Wrap(step) => {
                self.add(path.clone(), Cost::Copied);
                self.step(path, step, was, &now.args[0]);
            }
            Step::Unwrap(step) | Step::Disclose(step) => {
                self.add(path.clone(), Cost::Copied);
                self.step(path, step, &was.args[0], now);
            }
            Step::Enclose(step) => {
                self.add(path.clone(), Cost::Rebuilt);
                self.step(path, step, was, &now.args[0]);
            }
            Step::Variants(steps) => {
                self.add(path.clone(), Cost::Copied);
                let fields = steps.iter().flat_map(|step| &step.fields.sources);
                for (i, source) in fields.enumerate() {
                    let Source::Field { step, .. } = source else {
                        continue;
                    };
                    // Several variants may have fields of one parameter.
                    if let (Some(was_arg), Some(now_arg)) = (was.args.get(i), now.args.get(i)) {
                        let path = format!("{path}{}", step_into(was, i));
                        self.step(path, step, was_arg, now_arg);
                    }
                }
            }
            Step::Range(step) => {
                self.add(path.clone(), Cost::Copied);
                let path = format!("{path}{}", step_into(was, 0));
                self.step(path, step, &was.args[0], &now.args[0]);
            }
            Step::Collection(steps) => {
                self.add(path.clone(), Cost::Rebuilt);
                let (was, now) = (was.container(), now.container());
                for (i, step) in steps.iter().enumerate() {
                    let path = format!("{path}{}", step_into(was, i));
                    self.step(path, step, &was.args[i], &now.args[i]);
                }
            }
            Step::Pointer(step) => {
                let cost = match was.builtin() {
                    Some(Builtin::Box | Builtin::RBox) => Cost::Rebuilt,
                    // The item lies in it.
                    _ => Cost::Copied,
                };
                self.add(path.clone(), cost);
                self.step(path, step, &was.args[0], &now.args[0]);
            }
            Step::Shared(step) | Step::Weak(step) => {
                self.add(path.clone(), Cost::Rebuilt);
                let ((into, was), (_, now)) = (shared_value(was), shared_value(now));
                self.step(format!("{path}{into}"), step, was, now);
            }
            Step::Tuple(steps) => {
                self.add(path.clone(), Cost::Copied);
                for (i, step) in steps.iter().enumerate() {
                    self.step(format!("{path}.{i}"), step, &was.args[i], &now.args[i]);
                }
            }
            Step::Array(step) => {
                self.add(path.clone(), Cost::Copied);
                self.step(format!("{path}[]"), step, &was.args[0], &now.args[0]);
                if let (Name::Array(a), Name::Array(b)) = (&was.name, &now.name) {
                    match a.cmp(b) {
                        std::cmp::Ordering::Less => {
                            self.add(format!("{path}[{a}..{b}]"), Cost::Made);
                        }
                        std::cmp::Ordering::Greater => {
                            self.add(format!("{path}[{b}..{a}]"), Cost::Dropped);
                        }
                        std::cmp::Ordering::Equal => {}
                    }
                }
            }
        }
    }

    fn convert(&mut self, path: String, place: usize) {
        let conversion = &self.conversions[place];
        if matches!(
            conversion.body,
            ConversionBody::Hook | ConversionBody::Down(_)
        ) {
            return self.add(path, Cost::Converted);
        }
        self.add(path.clone(), Cost::Copied);
        if std::mem::replace(&mut self.met[place], true) {
            return;
        }
        let (was, now) = (self.was, self.now);
        let shapes = (
            was.types.get(&conversion.was),
            now.types.get(&conversion.now),
        );
        let (Some(old), Some(new)) = shapes else {
            return;
        };
        match (&conversion.body, &old.shape, &new.shape) {
            (ConversionBody::Struct(fields), Shape::Struct(old), Shape::Struct(new)) => {
                self.fields(&path, fields, old, new);
            }
            (
                ConversionBody::Enum(steps),
                Shape::Enum { variants: old, .. },
                Shape::Enum { variants: new, .. },
            ) => {
                for (old, step) in old.iter().zip(steps) {
                    if let Some(VariantStep { to, fields }) = step {
                        // Where the new variant has no fields, none is made.
                        let (name, new) = match fields.sources.is_empty() {
                            true => (&old.name, &[][..]),
                            false => (&new[*to].name, &new[*to].fields[..]),
                        };
                        self.fields(&format!("{path}::{name}"), fields, &old.fields, new);
                    }
                }
            }
            _ => {}
        }
    }

    fn fields(&mut self, path: &str, fields: &FieldSteps, old: &[Field], new: &[Field]) {
        for (source, field) in fields.sources.iter().zip(new) {
            let path = format!("{path}.{}", field.name);
            match source {
                Source::Field { place, step } => self.step(path, step, &old[*place].ty, &field.ty),
                Source::With { .. } => self.add(path, Cost::Converted),
                Source::Default | Source::Absent | Source::Skip | Source::Name(_) => {
                    self.add(path, Cost::Made);
                }
            }
        }
        for &place in &fields.dropped {
            self.add(format!("{path}.{}", old[place].name), Cost::Dropped);
        }
    }
}
