//! What a plan costs, path by path.

use super::{Plan, Row};
use crate::described::state;

fn every_kind() -> Row {
    row!(
        "one of each",
        items {
            #[derive(StableState)]
            pub(super) struct Player { name: String, gold: u32, parent: Option<Box<Player>> }
            #[derive(StableState)]
            pub(super) enum Mood { Calm, Busy { since: u32, why: String }, Gone(String) }
            #[derive(StableState)]
            pub(super) struct World {
                players: HashMap<u64, Player>,
                names: HashMap<u64, String>,
                best: Player,
                mood: Mood,
                pair: (u8, String),
                slots: [u8; 2],
                list: Vec<String>,
                lock: std::sync::Mutex<u8>,
                one: u8,
                result: Result<u8, String>,
                legacy: String,
                feet: u32,
                shared: std::sync::Arc<u32>,
            }
        } => {
            #[derive(StableState)]
            pub(super) struct Player { name: String, gold: u64, parent: Option<Box<Player>> }
            #[derive(StableState)]
            #[state(removed_variant(Gone => Calm))]
            pub(super) enum Mood { Busy { since: u64, why: String }, Calm }
            #[derive(StableState)]
            #[state(removed("legacy"))]
            pub(super) struct World {
                players: HashMap<u64, Player>,
                names: HashMap<u64, String>,
                best: Player,
                mood: Mood,
                pair: (u16, String),
                #[state(fill = 0)]
                slots: [u8; 4],
                list: VecDeque<String>,
                lock: std::sync::Mutex<u16>,
                one: Box<Option<u8>>,
                result: Result<u16, String>,
                #[state(with = metres)]
                feet: f64,
                shared: std::sync::Arc<u64>,
                season: Option<u8>,
                #[state(skip)]
                cache: Vec<u8>,
            }
            fn metres(feet: &u32) -> f64 { f64::from(*feet) * 0.3048 }
        },
        [],
        "",
        ""
    )
}

fn printed(plan: &Plan) -> String {
    let lines = plan.costs().iter();
    let lines = lines.map(|(path, cost)| format!("{:<9} {path}\n", cost.as_str()));
    lines.collect()
}

#[test]
fn each_path_has_its_cost() {
    let row = every_kind();
    assert_eq!(
        printed(&Plan::new(&row.was, &row.now)),
        "\
copied    World
rebuilt   World.players
moved     World.players[key]
copied    World.players[]
moved     World.players[].name
copied    World.players[].gold
copied    World.players[].parent
rebuilt   World.players[].parent?
moved     World.names
copied    World.best
copied    World.mood
copied    World.mood::Busy.since
moved     World.mood::Busy.why
dropped   World.mood::Gone.0
copied    World.pair
copied    World.pair.0
moved     World.pair.1
copied    World.slots
moved     World.slots[]
made      World.slots[2..4]
rebuilt   World.list
moved     World.list[]
copied    World.lock
rebuilt   World.one
copied    World.result
copied    World.result?
moved     World.result?err
converted World.feet
rebuilt   World.shared
made      World.season
made      World.cache
dropped   World.legacy
"
    );
}

#[test]
fn what_is_lost_on_the_way_back_is_dropped() {
    let row = every_kind();
    let back = Plan::back(&row.now, &row.was);
    let printed = printed(&back);
    let lines = ["World.season", "World.cache", "World.slots[2..4]"];
    for line in lines.map(|path| format!("dropped   {path}\n")) {
        assert!(printed.contains(&line), "{printed}");
    }
}

#[test]
fn what_did_not_change_is_moved() {
    let row = every_kind();
    let plan = Plan::new(&row.was, &row.was);
    assert_eq!(printed(&plan), "moved     World\n");
}
