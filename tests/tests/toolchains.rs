//! Modules that another compiler built.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use hotmod_host::describe::{Rule, Verdict as DescribedVerdict};
use hotmod_host::{CallError, Host, Refusal, RefusalStage};
use hotmod_tests::compiler::OTHER;
use hotmod_tests::fixture::{self, BASE, Family};
use hotmod_tests::interfaces::calls::{Depot, Parcel, Verdict};
use hotmod_tests::interfaces::counter::Counter;
use hotmod_tests::interfaces::foreign::Table;
use hotmod_tests::interfaces::vessels::Vessels;
use hotmod_tests::interfaces::wares::Wares;
use hotmod_tests::relay;

/// The modules of a family, built by the other compiler; nothing where there is none.
macro_rules! built_there {
    ($family:literal) => {
        built_there!(Family::new($family), BASE)
    };
    ($family:expr, $variant:expr) => {
        match &*OTHER {
            Some(rustc) => $family.compiler(rustc.clone()).build().file($variant),
            None => return,
        }
    };
}

fn parcel(label: &str, weight: u32) -> Parcel {
    Parcel {
        label: label.to_owned(),
        weights: vec![weight],
        routes: HashMap::from([("north".to_owned(), vec![label.to_owned(), String::new()])]),
        sealed: false,
    }
}

fn host() -> Host {
    Host::builder().build().expect("a host")
}

/// Where and for what a refusal was.
fn reasons(refusal: &Refusal) -> Vec<(Rule, &str)> {
    assert_eq!(refusal.stage(), RefusalStage::Compare, "{refusal}");
    let reasons = refusal.differences().iter();
    reasons.map(|d| (d.rule, d.path.as_str())).collect()
}

#[test]
fn an_interface_of_boundary_types_is_the_same_under_every_compiler() {
    let file = built_there!("counter");
    let host = host();
    let module = host
        .load::<dyn Counter>(file)
        .unwrap_or_else(|refusal| panic!("{refusal}"));
    let build = module.manifest().build.clone().expect("a build");
    assert_ne!(build.rustc, hotmod::root::RUSTC);

    let mut count = module.create("").expect("a counter");
    assert_eq!(count.next().expect("a call"), 1);
    for i in 0..100 {
        count.keep(format!("für Ada {i}")).expect("a call");
    }
    let kept = count.kept().expect("a call");
    assert_eq!(kept.len(), 100);
    assert_eq!(kept[99], "für Ada 99");
    assert_eq!(count.code().expect("a call"), "first");
}

/// `String` and `Vec` are what their compiler makes of them: state that holds them goes from one
/// module to the other through what each does with its own.
#[test]
fn state_that_the_compiler_laid_out_is_built_anew_by_the_other() {
    let file = built_there!("counter");
    let host = host();
    let module = host
        .load::<dyn Counter>(fixture::build("counter"))
        .unwrap_or_else(|refusal| panic!("{refusal}"));
    let mut count = module.create("").expect("a counter");
    assert_eq!(count.next().expect("a call"), 1);
    let texts: Vec<String> = (0..100).map(|i| format!("für Ada {i}")).collect();
    for text in &texts {
        count.keep(text.clone()).expect("a call");
    }
    let update = module
        .update(&file)
        .unwrap_or_else(|refusal| panic!("{refusal}"));
    assert_eq!(update.verdict, DescribedVerdict::Migrate);
    count.migrate().expect("a migration");
    assert_eq!(count.next().expect("a call"), 2);
    assert_eq!(count.kept().expect("a call"), texts);

    module
        .update(fixture::build("counter"))
        .unwrap_or_else(|refusal| panic!("{refusal}"));
    count.keep("back again".to_owned()).expect("a call");
    let kept = count.kept().expect("a call");
    assert_eq!((kept.len(), kept[100].as_str()), (101, "back again"));
}

/// Containers, texts, paths and times: each is taken apart by the compiler that laid it out, and
/// built by the other.
#[test]
fn every_container_goes_from_one_compiler_to_the_other_and_back() {
    let file = built_there!("vessels");
    let host = host();
    let module = host
        .load::<dyn Vessels>(fixture::build("vessels"))
        .unwrap_or_else(|refusal| panic!("{refusal}"));
    for seed in 0..20 {
        let mut all = module.create("").expect("an instance");
        all.fill(seed, u64::MAX).expect("a call");
        let before = all.show().expect("a call");
        for file in [&file, &fixture::build("vessels")] {
            let update = module
                .update(file)
                .unwrap_or_else(|refusal| panic!("{refusal}"));
            assert_eq!(update.verdict, DescribedVerdict::Migrate);
            all.migrate().unwrap_or_else(|error| panic!("{error}"));
            assert_eq!(all.show().expect("a call"), before, "seed {seed}");
        }
    }
}

