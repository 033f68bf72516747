//! What to do with state: how a value of one description becomes a value of another.
//!
//! A plan is data, made from two descriptions without running or loading anything. Every
//! difference either has a rule that allows it, and then a step that carries it out, or is refused
//! with what to write to allow it. No value is ever zero-filled, truncated or guessed.
//!
//! Most rooms above import plans from here, and hosts and the command line through `lib.rs`. This room imports only
//! `contract`, `in_place`, `past` and `deep`, and never a room that reads files.

mod calls;
mod conditions;
mod cost;
mod known;
mod lent;
mod merged;
mod model;
mod numbers;
mod opaque;
mod planner;
mod plans;
mod preparation;
mod shared;
mod survival;

pub use calls::{CallCosts, CallPlan, Converted, Evolves, HOST_SIDE, MODULE_SIDE, Passed};
#[cfg(test)]
use hotmod::describe::Verdict;
use hotmod::describe::{Description, Difference};
pub use known::Examined;
pub use merged::{Merge, Merged};
pub use model::{
    Conversion, ConversionBody, Cost, FieldSteps, LazyStep, Plan, Source, Step, VariantStep, Way,
};
pub use plans::Plans;
pub use preparation::Preparation;
pub use survival::{Condition, Survival};

/// All that differs between the module that runs and a candidate to replace it: in what they
/// export, and in what becomes of their state.
pub fn differences(running: &Description, candidate: &Description) -> Vec<Difference> {
    Plans::between(running, candidate).differences()
}

#[cfg(test)]
mod tests;
