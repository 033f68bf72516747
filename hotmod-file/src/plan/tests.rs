//! Each rule of migration, with and without the attribute that allows it, from real derives.

mod calls;
mod descriptions;
mod edits;
mod lent;
mod properties;
mod shown;
mod sizes;
mod transient;

use std::collections::HashSet;

use hotmod::describe::{Description, Rule};

use super::{Plan, Verdict};
use crate::described::state;

struct Row {
    edit: &'static str,
    was: Description,
    now: Description,
    /// The differences: by rule and path, and as they are printed, but each in one line.
    differences: Vec<(Rule, &'static str)>,
    printed: &'static str,
    /// The conversions, as [`shown`] writes them.
    plan: &'static str,
}

/// The fields of `World` before and after, or all items before and after.
macro_rules! row {
    (
        $edit:literal,
        items { $($was:item)* } => { $($now:item)* },
        $differences:expr, $printed:literal, $plan:literal
    ) => {{
        #[allow(dead_code, reason = "only the descriptions matter")]
        mod was {
            #[allow(unused_imports, reason = "only some rows use them")]
            use std::collections::*;
            use hotmod::StableState;
            $($was)*
        }
        #[allow(dead_code, reason = "only the descriptions matter")]
        mod now {
            #[allow(unused_imports, reason = "only some rows use them")]
            use std::collections::*;
            use hotmod::StableState;
            $($now)*
        }
        Row {
            edit: $edit,
            was: state::<was::World>(),
            now: state::<now::World>(),
            differences: $differences.into(),
            printed: $printed,
            plan: $plan,
        }
    }};
    (
        $edit:literal,
        { $($was:tt)* } => $(#[$attribute:meta])* { $($now:tt)* },
        $differences:expr, $printed:literal, $plan:literal
    ) => {
        row!(
            $edit,
            items {
                #[derive(StableState)]
                pub(super) struct World { $($was)* }
            } => {
                #[derive(StableState)]
                $(#[$attribute])*
                pub(super) struct World { $($now)* }
            },
            $differences, $printed, $plan
        )
    };
}

// After the macro, which they use too.
mod ages;
mod back;
mod cost;
mod enums;
mod forms;
mod modules;
mod opaque;
mod past;
mod preparation;
mod structs;
mod survival;
mod types;
mod values;

mod was_and_now {
    #[derive(hotmod::StableState)]
    #[allow(dead_code, reason = "only the name matters")]
    pub(super) struct World;
}

fn rows() -> Vec<Row> {
    [
        structs::rows(),
        values::rows(),
        types::rows(),
        opaque::rows(),
        past::rows(),
        enums::rows(),
        forms::rows(),
        modules::rows(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

#[test]
fn each_edit_has_its_rules_and_is_printed_so() {
    for row in rows() {
        let plan = Plan::new(&row.was, &row.now);
        let found: Vec<_> = (plan.differences.iter())
            .map(|difference| (difference.rule, difference.path.as_str()))
            .collect();
        assert_eq!(found, row.differences, "edited: {}", row.edit);
        let printed: Vec<_> = plan.differences.iter().map(ToString::to_string).collect();
        let printed = printed.join("\n").replace("\n  help: ", " | help: ");
        assert_eq!(printed, row.printed, "edited: {}", row.edit);
    }
}

#[test]
fn each_edit_is_carried_out_so() {
    for row in rows() {
        let plan = Plan::new(&row.was, &row.now);
        let shown = shown::plan(&plan, &row.was, &row.now);
        assert_eq!(shown, row.plan, "edited: {}", row.edit);
    }
}

#[test]
fn a_plan_refuses_if_one_of_its_rules_does() {
    for row in rows() {
        let rules = row.differences.iter().map(|(rule, _)| rule.verdict());
        let expected = rules.max().unwrap_or(Verdict::Adopt);
        let plan = Plan::new(&row.was, &row.now);
        assert_eq!(plan.verdict(), expected, "edited: {}", row.edit);
    }
}

#[test]
fn every_rule_of_a_plan_has_a_row() {
    let found: HashSet<Rule> = rows()
        .iter()
        .flat_map(|row| row.differences.iter().map(|(rule, _)| *rule))
        .collect();
    let of_attributes = [
        Rule::Narrowed,
        Rule::KeysChanged,
        Rule::ArrayChanged,
        Rule::Moved,
        Rule::Defaulted,
        Rule::Dropped,
        Rule::Lost,
        Rule::Renamed,
        Rule::Widened,
        Rule::Wrapped,
        Rule::Checked,
        Rule::Rebuilt,
        Rule::Filled,
        Rule::Converted,
        Rule::MadeAnew,
        Rule::VariantGained,
        Rule::VariantUnused,
        Rule::VariantReplaced,
        Rule::TypeChanged,
        Rule::ShapeChanged,
        Rule::FieldAdded,
        Rule::FieldRemoved,
        Rule::VariantRemoved,
        Rule::MeaningChanged,
        Rule::ToolchainChanged,
        Rule::CheckImpossible,
        Rule::Applied,
        Rule::Ambiguous,
    ];
    assert_eq!(found, of_attributes.into());
}

#[test]
fn every_refusal_of_a_plan_says_what_to_write() {
    for row in rows() {
        for difference in Plan::new(&row.was, &row.now).differences {
            if difference.rule.refuses() {
                assert!(!difference.help.is_empty(), "edited: {}", row.edit);
            }
        }
    }
}
