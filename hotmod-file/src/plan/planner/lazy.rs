//! What becomes of the values of `Lazy`s, which follow by themselves: what holds them is handed over as it is.

use hotmod::describe::graph::{Graph, mentions};
use hotmod::describe::{Attribute, Builtin, Rule, Shape, Type};

use super::containers::without_fill;
use super::draft::Planner;
use crate::contract::step_into;
use crate::deep::{deeper, shown};
use crate::plan::model::Step;

fn is_lazy(ty: &Type) -> bool {
    ty.builtin() == Some(Builtin::Lazy)
}

impl<'a> Planner<'a> {
    /// Whether values of one type are, as their bytes, values of the other. The values of `Lazy`s in them may have
    /// become others.
    pub(super) fn is_handed_over(&mut self, was: &'a Type, now: &Type) -> bool {
        if was == now {
            return self.moves(was);
        }
        let of = (&self.ground.was, &self.ground.now);
        mentions(was, &is_lazy)
            && is_but_for_values(was, now)
            && of.0.transients.within(was).is_none()
            && !self.is_unsettled(was)
            && of.0.prints.of(was) == of.1.prints.of(now)
    }

    /// Plans for the values of the `Lazy`s in a value that is handed over.
    pub(super) fn plan_values(
        &mut self,
        path: &str,
        was: &'a Type,
        now: &Type,
        attributes: &[Attribute],
    ) {
        if self.values.holders.is_none() {
            let graph = Graph::new(&self.was.types);
            self.values.holders = Some(graph.leading_to(is_lazy));
        }
        let holders = self.values.holders.as_ref().expect("they were found above");
        if mentions(was, &|ty| is_lazy(ty) || holders.contains(ty)) {
            let path = shown(path);
            deeper(|| self.plan_values_within(&path, was, now, attributes));
        }
    }

    fn plan_values_within(
        &mut self,
        path: &str,
        was: &'a Type,
        now: &Type,
        attributes: &[Attribute],
    ) {
        if is_lazy(was) {
            return self.plan_value(path, was, now, attributes);
        }
        if was.builtin() == Some(Builtin::PhantomData) {
            return;
        }
        if !was.is_named() {
            for (i, (old, new)) in was.items().iter().zip(now.items()).enumerate() {
                let path = format!("{path}{}", step_into(was.container(), i));
                self.plan_values(&path, old, new, attributes);
            }
            return;
        }
        if !self.values.looked_into.insert((was, now.clone())) {
            return;
        }
        let (was, now) = (&self.was.types[was].shape, self.now.types.get(now));
        match (was, now.map(|it| &it.shape)) {
            (Shape::Struct(a), Some(Shape::Struct(b))) => {
                for (old, new) in a.iter().zip(b) {
                    let path = format!("{path}.{}", old.name);
                    let terms = self.terms(new);
                    self.plan_values(&path, &old.ty, &new.ty, &terms);
                }
            }
            (Shape::Enum { variants: a, .. }, Some(Shape::Enum { variants: b, .. })) => {
                for (a, b) in a.iter().zip(b) {
                    for (old, new) in a.fields.iter().zip(&b.fields) {
                        let path = format!("{path}::{}.{}", a.name, old.name);
                        let terms = self.terms(new);
                        self.plan_values(&path, &old.ty, &new.ty, &terms);
                    }
                }
            }
            _ => {}
        }
    }

    /// Plans for the values of a `Lazy`. Those of one type become the same everywhere: a value does not know where it
    /// stands.
    fn plan_value(&mut self, path: &str, was: &'a Type, now: &Type, attributes: &[Attribute]) {
        let (value, becomes) = (&was.args[0], &now.args[0]);
        let first = self.values.steps.entry(value);
        let (first, _) = first.or_insert_with(|| (becomes.clone(), None));
        if first != becomes {
            let now = format!("{now}, and Lazy<{first}> elsewhere");
            let help = self.cure(
                "values that wait do not know where they stand: let them become the same \
                 everywhere, or change one of the two in another update",
            );
            return self.add(
                path.to_owned(),
                &was.to_string(),
                &now,
                Rule::TypeChanged,
                help,
            );
        }
        let within = without_fill(attributes);
        if !self.values.planned.insert((value, within.clone())) {
            return;
        }
        let place = self.differences.len();
        let step = self.step(path, value, becomes, &within);
        if step != Step::Move {
            self.add(
                path.to_owned(),
                &was.to_string(),
                &now.to_string(),
                Rule::Followed,
                "",
            );
            // It says how all that comes of it is done.
            if self.differences.len() > place {
                self.differences[place..].rotate_right(1);
            }
        }
        if let Some((_, planned)) = self.values.steps.get_mut(value) {
            planned.get_or_insert(step);
        }
    }
}

/// Whether a type expression is the other, but for the values of `Lazy`s.
fn is_but_for_values(was: &Type, now: &Type) -> bool {
    was.name == now.name
        && was.args.len() == now.args.len()
        && (is_lazy(was)
            || (was.args.iter().zip(&now.args)).all(|(was, now)| is_but_for_values(was, now)))
}
