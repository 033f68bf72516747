//! What live values must be for their state to survive.

use hotmod::describe::Rule;

use super::{Plan, Row, rows};
use crate::described::state;
use crate::plan::Survival;

fn every_kind() -> Row {
    row!(
        "one of each",
        items {
            #[derive(StableState)]
            pub(super) struct Player { gold: u32, kids: Vec<Player> }
            #[derive(StableState)]
            pub(super) enum Mood { Calm, Busy { since: u64 }, Gone(String) }
            #[derive(StableState, PartialEq, Eq, Hash, PartialOrd, Ord)]
            pub(super) struct Key { x: u8, y: u8 }
            #[derive(StableState)]
            pub(super) struct World {
                players: HashMap<u64, Player>,
                best: Player,
                mood: Mood,
                pair: (i64, f64),
                name: Option<String>,
                at: std::net::IpAddr,
                places: HashMap<Key, u8>,
                numbers: BTreeSet<u8>,
                heap: BinaryHeap<u8>,
                span: std::ops::RangeInclusive<u8>,
                shared: std::sync::Arc<u32>,
                feet: u32,
                wide: u32,
                gone: u8,
            }
        } => {
            #[derive(StableState)]
            pub(super) struct Player { #[state(checked)] gold: u16, kids: Vec<Player> }
            #[derive(StableState)]
            pub(super) enum Mood { Calm, Busy { #[state(checked)] since: u8 } }
            #[derive(StableState, PartialEq, Eq, Hash, PartialOrd, Ord)]
            #[state(removed("y"))]
            pub(super) struct Key { x: u8 }
            #[derive(StableState)]
            #[state(removed("gone"))]
            pub(super) struct World {
                players: HashMap<u64, Player>,
                best: Player,
                mood: Mood,
                #[state(checked)]
                pair: (i8, f32),
                #[state(checked)]
                name: String,
                #[state(checked)]
                at: std::net::Ipv4Addr,
                #[state(rebuild)]
                places: HashMap<Key, u8>,
                #[state(rebuild)]
                numbers: BTreeSet<u16>,
                #[state(rebuild)]
                heap: BinaryHeap<u16>,
                span: std::ops::RangeInclusive<Option<u8>>,
                shared: std::sync::Arc<u64>,
                #[state(with = metres)]
                feet: f64,
                wide: u64,
                #[state(default)]
                new: u8,
            }
            fn metres(feet: &u32) -> f64 { f64::from(*feet) * 0.3048 }
        },
        [],
        "",
        ""
    )
}

fn printed(plan: &Plan) -> String {
    let lines = plan.conditions().iter();
    lines
        .map(|it| format!("{}: {}\n", it.path, it.must))
        .collect()
}

#[test]
fn each_value_that_may_stand_in_the_way_has_its_condition() {
    let row = every_kind();
    let plan = Plan::new(&row.was, &row.now);
    assert_eq!(
        printed(&plan),
        "\
World.players[].gold: must fit `u16`: 0 to 65535
World.mood::Busy.since: must fit `u8`: 0 to 255
World.mood::Gone: must not be in use
World.pair.0: must fit `i8`: -128 to 127
World.pair.1: must fit `f32`
World.name: must not be `None`
World.at: must be a value of `Ipv4Addr`
World.places[key]: must stay apart: no two may become the same
World.span: must not be a range that was iterated to its end
World.shared: must have no owner outside of the state
World.feet: must be accepted by the function `metres`
"
    );
    let Survival::Conditional(conditions) = plan.survival() else {
        panic!("{:?}", plan.survival());
    };
    assert_eq!(conditions, plan.conditions());
    // Nothing of it matters to a state that stays what it is.
    assert_eq!(Plan::new(&row.was, &row.was).survival(), Survival::Always);
}

#[test]
fn what_was_widened_must_fit_on_the_way_back() {
    let row = every_kind();
    let back = printed(&Plan::back(&row.now, &row.was));
    for condition in [
        "World.wide: must fit `u32`: 0 to 4294967295\n",
        "World.numbers[]: must fit `u8`: 0 to 255\n",
    ] {
        assert!(back.contains(condition), "no {condition} in\n{back}");
    }
}

/// The rules that let a value stand in the way, and those that never do.
#[test]
fn each_edit_survives_for_sure_or_says_what_must_hold() {
    let mut survivals = [0; 3];
    for row in rows() {
        let plan = Plan::new(&row.was, &row.now);
        let may_fail = plan.differences.iter().any(|it| {
            matches!(
                it.rule,
                Rule::Checked | Rule::VariantUnused | Rule::Converted
            )
        });
        match plan.survival() {
            Survival::Never => survivals[0] += 1,
            Survival::Conditional(conditions) => {
                assert!(!conditions.is_empty(), "edited: {}", row.edit);
                survivals[1] += 1;
            }
            Survival::Always => {
                assert!(!may_fail, "edited: {}: {:#?}", row.edit, plan.differences);
                survivals[2] += 1;
            }
        }
        for it in &plan.differences {
            if matches!(it.rule, Rule::Checked | Rule::VariantUnused)
                && plan.survival() != Survival::Never
            {
                let has = plan.conditions().iter().any(|known| known.path == it.path);
                assert!(has, "edited: {}: no condition at {}", row.edit, it.path);
            }
        }
    }
    assert!(survivals.iter().all(|it| *it > 5), "{survivals:?}");
}