/// So does what holds no items, or holds them in its own way.
#[test]
fn every_ware_goes_from_one_compiler_to_the_other_and_back() {
    let file = built_there!("wares");
    let here = fixture::build("wares");
    let host = host();
    let module = host
        .load::<dyn Wares>(&here)
        .unwrap_or_else(|refusal| panic!("{refusal}"));
    for seed in 0..40 {
        let mut all = module.create("").expect("an instance");
        all.fill(seed).expect("a call");
        let before = all.show().expect("a call");
        for file in [&file, &here] {
            let update = module
                .update(file)
                .unwrap_or_else(|refusal| panic!("{refusal}"));
            assert_eq!(update.verdict, DescribedVerdict::Migrate);
            all.migrate().unwrap_or_else(|error| panic!("{error}"));
            assert_eq!(all.show().expect("a call"), before, "seed {seed}");
        }
    }
}

/// What only the library that made it knows is refused, with the reason.
#[test]
fn an_instant_stays_with_its_compiler() {
    let source = "
        use hotmod::StableState;
        hotmod::module! { name: \"clock\", version: \"1.0.0\" }
        #[derive(StableState)]
        pub struct Clock { started: Vec<std::time::Instant> }
        #[hotmod::init]
        fn new_clock() -> Clock { Clock { started: vec![std::time::Instant::now()] } }
    ";
    let Some(rustc) = &*OTHER else { return };
    let clock = || Family::written("clock", source.to_owned());
    let host = host();
    let module = host
        .load_untyped(clock().build().file(BASE))
        .unwrap_or_else(|refusal| panic!("{refusal}"));
    let file = clock().compiler(rustc.clone()).build().file(BASE);
    let refusal = module.update(file).expect_err("another compiler");
    assert!(reasons(&refusal).contains(&(Rule::ToolchainChanged, "Clock.started[]")));
    let text = refusal.to_string();
    assert!(
        text.contains("keep a `Duration` or a `SystemTime`"),
        "{text}"
    );
}

/// What is opaque cannot be taken apart, so it cannot be built anew.
#[test]
fn what_is_opaque_stays_with_its_compiler() {
    let file = built_there!("foreign");
    let host = host();
    let module = host
        .load::<dyn Table>(fixture::build("foreign"))
        .unwrap_or_else(|refusal| panic!("{refusal}"));
    let refusal = module.update(&file).expect_err("another compiler");
    let opaque: Vec<_> = reasons(&refusal)
        .into_iter()
        .filter(|(rule, _)| rule.refuses())
        .collect();
    assert_eq!(
        opaque,
        [
            (Rule::ToolchainChanged, "Game.dice"),
            (Rule::ToolchainChanged, "Game.seats[]::Taken.status"),
        ]
    );
    assert!(
        refusal
            .to_string()
            .contains("was the opaque `Dice` as rustc 1.")
    );
}

/// What is passed is taken apart by the compiler that laid it out, and built by the other: by value, lent, and
/// lent to be changed.
#[test]
fn types_that_the_compiler_laid_out_are_converted() {
    let file = built_there!("calls");
    let host = host();
    let depot = host
        .load::<dyn Depot>(&file)
        .unwrap_or_else(|refusal| panic!("{refusal}"));
    let mut shelf = depot.create("").expect("a shelf");
    let parcel = parcel("here", 3);
    assert_eq!(shelf.put(parcel.clone()).expect("a call"), 1);
    assert_eq!(shelf.put(self::parcel("there", 0)).expect("a call"), 2);
    let parcels = shelf.parcels().expect("a call");
    assert_eq!(parcels, [parcel.clone(), self::parcel("there", 0)]);
    let mut changed = parcel.clone();
    shelf.relabel(&mut changed, "again").expect("a call");
    let mut expected = parcel.clone();
    expected.label = "again".to_owned();
    expected.weights.push(5);
    let routes = expected.routes.entry("again".to_owned()).or_default();
    routes.push("relabelled".to_owned());
    expected.sealed = !expected.sealed;
    assert_eq!(changed, expected);

    let module = &depot;
    macro_rules! function {
        ($name:literal as $ty:ty) => {
            module
                .function::<$ty>($name)
                .unwrap_or_else(|refusal| panic!("{refusal}"))
        };
    }
    let weigh = function!("weigh" as fn(&Parcel) -> u32);
    assert_eq!(weigh.call(&parcel).expect("a call"), 3);
    assert_eq!(weigh.call(&changed).expect("a call"), 8);
    let join = function!("join" as fn(&[String], &str) -> String);
    let texts = ["a".to_owned(), String::new(), "für Ada".to_owned()];
    assert_eq!(join.call(&texts, "-").expect("a call"), "a--für Ada");
    assert_eq!(join.call(&[], "-").expect("a call"), "");
    let append = function!("append" as fn(&mut Vec<String>, &str) -> usize);
    let mut list = vec!["a".to_owned()];
    for i in 0..100 {
        assert_eq!(append.call(&mut list, "b").expect("a call"), i + 2);
    }
    assert_eq!(
        (list.len(), list[0].as_str(), list[100].as_str()),
        (101, "a", "b")
    );
    let replace = function!("replace" as fn(&mut Parcel, Parcel) -> Parcel);
    let mut place = parcel.clone();
    let replaced = replace.call(&mut place, changed.clone()).expect("a call");
    assert_eq!((replaced, place), (parcel.clone(), changed));

    macro_rules! echo {
        ($name:literal as $ty:ty = $value:expr) => {
            let value: $ty = $value;
            let echo = module
                .function::<fn($ty) -> $ty>($name)
                .expect("the export");
            assert_eq!(echo.call(value.clone()).expect("a call"), value);
        };
    }
    echo!("echo_i128" as i128 = i128::MIN);
    echo!("echo_texts" as Vec<String> = vec!["a".to_owned(), String::new()]);
    echo!("echo_nested" as Vec<Vec<Option<String>>> = vec![vec![None, Some("x".to_owned())]]);
    echo!("echo_result" as Result<Vec<String>, String> = Err("no".to_owned()));
    echo!("echo_pair" as (u8, String) = (1, "x".to_owned()));
    echo!("echo_parcel" as Parcel = parcel.clone());
    echo!("echo_parcels" as Vec<Parcel> = vec![parcel.clone(); 3]);
    echo!("echo_maybe_parcel" as Option<Parcel> = Some(parcel.clone()));
    echo!("echo_boxed_text" as Box<String> = Box::new("boxed".to_owned()));
    echo!("echo_boxed" as Box<Parcel> = Box::new(parcel.clone()));
    echo!("echo_array" as [String; 3] = ["a".to_owned(), String::new(), "c".to_owned()]);
    echo!("echo_map" as HashMap<String, Vec<u8>> = HashMap::from([("a".to_owned(), vec![1, 2])]));
    echo!("echo_time" as Duration = Duration::from_millis(1234));
    let delivered = Verdict::Delivered {
        to: "x".to_owned(),
        after: 3,
    };
    let returned = Verdict::Returned(Box::new(Verdict::Returned(Box::new(delivered.clone()))));
    for verdict in [Verdict::Lost, delivered, returned] {
        echo!("echo_verdict" as Verdict = verdict);
    }

    let double = module
        .function::<fn(&mut [u64])>("double")
        .expect("the export");
    let mut values = [1, 2];
    double.call(&mut values).expect("a call");
    assert_eq!(values, [2, 4]);

    let panic = module
        .function::<fn(&str)>("panic_with_text")
        .expect("the export");
    match panic.call("there").expect_err("a panic") {
        CallError::Panicked(panicked) => assert_eq!(panicked.message, "it was there"),
        other => panic!("{other}"),
    }
}

/// As with exports: what is laid out by the compilers is converted.
#[test]
fn an_import_crosses_between_compilers() {
    let notes = Arc::new(Mutex::new(Vec::new()));
    let noted = notes.clone();
    let host = relay::builder(move |text| noted.lock().expect("notes").push(text.to_owned()));
    let host = host.build().expect("a host");
    let module = host
        .load_untyped(built_there!(Family::new("relay"), BASE))
        .unwrap_or_else(|refusal| panic!("{refusal}"));
    let everything = module
        .function::<fn() -> Vec<String>>("everything")
        .expect("the export");
    assert_eq!(
        everything.call().expect("a call"),
        [
            "ada 21 [1, 2, 7]",
            "too heavy for ada and für 🎁",
            "[1, 4, 6]",
            "3 Some(\"b\")",
            "3 Some(\"c\")",
            "1 b true 5 e [5, 6] g Some(\"h\")",
            "5",
        ]
    );
    assert_eq!(
        *notes.lock().expect("notes"),
        ["library: everything", "everything"]
    );
    let failing = module
        .function::<fn(&str) -> u32>("failing")
        .expect("the export");
    match failing.call("no").expect_err("a panic") {
        CallError::Panicked(panicked) => assert_eq!(panicked.message, "the host fails: no"),
        other => panic!("{other}"),
    }
}
