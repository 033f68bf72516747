//! What a plan has found so far of the values of `Lazy`s.

use std::collections::{BTreeMap, BTreeSet};

use hotmod::describe::{Attribute, Type};

use crate::plan::model::{LazyStep, Step};

/// The values of `Lazy`s that a plan leads to.
#[derive(Default)]
pub(super) struct PlannedValues<'a> {
    /// The older types that hold a `Lazy`, in a field or in a type that a field leads to. Found when first asked for.
    pub(super) holders: Option<BTreeSet<&'a Type>>,
    /// The holders that are handed over and were looked into.
    pub(super) looked_into: BTreeSet<(&'a Type, Type)>,
    /// What values of a type become, and the step, once it is planned.
    pub(super) steps: BTreeMap<&'a Type, (Type, Option<Step>)>,
    /// The attributes by which a value was planned for.
    pub(super) planned: BTreeSet<(&'a Type, Vec<Attribute>)>,
}

impl PlannedValues<'_> {
    /// For each type of values, what becomes of them.
    pub(super) fn finish(self) -> Vec<LazyStep> {
        let steps = self.steps.into_iter();
        let steps = steps.map(|(was, (now, step))| LazyStep {
            was: was.clone(),
            now,
            step: step.unwrap_or(Step::Move),
        });
        steps.collect()
    }
}
