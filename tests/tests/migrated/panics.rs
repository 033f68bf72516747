//! A panic in the user's `Hash`, `Eq`, `Ord` or `Drop`, at any of their calls, is a failure like any other:
//! nothing is dropped twice or left behind, and the host goes on.

use std::sync::LazyLock;

use hotmod_host::{Host, Instance, Module, UpdateState};
use hotmod_tests::fixture::{BASE, Built, Edit, Family};
use hotmod_tests::interfaces::fickle::Fickle;

use super::{create, load, update};

const WIDER: Edit = ("    number: u32,\n    name", "    number: u64,\n    name");
/// What is dropped on commit, in every item.
const WITHOUT: &[Edit] = &[
    (
        "pub struct Item {\n    frail: Frail,",
        "#[state(removed(\"frail\"))]\npub struct Item {\n    #[state(default)]\n    other: u8,",
    ),
    ("frail: Frail::new(number), text", "other: 0, text"),
];
/// What is made for every item, and dropped if the state does not fit.
const MORE: &[Edit] = &[
    (
        "    frail: Frail,\n    text",
        "    frail: Frail,\n    #[state(default = Frail::new(999))]\n    more: Frail,\n    text",
    ),
    ("{ frail: Frail", "{ more: Frail::new(999), frail: Frail"),
    (
        "    // the last field",
        "    #[state(default = never())]\n    last: u8,",
    ),
    (
        "#[hotmod::init]",
        "fn never() -> u8 {\n    panic!(\"not this time\")\n}\n\n#[hotmod::init]",
    ),
];

static FICKLE: LazyLock<Built> = LazyLock::new(|| {
    Family::new("fickle")
        .variant("wider", &[WIDER])
        .variant("without", WITHOUT)
        .variant("more", MORE)
        .build()
});

fn filled(keys: u32) -> (Module<dyn Fickle>, Instance<dyn Fickle>, String) {
    let module = load::<dyn Fickle>(FICKLE.file(BASE));
    let mut all = create(&module, "");
    all.fill(keys).expect("a call");
    let shown = all.show().expect("a call");
    (module, all, shown)
}

fn call(module: &Module<dyn Fickle>, name: &str, left: i64) -> i64 {
    let function = module.function::<fn(i64) -> i64>(name);
    function.expect("the export").call(left).expect("a call")
}

fn live(module: &Module<dyn Fickle>) -> i64 {
    let function = module.function::<fn() -> i64>("live");
    function.expect("the export").call().expect("a call")
}

#[test]
fn each_call_of_hash_eq_and_ord_may_panic() {
    for keys in [1, 2, 9] {
        let (module, mut all, shown) = filled(keys);
        let made = live(&module);
        update(&module, FICKLE.file("wider"));
        // The module's hook keeps where the last panic was.
        call(&module, "calls", 0);
        all.migrate().expect_err("the first call panics");
        let memory = module.memory();
        for left in 0.. {
            call(&module, "calls", left);
            let migrated = all.migrate();
            call(&module, "calls", i64::MAX);
            let Err(error) = migrated else {
                assert!(left > i64::from(keys), "{left} calls");
                break;
            };
            assert_eq!(error.reason, "hashing or comparing it panicked", "{left}");
            assert_eq!(module.memory(), memory, "{left}: {error}");
            assert_eq!(all.show().expect("a call"), shown, "{left}: {error}");
        }
        assert_eq!(all.show().expect("a call"), shown);
        assert!(all.finds().expect("a call"));
        // A map that was built asks for `Hash` and `Eq` as any other does.
        assert!(all.change().expect("a call"));
        assert_eq!(all.show().expect("a call"), shown);
        assert!(all.finds().expect("a call"));
        drop(all);
        // Each version counts for itself.
        assert_eq!(made + live(&module), 0, "items are dropped, each once");
    }
}

#[test]
fn what_is_dropped_on_commit_may_panic() {
    let keys = 5;
    // One in each item, of five containers.
    for left in 0..5 * i64::from(keys) {
        let (module, mut all, shown) = filled(keys);
        // The old version's own code drops what it made.
        call(&module, "drops", left);
        update(&module, FICKLE.file("without"));
        let expected = without(&shown);
        all.migrate().expect("a drop refuses nothing");
        assert_eq!(all.show().expect("a call"), expected);
        assert!(all.finds().expect("a call"));
    }
}

#[test]
fn a_destructor_that_panics_on_commit_is_told() {
    for (left, times) in [(i64::MAX, 0), (3, 1)] {
        let host = Host::builder().build().expect("a host");
        let events = host.events();
        let module = host
            .load::<dyn Fickle>(FICKLE.file(BASE))
            .unwrap_or_else(|refusal| panic!("{refusal}"));
        let mut all = create(&module, "");
        all.fill(5).expect("a call");
        call(&module, "drops", left);
        update(&module, FICKLE.file("without"));
        all.migrate().expect("a drop refuses nothing");
        drop((all, module, host));
        let told: Vec<String> = events
            .filter(|event| event.state == UpdateState::DropPanicked)
            .map(|event| event.to_string())
            .collect();
        assert_eq!(told.len(), times, "{told:?}");
        for told in told {
            assert!(
                told.contains(
                    "destructor panicked: Keys: 1 destructor of what 1.0.0 leaves behind panicked"
                ),
                "{told}"
            );
        }
    }
}

/// The state with the change made to its text.
fn without(shown: &str) -> String {
    let mut pieces = shown.split("frail: Frail(");
    let mut all = pieces.next().expect("a first piece").to_owned();
    for piece in pieces {
        let (_, rest) = piece.split_once(')').expect("the end of a value");
        all += "other: 0";
        all += rest;
    }
    all
}

#[test]
fn what_is_dropped_when_a_state_does_not_fit_may_panic() {
    let (module, mut all, shown) = filled(4);
    update(&module, FICKLE.file("more"));
    for left in 0..12 {
        call(&module, "drops", left);
        let error = all.migrate().expect_err("the last field cannot be made");
        assert!(error.reason.ends_with("not this time"), "{error}");
        assert!(call(&module, "drops", i64::MAX) < 0, "one of them panicked");
        assert_eq!(live(&module), 0, "all were dropped, each once");
        assert_eq!(all.show().expect("a call"), shown);
    }
}
