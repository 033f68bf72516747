//! Data so deep that going down in it by function calls would overflow the stack.

use std::sync::LazyLock;

use hotmod_tests::fixture::{BASE, Built, Family};
use hotmod_tests::interfaces::chain::Chain;

use super::{create, load, update};

const LINKS: u32 = 100_000;

static CHAIN: LazyLock<Built> = LazyLock::new(|| {
    let retyped = |to: &'static str, payload: &'static str| {
        [
            (
                "pub struct Boxed {\n    value: u32,",
                match to {
                    "u64" => "pub struct Boxed {\n    value: u64,",
                    _ => "pub struct Boxed {\n    #[state(checked)]\n    value: i32,",
                },
            ),
            (
                "pub struct Listed {\n    value: u32,",
                match to {
                    "u64" => "pub struct Listed {\n    value: u64,",
                    _ => "pub struct Listed {\n    #[state(checked)]\n    value: i32,",
                },
            ),
            ("    Link(u32, Box<Between>),", payload),
            (
                "measured(boxed.map(|link| u64::from(link.value)))",
                "measured(boxed.map(|link| link.value as u64))",
            ),
            (
                "measured(listed.map(|link| u64::from(link.value)))",
                "measured(listed.map(|link| link.value as u64))",
            ),
            ("Some(u64::from(*value))", "Some(*value as u64)"),
        ]
    };
    Family::new("chain")
        .variant("wider", &retyped("u64", "    Link(u64, Box<Between>),"))
        .variant(
            "checked",
            &retyped("i32", "    Link(#[state(checked)] i32, Box<Between>),"),
        )
        .build()
});

/// What is measured of one way.
fn measure(last: u32) -> (u64, u64, bool) {
    let sum = (1..u64::from(LINKS)).sum::<u64>() + u64::from(last);
    (LINKS.into(), sum, true)
}

#[test]
fn a_hundred_thousand_levels_are_migrated() {
    let module = load::<dyn Chain>(CHAIN.file(BASE));
    let mut chain = create(&module, "");
    chain.grow(LINKS, 0).expect("a call");
    let measured = chain.measure().expect("a call");
    assert_eq!(measured, [measure(0); 3]);
    update(&module, CHAIN.file("wider"));
    chain.migrate().expect("every value fits");
    assert_eq!(chain.measure().expect("a call"), measured);
}

#[test]
fn a_hundred_thousand_levels_are_abandoned_for_the_last() {
    let module = load::<dyn Chain>(CHAIN.file(BASE));
    let mut chain = create(&module, "");
    chain.grow(LINKS, u32::MAX).expect("a call");
    let measured = chain.measure().expect("a call");
    update(&module, CHAIN.file("checked"));
    let memory = module.memory();
    let error = chain.migrate().expect_err("the last value does not fit");
    assert_eq!(module.memory(), memory);
    assert_eq!(error.reason, "4294967295 does not fit");
    assert!(
        error.path.ends_with(".next?.value"),
        "the path ends otherwise"
    );
    assert_eq!(error.path.matches(".next?").count() + 1, LINKS as usize);
    assert_eq!(chain.measure().expect("a call"), measured);
    chain.grow(LINKS, 0).expect("a call");
    chain.migrate().expect("every value fits");
    assert_eq!(chain.measure().expect("a call"), [measure(0); 3]);
}
