//! What live values must be for a plan to be carried out, path by path.

use std::collections::HashSet;

use hotmod::describe::{Attribute, Builtin, Description, Field, Rule, Shape, Type};

use super::model::{
    Conversion, ConversionBody, FieldSteps, LazyStep, Plan, Source, Step, VariantStep,
};
use super::numbers;
use super::planner::by_form::form_of;
use super::planner::families::{Family, family, holds_all};
use super::survival::Condition;
use crate::contract::step_into;
use crate::deep::{deeper, shown};
use crate::past;
use crate::plan::shared::shared_value;

/// The conditions of a plan that is complete but for them.
pub(super) fn conditions((was, now): (&Description, &Description), plan: &Plan) -> Vec<Condition> {
    let rebuilt = plan
        .differences
        .iter()
        .filter(|it| it.rule == Rule::Rebuilt);
    let mut conditions = Conditions {
        was,
        now,
        plan,
        rebuilt: rebuilt.map(|it| it.path.as_str()).collect(),
        met: vec![WhereMet::default(); plan.conversions.len()],
        owners: Owners::InState,
        only_owners: false,
        found: Vec::new(),
    };
    for (state, step) in &plan.states {
        conditions.state(state, step);
    }
    for LazyStep { was, now, step } in &plan.values {
        conditions.step(format!("Lazy<{was}>"), step, was, now);
    }
    conditions.found
}

/// A type that serde carries over is known by nothing but its size.
const OTHER_SERDE_TYPE: &str =
    "must be readable by the new version, as serde wrote it of a type that was another";

/// What carries a value over owns what the value owns, which stays as it is until the new one is final.
const IN_FORM: &str = "must not be there: it leads to what is converted, and the value that is carried over owns that too; a map or \
                       `Vec` of the standard library may hold it";

struct Conditions<'a> {
    was: &'a Description,
    now: &'a Description,
    plan: &'a Plan,
    /// Where something is rebuilt. Keys that another compiler lays out otherwise are not.
    rebuilt: HashSet<&'a str>,
    /// Which conversions were looked into: their parts are listed once, but for owners, of which other things are asked
    /// where the value around them is carried over.
    met: Vec<WhereMet>,
    owners: Owners,
    only_owners: bool,
    found: Vec<Condition>,
}

/// What has an owner.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Owners {
    InState,
    /// A form beside the value that it was made of, or one of which a value is made.
    InForm,
}

/// Where a conversion was met.
#[derive(Clone, Copy, Default)]
struct WhereMet {
    in_state: bool,
    in_form: bool,
}

