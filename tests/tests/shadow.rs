//! Shadows: pure functions of a candidate, run beside those of the version that runs.

use std::path::PathBuf;
use std::sync::LazyLock;
use std::thread;
use std::time::{Duration, Instant};

use hotmod_host::describe::Rule;
use hotmod_host::{
    Events, Function, Host, Module, NeededFor, Refusal, Shadow, ShadowOptions, ShadowOutcome,
    ShadowReport, ShadowState, Untyped, UpdateOutcome, UpdateState,
};
use hotmod_tests::fixture::{BASE, Built, Edit, Family};
use hotmod_tests::interfaces::pricing::{Item, Tier};

#[path = "shadow/trial.rs"]
mod trial;

const NEXT: Edit = ("\"1.0.0\"", "\"2.0.0\"");

static PRICING: LazyLock<Built> = LazyLock::new(|| {
    let impure = (
        "#[hotmod::export(pure)]\npub fn label",
        "#[hotmod::export]\npub fn label",
    );
    Family::new("pricing")
        .variant("same", &[NEXT])
        .variant(
            "other",
            &[
                NEXT,
                ("\"{name} {tags:?} {tier:?}\"", "\"{name} {tags:?}\""),
                ("item.price).sum()", "item.price + 1).sum()"),
                ("0.19, 0.07", "0.19, 0.070000001"),
                (
                    "\"item, \".repeat(count as usize)",
                    "\"item, \".repeat(count as usize) + \".\"",
                ),
            ],
        )
        .variant(
            "panics",
            &[
                NEXT,
                (
                    "    sum - discount",
                    "    sum.checked_sub(2 * discount).expect(\"twice\")",
                ),
                (
                    "\"a discount of {discount} on {sum}\"",
                    "\"{discount} is more than {sum}\"",
                ),
                (
                    "    let cheapest = ",
                    "    panic!(\"closed\");\n    let cheapest = ",
                ),
            ],
        )
        .variant("impure", &[NEXT, impure])
        .variant(
            "nothing",
            &[
                NEXT,
                impure,
                (
                    "#[hotmod::export(pure)]\npub fn total",
                    "#[hotmod::export]\npub fn total",
                ),
                (
                    "#[hotmod::export(pure)]\npub fn cheapest",
                    "#[hotmod::export]\npub fn cheapest",
                ),
                (
                    "#[hotmod::export(pure)]\npub fn rates",
                    "#[hotmod::export]\npub fn rates",
                ),
                (
                    "#[hotmod::export(pure)]\npub fn listing",
                    "#[hotmod::export]\npub fn listing",
                ),
            ],
        )
        .variant(
            "unshown",
            &[
                NEXT,
                (
                    "#[derive(Clone, Debug, PartialEq, StableState)]\npub struct Item {",
                    "#[derive(Debug, PartialEq, StableState)]\npub struct Item {",
                ),
                (
                    "impl Item {",
                    "impl Clone for Item {\n    fn clone(&self) -> Self {\n        panic!(\"no \
                     copy of {}\", self.name)\n    }\n}\n\nimpl Item {",
                ),
            ],
        )
        .variant(
            "retyped",
            &[
                NEXT,
                ("-> Vec<f64>", "-> Vec<String>"),
                ("vec![0.19, 0.07, f64::NAN]", "vec![String::new()]"),
            ],
        )
        .build()
});

fn file(variant: &str) -> PathBuf {
    PRICING.file(variant)
}

/// A module and the functions that a host calls of it.
struct Pricing {
    module: Module<Untyped>,
    events: Events,
    total: Function<fn(&[Item], u32) -> u32>,
    label: Label,
    cheapest: Function<Cheapest>,
    rates: Function<fn() -> Vec<f64>>,
    labels: Function<fn() -> u64>,
}

impl Pricing {
    fn load() -> Self {
        let host = Host::builder().allow_downgrade(true).build();
        let host = host.expect("a host");
        let events = host.events();
        let module = host.load_untyped(file(BASE));
        let module = module.unwrap_or_else(|refusal| panic!("{refusal}"));
        Pricing {
            events,
            total: module.function("total").expect("an export"),
            label: module.function("label").expect("an export"),
            cheapest: module.function("cheapest").expect("an export"),
            rates: module.function("rates").expect("an export"),
            labels: module.function("labels").expect("an export"),
            module,
        }
    }

    fn shadow(&self, variant: &str, every: u64) -> Shadow {
        let shadow = self
            .module
            .shadow(file(variant), ShadowOptions::every(every));
        shadow.unwrap_or_else(|refusal| panic!("{refusal}"))
    }

    fn label(&self, name: &str) -> String {
        label(&self.label, name)
    }
}

type Cheapest = fn(Vec<Item>) -> Result<Item, String>;
type Label = Function<fn(&str, Vec<String>, Option<Tier>) -> String>;

