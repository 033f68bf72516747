//! What the derives do not say of a module.

use hotmod::describe::{Attribute, Hook, Name, Rule, Shape, Type};

use super::{Row, state, was_and_now};
use crate::plan::Plan;

pub(super) fn rows() -> Vec<Row> {
    use Rule::*;
    let mut compiler = row!(
        "the compiler",
        { names: Vec<String>, counts: Vec<u64>, flag: bool, clock: std::time::Instant }
            => { names: Vec<String>, counts: Vec<u64>, flag: bool, clock: std::time::Instant },
        [(ToolchainChanged, "World.clock")],
        "World.clock: was `Instant` as rustc 1 lays it out, now as rustc 2 does | help: an `Instant` \
             counts from where only its own compiler's library knows: build both with the same \
             compiler, keep a `Duration` or a `SystemTime`, or make it anew with \
             #[state(skip, init = Instant::now)]",
        "World: names ← names items(bytes), counts ← counts items(move), flag ← flag, clock ← clock"
    );
    "rustc 1".clone_into(&mut compiler.was.toolchain);
    "rustc 2".clone_into(&mut compiler.now.toolchain);

    let hook = || Hook {
        symbol: "hook".to_owned(),
        parallel: false,
    };
    let world = || Type::from(&<was_and_now::World as hotmod::Describe>::TYPE);
    let mut converted = row!(
        "the meaning, by a function",
        { a: u64 } => #[state(meaning = 1)] { a: u64 },
        [(Converted, "World")],
        "World: convert World → World by `hook`",
        "World: by the function"
    );
    converted.now.hooks.insert(world(), hook());
    let mut held = row!(
        "a type by a function, in what holds it twice",
        items {
            #[derive(StableState)]
            pub(super) struct P { a: u32 }
            #[derive(StableState)]
            pub(super) struct Q { p: P }
            #[derive(StableState)]
            pub(super) struct World { p: P, q: Q }
        } => {
            #[derive(StableState)]
            pub(super) struct P { a: u64 }
            #[derive(StableState)]
            pub(super) struct Q { p: P }
            #[derive(StableState)]
            pub(super) struct World { p: P, q: Q }
        },
        [(Converted, "World.p")],
        "World.p: convert P → P by `hook`",
        "World: p ← p P, q ← q Q\nP: by the function\nQ: p ← p P"
    );
    let part = Type {
        name: Name::Named("P".to_owned()),
        args: Vec::new(),
    };
    held.now.hooks.insert(part, hook());
    let mut unchanged = row!(
        "nothing, beside a function that has made the values before",
        { a: u64 } => { a: u64 },
        [],
        "",
        ""
    );
    unchanged.was.hooks.insert(world(), hook());
    unchanged.now.hooks.insert(world(), hook());
    let mut checked = row!(
        "a field more, in a state that is checked",
        { a: u64 } => { a: u64, #[state(default)] b: u64 },
        [(Defaulted, "World.b")],
        "World.b: default",
        "World: a ← a, b ← default"
    );
    checked.now.checks.insert(world(), hook());
    let mut unchecked = row!(
        "a field more, in a state that a check could change",
        { a: std::sync::Mutex<u64> } => { a: std::sync::Mutex<u64>, #[state(default)] b: u64 },
        [(Defaulted, "World.b"), (CheckImpossible, "World")],
        "World.b: default\n\
             World: was checked by a function marked #[hotmod::after_migrate], now a state that \
             holds `Mutex<u64>` | help: a check could change what still belongs to the old state: \
             remove the check, or keep the value outside of it",
        "World: a ← a, b ← default"
    );
    unchecked.now.checks.insert(world(), hook());

    let mut claimed = row!(
        "two fields that say they were the same, which no derive lets pass",
        { a: String } => { #[state(was = "a")] b: String, c: String },
        [(Renamed, "World.b"), (FieldAdded, "World.c")],
        "World.b: renamed from a\n\
         World.c: was absent, now String | help: existing state has no value for it; write \
         #[state(default)] or #[state(default = …)], or #[state(was = \"…\")] if it had another name",
        "World: b ← a, c ← default"
    );
    if let Some(Shape::Struct(fields)) = claimed.now.types.get_mut(&world()).map(|it| &mut it.shape)
    {
        fields[1].attributes.push(Attribute::Was("a".to_owned()));
    }
    vec![
        compiler, converted, held, unchanged, checked, unchecked, claimed,
    ]
}

/// Keys of a type of the module's own, which two compilers lay out otherwise, and nothing else tells apart.
fn keys() -> Row {
    let mut keys = row!(
        "the compiler, of keys",
        items {
            #[derive(StableState, PartialEq, Eq, PartialOrd, Ord, Hash)]
            pub(super) enum Key { Idle, Busy(u8), Named { of: Vec<String>, at: Option<Place> } }
            #[derive(StableState, PartialEq, Eq, PartialOrd, Ord, Hash)]
            pub(super) struct Place { name: String, row: [(u8, String); 2] }
            #[derive(StableState)]
            pub(super) struct World { a: BTreeSet<Key>, b: HashMap<Place, u8> }
        } => {
            #[derive(StableState, PartialEq, Eq, PartialOrd, Ord, Hash)]
            pub(super) enum Key { Idle, Busy(u8), Named { of: Vec<String>, at: Option<Place> } }
            #[derive(StableState, PartialEq, Eq, PartialOrd, Ord, Hash)]
            pub(super) struct Place { name: String, row: [(u8, String); 2] }
            #[derive(StableState)]
            pub(super) struct World { a: BTreeSet<Key>, b: HashMap<Place, u8> }
        },
        [],
        "",
        ""
    );
    "rustc 1".clone_into(&mut keys.was.toolchain);
    "rustc 2".clone_into(&mut keys.now.toolchain);
    keys
}

#[test]
fn keys_that_only_compilers_lay_out_otherwise_stay_apart() {
    let mut keys = keys();
    let refused = |plan: Plan| {
        let differences = plan.differences.into_iter();
        let refused = differences.filter(|it| it.rule.refuses());
        refused.collect::<Vec<_>>()
    };
    assert_eq!(refused(Plan::new(&keys.was, &keys.now)), []);
    assert_eq!(refused(Plan::back(&keys.now, &keys.was)), []);
    // A function may make one key of two.
    let place = Type {
        name: Name::Named("Place".to_owned()),
        args: Vec::new(),
    };
    let hook = Hook {
        symbol: "hook".to_owned(),
        parallel: false,
    };
    keys.now.hooks.insert(place, hook);
    let plan = Plan::new(&keys.was, &keys.now);
    let changed = plan.differences.iter();
    let changed = changed.filter(|it| it.rule == Rule::KeysChanged);
    let changed: Vec<_> = changed.map(|it| it.path.as_str()).collect();
    assert_eq!(changed, ["World.a[]", "World.b[key]"]);
}
