//! Functions that are left in place: each is applied once, however many versions have it.

use hotmod_tests::interfaces::counter::Counter;

use super::*;

/// Cents, which the first version counted in hundreds.
const CENTS: Edit = (
    "const CODE",
    "fn cents(count: &u64) -> u64 {\n    count * 100\n}\n\nconst CODE",
);
const WITH: Edit = (
    "    count: u64,\n    texts",
    "    #[state(with = cents)]\n    count: u64,\n    texts",
);
/// The same, and a field more.
const WITH_MORE: Edit = (
    "    count: u64,\n    texts",
    "    #[state(with = cents)]\n    count: u64,\n    #[state(default)]\n    more: u8,\n    texts",
);
/// Another function, of the same body.
const AGAIN: Edit = (
    "const CODE",
    "fn again(count: &u64) -> u64 {\n    count * 100\n}\n\nconst CODE",
);
const WITH_AGAIN: Edit = (
    "    count: u64,\n    texts",
    "    #[state(with = again)]\n    count: u64,\n    texts",
);
const NO_MORE: Edit = ("count: 0,", "count: 0,\n        more: 0,");
const HOOK: Edit = (
    "const CODE",
    "#[hotmod::migrate]\nfn counted(old: &hotmod::Old<'_>) -> Result<Count, hotmod::OldError> {\n    \
     let texts = old.get::<Vec<String>>(\"texts\")?.clone();\n    \
     Ok(Count { count: old.get::<u64>(\"count\")? * 100, more: 0, texts })\n}\n\nconst CODE",
);
const HOOK_LATER: Edit = (
    "const CODE",
    "#[hotmod::migrate]\nfn counted(old: &hotmod::Old<'_>) -> Result<Count, hotmod::OldError> {\n    \
     let texts = old.get::<Vec<String>>(\"texts\")?.clone();\n    \
     Ok(Count { count: old.get::<u64>(\"count\")? * 100, more: 0, later: 0, texts })\n}\n\nconst CODE",
);
const MORE: Edit = (
    "    count: u64,\n    texts",
    "    count: u64,\n    more: u8,\n    texts",
);
const LATER: Edit = (
    "    count: u64,\n    texts",
    "    count: u64,\n    more: u8,\n    #[state(default)]\n    later: u8,\n    texts",
);
const NO_LATER: Edit = (
    "count: 0,",
    "count: 0,\n        more: 0,\n        later: 0,",
);
const SECOND: Edit = ("\"1.0.0\"", "\"2.0.0\"");
const THIRD: Edit = ("\"1.0.0\"", "\"3.0.0\"");

static COUNTER: LazyLock<Built> = LazyLock::new(|| {
    Family::new("counter")
        .library("again", &[])
        .variant("cents", &[SECOND, CENTS, WITH])
        .variant("cents-left", &[THIRD, CENTS, WITH_MORE, NO_MORE])
        .variant("cents-again", &[THIRD, AGAIN, WITH_AGAIN])
        .variant("hook", &[SECOND, HOOK, MORE, NO_MORE])
        .variant("hook-left", &[THIRD, HOOK_LATER, LATER, NO_LATER])
        .build()
});

fn counter() -> (Module<dyn Counter>, Instance<dyn Counter>) {
    let host = Host::builder().build().expect("a host");
    let module = host
        .load::<dyn Counter>(COUNTER.file(BASE))
        .unwrap_or_else(|refusal| panic!("{refusal}"));
    let mut count = module.create("").expect("an instance");
    assert_eq!(count.next().expect("a call"), 1);
    (module, count)
}

/// Updates, and gives what was said.
fn update(module: &Module<dyn Counter>, variant: &str) -> Vec<String> {
    let update = module
        .update(COUNTER.file(variant))
        .unwrap_or_else(|refusal| panic!("{refusal}"));
    assert_eq!(update.verdict, Verdict::Migrate);
    update.differences.iter().map(ToString::to_string).collect()
}

#[test]
fn a_function_of_a_field_is_applied_by_the_first_version_that_has_it() {
    let (module, mut count) = counter();
    let said = update(&module, "cents");
    assert_eq!(said, ["Count.count: convert u64 → u64"]);
    assert_eq!(count.next().expect("a call"), 101);
    assert_eq!(count.version(), "2.0.0");
    let said = update(&module, "cents-left");
    assert_eq!(
        said,
        [
            "Count.count: the function `cents` is not applied again, since the running version has it too",
            "Count.more: default"
        ]
    );
    assert_eq!(count.next().expect("a call"), 102);
    assert_eq!(count.version(), "3.0.0");
    module.rollback().expect("the same values");
    assert_eq!(count.next().expect("a call"), 103);
    assert_eq!(count.version(), "2.0.0");
}

#[test]
fn a_version_that_is_left_out_leaves_its_function_to_the_next() {
    let (module, mut count) = counter();
    update(&module, "cents-left");
    assert_eq!(count.next().expect("a call"), 101);
    assert_eq!(count.version(), "3.0.0");
}

#[test]
fn another_function_is_applied_after_the_first() {
    let (module, mut count) = counter();
    update(&module, "cents");
    assert_eq!(count.next().expect("a call"), 101);
    let said = update(&module, "cents-again");
    assert_eq!(said, ["Count.count: convert u64 → u64"]);
    assert_eq!(count.next().expect("a call"), 10_101);
}

#[test]
fn a_function_of_a_type_is_applied_once() {
    let (module, mut count) = counter();
    update(&module, "hook");
    assert_eq!(count.next().expect("a call"), 101);
    let said = update(&module, "hook-left");
    assert!(
        said[0].starts_with("Count: the function `") && said[0].contains("is not applied again"),
        "{said:?}"
    );
    assert_eq!(said[1..], ["Count.later: default"]);
    assert_eq!(count.next().expect("a call"), 102);
    assert_eq!(count.version(), "3.0.0");
}
