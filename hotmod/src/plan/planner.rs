//! From two descriptions to a plan: every rule of migration.

use std::collections::BTreeMap;

use super::numbers;
use super::{Body, Conversion, Fields, Plan, Source, Step, VariantStep};
use crate::describe::{
    Attribute, Builtin, Described, Description, Difference, Field, Fingerprints, Name,
    Representation, Rule, Shape, Type, Variant, step_into,
};

pub(super) fn plan(was: &Description, now: &Description) -> Plan {
    let mut planner = Planner {
        was,
        now,
        conversions: Vec::new(),
        places: BTreeMap::new(),
        moves: BTreeMap::new(),
        shared: BTreeMap::new(),
        differences: Vec::new(),
    };
    let mut states = Vec::new();
    for state in was.states() {
        let step = match planner.successor(state) {
            Some(next) => {
                let step = planner.step(&state.to_string(), state, &next, &[]);
                if step != Step::Move && now.checks.contains_key(&next) {
                    planner.checkable(state, &next);
                }
                step
            }
            None => {
                planner.add(
                    state.to_string(),
                    "the type of live state",
                    "absent",
                    Rule::TypeChanged,
                    "keep the type; if it has another name now, write \
                     #[state(was = \"…\")] on it",
                );
                Step::Move
            }
        };
        states.push((state.clone(), step));
    }
    Plan {
        conversions: planner
            .conversions
            .into_iter()
            .map(|conversion| Conversion {
                was: conversion.was.clone(),
                now: conversion.now,
                body: conversion.body.unwrap_or(Body::Struct(Fields::default())),
            })
            .collect(),
        states,
        differences: planner.differences,
    }
}

struct Planner<'a> {
    was: &'a Description,
    now: &'a Description,
    conversions: Vec<Unfinished<'a>>,
    /// Where the conversion of a pair stands.
    places: BTreeMap<(&'a Type, Type), usize>,
    /// Which types are moved as bytes.
    moves: BTreeMap<&'a Type, bool>,
    /// What shared items of a type become.
    shared: BTreeMap<&'a Type, Type>,
    differences: Vec<Difference>,
}

struct Unfinished<'a> {
    was: &'a Type,
    now: Type,
    body: Option<Body>,
}

impl<'a> Planner<'a> {
    fn add(&mut self, path: String, was: &str, now: &str, rule: Rule, help: &str) {
        self.differences.push(Difference {
            path,
            was: was.to_owned(),
            now: now.to_owned(),
            rule,
            help: help.to_owned(),
        });
    }

    /// The type that a described type has become.
    fn successor(&self, was: &Type) -> Option<Type> {
        if self.now.types.contains_key(was) {
            return Some(was.clone());
        }
        let Name::Named(id) = &was.name else {
            return None;
        };
        let renamed = self.now.types.iter().find(|(ty, described)| {
            ty.args == was.args && described.attributes.contains(&Attribute::Was(id.clone()))
        });
        renamed.map(|(ty, _)| ty.clone())
    }

    /// Refuses to check a state that could be changed through a shared reference: what was moved
    /// into it belongs to the old state still.
    fn checkable(&mut self, state: &Type, next: &Type) {
        let mut cell = None;
        any_type(self.now, next, &mut Vec::new(), &mut |ty| {
            let found = ty.builtin().is_some_and(Builtin::is_cell);
            if found {
                cell = Some(ty.to_string());
            }
            found
        });
        if let Some(cell) = cell {
            self.add(
                state.to_string(),
                "checked by a function marked #[hotmod::after_migrate]",
                &format!("a state that holds `{cell}`"),
                Rule::CheckImpossible,
                "a check could change what still belongs to the old state: remove the check, or \
                 keep the value outside of the cell",
            );
        }
    }

    /// Whether values of this type are the same bytes in both.
    fn moves(&mut self, ty: &'a Type) -> bool {
        if let Some(known) = self.moves.get(ty) {
            return *known;
        }
        let moves = Fingerprints::of(self.was, ty) == Fingerprints::of(self.now, ty)
            && !skips(self.was, ty);
        self.moves.insert(ty, moves);
        moves
    }

