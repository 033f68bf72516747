//! From two descriptions to a plan: every rule of migration.

mod described;
mod down;
mod families;
mod names;
mod past;

use std::collections::{BTreeMap, BTreeSet};

use super::{Body, Conversion, Fields, Plan, Source, Step, VariantStep};
use super::{cost, numbers, opaque};
use crate::describe::deep::{deeper, shown};
use crate::describe::graph::{Graph, mentions};
use crate::describe::{
    Attribute, Builtin, Description, Difference, FingerprintTable, Hook, Name, Representation,
    Rule, Transients, Type, step_into,
};
use families::{Family, family, holds_all, is_arc, is_counter, is_optional, written};

/// Which of two versions is the newer one, whose attributes say what has become of what.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Way {
    /// From the older one to the newer.
    On,
    /// From the newer one to the older, which could not know of it.
    Back,
}

/// What the older version can be rebuilt for, where the newer one does not say how to go back.
const BY_A_BUILD: &str = "the newer version does not say how to go back: update to a build of the \
                          older one whose attributes take this state on, as for any update";

pub(super) fn plan(was: &Description, now: &Description, way: Way) -> Plan {
    let graph = Graph::new(&was.types);
    let mut planner = Planner {
        way,
        was,
        now,
        names: names::Names::new(was, now, way),
        prints: (
            FingerprintTable::over(&was.toolchain, &graph),
            FingerprintTable::new(now),
        ),
        cells: None,
        conversions: Vec::new(),
        places: BTreeMap::new(),
        transients: Transients::of(was),
        moves: BTreeMap::new(),
        shared: BTreeMap::new(),
        differences: Vec::new(),
        unsettled: match way {
            Way::On => past::unsettled(was, now),
            Way::Back => past::unsettled(now, was),
        },
        unmoved: BTreeSet::new(),
    };
    if !planner.unsettled.is_empty() {
        planner.unmoved = graph.leading_to(|ty| planner.unsettled.contains(ty));
    }
    let mut states = Vec::new();
    let mut checked = false;
    for state in was.states() {
        let step = match planner.successor(state) {
            Some(next) => {
                let step = planner.step(&state.to_string(), state, &next, &[]);
                if step != Step::Move && now.checks.contains_key(&next) {
                    checked = true;
                    planner.checkable(state, &next);
                }
                step
            }
            None => {
                let help = planner.cure(
                    "keep the type; if it has another name now, write #[state(was = \"…\")] on it",
                );
                let (path, was) = (state.to_string(), "the type of live state");
                planner.add(path, was, "absent", Rule::TypeChanged, help);
                Step::Move
            }
        };
        states.push((state.clone(), step));
    }
    let finish = |conversion: Unfinished<'_>| Conversion {
        was: conversion.was.clone(),
        now: conversion.now,
        body: conversion.body.unwrap_or(Body::Struct(Fields::default())),
    };
    let conversions: Vec<Conversion> = planner.conversions.into_iter().map(finish).collect();
    Plan {
        costs: cost::costs((was, now), &conversions, &states),
        conversions,
        states,
        checked,
        differences: planner.differences,
    }
}

