//! What becomes of containers and of their items.

use std::collections::HashMap;

use hotmod::describe::{Attribute, Builtin, Name, Rule, Type};

use super::draft::Planner;
use super::families::{Family, family, is_arc};
use crate::contract::step_into;
use crate::plan::model::{ConversionBody, FieldSteps, Source, Step, Way};
use crate::plan::shared::shared_value;

impl<'a> Planner<'a> {
    pub(super) fn inner(
        &mut self,
        path: &str,
        was: &'a Type,
        now: &Type,
        attributes: &[Attribute],
        step: fn(Box<Step>) -> Step,
    ) -> Step {
        step(Box::new(self.step(
            path,
            &was.args[0],
            &now.args[0],
            attributes,
        )))
    }

    /// One item may have owners in several fields, so it becomes the same in all of them.
    pub(super) fn shared(
        &mut self,
        path: &str,
        was: &'a Type,
        now: &Type,
        attributes: &[Attribute],
        step: fn(Box<Step>) -> Step,
    ) -> Step {
        let kind = (was.builtin()).is_some_and(|it| is_arc(it) || it == Builtin::Weak);
        let (item, becomes) = (&was.args[0], &now.args[0]);
        let first = self.shared.entry((kind, item));
        let first = first.or_insert_with(|| becomes.clone());
        if first != becomes {
            let elsewhere = match &now.name {
                Name::Builtin(builtin) => format!("{}<{first}>", builtin.spelling()),
                _ => first.to_string(),
            };
            self.add(
                path.to_owned(),
                &was.to_string(),
                &format!("{now}, and {elsewhere} elsewhere"),
                Rule::TypeChanged,
                "an item that both own could not be both: let it become the same everywhere, or \
                 convert one of them by a function with #[state(with = …)]",
            );
            return Step::Move;
        }
        let ((into, was), (_, now)) = (shared_value(was), shared_value(now));
        step(Box::new(self.step(
            &format!("{path}{into}"),
            was,
            now,
            attributes,
        )))
    }

    pub(super) fn collection(
        &mut self,
        path: &str,
        was: &'a Type,
        now: &Type,
        attributes: &[Attribute],
    ) -> Step {
        let keyed = matches!(family(was), Some(Family::Map | Family::Set | Family::Heap));
        let container = was.container();
        let mut steps = Vec::new();
        for (i, (old, new)) in was.items().iter().zip(now.items()).enumerate() {
            let path = format!("{path}{}", step_into(container, i));
            let before = self.differences.len();
            let step = self.step(&path, old, new, attributes);
            if keyed && i == 0 && !matches!(step, Step::Move | Step::Bytes) {
                if let Some(owner) = self.owner_in_keys(old) {
                    let now = format!("`{new}`, whose own code could keep an owner of it");
                    self.add(
                        path.clone(),
                        &format!("`{old}`, which holds `{owner}` of an item that changes"),
                        &now,
                        Rule::KeysChanged,
                        "keys are hashed and compared before it is known whether the state fits: \
                         keep the item itself in the key, or convert the container by a function \
                         with #[state(with = …)]",
                    );
                } else if self.is_spelled_alike(old, new)
                    && self.is_only_laid_out_anew(&step, &mut Vec::new())
                {
                    // Only the two compilers lay them out otherwise.
                } else if attributes.contains(&Attribute::Rebuild)
                    || self.ground.is_of_calls && step.keeps_apart()
                {
                    self.changed(&path, old, new, Rule::Rebuilt);
                } else {
                    let (was, mut now) = (old.to_string(), new.to_string());
                    if was == now {
                        // The same name: what differs lies inside, here or where it was met first.
                        now += &match self.differences.get(before) {
                            Some(first) => format!(", of which {} changed", first.path),
                            None => ", which changed as said before".to_owned(),
                        };
                    }
                    self.add(
                        path.clone(),
                        &was,
                        &now,
                        Rule::KeysChanged,
                        "two keys could become one; write #[state(rebuild)] to abort if that \
                         happens",
                    );
                }
            }
            steps.push(step);
        }
        if was.name != now.name || was.hasher() != now.hasher() {
            self.changed(path, was, now, Rule::Rebuilt);
        }
        // A hasher of no size has nothing to lose.
        let hasher = now.hasher().and_then(|hasher| self.now.types.get(hasher));
        if hasher.is_some_and(|hasher| hasher.size > 0) {
            let path = format!("{path}.hasher");
            self.add(path, "a value", "made anew", Rule::MadeAnew, "");
        }
        Step::Collection(steps)
    }

    /// Whether it is the same type on both sides, all the way down.
    fn is_spelled_alike(&self, old: &Type, new: &Type) -> bool {
        let (was, now) = (&self.ground.was.prints, &self.ground.now.prints);
        old == new && was.of(old).schema == now.of(new).schema
    }

