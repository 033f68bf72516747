//! What becomes of one value, by what its type was and is.

use hotmod::describe::{Attribute, Builtin, Name, Representation, Rule, Type};

use super::containers::without_fill;
use super::draft::Planner;
use super::families::{family, holds_all, is_arc, is_counter, is_optional, written};
use crate::contract::step_into;
use crate::deep::{deeper, shown};
use crate::plan::model::{FieldSteps, Source, Step, VariantStep};
use crate::plan::{numbers, opaque};

impl<'a> Planner<'a> {
    /// What becomes of a value of one type that is to be of another. `attributes` are those of the
    /// field that it is in.
    pub(super) fn step(
        &mut self,
        path: &str,
        was: &'a Type,
        now: &Type,
        attributes: &[Attribute],
    ) -> Step {
        self.steps += 1;
        let path = shown(path);
        deeper(|| self.step_at(&path, was, now, attributes))
    }

    fn step_at(&mut self, path: &str, was: &'a Type, now: &Type, attributes: &[Attribute]) -> Step {
        if self.is_handed_over(was, now) {
            self.plan_values(path, was, now, attributes);
            return Step::Move;
        }
        let arrays = matches!((&was.name, &now.name), (Name::Array(_), Name::Array(_)));
        let within = without_fill(attributes);
        let attributes = if arrays { attributes } else { &within };
        let carried = |ty: &Type| ty.builtin().is_some_and(Builtin::is_carried);
        if carried(was) || carried(now) {
            return self.carried(path, was, now, attributes);
        }
        if was.opaque().is_some() || now.opaque().is_some() {
            return self.opaque(path, was, now);
        }
        if let Some(step) = self.by_form(path, was, now, attributes) {
            return step;
        }
        use Builtin::*;
        match (was.builtin(), now.builtin()) {
            (Some(a), Some(b)) if numbers::are_numbers(a, b) => {
                self.number(path, (was, a), (now, b), attributes)
            }
            _ if written(was).is_some() && written(was) == written(now) => {
                self.written(path, was, now, attributes)
            }
            _ if family(was).is_some() && family(was) == family(now) => {
                self.collection(path, was, now, attributes)
            }
            (Some(a), Some(b)) if is_optional(a) && is_optional(b) => {
                let inner = format!("{path}?");
                let step = self.step(&inner, &was.args[0], &now.args[0], attributes);
                self.rebuilt(path, (was, a), (now, b));
                Step::Variants(vec![variant(0, None), variant(1, Some(step))])
            }
            (Some(a @ (Result | RResult)), Some(b @ (Result | RResult))) => {
                let steps = [0, 1].map(|i| {
                    let path = format!("{path}{}", step_into(was, i));
                    let step = self.step(&path, &was.args[i], &now.args[i], attributes);
                    variant(i, Some(step))
                });
                self.rebuilt(path, (was, a), (now, b));
                Step::Variants(steps.into())
            }
            // Not `T → Option<T>`: that would have to take the `Option` within apart.
            (Some(Box | RBox | Lazy), Some(b))
                if is_optional(b) && was.args[0].builtin().is_some_and(is_optional) =>
            {
                let step = self.step(path, &was.args[0], now, attributes);
                self.changed(path, was, now, Rule::Wrapped);
                Step::Disclose(std::boxed::Box::new(step))
            }
            (Some(a), Some(Box | RBox | Lazy))
                if is_optional(a) && now.args[0].builtin().is_some_and(is_optional) =>
            {
                let step = self.step(path, was, &now.args[0], attributes);
                self.changed(path, was, now, Rule::Wrapped);
                Step::Enclose(std::boxed::Box::new(step))
            }
            (_, Some(b)) if is_optional(b) => {
                let step = self.step(path, was, &now.args[0], attributes);
                self.changed(path, was, now, Rule::Wrapped);
                Step::Wrap(std::boxed::Box::new(step))
            }
            (Some(a), _) if is_optional(a) => {
                let step = self.step(path, &was.args[0], now, attributes);
                if attributes.contains(&Attribute::Checked) {
                    self.changed(path, was, now, Rule::Checked);
                } else {
                    self.refuse(
                        path,
                        was,
                        now,
                        Rule::Narrowed,
                        "`None` would be lost; write #[state(checked)] to abort if there is one",
                    );
                }
                Step::Unwrap(std::boxed::Box::new(step))
            }
            // A `PhantomData` holds no value, whatever became of the type that it names.
            (Some(PhantomData), Some(PhantomData))
                if self.is_successor(&was.args[0], &now.args[0]) =>
            {
                if was != now {
                    self.changed(path, was, now, Rule::Renamed);
                }
                Step::Move
            }
            (Some(a), Some(b))
                if matches!((a, b), (Arc, Arc) | (Rc, Rc))
                    && holds_slice(was)
                    && holds_slice(now) =>
            {
                self.shared(path, was, now, attributes, Step::Shared)
            }
            // A box of an unsized type is one value, which another box may hold.
            (_, Some(Box | RBox | Lazy)) if holds_unsized(was) && !holds_unsized(now) => {
                let step = self.step(path, was, &now.args[0], attributes);
                self.changed(path, was, now, Rule::Wrapped);
                Step::Enclose(std::boxed::Box::new(step))
            }
            (Some(Box | RBox | Lazy), _) if holds_unsized(now) && !holds_unsized(was) => {
                let step = self.step(path, &was.args[0], now, attributes);
                self.changed(path, was, now, Rule::Wrapped);
                Step::Disclose(std::boxed::Box::new(step))
            }
            // An unsized value is no item that could be moved.
            _ if holds_unsized(was) || holds_unsized(now) => self.other(path, was, now),
            (Some(a @ (Box | RBox)), Some(b @ (Box | RBox))) => {
                let step = self.inner(path, was, now, attributes, Step::Pointer);
                self.rebuilt(path, (was, a), (now, b));
                step
            }
            (_, Some(Box | RBox | Lazy)) => {
                let step = self.step(path, was, &now.args[0], attributes);
                self.changed(path, was, now, Rule::Wrapped);
                Step::Enclose(std::boxed::Box::new(step))
            }
            (Some(Box | RBox | Lazy), _) => {
                let step = self.step(path, &was.args[0], now, attributes);
                self.changed(path, was, now, Rule::Wrapped);
                Step::Disclose(std::boxed::Box::new(step))
            }
            (Some(a), Some(b)) if (a, b) == (Weak, Weak) || (a, b) == (RcWeak, RcWeak) => {
                self.shared(path, was, now, attributes, Step::Weak)
            }
            (Some(a), Some(b)) if is_arc(a) && is_arc(b) || (a, b) == (Rc, Rc) => {
                let step = self.shared(path, was, now, attributes, Step::Shared);
                self.rebuilt(path, (was, a), (now, b));
                step
            }
            (Some(a), Some(b))
                if a.is_tuple() && b.is_tuple() && was.args.len() == now.args.len() =>
            {
                let pairs = was.args.iter().zip(&now.args).enumerate();
                let steps =
                    pairs.map(|(i, (a, b))| self.step(&format!("{path}.{i}"), a, b, attributes));
                let steps = steps.collect();
                self.rebuilt(path, (was, a), (now, b));
                Step::Tuple(steps)
            }
            (Some(a), Some(b)) if is_counter(a) && is_counter(b) => {
                let step = self.inner(path, was, now, attributes, Step::Pointer);
                self.rebuilt(path, (was, a), (now, b));
                step
            }
            (Some(a), Some(b)) if a == b => match a {
                Mutex | RwLock | Cell | RefCell | Reverse => {
                    self.inner(path, was, now, attributes, Step::Pointer)
                }
                Range | RangeInclusive | RangeFrom | RangeTo | RangeToInclusive => {
                    let path = format!("{path}{}", step_into(was, 0));
                    let step = self.step(&path, &was.args[0], &now.args[0], attributes);
                    Step::Range(std::boxed::Box::new(step))
                }
                Bound => {
                    let path = format!("{path}{}", step_into(was, 0));
                    let step = self.step(&path, &was.args[0], &now.args[0], attributes);
                    let steps = [Some(step.clone()), Some(step), None];
                    Step::Variants(
                        steps
                            .into_iter()
                            .enumerate()
                            .map(|(i, it)| variant(i, it))
                            .collect(),
                    )
                }
                Poll => {
                    let path = format!("{path}{}", step_into(was, 0));
                    let step = self.step(&path, &was.args[0], &now.args[0], attributes);
                    Step::Variants(vec![variant(0, None), variant(1, Some(step))])
                }
                _ if was == now && a.representation() == Representation::Compiler => {
                    let help = match a {
                        Instant => {
                            "an `Instant` counts from where only its own compiler's library knows: \
                             build both with the same compiler, keep a `Duration` or a `SystemTime`, \
                             or make it anew with #[state(skip, init = Instant::now)]"
                        }
                        _ => {
                            "build both with the same compiler, or convert it by a function with \
                             #[state(with = …)]"
                        }
                    };
                    let (old, new) = (self.was.toolchain.clone(), self.now.toolchain.clone());
                    self.add(
                        path.to_owned(),
                        &format!("`{was}` as {old} lays it out"),
                        &format!("as {new} does"),
                        Rule::ToolchainChanged,
                        help,
                    );
                    Step::Move
                }
                _ => self.other(path, was, now),
            },
            _ => match (&was.name, &now.name) {
                (Name::Array(a), Name::Array(b)) => {
                    self.array(path, (was, *a), (now, *b), attributes)
                }
                (Name::Named(_), Name::Named(_)) if self.follows(was, now) => {
                    self.convert(path, was, now)
                }
                _ => self.other(path, was, now),
            },
        }
    }