    /// What becomes of a value of one type that is to be of another. `attributes` are those of the
    /// field that it is in.
    fn step(&mut self, path: &str, was: &'a Type, now: &Type, attributes: &[Attribute]) -> Step {
        if was == now && self.moves(was) {
            return Step::Move;
        }
        let arrays = matches!((&was.name, &now.name), (Name::Array(_), Name::Array(_)));
        let within = without_fill(attributes);
        let attributes = if arrays { attributes } else { &within };
        use Builtin::*;
        match (was.builtin(), now.builtin()) {
            (Some(a), Some(b)) if numbers::are_numbers(a, b) => {
                self.number(path, (was, a), (now, b), attributes)
            }
            (Some(Option), Some(Option)) => {
                let inner = format!("{path}?");
                let step = self.step(&inner, &was.args[0], &now.args[0], attributes);
                Step::Variants(vec![variant(0, None), variant(1, Some(step))])
            }
            (Some(Result), Some(Result)) => {
                let steps = [0, 1].map(|i| {
                    let path = format!("{path}{}", step_into(was, i));
                    let step = self.step(&path, &was.args[i], &now.args[i], attributes);
                    variant(i, Some(step))
                });
                Step::Variants(steps.into())
            }
            // Not `T → Option<T>`, or the `Option` within would have to be taken apart.
            (Some(Box), Some(Option)) if was.args[0].builtin() == Some(Option) => {
                let step = self.step(path, &was.args[0], now, attributes);
                self.changed(path, was, now, Rule::Wrapped);
                Step::Disclose(std::boxed::Box::new(step))
            }
            (Some(Option), Some(Box)) if now.args[0].builtin() == Some(Option) => {
                let step = self.step(path, was, &now.args[0], attributes);
                self.changed(path, was, now, Rule::Wrapped);
                Step::Enclose(std::boxed::Box::new(step))
            }
            (_, Some(Option)) => {
                let step = self.step(path, was, &now.args[0], attributes);
                self.changed(path, was, now, Rule::Wrapped);
                Step::Wrap(std::boxed::Box::new(step))
            }
            (Some(Option), _) => {
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
            (Some(Box), Some(Box)) => self.inner(path, was, now, attributes, Step::Pointer),
            (_, Some(Box)) => {
                let step = self.step(path, was, &now.args[0], attributes);
                self.changed(path, was, now, Rule::Wrapped);
                Step::Enclose(std::boxed::Box::new(step))
            }
            (Some(Box), _) => {
                let step = self.step(path, &was.args[0], now, attributes);
                self.changed(path, was, now, Rule::Wrapped);
                Step::Disclose(std::boxed::Box::new(step))
            }
            (Some(a), Some(b)) if family(a).is_some() && family(a) == family(b) => {
                self.collection(path, (was, a), (now, b), attributes)
            }
            (Some(a), Some(b)) if a == b => match a {
                Mutex | RwLock | Cell | RefCell | Wrapping | Reverse => {
                    self.inner(path, was, now, attributes, Step::Pointer)
                }
                Arc | Rc => self.shared(path, was, now, attributes),
                Tuple if was.args.len() == now.args.len() => {
                    let pairs = was.args.iter().zip(&now.args).enumerate();
                    let steps = pairs
                        .map(|(i, (a, b))| self.step(&format!("{path}.{i}"), a, b, attributes));
                    Step::Tuple(steps.collect())
                }
                String => Step::Text,
                _ if was == now && a.representation() == Representation::Compiler => {
                    let (old, new) = (self.was.toolchain.clone(), self.now.toolchain.clone());
                    self.add(
                        path.to_owned(),
                        &format!("`{was}` as {old} lays it out"),
                        &format!("as {new} does"),
                        Rule::ToolchainChanged,
                        "build both with the same compiler, or convert it by a function with \
                         #[state(with = …)]",
                    );
                    Step::Move
                }
                _ => self.other(path, was, now),
            },
            _ => match (&was.name, &now.name) {
                (Name::Array(a), Name::Array(b)) => {
                    self.array(path, (was, *a), (now, *b), attributes)
                }
                (Name::Named(_), Name::Named(_)) if self.successor(was).as_ref() == Some(now) => {
                    self.convert(path, was, now)
                }
                _ => self.other(path, was, now),
            },
        }
    }

    fn changed(&mut self, path: &str, was: &Type, now: &Type, rule: Rule) {
        self.add(
            path.to_owned(),
            &was.to_string(),
            &now.to_string(),
            rule,
            "",
        );
    }

    fn refuse(&mut self, path: &str, was: &Type, now: &Type, rule: Rule, help: &str) -> Step {
        self.add(
            path.to_owned(),
            &was.to_string(),
            &now.to_string(),
            rule,
            help,
        );
        Step::Move
    }

    fn other(&mut self, path: &str, was: &Type, now: &Type) -> Step {
        let help = "write #[state(with = path::to::function)] on the field, with `fn(&Old) -> New` \
                    or `fn(&Old) -> Result<New, E>`";
        self.refuse(path, was, now, Rule::TypeChanged, help)
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

    fn inner(
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
    fn shared(&mut self, path: &str, was: &'a Type, now: &Type, attributes: &[Attribute]) -> Step {
        let first = self.shared.entry(was).or_insert_with(|| now.clone());
        if first != now {
            let elsewhere = format!("{now}, and {first} elsewhere");
            self.add(
                path.to_owned(),
                &was.to_string(),
                &elsewhere,
                Rule::TypeChanged,
                "an item that both own could not be both: let it become the same everywhere, or \
                 convert one of them by a function with #[state(with = …)]",
            );
            return Step::Move;
        }
        self.inner(path, was, now, attributes, Step::Shared)
    }

    fn collection(
        &mut self,
        path: &str,
        (was, a): (&'a Type, Builtin),
        (now, b): (&Type, Builtin),
        attributes: &[Attribute],
    ) -> Step {
        let keyed = matches!(family(a), Some(Family::Map | Family::Set | Family::Heap));
        let mut steps = Vec::new();
        for (i, (old, new)) in was.args.iter().zip(&now.args).enumerate() {
            let at = format!("{path}{}", step_into(was, i));
            let step = self.step(&at, old, new, attributes);
            if keyed && i == 0 && !matches!(step, Step::Move | Step::Text) {
                if attributes.contains(&Attribute::Rebuild) {
                    self.changed(&at, old, new, Rule::Rebuilt);
                } else {
                    self.refuse(
                        &at,
                        old,
                        new,
                        Rule::KeysChanged,
                        "two keys could become one; write #[state(rebuild)] to abort if that \
                         happens",
                    );
                }
            }
            steps.push(step);
        }
        if a != b {
            self.changed(path, was, now, Rule::Rebuilt);
        }
        Step::Collection(steps)
    }

    fn array(
        &mut self,
        path: &str,
        (was, a): (&'a Type, u64),
        (now, b): (&Type, u64),
        attributes: &[Attribute],
    ) -> Step {
        let at = format!("{path}[]");
        let within = without_fill(attributes);
        let step = self.step(&at, &was.args[0], &now.args[0], &within);
        if a < b {
            if attributes.contains(&Attribute::Fill) {
                self.changed(path, was, now, Rule::Filled);
            } else {
                self.refuse(
                    path,
                    was,
                    now,
                    Rule::ArrayChanged,
                    "the new elements have no value; write #[state(fill = …)]",
                );
            }
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

    fn convert(&mut self, path: &str, was: &'a Type, now: &Type) -> Step {
        if let Some(&place) = self.places.get(&(was, now.clone())) {
            return Step::Convert(place);
        }
        let place = self.conversions.len();
        self.places.insert((was, now.clone()), place);
        self.conversions.push(Unfinished {
            was,
            now: now.clone(),
            body: None,
        });
        let before = self.differences.len();
        if was.name != now.name {
            self.changed(path, was, now, Rule::Renamed);
        }
        if self.now.hooks.contains_key(now) {
            self.changed(path, was, now, Rule::Converted);
            self.conversions[place].body = Some(Body::Hook);
            return Step::Convert(place);
        }
        let now_description: &'a Description = self.now;
        if let (Some(a), Some(b)) = (self.was.types.get(was), now_description.types.get(now)) {
            if a.meaning != b.meaning {
                self.add(
                    path.to_owned(),
                    &format!("meaning {}", a.meaning),
                    &format!("meaning {}", b.meaning),
                    Rule::MeaningChanged,
                    "only you know what changed: write a function marked #[hotmod::migrate] that \
                     makes the new value from the old one",
                );
            }
            let body = self.body(path, a, b);
            self.conversions[place].body = body;
            // The same parts, but in other places, or in places that another compiler chose.
            if self.differences.len() == before {
                let (was, now) = (format!("{} bytes", a.size), format!("{} bytes", b.size));
                self.add(path.to_owned(), &was, &now, Rule::Moved, "");
            }
        }
        Step::Convert(place)
    }

    fn body(&mut self, path: &str, a: &'a Described, b: &'a Described) -> Option<Body> {
        match (&a.shape, &b.shape) {
            (Shape::Struct(old), Shape::Struct(new)) => {
                Some(Body::Struct(self.fields(path, old, new, &b.attributes)))
            }
            (Shape::Enum { variants: old, .. }, Shape::Enum { variants: new, .. }) => {
                Some(Body::Enum(self.variants(path, old, new, &b.attributes)))
            }
            (Shape::Struct(_), Shape::Enum { .. }) => {
                self.shape(path, "a struct", "an enum");
                None
            }
            (Shape::Enum { .. }, Shape::Struct(_)) => {
                self.shape(path, "an enum", "a struct");
                None
            }
        }
    }

    fn shape(&mut self, path: &str, was: &str, now: &str) {
        let help = "give the new type another id and convert the fields that hold it by functions \
                    with #[state(with = …)]";
        self.add(path.to_owned(), was, now, Rule::ShapeChanged, help);
    }

    fn fields(
        &mut self,
        path: &str,
        old: &'a [Field],
        new: &'a [Field],
        attributes: &[Attribute],
    ) -> Fields {
        let mut used = vec![false; old.len()];
        let mut fresh = Vec::new();
        let sources = new.iter().zip(origins(old, new)).map(|(field, origin)| {
            let at = format!("{path}.{}", field.name);
            let is_skipped = field.attributes.contains(&Attribute::Skip);
            if is_skipped {
                self.add(at, "a value", "made anew", Rule::MadeAnew, "");
                // What it was is dropped, like any field that nothing comes from.
                if let Some(place) = origin {
                    used[place] = true;
                    fresh.push(place);
                }
                return Source::Skip;
            }
            // What was not carried over so far has no value to go on from.
            let origin = origin.filter(|&place| !is_skipped_type(&old[place].ty));
            let Some(place) = origin else {
                return self.added(at, field);
            };
            used[place] = true;
            let was = &old[place];
            if was.name != field.name {
                self.add(at.clone(), &was.name, &field.name, Rule::Renamed, "");
            }
            match &field.with {
                // A function that brought the field to what it is already has done its work.
                Some(source) if *source == was.ty || was.ty != field.ty => {
                    self.with(&at, place, was, field, source)
                }
                _ => Source::Field {
                    place,
                    step: self.step(&at, &was.ty, &field.ty, &field.attributes),
                },
            }
        });
        let sources = sources.collect();
        let mut dropped = fresh;
        for (place, field) in old.iter().enumerate() {
            if used[place] {
                continue;
            }
            let at = format!("{path}.{}", field.name);
            let was = field.ty.to_string();
            let removed = Attribute::Removed(field.name.clone());
            if attributes.contains(&removed) || is_skipped_type(&field.ty) {
                self.add(at, &was, "removed, dropped", Rule::Dropped, "");
            } else {
                let help = format!(
                    "its value would be lost; write #[state(removed(\"{name}\"))] on the type, or \
                     #[state(was = \"{name}\")] on the field that it has become",
                    name = field.name
                );
                self.add(at, &was, "absent", Rule::FieldRemoved, &help);
            }
            dropped.push(place);
        }
        Fields { sources, dropped }
    }

    fn added(&mut self, path: String, field: &Field) -> Source {
        let now = field.ty.to_string();
        if field.attributes.contains(&Attribute::Default) {
            self.add(path, "absent", &now, Rule::Defaulted, "");
            return Source::Default;
        }
        if field.ty.builtin() == Some(Builtin::Option) {
            self.add(path, "absent", &now, Rule::Defaulted, "");
            return Source::Absent;
        }
        let help = "existing state has no value for it; write #[state(default)] or \
                    #[state(default = …)], or #[state(was = \"…\")] if it had another name";
        self.add(path, "absent", &now, Rule::FieldAdded, help);
        Source::Default
    }

    fn with(
        &mut self,
        path: &str,
        place: usize,
        was: &'a Field,
        now: &Field,
        source: &Type,
    ) -> Source {
        if *source == was.ty && self.moves(&was.ty) {
            self.changed(path, &was.ty, &now.ty, Rule::Converted);
        } else {
            self.add(
                path.to_owned(),
                &format!("`{}`", was.ty),
                &format!("a function from `&{source}`"),
                Rule::TypeChanged,
                "let the function named by #[state(with = …)] take a reference to what the field \
                 was, laid out as it was",
            );
        }
        Source::With { place }
    }

    fn variants(
        &mut self,
        path: &str,
        old: &'a [Variant],
        new: &'a [Variant],
        attributes: &[Attribute],
    ) -> Vec<Option<VariantStep>> {
        let mut reached = vec![false; new.len()];
        let steps = old.iter().map(|variant| {
            let at = format!("{path}::{}", variant.name);
            let was = Attribute::Was(variant.name.clone());
            let renamed = |other: &Variant| other.attributes.contains(&was);
            let fresh = |other: &Variant| !old.iter().any(|old| old.name == other.name);
            // First what says which variant it was: another may have that name by now.
            let place = new
                .iter()
                .position(|other| renamed(other) && fresh(other))
                .or_else(|| new.iter().position(|other| other.name == variant.name))
                .or_else(|| new.iter().position(renamed));
            let Some(to) = place else {
                return self.variant_removed(at, variant, new, attributes);
            };
            if std::mem::replace(&mut reached[to], true) {
                // A value would not say any more which of the two it was made from.
                let now = format!("`{}`, which another variant has become", new[to].name);
                let help = "let each variant come from one; to convert the values of the other, \
                            write #[state(removed_variant(Old => New))] on the enum";
                self.add(at, "a variant", &now, Rule::VariantRemoved, help);
                return None;
            }
            if new[to].name != variant.name {
                self.add(at.clone(), &variant.name, &new[to].name, Rule::Renamed, "");
            }
            let fields = self.fields(&at, &variant.fields, &new[to].fields, attributes);
            Some(VariantStep { to, fields })
        });
        let steps = steps.collect();
        for (variant, reached) in new.iter().zip(reached) {
            if !reached {
                let at = format!("{path}::{}", variant.name);
                self.add(at, "absent", "a variant", Rule::VariantGained, "");
            }
        }
        steps
    }

    fn variant_removed(
        &mut self,
        path: String,
        variant: &Variant,
        new: &[Variant],
        attributes: &[Attribute],
    ) -> Option<VariantStep> {
        let target = attributes.iter().find_map(|attribute| match attribute {
            Attribute::RemovedVariant(from, to) if *from == variant.name => Some(to),
            _ => None,
        });
        let Some(target) = target else {
            let now = "absent; a live value that uses it aborts the plan";
            let help = format!(
                "to convert such values, write #[state(removed_variant({} => …))] on the enum",
                variant.name
            );
            self.add(path, "a variant", now, Rule::VariantUnused, &help);
            return None;
        };
        match new.iter().position(|other| other.name == *target) {
            Some(to) if new[to].fields.is_empty() => {
                self.add(path, "a variant", target, Rule::VariantReplaced, "");
                Some(VariantStep {
                    to,
                    fields: Fields {
                        sources: Vec::new(),
                        dropped: (0..variant.fields.len()).collect(),
                    },
                })
            }
            _ => {
                self.add(
                    path,
                    "a variant",
                    &format!("`{target}`, which is no variant without fields"),
                    Rule::VariantRemoved,
                    "name a variant without fields in #[state(removed_variant(Old => New))]",
                );
                None
            }
        }
    }
}

/// The attributes for what lies within a field: `fill` is for the array that the field itself is.
fn without_fill(attributes: &[Attribute]) -> Vec<Attribute> {
    let others = attributes.iter().filter(|it| **it != Attribute::Fill);
    others.cloned().collect()
}

/// For each new field, the old one that it comes from. No two come from the same: its value would
/// have two owners.
fn origins(old: &[Field], new: &[Field]) -> Vec<Option<usize>> {
    let named = |name: &str| old.iter().position(|field| field.name == name);
    let mut taken = vec![false; old.len()];
    let mut take = |place: usize| !std::mem::replace(&mut taken[place], true);
    // First what says which field it was: another field may have that name by now.
    let renamed: Vec<Option<usize>> = new
        .iter()
        .map(|field| {
            if named(&field.name).is_some() {
                return None;
            }
            field
                .attributes
                .iter()
                .find_map(|attribute| match attribute {
                    Attribute::Was(name) => named(name).filter(|&place| take(place)),
                    _ => None,
                })
        })
        .collect();
    new.iter()
        .zip(renamed)
        .map(|(field, renamed)| renamed.or_else(|| named(&field.name).filter(|&place| take(place))))
        .collect()
}

fn is_skipped_type(ty: &Type) -> bool {
    ty.builtin() == Some(Builtin::Skipped)
}

fn variant(to: usize, step: Option<Step>) -> VariantStep {
    let source = step.map(|step| Source::Field { place: 0, step });
    VariantStep {
        to,
        fields: Fields {
            sources: Vec::from_iter(source),
            dropped: Vec::new(),
        },
    }
}

/// Which containers become which by moving their items.
#[derive(Clone, Copy, PartialEq)]
enum Family {
    List,
    Heap,
    Set,
    Map,
}

fn family(builtin: Builtin) -> Option<Family> {
    match builtin {
        Builtin::Vec | Builtin::VecDeque | Builtin::LinkedList => Some(Family::List),
        Builtin::BinaryHeap => Some(Family::Heap),
        Builtin::HashSet | Builtin::BTreeSet => Some(Family::Set),
        Builtin::HashMap | Builtin::BTreeMap => Some(Family::Map),
        _ => None,
    }
}

/// Whether a value may hold a field that is not carried over.
fn skips(description: &Description, ty: &Type) -> bool {
    any_type(description, ty, &mut Vec::new(), &mut is_skipped_type)
}

/// Whether a type, or any that can be reached from it, is such a type.
fn any_type<'a>(
    description: &'a Description,
    ty: &'a Type,
    seen: &mut Vec<&'a Type>,
    is: &mut dyn FnMut(&Type) -> bool,
) -> bool {
    if is(ty) {
        return true;
    }
    for arg in &ty.args {
        if any_type(description, arg, seen, is) {
            return true;
        }
    }
    let Some(described) = description.types.get(ty) else {
        return false;
    };
    if seen.contains(&ty) {
        return false;
    }
    seen.push(ty);
    let fields: Vec<&Field> = match &described.shape {
        Shape::Struct(fields) => fields.iter().collect(),
        Shape::Enum { variants, .. } => variants.iter().flat_map(|v| &v.fields).collect(),
    };
    fields
        .iter()
        .any(|field| any_type(description, &field.ty, seen, is))
}