fn label(function: &Label, name: &str) -> String {
    let tags = vec!["new".to_owned(), "blue".to_owned()];
    let tier = Some(Tier::Gold { percent: 5 });
    function.call(name, tags, tier).expect("a label")
}

fn items() -> Vec<Item> {
    vec![Item::new("hat", 30), Item::new("glove", 12)]
}

fn counts(report: &ShadowReport) -> (u64, u64, u64) {
    (report.calls, report.compared, report.differing)
}

fn returned(text: &str) -> ShadowOutcome {
    ShadowOutcome::Returned(text.to_owned())
}

#[test]
fn versions_that_return_the_same_do_not_differ() {
    let pricing = Pricing::load();
    let shadow = pricing.shadow("same", 1);
    assert_eq!(
        shadow.exports().collect::<Vec<_>>(),
        ["cheapest", "label", "listing", "rates", "total"]
    );
    for _ in 0..10 {
        assert_eq!(pricing.total.call(&items(), 2), Ok(40));
        let label = "ada [\"new\", \"blue\"] Some(Gold { percent: 5 })";
        assert_eq!(pricing.label("ada"), label);
        let cheapest = pricing.cheapest.call(items()).expect("a call");
        assert_eq!(cheapest, Ok(Item::new("glove", 12)));
        let none = pricing.cheapest.call(vec![]).expect("a call");
        assert_eq!(none, Err("nothing to choose from".to_owned()));
        assert_eq!(pricing.rates.call().expect("rates").len(), 3);
        // Both panic, and say the same.
        let panic = pricing.total.call(&items(), 50).expect_err("a panic");
        assert!(
            panic.to_string().contains("a discount of 50 on 42"),
            "{panic}"
        );
    }
    let report = shadow.abort();
    assert_eq!(counts(&report), (60, 60, 0), "{report:?}");
    assert_eq!(report.differences, []);
}

