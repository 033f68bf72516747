//! From two descriptions to a plan: every rule of migration.

mod containers;
mod described;
mod down;
mod draft;
pub(super) mod families;
mod ground;
mod names;
mod past;
mod reads;
mod steps;

use std::sync::Arc;

use super::cost;
use super::known::Known;
use super::model::{Conversion, ConversionBody, FieldSteps, Plan, Step, Way};
use super::plans::Plans;
use crate::describe::{Attribute, Description, Rule, Type};
use draft::{Planner, Unfinished};
pub(super) use ground::Ground;

impl Plan {
    /// The plan for the states of `was`, made to fit `now`.
    ///
    /// What `now` does not say how to convert, a function of `was` marked
    /// `#[hotmod::migrate(down)]` does, if it makes just what `now` has: so one version after the
    /// other can be gone back to by updates. Where `now` is of an older version, what functions of `was`
    /// made that `now` does not have is taken back by such a function, or by one of `now` that it has for
    /// it, or the plan is refused.
    pub fn new(was: &Description, now: &Description) -> Self {
        Plans::between(was, now).made(Way::On)
    }

    /// The plan for the states of `newer`, made to fit `older`, which knows nothing of it.
    ///
    /// It inverts what the attributes of the newer version say: what was renamed gets its old name
    /// back, what was widened is narrowed, what was put into an `Option` is taken out, a container
    /// that changed changes back. A value that does not fit, or a variant that the older version
    /// does not have, aborts the plan for that state, which stays as it is. What the newer version
    /// added has no place in the older one: it is dropped, and is among the
    /// [`losses`](Plan::losses). What the newer version removed gets what the older version's own
    /// `default`, `skip` or `Option` gives it.
    ///
    /// What a function of the newer version made, only a function of the newer version can take back,
    /// marked `#[hotmod::migrate(down)]`, whose form is just what the older version has. Functions of
    /// the older version are for its own past: values of the newer one may look the same, and be of
    /// another sense. Where there is none, the plan is refused; and so it is where the newer version has
    /// functions for the way down, and each makes another form.
    ///
    /// A state that was taken to `newer` by a [lossless](Plan::is_lossless) plan, and by a plan of
    /// this kind back, is what it was.
    pub fn back(newer: &Description, older: &Description) -> Self {
        Plans::between(older, newer).made(Way::Back)
    }
}

/// What becomes of values, rather than of states: for each, where it is, what it was and what it is to be.
pub(super) fn values<'a>(
    ground: &'a Ground<'a>,
    values: &[(String, &'a Type, &'a Type)],
) -> (Plan, Vec<Step>) {
    let mut planner = Planner::new(ground);
    let terms: &[Attribute] = match ground.way {
        Way::On => &[],
        Way::Back => &[Attribute::Checked, Attribute::Rebuild],
    };
    let steps = values
        .iter()
        .map(|(path, was, now)| planner.step(path, was, now, terms));
    let steps = steps.collect();
    ground.remember(std::mem::take(&mut planner.refused));
    (finished(planner, Vec::new(), false), steps)
}

/// The plan for the states of the first.
pub(super) fn states<'a>(was: &Arc<Known<'a>>, now: &Arc<Known<'a>>, way: Way) -> Plan {
    let ground = Ground::of_states(was.clone(), now.clone(), way);
    let mut planner = Planner::new(&ground);
    let (was, now) = (planner.was, planner.now);
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
    finished(planner, states, checked)
}

fn finished(planner: Planner<'_>, states: Vec<(Type, Step)>, checked: bool) -> Plan {
    let (was, now) = (planner.was, planner.now);
    let finish = |conversion: Unfinished<'_>| Conversion {
        was: conversion.was.clone(),
        now: conversion.now,
        body: conversion
            .body
            .unwrap_or(ConversionBody::Struct(FieldSteps::default())),
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
