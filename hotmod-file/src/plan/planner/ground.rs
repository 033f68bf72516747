//! What all plans between two descriptions have in common.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use hotmod::describe::graph::Graph;
use hotmod::describe::{Description, Difference, Down, Hook, Type};

use super::names::TypeNames;
use super::past;
use crate::plan::known::Known;
use crate::plan::model::{Plan, Step, Way};

static NO_HOOKS: BTreeMap<Type, Hook> = BTreeMap::new();

/// The plan for a value, and what becomes of it.
type PlannedValue = (Arc<Plan>, Step);

/// What is planned for the values of one type, by what they become, each with how many steps that took.
type PlannedInto = BTreeMap<Type, (PlannedValue, usize)>;

/// What is known before the first step of a plan that leads from one description to another.
pub(in crate::plan) struct Ground<'a> {
    pub(super) way: Way,
    /// Whether it is for what a call passes, and not for state.
    pub(super) is_of_calls: bool,
    /// Whether the way on leads to an older version, which knows nothing of what newer functions made.
    pub(super) is_downgrade: bool,
    pub(in crate::plan) was: Arc<Known<'a>>,
    pub(in crate::plan) now: Arc<Known<'a>>,
    /// What has become of which type.
    pub(super) names: TypeNames<'a>,
    /// The migration functions of both: those that values have been through, or go through.
    pub(super) hooks: (&'a BTreeMap<Type, Hook>, &'a BTreeMap<Type, Hook>),
    /// The functions of `was` that take values down.
    pub(super) downs: &'a BTreeMap<String, Down>,
    /// Types whose values are not moved although they look the same: what the newer source says of their
    /// past has still to be done, or cannot be told.
    pub(super) unsettled: BTreeSet<Type>,
    /// Types that hold such values.
    pub(super) unmoved: BTreeSet<&'a Type>,
    /// Whether it remembers what was refused: many calls may lead to the same types, and each would find
    /// the same anew.
    pub(super) remembers: bool,
    /// The conversions that were refused, and what is told of each.
    refused: RefCell<BTreeMap<(Type, Type), Vec<Difference>>>,
    /// What was planned for values by themselves, by what they were and what they become.
    values: RefCell<BTreeMap<Type, PlannedInto>>,
    /// How many steps were planned for calls.
    steps: Cell<usize>,
}

impl<'a> Ground<'a> {
    /// For the states of `was`.
    pub(super) fn of_states(was: Arc<Known<'a>>, now: Arc<Known<'a>>, way: Way) -> Self {
        let hooks = (&was.description.hooks, &now.description.hooks);
        Ground::new(was, now, way, hooks, false)
    }

    /// For values that a call passes. A host does not say which of its values have been through a migration
    /// function, so no value is taken for one that has to go through it where both sides look the same.
    pub(in crate::plan) fn of_calls(was: Arc<Known<'a>>, now: Arc<Known<'a>>, way: Way) -> Self {
        Ground {
            remembers: true,
            ..Ground::new(was, now, way, (&NO_HOOKS, &NO_HOOKS), true)
        }
    }

    /// Why another plan could not convert values of the one type to the other, if it could not; and what shows which
    /// of the two sides is the newer one.
    pub(super) fn refused(&self, path: &str, was: &Type, now: &Type) -> Option<Vec<Difference>> {
        let all = self.refused.borrow();
        if all.is_empty() {
            return None;
        }
        let refused = all.get(&(was.clone(), now.clone()))?.iter();
        let refused = refused.map(|it| Difference {
            path: format!("{path}{}", it.path),
            ..it.clone()
        });
        Some(refused.collect())
    }

    /// Remembers the conversions that a plan had to refuse.
    pub(super) fn remember(&self, refused: Vec<(&Type, Type, Vec<Difference>)>) {
        let refused = refused
            .into_iter()
            .map(|(was, now, by)| ((was.clone(), now), by));
        self.refused.borrow_mut().extend(refused);
    }

    /// What is planned for a value by itself, made by `plan` if no other call asked for it.
    pub(super) fn value(
        &self,
        was: &Type,
        now: &Type,
        plan: impl FnOnce() -> PlannedValue,
    ) -> PlannedValue {
        let known = |all: &BTreeMap<Type, PlannedInto>| Some(all.get(was)?.get(now)?.clone());
        if let Some((known, steps)) = known(&self.values.borrow()) {
            // It is looked through for each call, and what is told of it is copied.
            self.count(steps);
            return known;
        }
        let before = self.planned();
        let planned = plan();
        let counted = (planned.clone(), self.planned() - before);
        let mut all = self.values.borrow_mut();
        let of_was = all.entry(was.clone()).or_default();
        of_was.insert(now.clone(), counted);
        planned
    }

    /// How many steps were planned for all calls so far.
    pub(in crate::plan) fn planned(&self) -> usize {
        self.steps.get()
    }

    /// Counts the steps of a plan.
    pub(super) fn count(&self, steps: usize) {
        self.steps.set(self.steps.get().saturating_add(steps));
    }

    /// `settling` are the functions that make values of types that look the same on both sides.
    fn new(
        was: Arc<Known<'a>>,
        now: Arc<Known<'a>>,
        way: Way,
        settling: (&BTreeMap<Type, Hook>, &BTreeMap<Type, Hook>),
        is_of_calls: bool,
    ) -> Self {
        let (old, new): (&'a Description, &'a Description) = (was.description, now.description);
        let is_downgrade = way == Way::On && past::is_older(new, old);
        let back = (settling.1, settling.0);
        let mut unsettled = match way {
            Way::On => past::unsettled((old, new), settling),
            Way::Back => past::unsettled((new, old), back),
        };
        if is_downgrade {
            unsettled.extend(past::unsettled((new, old), back));
        }
        if is_of_calls {
            unsettled.extend(past::untold(old, new));
        }
        let unmoved = match unsettled.is_empty() {
            true => BTreeSet::new(),
            false => Graph::new(&old.types).leading_to(|ty| unsettled.contains(ty)),
        };
        Ground {
            way,
            is_of_calls,
            is_downgrade,
            names: TypeNames::new(old, new, way),
            was,
            now,
            hooks: (&old.hooks, &new.hooks),
            downs: &old.downs,
            unsettled,
            unmoved,
            remembers: false,
            refused: RefCell::default(),
            values: RefCell::default(),
            steps: Cell::new(0),
        }
    }
}