#[test]
fn another_result_is_reported_with_the_arguments_and_the_caller_gets_the_running_one() {
    let pricing = Pricing::load();
    let shadow = pricing.shadow("other", 1);
    assert_eq!(pricing.total.call(&items(), 2), Ok(40));
    assert!(pricing.label("ada").ends_with("Some(Gold { percent: 5 })"));
    assert_eq!(pricing.rates.call().expect("rates")[1], 0.07);
    assert_eq!(
        pricing
            .cheapest
            .call(items())
            .expect("a call")
            .expect("one")
            .price,
        12
    );
    let report = shadow.report();
    assert_eq!(counts(&report), (4, 4, 3));
    let [label, rates, total] = &*report.differences else {
        panic!("{report:?}");
    };
    let told = format!("4 of 4 calls compared, 3 differ\n  {label}\n  {rates}\n  {total}");
    assert_eq!(report.to_string(), told);
    assert_eq!(label.export, "label");
    assert_eq!(
        label.arguments,
        r#"name: "ada", tags: ["new", "blue"], tier: Some(Gold { percent: 5 })"#
    );
    assert_eq!(
        label.running,
        returned(r#""ada [\"new\", \"blue\"] Some(Gold { percent: 5 })""#)
    );
    assert_eq!(label.candidate, returned(r#""ada [\"new\", \"blue\"]""#));
    assert_eq!(
        rates.to_string(),
        "rates(): returned [0.19, 0.07, NaN]; the candidate returned [0.19, 0.070000001, NaN]"
    );
    assert_eq!(
        total.to_string(),
        "total(items: [Item { name: \"hat\", price: 30 }, Item { name: \"glove\", price: 12 }], \
         discount: 2): returned 40; the candidate returned 42"
    );
    assert_eq!(shadow.abort(), report);
}

#[test]
fn a_candidate_that_panics_differs_and_the_caller_does_not_see_it() {
    let pricing = Pricing::load();
    let shadow = pricing.shadow("panics", 1);
    assert_eq!(pricing.total.call(&items(), 30), Ok(12));
    let chosen = pricing.cheapest.call(items()).expect("a call");
    assert_eq!(chosen, Ok(Item::new("glove", 12)));
    // The same place, another message.
    let panic = pricing.total.call(&items(), 50).expect_err("a panic");
    assert!(
        panic.to_string().contains("a discount of 50 on 42"),
        "{panic}"
    );
    let report = shadow.abort();
    assert_eq!(counts(&report), (3, 3, 3));
    let [cheapest, twice, more] = &*report.differences else {
        panic!("{report:?}");
    };
    match &cheapest.candidate {
        ShadowOutcome::Panicked {
            message, location, ..
        } => {
            assert_eq!(message, "closed");
            let location = location.as_ref().expect("a place");
            assert!(location.file.ends_with("panics/module.rs"), "{location}");
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(twice.running, returned("12"));
    assert!(twice.candidate.to_string().ends_with(": twice"), "{twice}");
    let shown = more.to_string();
    assert!(shown.contains("): panicked at ") && shown.contains(": a discount of 50 on 42"));
    assert!(shown.contains("; the candidate panicked at "), "{shown}");
    assert!(shown.ends_with(": 50 is more than 42"), "{shown}");
}

#[test]
fn what_cannot_be_copied_is_told_from_what_panics() {
    let pricing = Pricing::load();
    let shadow = pricing.shadow("unshown", 1);
    let chosen = pricing.cheapest.call(items()).expect("a call");
    assert_eq!(chosen, Ok(Item::new("glove", 12)));
    // Lent, and so not copied.
    assert_eq!(pricing.total.call(&items(), 2), Ok(40));
    let report = shadow.abort();
    assert_eq!(counts(&report), (2, 2, 1));
    let [cheapest] = &*report.differences else {
        panic!("{report:?}");
    };
    match &cheapest.candidate {
        ShadowOutcome::Unshown { message, .. } => assert_eq!(message, "no copy of hat"),
        other => panic!("{other:?}"),
    }
    assert!(
        cheapest
            .arguments
            .starts_with("items: [Item { name: \"hat\"")
    );
}

#[test]
fn each_function_has_a_sample_of_its_own_calls() {
    let pricing = Pricing::load();
    let shadow = pricing.shadow("other", 3);
    for call in 0..7 {
        pricing.label(&call.to_string());
    }
    for discount in 0..4 {
        pricing.total.call(&items(), discount).expect("a total");
    }
    // Functions that are not pure are not counted.
    assert_eq!(pricing.labels.call(), Ok(7));
    let report = shadow.abort();
    assert_eq!(counts(&report), (11, 5, 5));
    let arguments = report.differences.iter().map(|it| &*it.arguments);
    let arguments: Vec<&str> = arguments.collect();
    assert!(arguments[0].starts_with("name: \"0\""), "{arguments:?}");
    assert!(arguments[1].starts_with("name: \"3\""), "{arguments:?}");
    assert!(arguments[2].starts_with("name: \"6\""), "{arguments:?}");
    assert!(arguments[3].ends_with("discount: 0"), "{arguments:?}");
    assert!(arguments[4].ends_with("discount: 3"), "{arguments:?}");
    // In the candidate it ran for the sample and no more.
    pricing.module.update(file("other")).expect("an update");
    assert_eq!(pricing.labels.call(), Ok(3));
}

#[test]
fn of_many_differences_the_first_are_kept_and_all_are_counted() {
    let pricing = Pricing::load();
    let shadow = pricing.shadow("other", 1);
    for discount in 0..40 {
        pricing.total.call(&items(), discount).expect("a total");
    }
    pricing.label("ada");
    let report = shadow.abort();
    assert_eq!(counts(&report), (41, 41, 41));
    let names = report.differences.iter().map(|it| &*it.export);
    let names: Vec<&str> = names.collect();
    assert_eq!(names, [vec!["label"], vec!["total"; 16]].concat());
    assert!(report.differences[16].arguments.ends_with("discount: 15"));
}

#[test]
fn of_a_long_text_the_place_that_differs_is_reported() {
    let pricing = Pricing::load();
    // A function that is asked for while the shadow lasts.
    let shadow = pricing.shadow("other", 1);
    let listing = pricing.module.function::<fn(u32) -> String>("listing");
    let text = listing.expect("an export").call(10_000).expect("a text");
    assert_eq!(text.len(), 60_000);
    let report = shadow.abort();
    assert_eq!(counts(&report), (1, 1, 1));
    let [difference] = &*report.differences else {
        panic!("{report:?}");
    };
    match [&difference.running, &difference.candidate] {
        [
            ShadowOutcome::Returned(running),
            ShadowOutcome::Returned(candidate),
        ] => {
            assert!(running.starts_with("…") && running.ends_with("item, \""));
            assert!(candidate.ends_with("item, .\""));
            assert!(running.len() < 4200 && candidate.len() < 4200);
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn calls_of_several_threads_are_one_sample() {
    const CALLS: u64 = 1000;
    let pricing = Pricing::load();
    let shadow = pricing.shadow("other", 7);
    thread::scope(|scope| {
        for thread in 0..4 {
            let function = &pricing.label;
            scope.spawn(move || {
                for call in 0..CALLS {
                    let name = format!("{thread}-{call}");
                    let label = label(function, &name);
                    assert!(label.starts_with(&name) && label.ends_with("})"), "{label}");
                }
            });
        }
    });
    let report = shadow.abort();
    let sampled = (4 * CALLS).div_ceil(7);
    assert_eq!(counts(&report), (4 * CALLS, sampled, sampled));
    for difference in &report.differences {
        // All three are of one call.
        let name = difference.arguments.split('"').nth(1).expect("a name");
        for outcome in [&difference.running, &difference.candidate] {
            let start = format!("returned \"{name} [");
            assert!(outcome.to_string().starts_with(&start), "{difference}");
        }
    }
}