    /// Adds that one constructor becomes another, where they differ.
    fn rebuilt(&mut self, path: &str, (was, a): (&Type, Builtin), (now, b): (&Type, Builtin)) {
        if a != b {
            self.changed(path, was, now, Rule::Rebuilt);
        }
    }

    /// A value that can be written down.
    fn written(&mut self, path: &str, was: &Type, now: &Type, attributes: &[Attribute]) -> Step {
        if was == now {
            return Step::Bytes;
        }
        if holds_all(now, was) {
            self.changed(path, was, now, Rule::Rebuilt);
        } else if attributes.contains(&Attribute::Checked) {
            self.changed(path, was, now, Rule::Checked);
        } else {
            self.refuse(
                path,
                was,
                now,
                Rule::Narrowed,
                "not every address is one of these; write #[state(checked)] to abort on the first \
                 that is not",
            );
        }
        Step::Bytes
    }

    pub(super) fn other(&mut self, path: &str, was: &Type, now: &Type) -> Step {
        let help = self.cure(
            "write #[state(with = path::to::function)] on the field, with `fn(&Old) -> New` or \
             `fn(&Old) -> Result<New, E>`",
        );
        self.refuse(path, was, now, Rule::TypeChanged, help)
    }

    /// A type that hotmod cannot look into has to be the same, or is refused.
    fn opaque(&mut self, path: &str, was: &Type, now: &Type) -> Step {
        let is_same = |ty: &Type| self.is_printed_alike(ty) && !self.is_unsettled(ty);
        let within = opaque::within((self.was, was), (self.now, now), &is_same);
        let (was, now, rule, help) = match within {
            Some((was, now)) => (was, now, Rule::TypeChanged, opaque::PARAMETER),
            None => {
                let toolchains = (self.was.toolchain.as_str(), self.now.toolchain.as_str());
                opaque::difference(was, now, toolchains)
            }
        };
        let help = self.cure(help);
        self.add(path.to_owned(), &was, &now, rule, help);
        Step::Move
    }