impl Conditions<'_> {
    fn add(&mut self, path: &str, must: impl Into<String>) {
        if self.only_owners {
            return;
        }
        self.add_owner(path, must);
    }

    fn add_owner(&mut self, path: &str, must: impl Into<String>) {
        let (path, must) = (path.to_owned(), must.into());
        self.found.push(Condition { path, must });
    }

    fn state(&mut self, state: &Type, step: &Step) {
        let next = match step {
            Step::Convert(place) => &self.plan.conversions[*place].now,
            _ => state,
        };
        let path = state.to_string();
        if *step != Step::Move && self.now.checks.contains_key(next) {
            self.add(&path, "must pass the check marked #[hotmod::after_migrate]");
        }
        self.step(path, step, state, next);
    }

    fn step(&mut self, path: String, step: &Step, was: &Type, now: &Type) {
        let path = shown(&path).into_owned();
        deeper(|| self.step_at(&path, step, was, now));
    }

    fn step_at(&mut self, path: &str, step: &Step, was: &Type, now: &Type) {
        let into = |place| format!("{path}{}", step_into(was, place));
        match step {
            Step::Move | Step::Number { checked: false } => {}
            Step::Number { checked: true } => {
                let range = now.builtin().and_then(numbers::range);
                let range = range.map(|(least, most)| format!(": {least} to {most}"));
                self.add(
                    path,
                    format!("must fit `{now}`{}", range.unwrap_or_default()),
                );
            }
            Step::Bytes if holds_all(now, was) => {}
            Step::Bytes => self.add(path, format!("must be a value of `{now}`")),
            Step::Serde => {
                self.add(
                    path,
                    "must be readable by the new version, as serde wrote it",
                );
            }
            Step::As(step) => {
                let before = self.found.len();
                let (was, now) = (&was.args[0], &now.args[0]);
                self.in_form(path, step, was, now);
                // What the same form makes, it has made before.
                if **step != Step::Move && before == self.found.len() {
                    self.add(
                        path,
                        format!("must be accepted, as `{now}`, by what makes it of that"),
                    );
                }
            }
            Step::Into(step) => self.in_form(path, step, &was.args[0], now),
            Step::Same => {}
            Step::Form(step) => {
                if let Some(form) = form_of(self.was, was) {
                    self.in_form(path, step, form, now);
                }
            }
            Step::Formed(step) => {
                let made = self.now.types.get(now);
                if made.is_some_and(|it| it.attributes.contains(&Attribute::Checked)) {
                    self.add(path, format!("must be a value of `{now}`"));
                }
                if let Some(form) = form_of(self.now, now) {
                    self.in_form(path, step, was, form);
                }
            }
            Step::Convert(place) => self.convert(path, *place),
            Step::Wrap(step) | Step::Enclose(step) => {
                self.step(path.to_owned(), step, was, &now.args[0]);
            }
            Step::Unwrap(step) => {
                self.add(path, "must not be `None`");
                self.step(path.to_owned(), step, &was.args[0], now);
            }
            Step::Disclose(step) => self.step(path.to_owned(), step, &was.args[0], now),
            Step::Variants(steps) => {
                let fields = steps.iter().flat_map(|step| &step.fields.sources);
                for (place, source) in fields.enumerate() {
                    // Several variants may have fields of one parameter.
                    if let Source::Field { step, .. } = source
                        && let (Some(was), Some(now)) = (was.args.get(place), now.args.get(place))
                    {
                        self.step(into(place), step, was, now);
                    }
                }
            }
            Step::Range(step) => {
                let is_counted = |it: &Type| it.builtin().is_some_and(Builtin::is_counted);
                if was.builtin() == Some(Builtin::RangeInclusive) && !is_counted(&now.args[0]) {
                    self.add(path, "must not be a range that was iterated to its end");
                }
                self.step(into(0), step, &was.args[0], &now.args[0]);
            }
            Step::Collection(steps) => self.items(path, steps, was, now),
            Step::Pointer(step) => {
                self.step(path.to_owned(), step, &was.args[0], &now.args[0]);
            }
            Step::Shared(step) | Step::Weak(step) => {
                self.add_owner(
                    path,
                    match self.owners {
                        Owners::InState => "must have no owner outside of the state",
                        Owners::InForm => IN_FORM,
                    },
                );
                let ((into, was), (_, now)) = (shared_value(was), shared_value(now));
                self.step(format!("{path}{into}"), step, was, now);
            }
            Step::Tuple(steps) => {
                for (place, step) in steps.iter().enumerate() {
                    let path = format!("{path}.{place}");
                    self.step(path, step, &was.args[place], &now.args[place]);
                }
            }
            Step::Array(step) => {
                self.step(format!("{path}[]"), step, &was.args[0], &now.args[0]);
            }
        }
    }

    /// What carries a value over, or what carries over the value that it becomes.
    fn in_form(&mut self, path: &str, step: &Step, was: &Type, now: &Type) {
        let outside = std::mem::replace(&mut self.owners, Owners::InForm);
        self.step(path.to_owned(), step, was, now);
        self.owners = outside;
    }

    fn items(&mut self, path: &str, steps: &[Step], was: &Type, now: &Type) {
        let is_keyed = matches!(family(was), Some(Family::Map | Family::Set));
        let (was, now) = (was.container(), now.container());
        for (place, step) in steps.iter().enumerate() {
            let path = format!("{path}{}", step_into(was, place));
            if is_keyed && place == 0 && !step.keeps_apart() && self.rebuilt.contains(path.as_str())
            {
                self.add(&path, "must stay apart: no two may become the same");
            }
            self.step(path, step, &was.args[place], &now.args[place]);
        }
    }

    fn convert(&mut self, path: &str, place: usize) {
        let plan = self.plan;
        let Conversion { now: new, body, .. } = &plan.conversions[place];
        let by = match body {
            ConversionBody::Hook => self.now.hooks.get(new).map(|it| it.name().to_owned()),
            ConversionBody::Down(name) => Some(name.clone()),
            ConversionBody::Struct(_) | ConversionBody::Enum(_) => None,
        };
        if let Some(by) = by {
            return self.add(path, accepted_by(&by));
        }
        let met = self.met[place];
        let (is_known, were_only_owners) = match self.owners {
            Owners::InState => (met.in_state, met.in_form),
            Owners::InForm => (met.in_form, met.in_state),
        };
        if is_known {
            return;
        }
        match self.owners {
            Owners::InState => self.met[place].in_state = true,
            Owners::InForm => self.met[place].in_form = true,
        }
        let outside = self.only_owners;
        self.only_owners |= were_only_owners;
        self.converted(path, place);
        self.only_owners = outside;
    }

    /// The parts of what is converted.
    fn converted(&mut self, path: &str, place: usize) {
        let plan = self.plan;
        let Conversion {
            was: old,
            now: new,
            body,
        } = &plan.conversions[place];
        let shapes = (self.was.types.get(old), self.now.types.get(new));
        let (Some(old), Some(new)) = shapes else {
            return;
        };
        match (body, &old.shape, &new.shape) {
            (ConversionBody::Struct(fields), Shape::Struct(old), Shape::Struct(new)) => {
                self.fields(path, fields, old, new);
            }
            (
                ConversionBody::Enum(steps),
                Shape::Enum { variants: old, .. },
                Shape::Enum { variants: new, .. },
            ) => {
                for (old, step) in old.iter().zip(steps) {
                    let Some(VariantStep { to, fields }) = step else {
                        self.add(&format!("{path}::{}", old.name), "must not be in use");
                        continue;
                    };
                    let new = &new[*to];
                    let path = format!("{path}::{}", new.name);
                    self.fields(&path, fields, &old.fields, &new.fields);
                }
            }
            _ => {}
        }
    }

    fn fields(&mut self, path: &str, fields: &FieldSteps, old: &[Field], new: &[Field]) {
        for (source, field) in fields.sources.iter().zip(new) {
            let path = format!("{path}.{}", field.name);
            match source {
                // What another type has written. That its size is the same says nothing.
                Source::Field {
                    place,
                    step: Step::Serde,
                } if (old[*place].size, old[*place].align) != (field.size, field.align) => {
                    self.add(&path, OTHER_SERDE_TYPE);
                }
                Source::Field { place, step } => self.step(path, step, &old[*place].ty, &field.ty),
                Source::With { .. } => {
                    self.add(&path, accepted_by(past::by(field).unwrap_or("with")));
                }
                Source::Default | Source::Absent | Source::Skip | Source::Name(_) => {}
            }
        }
    }
}

/// Any function may return an error, or panic: which of them do, their names do not tell.
fn accepted_by(function: &str) -> String {
    format!("must be accepted by the function `{function}`")
}
