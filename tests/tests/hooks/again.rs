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
/// As a third version has it, for the second step.
const HOOK_AGAIN: Edit = (
    "const CODE",
    "#[hotmod::migrate]\nfn recounted(old: &hotmod::Old<'_>) -> Result<Count, hotmod::OldError> {\n    \
     let texts = old.get::<Vec<String>>(\"texts\")?.clone();\n    \
     Ok(Count { count: old.get::<u64>(\"count\")? * 10, more: 0, later: 0, texts })\n}\n\nconst CODE",
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

const CENTS_CHANGED: Edit = (
    "const CODE",
    "fn cents(count: &u64) -> u64 {\n    count * 1000\n}\n\nconst CODE",
);
const WITH_ELSEWHERE: Edit = (
    "    count: u64,\n    texts",
    "    #[state(with = crate::cents)]\n    count: u64,\n    texts",
);
/// A function from a form that the count has in no version at hand.
const EXACT: Edit = (
    "const CODE",
    "fn exact(count: &u32) -> u64 {\n    u64::from(*count) * 100\n}\n\nconst CODE",
);
const WITH_EXACT: Edit = (
    "    count: u64,\n    texts",
    "    #[state(with = exact)]\n    count: u64,\n    texts",
);
/// Of another type, and back to the first in another sense.
const HALVED: &[Edit] = &[
    SECOND,
    (
        "const CODE",
        "fn halved(count: &u64) -> f64 {\n    *count as f64 / 2.0\n}\n\nconst CODE",
    ),
    (
        "    count: u64,\n    texts",
        "    #[state(with = halved)]\n    count: f64,\n    texts",
    ),
    ("count: 0,", "count: 0.0,"),
    (
        "self.count += STEP;\n        self.count",
        "self.count += STEP as f64;\n        self.count as u64",
    ),
];
const TENTHS: &[Edit] = &[
    THIRD,
    (
        "const CODE",
        "fn tenths(count: &f64) -> u64 {\n    (count * 10.0) as u64\n}\n\nconst CODE",
    ),
    (
        "    count: u64,\n    texts",
        "    #[state(with = tenths)]\n    count: u64,\n    texts",
    ),
];
/// A function for a type that does not change.
const DOUBLED: Edit = (
    "const CODE",
    "#[hotmod::migrate]\nfn doubled(old: &hotmod::Old<'_>) -> Result<Count, hotmod::OldError> {\n    \
     let texts = old.get::<Vec<String>>(\"texts\")?.clone();\n    \
     Ok(Count { count: old.get::<u64>(\"count\")? * 2, texts })\n}\n\nconst CODE",
);
const DOUBLED_LATER: Edit = (
    "const CODE",
    "#[hotmod::migrate]\nfn doubled(old: &hotmod::Old<'_>) -> Result<Count, hotmod::OldError> {\n    \
     let texts = old.get::<Vec<String>>(\"texts\")?.clone();\n    \
     Ok(Count { count: old.get::<u64>(\"count\")? * 2, more: 0, texts })\n}\n\nconst CODE",
);
const MORE_DEFAULT: Edit = (
    "    count: u64,\n    texts",
    "    count: u64,\n    #[state(default)]\n    more: u8,\n    texts",
);
/// A function that reads a form which the running version does not have.
const NARROW: Edit = (
    "const CODE",
    "#[hotmod::migrate]\nfn narrow(old: &hotmod::Old<'_>) -> Result<Count, hotmod::OldError> {\n    \
     let texts = old.get::<Vec<String>>(\"texts\")?.clone();\n    \
     Ok(Count { count: u64::from(*old.get::<u32>(\"count\")?), texts })\n}\n\nconst CODE",
);

/// A function that names the form that it converts from: that of the first version.
const FROM_FIRST: Edit = (
    "const CODE",
    "#[derive(hotmod::OldState)]\n#[state(id = \"Count\")]\nstruct First {\n    count: u64,\n    texts: \
     Vec<String>,\n}\n\n#[hotmod::migrate]\nfn from_first(old: &First) -> Count {\n    Count { count: old.count \
     * 100, more: 7, texts: old.texts.clone() }\n}\n\nconst CODE",
);

static COUNTER: LazyLock<Built> = LazyLock::new(|| {
    Family::new("counter")
        .library("again", &[])
        .variant("cents", &[SECOND, CENTS, WITH])
        .variant("cents-left", &[THIRD, CENTS, WITH_MORE, NO_MORE])
        .variant("cents-again", &[THIRD, AGAIN, WITH_AGAIN])
        .variant("hook", &[SECOND, HOOK, MORE, NO_MORE])
        .variant("hook-again", &[THIRD, HOOK_AGAIN, LATER, NO_LATER])
        .variant("hook-left", &[THIRD, HOOK_LATER, LATER, NO_LATER])
        .variant("halved", HALVED)
        .variant("tenths", TENTHS)
        .variant("cents-changed", &[THIRD, CENTS_CHANGED, WITH])
        .variant("cents-elsewhere", &[THIRD, CENTS, WITH_ELSEWHERE])
        .variant("exact", &[SECOND, EXACT, WITH_EXACT])
        .variant("doubled", &[SECOND, DOUBLED])
        .variant(
            "doubled-left",
            &[THIRD, DOUBLED_LATER, MORE_DEFAULT, NO_MORE],
        )
        .variant("narrow", &[SECOND, NARROW])
        .variant("from-first", &[SECOND, FROM_FIRST, MORE, NO_MORE])
        .variant("from-first-later", &[THIRD, FROM_FIRST, MORE, NO_MORE])
        .variant("more", &[SECOND, MORE_DEFAULT, NO_MORE])
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
    assert_eq!(said, ["Count.count: convert u64 → u64 by `cents`"]);
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
    assert_eq!(said, ["Count.count: convert u64 → u64 by `again`"]);
    assert_eq!(count.next().expect("a call"), 10_101);
}

#[test]
fn a_function_for_the_way_on_takes_nothing_back() {
    let (module, mut count) = counter();
    update(&module, "hook");
    assert_eq!(count.next().expect("a call"), 101);
    update(&module, "hook-again");
    assert_eq!(count.next().expect("a call"), 1011);
    // The function of the second version would make a hundred times as many of it.
    let refusal = module.rollback().expect_err("no way back").to_string();
    assert!(refusal.contains("made by a function"), "{refusal}");
    assert!(refusal.contains("#[hotmod::migrate(down)]"), "{refusal}");
    assert_eq!(count.next().expect("a call"), 1012);
    assert_eq!(count.version(), "3.0.0");
}

#[test]
fn a_function_of_a_field_takes_nothing_back_of_the_type_that_it_reads() {
    let (module, mut count) = counter();
    assert_eq!(count.next().expect("a call"), 2);
    update(&module, "halved");
    assert_eq!(count.next().expect("a call"), 2);
    update(&module, "tenths");
    assert_eq!(count.next().expect("a call"), 21);
    // These are tenths of what the function of the second version would halve.
    let refusal = module.rollback().expect_err("no way back").to_string();
    assert!(
        refusal.contains(
            "Count.count: was `u64`, made by a function from `&f64`, now `f64`, without a function that \
             takes it back"
        ),
        "{refusal}"
    );
    assert_eq!(count.next().expect("a call"), 22);
    assert_eq!(count.version(), "3.0.0");
}

#[test]
fn a_function_of_a_type_is_applied_once() {
    let (module, mut count) = counter();
    update(&module, "hook");
    assert_eq!(count.next().expect("a call"), 101);
    let said = update(&module, "hook-left");
    assert_eq!(
        said,
        [
            "Count: the function `counted` is not applied again, since the running version has it too",
            "Count.later: default"
        ]
    );
    assert_eq!(count.next().expect("a call"), 102);
    assert_eq!(count.version(), "3.0.0");
}

/// What an update is refused for.
fn refused(module: &Module<dyn Counter>, variant: &str) -> String {
    let refusal = module
        .update(COUNTER.file(variant))
        .expect_err("it is refused");
    refusal.to_string()
}

#[test]
fn a_function_of_another_body_is_the_same() {
    let (module, mut count) = counter();
    update(&module, "cents");
    assert_eq!(count.next().expect("a call"), 101);
    let update = module.update(COUNTER.file("cents-changed"));
    let update = update.unwrap_or_else(|refusal| panic!("{refusal}"));
    assert_eq!(update.verdict, Verdict::Adopt);
    assert_eq!(count.next().expect("a call"), 102);
    assert_eq!(count.version(), "3.0.0");
}

#[test]
fn a_function_whose_path_is_spelled_in_another_way_is_refused() {
    let (module, mut count) = counter();
    update(&module, "cents");
    let said = refused(&module, "cents-elsewhere");
    assert!(
        said.contains(
            "Count.count: was made by `cents`, now said to be made by `crate::cents` [HM-0221]\n    \
             help: they may be one function, which must not be applied twice: write `with = cents` where \
             it is the same, and give it another name where it is not"
        ),
        "{said}"
    );
    assert_eq!(count.next().expect("a call"), 101);
    assert_eq!(count.version(), "2.0.0");
}

#[test]
fn a_function_from_another_form_than_the_running_one_is_refused() {
    let (module, mut count) = counter();
    let said = refused(&module, "exact");
    assert!(
        said.contains("Count.count: was `u64`, now a function from `&u32`"),
        "{said}"
    );
    assert_eq!(count.next().expect("a call"), 2);
}

#[test]
fn a_new_function_is_applied_to_a_type_that_does_not_change() {
    let (module, mut count) = counter();
    assert_eq!(
        update(&module, "doubled"),
        ["Count: convert Count → Count by `doubled`"]
    );
    assert_eq!(count.next().expect("a call"), 3);
    assert_eq!(
        update(&module, "doubled-left"),
        [
            "Count: the function `doubled` is not applied again, since the running version has it too",
            "Count.more: default"
        ]
    );
    assert_eq!(count.next().expect("a call"), 4);
    assert_eq!(count.version(), "3.0.0");
    module.rollback().expect("the same values");
    assert_eq!(count.next().expect("a call"), 5);
    assert_eq!(count.version(), "2.0.0");
}

#[test]
fn what_a_function_made_of_the_same_type_is_not_rolled_back() {
    let (module, mut count) = counter();
    update(&module, "doubled");
    let said = module
        .rollback()
        .expect_err("nothing takes it back")
        .to_string();
    assert!(
        said.contains("without a function that takes it back"),
        "{said}"
    );
    assert_eq!(count.next().expect("a call"), 3);
}

/// A function says by what it reads which form it converts from: the state stays where another one is found.
#[test]
fn a_function_that_reads_another_form_leaves_the_state_where_it_is() {
    let (module, mut count) = counter();
    update(&module, "narrow");
    let failed = count.next().map(|_| ());
    assert_eq!(count.version(), "1.0.0", "{failed:?}");
    update(&module, "doubled");
    assert_eq!(count.version(), "1.0.0");
}

#[test]
fn a_function_that_names_its_form_is_applied_to_no_other() {
    let (module, mut count) = counter();
    assert_eq!(
        update(&module, "from-first"),
        ["Count: convert Count → Count by `from_first`"]
    );
    assert_eq!(count.next().expect("a call"), 101);
    assert_eq!(count.version(), "2.0.0");

    let (module, mut count) = counter();
    update(&module, "more");
    assert_eq!(count.next().expect("a call"), 2);
    let said = refused(&module, "from-first-later");
    assert!(
        said.contains("Count: was `Count.more` u8 at offset")
            && said.contains("absent, as `from_first` takes it")
            && said.contains("help: let `from_first` take `Count` as 2.0.0 has it"),
        "{said}"
    );
    assert_eq!(count.next().expect("a call"), 3);
    assert_eq!(count.version(), "2.0.0");
}

/// The older file, where the host allows it, knows nothing of what the newer functions made.
#[test]
fn an_update_to_the_older_file_undoes_no_function() {
    for (variant, counted) in [("doubled", 3), ("cents", 101)] {
        let host = Host::builder()
            .allow_downgrade(true)
            .build()
            .expect("a host");
        let module = host
            .load::<dyn Counter>(COUNTER.file(BASE))
            .unwrap_or_else(|refusal| panic!("{refusal}"));
        let mut count = module.create("").expect("an instance");
        assert_eq!(count.next().expect("a call"), 1);
        update(&module, variant);
        assert_eq!(count.next().expect("a call"), counted);
        let said = refused(&module, BASE);
        assert!(
            said.contains("made by") && said.contains("without a function that takes it back"),
            "{said}"
        );
        assert_eq!(count.next().expect("a call"), counted + 1);
        assert_eq!(count.version(), "2.0.0");
    }
}
