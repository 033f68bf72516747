//! What has been done already: functions and names that are left in place.

use hotmod::Describe;
use hotmod::describe::{Hook, Rule};

use super::{Row, state, was_and_now};
use crate::plan::{Plan, Verdict};

fn cents(dollars: &u64) -> u64 {
    dollars * 100
}

fn mills(cents: &u64) -> u64 {
    cents * 10
}

fn exact(count: &u32) -> u64 {
    u64::from(*count) * 100
}

fn wide(count: &u32) -> u64 {
    u64::from(*count)
}

fn world() -> hotmod::describe::Type {
    hotmod::describe::Type::from(&<was_and_now::World as Describe>::TYPE)
}

#[allow(clippy::too_many_lines, reason = "a table")]
#[allow(
    clippy::undocumented_unsafe_blocks,
    reason = "a row says what is compared; nothing of it is ever moved between images"
)]
pub(super) fn rows() -> Vec<Row> {
    use Rule::*;
    let hook = |symbol: &str| Hook {
        symbol: symbol.to_owned(),
        parallel: false,
    };
    let mut left = row!(
        "a field more, beside a function that both have",
        { a: u64 } => { a: u64, #[state(default)] b: u8 },
        [(Applied, "World"), (Defaulted, "World.b")],
        "World: the function `hook` is not applied again, since the running version has it too\n\
         World.b: default",
        "World: a ← a, b ← default"
    );
    let mut refused = row!(
        "a field more that has no value, beside a function that both have",
        { a: u64 } => { a: u64, b: u8 },
        [(Applied, "World"), (FieldAdded, "World.b")],
        "World: the function `hook` is not applied again, since the running version has it too | help: it \
         is applied once: where the running version's values are to be converted too, write another \
         function under another name\n\
         World.b: was absent, now u8 | help: existing state has no value for it; write \
         #[state(default)] or #[state(default = …)], or #[state(was = \"…\")] if it had another name",
        "World: a ← a, b ← default"
    );
    let mut another = row!(
        "a field more, by another function than the one before",
        { a: u64 } => { a: u64, b: u8 },
        [(Converted, "World")],
        "World: convert World → World by `another`",
        "World: by the function"
    );
    for row in [&mut left, &mut refused] {
        row.was.hooks.insert(world(), hook("hook"));
        row.now.hooks.insert(world(), hook("hook"));
    }
    another.was.hooks.insert(world(), hook("hook"));
    another.now.hooks.insert(world(), hook("another"));
    let mut fresh = row!(
        "a function for a type that is laid out as before",
        { a: u64 } => { a: u64 },
        [(Converted, "World")],
        "World: convert World → World by `hook`",
        "World: by the function"
    );
    fresh.now.hooks.insert(world(), hook("hook"));
    let mut within = row!(
        "a function for a type that is laid out as before, within a list",
        items {
            #[derive(StableState)]
            pub(super) struct World { p: Vec<Option<P>> }
            #[derive(StableState)]
            pub(super) struct P { a: u64 }
        } => {
            #[derive(StableState)]
            pub(super) struct World { p: Vec<Option<P>> }
            #[derive(StableState)]
            pub(super) struct P { a: u64 }
        },
        [(Converted, "World.p[]?")],
        "World.p[]?: convert P → P by `hook`",
        "World: p ← p items(variants(0, 1 0 ← 0 P))\nP: by the function"
    );
    let p = within.now.types.keys().find(|ty| ty.to_string() == "P");
    let p = p.expect("it is described").clone();
    within.now.hooks.insert(p, hook("hook"));
    let mut foreign = row!(
        "a function for a type that is laid out as before, within a foreign type",
        items {
            #[derive(StableState)]
            pub(super) struct World { #[state(unsafe(opaque))] p: std::iter::Once<P> }
            #[derive(StableState)]
            pub(super) struct P { a: u64 }
        } => {
            #[derive(StableState)]
            pub(super) struct World { #[state(unsafe(opaque))] p: std::iter::Once<P> }
            #[derive(StableState)]
            pub(super) struct P { a: u64 }
        },
        [(TypeChanged, "World.p")],
        "World.p: was the opaque `std::iter::Once<P>`, now one in which `P` is another, or is to be \
         converted | help: hotmod cannot look into the foreign type around it: write a function marked \
         #[hotmod::migrate] for the type that holds the field, which reads the old value as a type that \
         derives `OldState`, or keep what changes out of it",
        "World: p ← p"
    );
    let p = foreign.now.types.keys().find(|ty| ty.to_string() == "P");
    let p = p.expect("it is described").clone();
    foreign.now.hooks.insert(p, hook("hook"));
    vec![
        fresh,
        within,
        foreign,
        row!(
            "a function from what the field is no more",
            { a: u64 } => { #[state(with = super::exact)] a: u64 },
            [(TypeChanged, "World.a")],
            "World.a: was `u64`, now a function from `&u32` | help: let the function named by `with` take \
             a reference to what the field is in the running version, or remove `with` where its values \
             need no conversion any more",
            "World: a ← function of a"
        ),
        row!(
            "another function from what the field is no more",
            { #[state(with = super::exact)] a: u64 } => { #[state(with = super::super::past::wide)] a: u64 },
            [(TypeChanged, "World.a")],
            "World.a: was `u64`, now a function from `&u32` | help: let the function named by `with` take \
             a reference to what the field is in the running version, or remove `with` where its values \
             need no conversion any more",
            "World: a ← function of a"
        ),
        row!(
            "nothing, beside a function from what the field was",
            { #[state(with = super::exact)] a: u64 } => { #[state(with = super::super::past::exact)] a: u64 },
            [],
            "",
            ""
        ),
        row!(
            "a field more, beside a function from what the field was",
            { #[state(with = super::exact)] a: u64 }
                => { #[state(with = super::exact)] a: u64, #[state(default)] b: u8 },
            [(Applied, "World.a"), (Defaulted, "World.b")],
            "World.a: the function `super::exact` is not applied again, since the running version \
             has it too\n\
             World.b: default",
            "World: a ← a, b ← default"
        ),
        row!(
            "a function whose path is spelled in another way",
            { #[state(with = super::cents)] a: u64 }
                => { #[state(with = super::super::past::cents)] a: u64 },
            [(Ambiguous, "World.a")],
            "World.a: was made by `super::cents`, now said to be made by `super::super::past::cents` | \
             help: they may be one function, which must not be applied twice: write `with = super::cents` \
             where it is the same, and give it another name where it is not",
            "World: a ← a"
        ),
        left,
        refused,
        another,
        row!(
            "a function that makes a field of the same type",
            { a: u64 } => { #[state(with = super::cents)] a: u64 },
            [(Converted, "World.a")],
            "World.a: convert u64 → u64 by `super::cents`",
            "World: a ← function of a"
        ),
        row!(
            "nothing, beside a function that has made the field",
            { #[state(with = super::cents)] a: u64 }
                => { #[state(with = super::cents)] a: u64 },
            [],
            "",
            ""
        ),
        row!(
            "a field more, beside a function that has made the first",
            { #[state(with = super::cents)] a: u64 }
                => { #[state(with = super::cents)] a: u64, #[state(default)] b: u8 },
            [(Applied, "World.a"), (Defaulted, "World.b")],
            "World.a: the function `super::cents` is not applied again, since the running version \
             has it too\n\
             World.b: default",
            "World: a ← a, b ← default"
        ),
        row!(
            "another function for the same field",
            { #[state(with = super::cents)] a: u64 }
                => { #[state(with = super::mills)] a: u64 },
            [(Converted, "World.a")],
            "World.a: convert u64 → u64 by `super::mills`",
            "World: a ← function of a"
        ),
        row!(
            "a function that makes a field of the same type, within a list",
            items {
                #[derive(StableState)]
                pub(super) struct P { a: u64 }
                #[derive(StableState)]
                pub(super) struct World { p: Vec<Option<P>> }
            } => {
                #[derive(StableState)]
                pub(super) struct P { #[state(with = super::cents)] a: u64 }
                #[derive(StableState)]
                pub(super) struct World { p: Vec<Option<P>> }
            },
            [(Converted, "World.p[]?.a")],
            "World.p[]?.a: convert u64 → u64 by `super::cents`",
            "World: p ← p items(variants(0, 1 0 ← 0 P))\nP: a ← function of a"
        ),
        row!(
            "two fields renamed both ways",
            { a: u64, b: u64 } => { #[state(was = "b")] a: u64, #[state(was = "a")] b: u64 },
            [(Ambiguous, "World.a"), (Ambiguous, "World.b")],
            "World.a: was `a`, beside `b`, now said to have been `b` | help: the running version \
             has both, so nothing tells which has become `a`: remove `was = \"b\"`, or rename one after \
             the other, in two updates\n\
             World.b: was `b`, beside `a`, now said to have been `a` | help: the running version \
             has both, so nothing tells which has become `b`: remove `was = \"a\"`, or rename one after \
             the other, in two updates",
            "World: a ← a, b ← b"
        ),
        row!(
            "nothing, beside names that were left in place",
            { #[state(was = "b")] a: u64, #[state(default)] b: u64 }
                => { #[state(was = "b")] a: u64, #[state(default)] b: u64 },
            [],
            "",
            ""
        ),
        row!(
            "a name that is there, of a field that is said to be gone",
            { a: u64 } => #[state(removed("a"))] { a: u64 },
            [(Ambiguous, "World.a")],
            "World.a: was `a`, now said to be gone | help: `removed(\"a\")` says that it is \
             gone, and it is there: remove the attribute to carry it over, or give what is new another \
             name",
            "World: a ← a"
        ),
        row!(
            "a field less in one variant, which another has still",
            items {
                #[derive(StableState)]
                pub(super) enum World { A { x: u8 }, B { x: u8 } }
            } => {
                #[derive(StableState)]
                #[state(removed("x"))]
                pub(super) enum World { A {}, B { x: u8 } }
            },
            [(Dropped, "World::A.x")],
            "World::A.x: removed, dropped",
            "World: A → A dropped x, B → B x ← x"
        ),
        row!(
            "two variants renamed both ways",
            items {
                #[derive(StableState)]
                pub(super) enum World { A, B }
            } => {
                #[derive(StableState)]
                pub(super) enum World { #[state(was = "B")] A, #[state(was = "A")] B }
            },
            [(Ambiguous, "World::A"), (Ambiguous, "World::B")],
            "World::A: was `A`, beside `B`, now said to have been `B` | help: the running version \
             has both, so nothing tells which has become `A`: remove `was = \"B\"`, or rename one after \
             the other, in two updates\n\
             World::B: was `B`, beside `A`, now said to have been `A` | help: the running version \
             has both, so nothing tells which has become `B`: remove `was = \"A\"`, or rename one after \
             the other, in two updates",
            "World: A → A, B → B"
        ),
        row!(
            "two types renamed both ways",
            items {
                #[derive(StableState)]
                pub(super) struct P { a: u64 }
                #[derive(StableState)]
                pub(super) struct Q { a: u64 }
                #[derive(StableState)]
                pub(super) struct World { p: P, q: Q }
            } => {
                #[derive(StableState)]
                #[state(was = "Q")]
                pub(super) struct P { a: u64 }
                #[derive(StableState)]
                #[state(was = "P")]
                pub(super) struct Q { a: u64 }
                #[derive(StableState)]
                pub(super) struct World { p: P, q: Q }
            },
            [(Ambiguous, "World.p"), (Ambiguous, "World.q")],
            "World.p: was `P`, beside `Q`, now said to have been `Q` | help: the running version \
             has both, so nothing tells which has become `P`: remove `was = \"Q\"`, or rename one after \
             the other, in two updates\n\
             World.q: was `Q`, beside `P`, now said to have been `P` | help: the running version \
             has both, so nothing tells which has become `Q`: remove `was = \"P\"`, or rename one after \
             the other, in two updates",
            "World: p ← p P, q ← q Q\nP: a ← a\nQ: a ← a"
        ),
    ]
}

mod first {
    #[derive(hotmod::StableState)]
    #[allow(dead_code, reason = "only the description matters")]
    pub(super) struct World {
        gold: u64,
    }
}

mod second {
    #[derive(hotmod::StableState)]
    #[allow(dead_code, reason = "only the description matters")]
    pub(super) struct World {
        #[state(with = super::cents)]
        gold: u64,
    }
}

mod third {
    #[derive(hotmod::StableState)]
    #[allow(dead_code, reason = "only the description matters")]
    pub(super) struct World {
        #[state(with = super::cents)]
        gold: u64,
        #[state(default)]
        silver: u64,
    }
}

/// The rules lead back where both versions have the function; nothing does where only one has it.
#[test]
fn what_was_applied_is_taken_back_by_no_version_without_it() {
    let [first, second, third] = [
        state::<first::World>(),
        state::<second::World>(),
        state::<third::World>(),
    ];
    let verdict = |plan: Plan| Verdict::of(&plan.differences);
    assert_eq!(verdict(Plan::new(&first, &third)), Verdict::Migrate);
    assert_eq!(verdict(Plan::back(&third, &second)), Verdict::Migrate);
    assert_eq!(verdict(Plan::back(&second, &first)), Verdict::Refuse);
    assert_eq!(verdict(Plan::back(&third, &first)), Verdict::Refuse);
}
