//! Types inside of types.

use hotmod::describe::Rule;

use super::{Row, state};

#[allow(clippy::too_many_lines, reason = "a table")]
pub(super) fn rows() -> Vec<Row> {
    use Rule::*;
    vec![
        row!(
            "a nested type, in what holds it twice",
            items {
                #[derive(StableState)]
                pub(super) struct P { a: u32 }
                #[derive(StableState)]
                pub(super) struct Q { p: P, b: u8 }
                #[derive(StableState)]
                pub(super) struct World { p: P, q: Q }
            } => {
                #[derive(StableState)]
                pub(super) struct P { a: u64 }
                #[derive(StableState)]
                pub(super) struct Q { p: P, b: u8 }
                #[derive(StableState)]
                pub(super) struct World { p: P, q: Q }
            },
            [(Widened, "World.p.a")],
            "World.p.a: widen u32 → u64",
            "World: p ← p P, q ← q Q\nP: a ← a number\nQ: p ← p P, b ← b"
        ),
        row!(
            "what pointers to slices hold",
            items {
                #[derive(StableState)]
                pub(super) struct P { a: u32 }
                #[derive(StableState)]
                pub(super) struct World {
                    p: std::sync::Arc<[P]>,
                    q: std::rc::Rc<[P]>,
                    named: std::marker::PhantomData<[P]>,
                    boxed: Box<[P]>,
                    text: Box<Box<str>>,
                    shared: std::sync::Arc<[P]>,
                }
            } => {
                #[derive(StableState)]
                pub(super) struct P { a: u64 }
                #[derive(StableState)]
                pub(super) struct World {
                    p: std::sync::Arc<[P]>,
                    q: std::rc::Rc<[P]>,
                    named: std::marker::PhantomData<[P]>,
                    boxed: Box<Box<[P]>>,
                    text: Box<str>,
                    shared: std::sync::Arc<[u64]>,
                }
            },
            [
                (Widened, "World.p[].a"),
                (Wrapped, "World.boxed"),
                (Wrapped, "World.text"),
                (TypeChanged, "World.shared")
            ],
            "World.p[].a: widen u32 → u64\n\
             World.boxed: wrap Box<[P]> → Box<Box<[P]>>\n\
             World.text: wrap Box<Box<str>> → Box<str>\n\
             World.shared: was Arc<[P]>, now Arc<[u64]>, and Arc<[P]> elsewhere | help: an item that \
             both own could not be both: let it become the same everywhere, or convert one of them by \
             a function with #[state(with = …)]",
            "World: p ← p shared(P), q ← q shared(P), named ← named, boxed ← boxed Box(items(P)), \
             text ← text unbox(move), shared ← shared\nP: a ← a number"
        ),
        row!(
            "one of two types that hold each other",
            items {
                #[derive(StableState)]
                pub(super) struct Ping { pong: Option<Box<Pong>>, count: u32 }
                #[derive(StableState)]
                pub(super) struct Pong { ping: Vec<Ping> }
                #[derive(StableState)]
                pub(super) struct Both { ping: Ping, pong: Pong }
                #[derive(StableState)]
                pub(super) struct World { both: Vec<Both>, pong: Pong }
            } => {
                #[derive(StableState)]
                pub(super) struct Ping { pong: Option<Box<Pong>>, count: u64 }
                #[derive(StableState)]
                pub(super) struct Pong { ping: Vec<Ping> }
                #[derive(StableState)]
                pub(super) struct Both { ping: Ping, pong: Pong }
                #[derive(StableState)]
                pub(super) struct World { both: Vec<Both>, pong: Pong }
            },
            [(Widened, "World.both[].ping.count")],
            "World.both[].ping.count: widen u32 → u64",
            "World: both ← both items(Both), pong ← pong Pong\nBoth: ping ← ping Ping, pong ← pong Pong\n\
             Ping: pong ← pong variants(0, 1 0 ← 0 inside(Pong)), count ← count number\n\
             Pong: ping ← ping items(Ping)"
        ),
        row!(
            "the order in one of two types that hold each other",
            items {
                #[derive(StableState)]
                pub(super) struct Ping { pong: Option<Box<Pong>>, count: u32 }
                #[derive(StableState)]
                pub(super) struct Pong { ping: Vec<Ping> }
                #[derive(StableState)]
                pub(super) struct World { ping: Ping, pong: Pong }
            } => {
                #[derive(StableState)]
                pub(super) struct Ping { count: u32, pong: Option<Box<Pong>> }
                #[derive(StableState)]
                pub(super) struct Pong { ping: Vec<Ping> }
                #[derive(StableState)]
                pub(super) struct World { ping: Ping, pong: Pong }
            },
            [(Moved, "World.ping")],
            "World.ping: fields moved",
            "World: ping ← ping Ping, pong ← pong Pong\n\
             Ping: count ← count, pong ← pong variants(0, 1 0 ← 0 inside(Pong))\n\
             Pong: ping ← ping items(Ping)"
        ),
        row!(
            "the parts of a key",
            items {
                #[derive(StableState, PartialEq, Eq, PartialOrd, Ord)]
                pub(super) struct Key { n: u32 }
                #[derive(StableState)]
                pub(super) struct World { a: BTreeSet<Key>, b: BTreeMap<Key, u8> }
            } => {
                #[derive(StableState, PartialEq, Eq, PartialOrd, Ord)]
                pub(super) struct Key { n: u64 }
                #[derive(StableState)]
                pub(super) struct World { a: BTreeSet<Key>, b: BTreeMap<Key, u8> }
            },
            [
                (Widened, "World.a[].n"),
                (KeysChanged, "World.a[]"),
                (KeysChanged, "World.b[key]")
            ],
            "World.a[].n: widen u32 → u64\n\
             World.a[]: was Key, now Key, of which World.a[].n changed | help: two keys could become \
             one; write #[state(rebuild)] to abort if that happens\n\
             World.b[key]: was Key, now Key, which changed as said before | help: two keys could \
             become one; write #[state(rebuild)] to abort if that happens",
            "World: a ← a items(Key), b ← b items(Key, move)\nKey: n ← n number"
        ),
        row!(
            "a nested type",
            items {
                #[derive(StableState)]
                pub(super) struct Player { gold: u32 }
                #[derive(StableState)]
                pub(super) struct World { seed: u64, players: HashMap<u64, Player>, best: Player }
            } => {
                #[derive(StableState)]
                pub(super) struct Player { gold: u64, #[state(default)] name: String }
                #[derive(StableState)]
                pub(super) struct World { seed: u64, players: HashMap<u64, Player>, best: Player }
            },
            [
                (Widened, "World.players[].gold"),
                (Defaulted, "World.players[].name")
            ],
            "World.players[].gold: widen u32 → u64\nWorld.players[].name: default",
            "World: seed ← seed, players ← players items(move, Player), best ← best Player\n\
        Player: gold ← gold number, name ← default"
        ),
        row!(
            "a nested type, without a value",
            items {
                #[derive(StableState)]
                pub(super) struct Player { gold: u32 }
                #[derive(StableState)]
                pub(super) struct World { players: Vec<Player> }
            } => {
                #[derive(StableState)]
                pub(super) struct Player { gold: u32, name: String }
                #[derive(StableState)]
                pub(super) struct World { players: Vec<Player> }
            },
            [(FieldAdded, "World.players[].name")],
            "World.players[].name: was absent, now String | help: existing state has no value for it; write #[state(default)] or #[state(default = …)], or \
             #[state(was = \"…\")] if it had another name",
            "World: players ← players items(Player)\nPlayer: gold ← gold, name ← default"
        ),
        row!(
            "a type that contains itself",
            items {
                #[derive(StableState)]
                pub(super) struct World { kids: Vec<World>, value: u32 }
            } => {
                #[derive(StableState)]
                pub(super) struct World { kids: Vec<World>, value: u64 }
            },
            [(Widened, "World.value")],
            "World.value: widen u32 → u64",
            "World: kids ← kids items(World), value ← value number"
        ),
        row!(
            "the meaning of a nested type, converted",
            items {
                #[derive(StableState)]
                pub(super) struct World { length: f64 }
            } => {
                #[derive(StableState)]
                pub(super) struct Metres(f64);
                #[derive(StableState)]
                pub(super) struct World {
                    #[state(with = from_feet)]
                    length: Metres,
                }
                fn from_feet(feet: &f64) -> Metres { Metres(feet * 0.3048) }
            },
            [(Converted, "World.length")],
            "World.length: convert f64 → Metres by `from_feet`",
            "World: length ← function of length"
        ),
        row!(
            "a nested type's name",
            items {
                #[derive(StableState)]
                pub(super) struct Player(u32);
                #[derive(StableState)]
                pub(super) struct World { best: Player }
            } => {
                #[derive(StableState)]
                pub(super) struct Hero(u32);
                #[derive(StableState)]
                pub(super) struct World { best: Hero }
            },
            [(TypeChanged, "World.best")],
            "World.best: was Player, now Hero | help: write #[state(with = path::to::function)] on the field, with `fn(&Old) -> New` or \
             `fn(&Old) -> Result<New, E>`",
            "World: best ← best"
        ),
        row!(
            "a nested type's name that says what it was",
            items {
                #[derive(StableState)]
                pub(super) struct Player(u32);
                #[derive(StableState)]
                pub(super) struct World { best: Player }
            } => {
                #[derive(StableState)]
                #[state(was = "Player")]
                pub(super) struct Hero(u32);
                #[derive(StableState)]
                pub(super) struct World { best: Hero }
            },
            [(Renamed, "World.best")],
            "World.best: renamed from Player",
            "World: best ← best Hero\nHero: 0 ← 0"
        ),
        row!(
            "the state's name",
            items {
                #[derive(StableState)]
                pub(super) struct World { a: u64 }
            } => {
                #[derive(StableState)]
                #[state(id = "Globe")]
                pub(super) struct World { a: u64 }
            },
            [(TypeChanged, "World")],
            "World: was the type of live state, now absent | help: keep the type; if it has another name now, write #[state(was = \"…\")] on it",
            ""
        ),
        row!(
            "the state's name that says what it was",
            items {
                #[derive(StableState)]
                pub(super) struct World { a: u64 }
            } => {
                #[derive(StableState)]
                #[state(id = "Globe", was = "World")]
                pub(super) struct World { a: u64 }
            },
            [(Renamed, "World")],
            "World: renamed from World",
            "Globe: a ← a"
        ),
        row!(
            "a struct where there was an enum",
            items {
                #[derive(StableState)]
                pub(super) enum World { A }
            } => {
                #[derive(StableState)]
                pub(super) struct World { a: u64 }
            },
            [(ShapeChanged, "World")],
            "World: was an enum, now a struct | help: give the new type another id and convert the fields that hold it by functions with \
             #[state(with = …)]",
            "World:"
        ),
        row!(
            "an enum where there was a struct",
            items {
                #[derive(StableState)]
                pub(super) struct World { a: u64 }
            } => {
                #[derive(StableState)]
                pub(super) enum World { A }
            },
            [(ShapeChanged, "World")],
            "World: was a struct, now an enum | help: give the new type another id and convert the fields that hold it by functions with \
             #[state(with = …)]",
            "World:"
        ),
    ]
}
