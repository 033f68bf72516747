//! From two descriptions to a plan: every rule of migration.

pub(super) mod by_form;
mod containers;
mod described;
mod down;
mod draft;
pub(super) mod families;
mod ground;
mod lazy;
mod names;
mod past;
mod reads;
mod steps;
mod values;

use std::sync::Arc;

use draft::{Planner, Unfinished};
pub(super) use ground::Ground;
use hotmod::describe::{Attribute, Difference, Rule, Type};

use super::conditions::conditions;
use super::cost;
use super::known::Known;
use super::model::{Conversion, ConversionBody, FieldSteps, Plan, Step, Way};
use super::preparation::Preparation;
use crate::deep::shown;

/// What was planned for values, rather than for states.
#[derive(Default)]
pub(super) struct Planned {
    /// What the steps refer to. The paths of its differences may begin at a value.
    pub(super) plan: Arc<Plan>,
    /// What becomes of each value.
    pub(super) steps: Vec<Step>,
    /// Every place that changes, by its whole path.
    pub(super) differences: Vec<Difference>,
}

/// The plan for values: each is given by its path, its former and its new type.
pub(super) fn values<'a>(
    ground: &'a Ground<'a>,
    values: &[(String, &'a Type, &'a Type)],
) -> Planned {
    // Many functions lead to the same types, and most pass one that changed.
    if let [(path, was, now)] = values {
        return value(ground, path, was, now);
    }
    let (plan, steps) = planned(ground, values);
    Planned {
        differences: plan.differences.clone(),
        plan: Arc::new(plan),
        steps,
    }
}

/// The plan for one value, made once for all paths that lead to such a one.
fn value<'a>(ground: &'a Ground<'a>, path: &str, was: &'a Type, now: &'a Type) -> Planned {
    let (plan, step) = ground.value(was, now, || {
        let (plan, mut steps) = planned(ground, &[(String::new(), was, now)]);
        (Arc::new(plan), steps.pop().unwrap_or(Step::Move))
    });
    let differences = plan.differences.iter().map(|difference| Difference {
        path: shown(&format!("{path}{}", difference.path)).into_owned(),
        ..difference.clone()
    });
    Planned {
        differences: differences.collect(),
        plan,
        steps: vec![step],
    }
}

fn planned<'a>(
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
    ground.count(planner.steps);
    (finished(planner, Vec::new(), false), steps)
}

/// The plan for the states of `was`.
pub(super) fn states<'a>(was: &Arc<Known<'a>>, now: &Arc<Known<'a>>, way: Way) -> Plan {
    let ground = Ground::of_states(was.clone(), now.clone(), way);
    let mut planner = Planner::new(&ground);
    let (was, now) = (planner.was, planner.now);
    let mut states = Vec::new();
    let mut checked = false;
    for state in was.states().filter(|state| was.is_taken_to(now, state)) {
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

fn finished(mut planner: Planner<'_>, states: Vec<(Type, Step)>, checked: bool) -> Plan {
    let (was, now) = (planner.was, planner.now);
    let values = std::mem::take(&mut planner.values).finish();
    let finish = |conversion: Unfinished<'_>| Conversion {
        was: conversion.was.clone(),
        now: conversion.now,
        body: conversion
            .body
            .unwrap_or(ConversionBody::Struct(FieldSteps::default())),
    };
    let conversions: Vec<Conversion> = planner.conversions.into_iter().map(finish).collect();
    let changed = states.iter().filter(|(_, step)| *step != Step::Move);
    let mut plan = Plan {
        preparations: changed
            .map(|(state, _)| (state.clone(), Preparation::of(was, state)))
            .collect(),
        costs: cost::costs((was, now), &conversions, &states),
        conversions,
        states,
        values,
        checked,
        differences: planner.differences,
        conditions: Vec::new(),
    };
    plan.conditions = conditions((was, now), &plan);
    plan
}