    /// A field that the code which made it writes down, for the other version's code to read.
    fn carried(&mut self, path: &str, was: &'a Type, now: &Type, attributes: &[Attribute]) -> Step {
        let by = |now: String| (path.to_owned(), was.to_string(), now);
        match (was.builtin(), now.builtin()) {
            (Some(Builtin::Serde), Some(Builtin::Serde))
                if was.args.is_empty() == now.args.is_empty() =>
            {
                let form = match now.args.is_empty() {
                    true => "its serde form",
                    false => "what its codec has written",
                };
                let (path, was, now) = by(form.to_owned());
                self.add(path, &was, &now, Rule::Carried, "");
                Step::Serde
            }
            (Some(Builtin::As), Some(Builtin::As)) => {
                let step = self.step(path, &was.args[0], &now.args[0], attributes);
                let (path, was, now) = by(format!("its form as `{}`", now.args[0]));
                self.add(path, &was, &now, Rule::Carried, "");
                Step::As(std::boxed::Box::new(step))
            }
            (Some(Builtin::As), _)
                if !now.builtin().is_some_and(Builtin::is_carried) && now.opaque().is_none() =>
            {
                let step = self.step(path, &was.args[0], now, attributes);
                let (path, was, now) = by(format!("its form as `{}`", was.args[0]));
                self.add(path, &was, &now, Rule::Carried, "");
                Step::Into(std::boxed::Box::new(step))
            }
            _ => {
                let (was, now, help) = opaque::carried(was, now);
                let help = self.cure(help);
                self.add(path.to_owned(), &was, &now, Rule::TypeChanged, help);
                Step::Move
            }
        }
    }

    fn number(
        &mut self,
        path: &str,
        (was, a): (&Type, Builtin),
        (now, b): (&Type, Builtin),
        attributes: &[Attribute],
    ) -> Step {
        if numbers::widens(a, b) {
            self.changed(path, was, now, Rule::Widened);
            return Step::Number { checked: false };
        }
        if attributes.contains(&Attribute::Checked) {
            self.changed(path, was, now, Rule::Checked);
        } else {
            self.refuse(
                path,
                was,
                now,
                Rule::Narrowed,
                "narrowing can lose values; write #[state(checked)] to abort on the first that \
                 does not fit",
            );
        }
        Step::Number { checked: true }
    }
}

/// Whether it is a pointer to an unsized type.
fn holds_unsized(ty: &Type) -> bool {
    ty.args.iter().any(Type::is_unsized)
}

fn holds_slice(ty: &Type) -> bool {
    ty.args.first().and_then(Type::builtin) == Some(Builtin::Slice)
}

fn variant(to: usize, step: Option<Step>) -> VariantStep {
    let source = step.map(|step| Source::Field { place: 0, step });
    VariantStep {
        to,
        fields: FieldSteps {
            sources: Vec::from_iter(source),
            dropped: Vec::new(),
        },
    }
}
