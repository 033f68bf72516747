//! Each rule the other way round: from the newer version back to the older one, which says nothing
//! of it.

use std::collections::BTreeMap;

use hotmod::describe::{Hook, Rule, Type, Verdict};

use super::{Plan, Row, rows, shown};
use crate::described::state;

/// The rows show the plan back.
#[allow(clippy::too_many_lines, reason = "a table")]
fn inverted() -> Vec<Row> {
    use Rule::*;
    vec![
        row!(
            "nothing",
            { a: u32, b: Vec<String> } => { a: u32, b: Vec<String> },
            [],
            "",
            ""
        ),
        row!(
            "another order",
            { a: u8, b: u64 } => { b: u64, a: u8 },
            [(Moved, "World")],
            "World: fields moved",
            "World: a ← a, b ← b"
        ),
        row!(
            "a field more",
            { a: u64 } => { #[state(default)] b: String, a: u64 },
            [(Lost, "World.b")],
            "World.b: lost",
            "World: a ← a, dropped b"
        ),
        row!(
            "a transient more",
            { a: u64 } => { a: u64, #[state(skip)] b: Vec<u8> },
            [(Moved, "World")],
            "World: fields moved",
            "World: a ← a, dropped b"
        ),
        row!(
            "a field less, which had to be given",
            { a: u64, b: String } => #[state(removed("b"))] { a: u64 },
            [(FieldAdded, "World.b")],
            "World.b: was absent, now String | help: the newer version removed it, and the older \
             one has no value for it: to go back, update to a build of the older one with \
             #[state(default)] or #[state(default = …)] on the field",
            "World: a ← a, b ← default"
        ),
        row!(
            "fields less, which have values of their own",
            { a: u64, #[state(default = 7)] b: u8, c: Option<u8>, #[state(skip)] d: Vec<u8> }
                => #[state(removed("b", "c"))] { a: u64 },
            [(Defaulted, "World.b"), (Defaulted, "World.c"), (MadeAnew, "World.d")],
            "World.b: default\nWorld.c: default\nWorld.d: made anew",
            "World: a ← a, b ← default, c ← None, d ← anew"
        ),
        row!(
            "another name",
            { a: u64 } => { #[state(was = "z", was = "a")] b: u64 },
            [(Renamed, "World.a")],
            "World.a: renamed from b",
            "World: a ← b"
        ),
        row!(
            "another name, and a new field under the old one",
            { a: String } => { #[state(default)] a: String, #[state(was = "a")] b: String },
            [(Renamed, "World.a"), (Lost, "World.a")],
            "World.a: renamed from b\nWorld.a: lost",
            "World: a ← b, dropped a"
        ),
        row!(
            "two names that change places over a third",
            { a: u8, b: u8 } => { #[state(was = "b")] c: u8, a: u8 },
            [(Renamed, "World.b")],
            "World.b: renamed from c",
            "World: a ← a, b ← c"
        ),
        row!(
            "the transient that was kept",
            { a: u64, b: Vec<u8> } => { a: u64, #[state(skip)] b: Vec<u8> },
            [(FieldAdded, "World.b")],
            "World.b: was absent, now Vec<u8> | help: the newer version removed it, and the older \
             one has no value for it: to go back, update to a build of the older one with \
             #[state(default)] or #[state(default = …)] on the field",
            "World: a ← a, b ← default, dropped b"
        ),
        row!(
            "the transient that is kept now",
            { a: u64, #[state(skip)] b: u32 } => { a: u64, #[state(default)] b: u32 },
            [(MadeAnew, "World.b"), (Lost, "World.b")],
            "World.b: made anew\nWorld.b: lost",
            "World: a ← a, b ← anew, dropped b"
        ),
        row!(
            "numbers, wider and narrower",
            { a: u32, b: i8, c: u64, d: f32 } => { a: u64, b: i128, #[state(checked)] c: u8, d: f64 },
            [
                (Checked, "World.a"),
                (Checked, "World.b"),
                (Widened, "World.c"),
                (Checked, "World.d")
            ],
            "World.a: checked u64 → u32\nWorld.b: checked i128 → i8\nWorld.c: widen u8 → u64\n\
             World.d: checked f64 → f32",
            "World: a ← a number that fits, b ← b number that fits, c ← c number, d ← d number that \
             fits"
        ),
        row!(
            "`Option` and `Box`, put around and taken away",
            { a: u32, b: Box<u8>, c: u8, d: Option<u8>, e: Box<Option<u8>>, f: Option<u8> }
                => {
                    a: Option<u32>,
                    b: u8,
                    c: Box<u8>,
                    #[state(checked)] d: u8,
                    e: Option<u8>,
                    f: Box<Option<u8>>,
                },
            [
                (Checked, "World.a"),
                (Wrapped, "World.b"),
                (Wrapped, "World.c"),
                (Wrapped, "World.d"),
                (Wrapped, "World.e"),
                (Wrapped, "World.f")
            ],
            "World.a: checked Option<u32> → u32\nWorld.b: wrap u8 → Box<u8>\n\
             World.c: wrap Box<u8> → u8\nWorld.d: wrap u8 → Option<u8>\n\
             World.e: wrap Option<u8> → Box<Option<u8>>\n\
             World.f: wrap Box<Option<u8>> → Option<u8>",
            "World: a ← a unwrap(move), b ← b Box(move), c ← c unbox(move), d ← d Some(move), \
             e ← e Box(move), f ← f unbox(move)"
        ),
        row!(
            "containers and their keys",
            { a: Vec<u8>, b: HashMap<u32, u8>, c: BTreeSet<u8> }
                => {
                    a: VecDeque<u8>,
                    #[state(rebuild)] b: BTreeMap<u64, u8>,
                    #[state(rebuild)] c: HashSet<u16>,
                },
            [
                (Rebuilt, "World.a"),
                (Checked, "World.b[key]"),
                (Rebuilt, "World.b[key]"),
                (Rebuilt, "World.b"),
                (Checked, "World.c[]"),
                (Rebuilt, "World.c[]"),
                (Rebuilt, "World.c")
            ],
            "World.a: rebuild VecDeque<u8> → Vec<u8>\nWorld.b[key]: checked u64 → u32\n\
             World.b[key]: rebuild u64 → u32\n\
             World.b: rebuild BTreeMap<u64, u8> → HashMap<u32, u8>\n\
             World.c[]: checked u16 → u8\nWorld.c[]: rebuild u16 → u8\n\
             World.c: rebuild HashSet<u16> → BTreeSet<u8>",
            "World: a ← a items(move), b ← b items(number that fits, move), \
             c ← c items(number that fits)"
        ),
        row!(
            "an array that grew",
            { a: [u32; 2], b: [Vec<u8>; 1] }
                => { #[state(fill = 0)] a: [u64; 5], #[state(fill = Vec::new())] b: [Vec<u8>; 3] },
            [
                (Checked, "World.a[]"),
                (Lost, "World.a[2..5]"),
                (Lost, "World.b[1..3]")
            ],
            "World.a[]: checked u64 → u32\nWorld.a[2..5]: lost\nWorld.b[1..3]: lost",
            "World: a ← a array(number that fits), b ← b array(move)"
        ),
        row!(
            "what has many owners, which were of two types",
            { a: std::sync::Arc<u32>, b: std::sync::Arc<u16> }
                => { a: std::sync::Arc<u64>, b: std::sync::Arc<u64> },
            [(Checked, "World.a"), (TypeChanged, "World.b")],
            "World.a: checked u64 → u32\n\
             World.b: was Arc<u64>, now Arc<u16>, and Arc<u32> elsewhere | help: an item that both \
             own could not be both: let it become the same everywhere, or convert one of them by a \
             function with #[state(with = …)]",
            "World: a ← a shared(number that fits), b ← b"
        ),
        row!(
            "a nested type's name, and the state's",
            items {
                #[derive(StableState)]
                pub(super) struct Player(u32);
                #[derive(StableState)]
                pub(super) struct World { best: Player, all: Vec<Player> }
            } => {
                #[derive(StableState)]
                #[state(was = "Player")]
                pub(super) struct Hero(u64);
                #[derive(StableState)]
                #[state(id = "Globe", was = "World")]
                pub(super) struct World { best: Hero, all: Vec<Hero> }
            },
            [(Renamed, "Globe"), (Renamed, "Globe.best"), (Checked, "Globe.best.0")],
            "Globe: renamed from Globe\nGlobe.best: renamed from Hero\n\
             Globe.best.0: checked u64 → u32",
            "World: best ← best Player, all ← all items(Player)\nPlayer: 0 ← 0 number that fits"
        ),
        row!(
            "two types that became one",
            items {
                #[derive(StableState)]
                pub(super) struct A(u32);
                #[derive(StableState)]
                pub(super) struct B(u32);
                #[derive(StableState)]
                pub(super) struct World { a: A, b: B }
            } => {
                #[derive(StableState)]
                #[state(was = "A")]
                pub(super) struct B(u32);
                #[derive(StableState)]
                pub(super) struct World { a: B, b: B }
            },
            [(Renamed, "World.a")],
            "World.a: renamed from B",
            "World: a ← a A, b ← b\nA: 0 ← 0"
        ),
        row!(
            "variants: one more, one less, one renamed, another order",
            items {
                #[derive(StableState)]
                pub(super) enum World { A(u8), B, C { x: u8 } }
            } => {
                #[derive(StableState)]
                pub(super) enum World { D(String), #[state(was = "C")] E { x: u16 }, A(u8) }
            },
            [
                (VariantUnused, "World::D"),
                (Renamed, "World::C"),
                (Checked, "World::C.x"),
                (VariantGained, "World::B")
            ],
            "World::D: removed, must not be in use | help: the newer version added it: let go of \
             such values before going back\n\
             World::C: renamed from E\nWorld::C.x: checked u16 → u8\nWorld::B: new variant",
            "World: D must not be, E → C x ← x number that fits, A → A 0 ← 0"
        ),
        row!(
            "a variant less that became another",
            items {
                #[derive(StableState)]
                pub(super) enum World { A, B(String) }
            } => {
                #[derive(StableState)]
                #[state(removed_variant(B => A))]
                pub(super) enum World { A }
            },
            [(VariantGained, "World::B")],
            "World::B: new variant",
            "World: A → A"
        ),
        row!(
            "fields of a variant",
            items {
                #[derive(StableState)]
                pub(super) enum World { A { x: u8, #[state(default)] y: u8 } }
            } => {
                #[derive(StableState)]
                #[state(removed("y"))]
                pub(super) enum World { A { #[state(default)] z: String, x: u8 } }
            },
            [(Defaulted, "World::A.y"), (Lost, "World::A.z")],
            "World::A.y: default\nWorld::A.z: lost",
            "World: A → A x ← x, y ← default, dropped z"
        ),
        row!(
            "a field that a function made",
            items {
                #[derive(StableState)]
                pub(super) struct World { length: f64 }
            } => {
                #[derive(StableState)]
                pub(super) struct World { #[state(with = text)] length: String }
                fn text(length: &f64) -> String { length.to_string() }
            },
            [(TypeChanged, "World.length")],
            "World.length: was `String`, made by a function from `&f64`, now `f64`, without a \
             function that takes it back | help: only you know the way back: write a function marked \
             #[hotmod::migrate(down)] in the newer version, for the type that holds the field, or \
             update to a build of the older one with #[state(with = path::to::function)] on the \
             field, with `fn(&String) -> f64`",
            "World: length ← function of length"
        ),
        row!(
            "a field that a function made anew of the same type",
            items {
                #[derive(StableState)]
                pub(super) struct World { a: u8, length: f64 }
            } => {
                #[derive(StableState)]
                pub(super) struct World {
                    #[state(with = metres)]
                    length: f64,
                    a: u8,
                }
                fn metres(feet: &f64) -> f64 { feet * 0.3048 }
            },
            [(TypeChanged, "World.length")],
            "World.length: was `f64`, made by a function from `&f64`, now `f64`, without a function \
             that takes it back | help: only you know the way back: write a function marked \
             #[hotmod::migrate(down)] in the newer version, for the type that holds the field, or \
             update to a build of the older one with #[state(with = path::to::function)] on the \
             field, with `fn(&f64) -> f64`",
            "World: a ← a, length ← function of length"
        ),
        row!(
            "a field that a function made, where the older version has one for its own past",
            items {
                #[derive(StableState)]
                pub(super) struct World { #[state(with = code)] mark: u32 }
                fn code(mark: &char) -> u32 { u32::from(*mark) }
            } => {
                #[derive(StableState)]
                pub(super) struct World { #[state(with = mark)] mark: char }
                fn mark(code: &u32) -> Result<char, std::char::CharTryFromError> {
                    char::try_from(*code)
                }
            },
            [(TypeChanged, "World.mark")],
            "World.mark: was `char`, made by a function from `&u32`, now `u32`, without a function \
             that takes it back | help: only you know the way back: write a function marked \
             #[hotmod::migrate(down)] in the newer version, for the type that holds the field, or \
             update to a build of the older one with #[state(with = path::to::function)] on the \
             field, with `fn(&char) -> u32`",
            "World: mark ← function of mark"
        ),
        row!(
            "the meaning",
            { a: u64 } => #[state(meaning = 1)] { a: u64 },
            [(MeaningChanged, "World")],
            "World: was `World`, made by a function or of another sense, now without a function \
             that takes it back | help: only you know the way back: write a function marked \
             #[hotmod::migrate(down)] in the newer version, or update to a build of the older one \
             with a function marked #[hotmod::migrate] that makes its value from the newer one",
            "World: a ← a"
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
            "World: was a struct, now an enum | help: the newer version does not say how to go \
             back: update to a build of the older one whose attributes take this state on, as for \
             any update",
            "World:"
        ),
        row!(
            "a type that nothing becomes by itself",
            { a: u8 } => { a: String },
            [(TypeChanged, "World.a")],
            "World.a: was String, now u8 | help: the newer version does not say how to go back: \
             update to a build of the older one whose attributes take this state on, as for any \
             update",
            "World: a ← a"
        ),
        row!(
            "a state more",
            items {
                #[derive(StableState)]
                #[state(id = "Other")]
                pub(super) struct World;
            } => {
                #[derive(StableState)]
                pub(super) struct World;
            },
            [(TypeChanged, "World")],
            "World: was the type of live state, now absent | help: the newer version does not say \
             how to go back: update to a build of the older one whose attributes take this state \
             on, as for any update",
            ""
        ),
    ]
}

fn hooks() -> Vec<Row> {
    let hook = || Hook {
        symbol: "hook".to_owned(),
        parallel: false,
    };
    let world = || Type::from(&<super::was_and_now::World as hotmod::Describe>::TYPE);
    let mut made = row!(
        "what a function made",
        { a: u64 } => { a: u64, #[state(default)] b: u8 },
        [(Rule::MeaningChanged, "World"), (Rule::Lost, "World.b")],
        "World: was `World`, made by a function or of another sense, now without a function that \
         takes it back | help: only you know the way back: write a function marked \
         #[hotmod::migrate(down)] in the newer version, or update to a build of the older one with \
         a function marked #[hotmod::migrate] that makes its value from the newer one\n\
         World.b: lost",
        "World: a ← a, dropped b"
    );
    made.now.hooks.insert(world(), hook());
    let mut made_again = row!(
        "what a function made, where the older version has one for its own past",
        { a: u64 } => #[state(meaning = 3)] { a: u64 },
        [(Rule::MeaningChanged, "World")],
        "World: was `World`, made by a function or of another sense, now without a function that \
         takes it back | help: only you know the way back: write a function marked \
         #[hotmod::migrate(down)] in the newer version, or update to a build of the older one with \
         a function marked #[hotmod::migrate] that makes its value from the newer one",
        "World: a ← a"
    );
    made_again.now.hooks.insert(world(), hook());
    let symbol = "another".to_owned();
    made_again.was.hooks.insert(
        world(),
        Hook {
            symbol,
            parallel: false,
        },
    );
    let mut untouched = row!(
        "what no function made, though the older version has one for its own past",
        { a: u64 } => { a: u64, #[state(default)] b: u8 },
        [(Rule::Lost, "World.b")],
        "World.b: lost",
        "World: a ← a, dropped b"
    );
    untouched.was.hooks.insert(world(), hook());
    vec![made, made_again, untouched]
}

#[test]
fn each_edit_is_taken_back_so() {
    for row in inverted().into_iter().chain(hooks()) {
        let plan = Plan::back(&row.now, &row.was);
        let printed: Vec<_> = plan.differences.iter().map(ToString::to_string).collect();
        let printed = printed.join("\n").replace("\n  help: ", " | help: ");
        assert_eq!(printed, row.printed, "edited: {}", row.edit);
        let found: Vec<_> = (plan.differences.iter())
            .map(|difference| (difference.rule, difference.path.as_str()))
            .collect();
        assert_eq!(found, row.differences, "edited: {}", row.edit);
        let shown = shown::plan(&plan, &row.now, &row.was);
        assert_eq!(shown, row.plan, "edited: {}", row.edit);
    }
}

#[test]
fn a_plan_back_names_what_it_loses() {
    for row in inverted() {
        let plan = Plan::back(&row.now, &row.was);
        let lost: Vec<_> = plan.losses().map(|it| it.path.as_str()).collect();
        let expected = row
            .differences
            .iter()
            .filter(|(rule, _)| *rule == Rule::Lost);
        let expected: Vec<_> = expected.map(|(_, path)| *path).collect();
        assert_eq!(lost, expected, "edited: {}", row.edit);
        if plan.is_lossless() {
            assert_eq!(
                (lost.len(), plan.verdict().max(Verdict::Migrate)),
                (0, Verdict::Migrate)
            );
        }
    }
}

/// Whether the value comes back that was there before the update.
#[test]
fn an_update_is_lossless_if_nothing_is_dropped_replaced_or_left_to_a_function() {
    let found: BTreeMap<&str, bool> = inverted()
        .into_iter()
        .map(|row| (row.edit, Plan::new(&row.was, &row.now).is_lossless()))
        .collect();
    let not = found
        .iter()
        .filter(|(_, lossless)| !**lossless)
        .map(|(edit, _)| *edit);
    assert_eq!(
        not.collect::<Vec<_>>(),
        [
            "a field less, which had to be given",
            "a field that a function made",
            "a field that a function made anew of the same type",
            "a field that a function made, where the older version has one for its own past",
            "a state more",
            "a struct where there was an enum",
            "a type that nothing becomes by itself",
            "a variant less that became another",
            "fields less, which have values of their own",
            "fields of a variant",
            "the meaning",
            "the transient that is kept now",
            "the transient that was kept",
        ]
    );
}

/// An update without a loss can be taken back, except where shared items of two types became one type.
#[test]
fn what_is_updated_without_a_loss_can_be_taken_back() {
    for row in rows().into_iter().chain(inverted()) {
        let on = Plan::new(&row.was, &row.now);
        let back = Plan::back(&row.now, &row.was);
        if on.is_lossless() {
            let two_types = row.edit == "what has many owners, which were of two types";
            assert_eq!(
                back.verdict() == Verdict::Refuse,
                two_types,
                "edited: {}: {:#?}",
                row.edit,
                back.differences
            );
        }
    }
}