    /// Whether a value becomes one of the same parts, in the same order, each of which is kept apart from others: whatever
    /// the type's own code tells apart, it tells apart still. `within` are the conversions that the step stands in.
    fn is_only_laid_out_anew(&self, step: &Step, within: &mut Vec<usize>) -> bool {
        let is_in_place = |(place, source): (usize, &Source), within: &mut Vec<usize>| match source
        {
            Source::Field { place: from, step } => {
                *from == place && self.is_only_laid_out_anew(step, within)
            }
            _ => false,
        };
        let are_in_place = |fields: &FieldSteps, within: &mut Vec<usize>| {
            let mut sources = fields.sources.iter().enumerate();
            fields.dropped.is_empty() && sources.all(|it| is_in_place(it, within))
        };
        match step {
            Step::Convert(place) if within.contains(place) => true,
            Step::Convert(place) => {
                within.push(*place);
                match self.conversions.get(*place).and_then(|it| it.body.as_ref()) {
                    Some(ConversionBody::Struct(fields)) => are_in_place(fields, within),
                    Some(ConversionBody::Enum(variants)) => {
                        let mut variants = variants.iter().enumerate();
                        variants.all(|(place, variant)| match variant {
                            Some(variant) => {
                                variant.to == place && are_in_place(&variant.fields, within)
                            }
                            None => false,
                        })
                    }
                    // One that is not planned for yet, too.
                    _ => false,
                }
            }
            Step::Variants(variants) => {
                let mut variants = variants.iter().enumerate();
                variants.all(|(place, it)| it.to == place && are_in_place(&it.fields, within))
            }
            Step::Tuple(steps) | Step::Collection(steps) => {
                let mut steps = steps.iter();
                steps.all(|step| self.is_only_laid_out_anew(step, within))
            }
            Step::Array(step) | Step::Range(step) | Step::Pointer(step) => {
                self.is_only_laid_out_anew(step, within)
            }
            // By a form that is the same on both sides.
            Step::As(step) => self.is_only_laid_out_anew(step, within),
            Step::Same => true,
            step => step.keeps_apart(),
        }
    }

    /// An owner of an item that is converted, in a type whose own code sees it: code that hashes an
    /// `Arc<Key>` sees the key, and not its owner.
    pub(super) fn owner_in_keys(&mut self, key: &'a Type) -> Option<String> {
        if self.keepers.is_none() {
            self.keepers = Some(self.find_keepers());
        }
        let keepers = self.keepers.as_ref()?;
        let mut left = vec![key];
        while let Some(ty) = left.pop() {
            if let Some(owner) = keepers.get(ty) {
                return Some(owner.clone());
            }
            left.extend(&ty.args);
        }
        None
    }

    /// The older types that hold an owner of an item that is converted, in a field or in a type that a field
    /// leads to.
    fn find_keepers(&mut self) -> HashMap<&'a Type, String> {
        let was = self.was;
        let mut keepers = HashMap::new();
        let mut holders: HashMap<&Type, Vec<&Type>> = HashMap::new();
        let mut found = Vec::new();
        for (ty, described) in &was.types {
            // A value that a migration function makes owns what it holds.
            let next = self.successor(ty);
            if next.is_some_and(|next| self.hook(ty, &next).is_some()) {
                continue;
            }
            let mut left: Vec<&Type> = described.fields().map(|field| &field.ty).collect();
            while let Some(part) = left.pop() {
                let owns = part.builtin().is_some_and(Builtin::is_owner);
                if owns && !is_written(&part.args[0]) && !self.moves(part) {
                    keepers.entry(ty).or_insert_with(|| part.to_string());
                }
                if was.types.contains_key(part) {
                    holders.entry(part).or_default().push(ty);
                }
                left.extend(&part.args);
            }
            found.extend(keepers.contains_key(ty).then_some(ty));
        }
        while let Some(ty) = found.pop() {
            let owner: String = keepers[ty].clone();
            for holder in holders.remove(ty).unwrap_or_default() {
                if !keepers.contains_key(holder) {
                    keepers.insert(holder, owner.clone());
                    found.push(holder);
                }
            }
        }
        keepers
    }

    pub(super) fn array(
        &mut self,
        path: &str,
        (was, a): (&'a Type, u64),
        (now, b): (&Type, u64),
        attributes: &[Attribute],
    ) -> Step {
        let item = format!("{path}[]");
        let within = without_fill(attributes);
        let step = self.step(&item, &was.args[0], &now.args[0], &within);
        if a < b {
            if attributes.contains(&Attribute::Fill) {
                self.changed(path, was, now, Rule::Filled);
            } else {
                let help = self.cure("the new elements have no value; write #[state(fill = …)]");
                self.refuse(path, was, now, Rule::ArrayChanged, help);
            }
        } else if a > b && self.way == Way::Back {
            let item = was.args[0].to_string();
            self.add(format!("{path}[{b}..{a}]"), &item, "absent", Rule::Lost, "");
        } else if a > b {
            self.refuse(
                path,
                was,
                now,
                Rule::ArrayChanged,
                "elements would be lost; convert it by a function with #[state(with = …)]",
            );
        }
        Step::Array(Box::new(step))
    }
}

/// Whether each owner of such an item is built anew, with a text or a path of its own.
fn is_written(item: &Type) -> bool {
    use Builtin::*;
    matches!(item.builtin(), Some(Str | Path | OsStr | CStr))
}

/// The attributes for what lies within a field: `fill` is for the array that the field itself is.
pub(super) fn without_fill(attributes: &[Attribute]) -> Vec<Attribute> {
    let others = attributes.iter().filter(|it| **it != Attribute::Fill);
    others.cloned().collect()
}
