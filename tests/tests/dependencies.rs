//! Types and exports of crates that a module depends on are the module's.

use std::sync::LazyLock;

use hotmod_host::describe::Rule;
use hotmod_host::{Host, RefusalStage, UpdateOutcome, inspect};
use hotmod_tests::fixture::{BASE, Built, Family};

static CART: LazyLock<Built> = LazyLock::new(|| Family::new("dependent").build());
/// With a function that takes a type which only the other crate knows, and calls nothing of that crate.
static COUNTED: LazyLock<Built> = LazyLock::new(|| {
    let counted = [
        (
            "    wheels: [Wheel<u8>; 2],",
            "    #[state(with = count)]\n    wheels: u32,",
        ),
        (
            "#[hotmod::init]",
            "fn count(old: &[Wheel<u8>; 2]) -> u32 {\n    old.len() as u32\n}\n\n#[hotmod::init]",
        ),
        (
            "        wheels: [library::wheel(8), library::wheel(8)],",
            "        wheels: 4,",
        ),
    ];
    Family::new("dependent")
        .package("dependent-counted")
        .variant("counted", &counted)
        .build()
});
static LATER: LazyLock<Built> = LazyLock::new(|| {
    Family::new("dependent")
        .library(
            "later",
            &[(
                "        hub: Hub { bolts: 5 },",
                "        hub: Hub { bolts: 6 },",
            )],
        )
        .build()
});
static CHANGED: LazyLock<Built> = LazyLock::new(|| {
    Family::new("dependent")
        .library("changed", &[("    bolts: u32,", "    bolts: i32,")])
        .build()
});

#[test]
fn the_manifest_holds_what_other_crates_describe() {
    let inspected = inspect(CART.file(BASE)).unwrap_or_else(|refusal| panic!("{refusal}"));
    let types = inspected.manifest().types.keys();
    let types: Vec<_> = types.map(ToString::to_string).collect();
    assert_eq!(types, ["Cart", "Hub", "Wheel<u8>"]);
    let functions: Vec<_> = inspected.manifest().functions.keys().collect();
    assert_eq!(functions, ["bolts"]);
}

#[test]
fn an_export_of_another_crate_is_called() {
    let host = Host::builder().build().expect("a host");
    let module = host
        .load_untyped(CART.file(BASE))
        .unwrap_or_else(|refusal| panic!("{refusal}"));
    let bolts = module.function::<fn() -> u32>("bolts").expect("the export");
    assert_eq!(bolts.call().expect("a call"), 5);
    let update = module.update(LATER.file(BASE)).expect("a rebuilt crate");
    assert_eq!(update.outcome, UpdateOutcome::Published);
    assert_eq!(bolts.call().expect("a call"), 5);
}

#[test]
fn a_change_in_another_crate_is_refused() {
    let host = Host::builder().build().expect("a host");
    let module = host
        .load_untyped(CART.file(BASE))
        .unwrap_or_else(|refusal| panic!("{refusal}"));
    let refusal = module
        .update(CHANGED.file(BASE))
        .expect_err("another field");
    assert_eq!(refusal.stage(), RefusalStage::Compare);
    let found = refusal.differences().iter();
    let found: Vec<_> = found.map(|d| (d.rule, &*d.path)).collect();
    assert_eq!(found, [(Rule::Narrowed, "Cart.wheels[].hub.bolts")]);
}

#[test]
fn a_function_takes_what_only_another_crate_describes() {
    let inspected = inspect(COUNTED.file("counted")).unwrap_or_else(|refusal| panic!("{refusal}"));
    let types = inspected.manifest().types.keys();
    let types: Vec<_> = types.map(ToString::to_string).collect();
    assert_eq!(types, ["Cart", "Hub", "Wheel<u8>"]);
    let host = Host::builder().build().expect("a host");
    let module = host
        .load_untyped(COUNTED.file(BASE))
        .unwrap_or_else(|refusal| panic!("{refusal}"));
    let update = module.update(COUNTED.file("counted"));
    let update = update.unwrap_or_else(|refusal| panic!("{refusal}"));
    let found = update.differences.iter();
    let found: Vec<_> = found.map(|d| (d.rule, &*d.path)).collect();
    assert_eq!(found, [(Rule::Converted, "Cart.wheels")]);
}