struct Planner<'a> {
    way: Way,
    was: &'a Description,
    now: &'a Description,
    /// What has become of which type.
    names: names::Names<'a>,
    /// The fingerprints of both.
    prints: (FingerprintTable, FingerprintTable),
    /// The newer types in which something may be changed through a shared reference; found when
    /// somebody asks.
    cells: Option<BTreeSet<&'a Type>>,
    conversions: Vec<Unfinished<'a>>,
    /// Where the conversion of a pair stands.
    places: BTreeMap<(&'a Type, Type), usize>,
    /// Which types hold what is not carried over.
    transients: Transients<'a>,
    /// Which types are moved as bytes.
    moves: BTreeMap<&'a Type, bool>,
    /// What shared items of a type become. Those of an `Rc` are apart.
    shared: BTreeMap<(bool, &'a Type), Type>,
    differences: Vec<Difference>,
    /// Types whose values are not moved although they look the same: what the newer source says of their
    /// past has still to be done, or cannot be told.
    unsettled: BTreeSet<Type>,
    /// Types that hold such values.
    unmoved: BTreeSet<&'a Type>,
}

struct Unfinished<'a> {
    was: &'a Type,
    now: Type,
    body: Option<Body>,
    /// The first that it leads back to among those that are being looked into; `None` once what
    /// changes in it is told, by it or by what it leads to.
    open: Option<usize>,
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

    /// The type that a described type becomes.
    fn successor(&self, was: &Type) -> Option<Type> {
        match self.way {
            Way::On => self.names.successor(was).or_else(|| self.led_down(was)),
            Way::Back => self.names.predecessor(was),
        }
    }

    /// Whether one described type becomes the other.
    fn follows(&self, was: &Type, now: &Type) -> bool {
        match self.way {
            Way::On => self.successor(was).as_ref() == Some(now),
            Way::Back => self.names.successor(now).as_ref() == Some(was),
        }
    }

    /// Whether a type expression is the other, but for what described types have become.
    fn is_successor(&self, was: &Type, now: &Type) -> bool {
        let heads = was.name == now.name || self.follows(was, now);
        let args = was.args.iter().zip(&now.args);
        heads
            && was.args.len() == now.args.len()
            && args
                .into_iter()
                .all(|(was, now)| self.is_successor(was, now))
    }

    /// What to write to make a change acceptable, which on the way back nobody can.
    fn cure(&self, on: &'static str) -> &'static str {
        match self.way {
            Way::On => on,
            Way::Back => BY_A_BUILD,
        }
    }

    /// Refuses to check a state that could be changed through a shared reference: what was moved
    /// into it belongs to the old state still.
    fn checkable(&mut self, state: &Type, next: &Type) {
        // An opaque one may be a cell.
        let is_cell =
            |ty: &Type| ty.builtin().is_some_and(Builtin::is_cell) || ty.opaque().is_some();
        let now = self.now;
        let cells = self
            .cells
            .get_or_insert_with(|| Graph::new(&now.types).leading_to(is_cell));
        let leads = mentions(next, &|ty| is_cell(ty) || cells.contains(ty));
        let cell = leads.then(|| first_of(now, next, &is_cell)).flatten();
        if let Some(cell) = cell {
            self.add(
                state.to_string(),
                "checked by a function marked #[hotmod::after_migrate]",
                &format!("a state that holds `{cell}`"),
                Rule::CheckImpossible,
                "a check could change what still belongs to the old state: remove the check, or \
                 keep the value outside of it",
            );
        }
    }

    /// Whether values of this type are the same bytes in both.
    fn moves(&mut self, ty: &'a Type) -> bool {
        if let Some(known) = self.moves.get(ty) {
            return *known;
        }
        // A field that is carried over by a form of its own never goes as bytes.
        let carried = ty.builtin().is_some_and(Builtin::is_carried);
        let skips = carried || self.transients.within(ty).is_some() || self.is_unsettled(ty);
        let moves = !skips && self.prints.0.of(ty) == self.prints.1.of(ty);
        self.moves.insert(ty, moves);
        moves
    }

    fn is_unsettled(&self, ty: &Type) -> bool {
        let is = |ty: &Type| self.unsettled.contains(ty) || self.unmoved.contains(ty);
        !self.unsettled.is_empty() && mentions(ty, &is)
    }

    /// The function that makes values of one type from those of the other, which have not been through
    /// it yet.
    fn hook(&self, was: &Type, now: &Type) -> Option<&'a Hook> {
        let hook = self.now.hooks.get(now)?;
        let applied = self.was.hooks.get(was).is_some_and(|it| it.is_same(hook));
        (!applied).then_some(hook)
    }

    /// What becomes of a value of one type that is to be of another. `attributes` are those of the
    /// field that it is in.
    fn step(&mut self, path: &str, was: &'a Type, now: &Type, attributes: &[Attribute]) -> Step {
        let path = shown(path);
        deeper(|| self.step_at(&path, was, now, attributes))
    }

    fn step_at(&mut self, path: &str, was: &'a Type, now: &Type, attributes: &[Attribute]) -> Step {
        if was == now && self.moves(was) {
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
            // Not `T → Option<T>`, or the `Option` within would have to be taken apart.
            (Some(Box | RBox), Some(b))
                if is_optional(b) && was.args[0].builtin().is_some_and(is_optional) =>
            {
                let step = self.step(path, &was.args[0], now, attributes);
                self.changed(path, was, now, Rule::Wrapped);
                Step::Disclose(std::boxed::Box::new(step))
            }
            (Some(a), Some(Box | RBox))
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
            // What has no size of its own is no item that could be moved.
            _ if was == now && was.args.iter().any(Type::is_unsized) => {
                let help = self.cure(
                    "items that several owners share cannot be converted: keep an `Arc<Vec<T>>`, or \
                     write #[state(with = path::to::function)] on the field",
                );
                let (was, now) = (format!("`{was}`"), "of items that changed".to_owned());
                self.add(path.to_owned(), &was, &now, Rule::TypeChanged, help);
                Step::Move
            }
            _ if was.args.iter().chain(&now.args).any(Type::is_unsized) => {
                self.other(path, was, now)
            }
            (Some(a @ (Box | RBox)), Some(b @ (Box | RBox))) => {
                let step = self.inner(path, was, now, attributes, Step::Pointer);
                self.rebuilt(path, (was, a), (now, b));
                step
            }
            (_, Some(Box | RBox)) => {
                let step = self.step(path, was, &now.args[0], attributes);
                self.changed(path, was, now, Rule::Wrapped);
                Step::Enclose(std::boxed::Box::new(step))
            }
            (Some(Box | RBox), _) => {
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
                // There is nothing in it, whatever became of what it names.
                PhantomData if self.is_successor(&was.args[0], &now.args[0]) => {
                    if was != now {
                        self.changed(path, was, now, Rule::Renamed);
                    }
                    Step::Move
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

    fn changed(&mut self, path: &str, was: &Type, now: &Type, rule: Rule) {
        self.add(
            path.to_owned(),
            &was.to_string(),
            &now.to_string(),
            rule,
            "",
        );
    }

    /// Says where one constructor becomes another by itself.
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
        let help = self.cure(
            "write #[state(with = path::to::function)] on the field, with `fn(&Old) -> New` or \
             `fn(&Old) -> Result<New, E>`",
        );
        self.refuse(path, was, now, Rule::TypeChanged, help)
    }

    /// What hotmod cannot look into is the same, or refused.
    fn opaque(&mut self, path: &str, was: &Type, now: &Type) -> Step {
        let within = opaque::within((self.was, was), (self.now, now));
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

    /// What is written down by the one that made it.
    fn carried(&mut self, path: &str, was: &'a Type, now: &Type, attributes: &[Attribute]) -> Step {
        let by = |now: String| (path.to_owned(), was.to_string(), now);
        match (was.builtin(), now.builtin()) {
            (Some(Builtin::Serde), Some(Builtin::Serde)) => {
                let (path, was, now) = by("its serde form".to_owned());
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
    fn shared(
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
        self.inner(path, was, now, attributes, step)
    }

    fn collection(
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
            let at = format!("{path}{}", step_into(container, i));
            let before = self.differences.len();
            let step = self.step(&at, old, new, attributes);
            if keyed && i == 0 && !matches!(step, Step::Move | Step::Bytes) {
                if let Some(owner) = self.owner_in_keys(old) {
                    let now = format!("`{new}`, whose own code could keep an owner of it");
                    self.add(
                        at.clone(),
                        &format!("`{old}`, which holds `{owner}` of an item that changes"),
                        &now,
                        Rule::KeysChanged,
                        "keys are hashed and compared before it is known whether the state fits: \
                         keep the item itself in the key, or convert the container by a function \
                         with #[state(with = …)]",
                    );
                } else if attributes.contains(&Attribute::Rebuild) {
                    self.changed(&at, old, new, Rule::Rebuilt);
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
                        at.clone(),
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
            let at = format!("{path}.hasher");
            self.add(at, "a value", "made anew", Rule::MadeAnew, "");
        }
        Step::Collection(steps)
    }

    /// An owner of an item that is converted, in a type whose own code sees it: who hashes an
    /// `Arc<Key>` sees the key, and not its owner.
    fn owner_in_keys(&mut self, key: &'a Type) -> Option<String> {
        let was = self.was;
        let mut seen = BTreeSet::new();
        let mut left = vec![(key, false)];
        while let Some((ty, within)) = left.pop() {
            let owns = ty.builtin().is_some_and(Builtin::is_owner);
            if within && owns && !is_written(&ty.args[0]) && !self.moves(ty) {
                return Some(ty.to_string());
            }
            left.extend(ty.args.iter().map(|arg| (arg, within)));
            let Some(described) = was.types.get(ty).filter(|_| seen.insert(ty)) else {
                continue;
            };
            // What a function makes owns what it holds.
            let next = self.successor(ty);
            if next.is_none_or(|next| self.hook(ty, &next).is_none()) {
                left.extend(described.fields().map(|field| (&field.ty, true)));
            }
        }
        None
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

/// Whether owners of it are built anew of what it says, each for itself.
fn is_written(item: &Type) -> bool {
    use Builtin::*;
    matches!(item.builtin(), Some(Str | Path | OsStr | CStr))
}

/// The attributes for what lies within a field: `fill` is for the array that the field itself is.
fn without_fill(attributes: &[Attribute]) -> Vec<Attribute> {
    let others = attributes.iter().filter(|it| **it != Attribute::Fill);
    others.cloned().collect()
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

/// A type that can be reached from one and is such a type, as text.
fn first_of(description: &Description, ty: &Type, is: &impl Fn(&Type) -> bool) -> Option<String> {
    fn within<'t>(ty: &'t Type, is: &impl Fn(&Type) -> bool) -> Option<&'t Type> {
        match is(ty) {
            true => Some(ty),
            false => ty.args.iter().find_map(|arg| within(arg, is)),
        }
    }
    let graph = Graph::reached(description, ty);
    let fields = graph.types.iter().flat_map(|(_, it)| it.fields());
    let mut mentioned = [ty].into_iter().chain(fields.map(|field| &field.ty));
    let found = mentioned.find_map(|ty| within(ty, is));
    found.map(ToString::to_string)
}
