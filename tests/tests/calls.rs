//! Calls: every type that may pass does so unharmed, and a panic ends where it began.
//!
//! This host is not linked with `-rdynamic`, as ordinary servers are not; `interposition.rs` runs
//! one that is.

use std::collections::HashMap;
use std::sync::LazyLock;
use std::time::Duration;

use hotmod_host::describe::Rule;
use hotmod_host::{CallError, CreateError, Host, Location, Module};
use hotmod_tests::fixture::{BASE, Built, Family};
use hotmod_tests::interfaces::calls::{Depot, Parcel, Verdict};

static FILES: LazyLock<Built> = LazyLock::new(|| {
    Family::new("calls")
        .variant(
            "not-sync",
            &[("pub trait Depot: Sync {", "pub trait Depot {")],
        )
        .build()
});

fn depot() -> Module<dyn Depot> {
    let host = Host::builder().build().expect("a host");
    host.load::<dyn Depot>(FILES.file(BASE))
        .unwrap_or_else(|refusal| panic!("{refusal}"))
}

fn parcel() -> Parcel {
    Parcel {
        label: "für Ada 🎁".to_owned(),
        weights: vec![1, 2, 3],
        routes: HashMap::from([("north".to_owned(), vec!["a".to_owned(), String::new()])]),
        sealed: false,
    }
}

type Tuple = (u8, u64, char, (String, Option<i8>), Vec<(u8, String)>);

#[test]
fn every_type_that_may_pass_comes_back_as_it_was() {
    let depot = depot();
    macro_rules! echo {
        ($($name:literal as $ty:ty = $($value:expr),+;)*) => {$(
            let echo = depot
                .function::<fn($ty) -> $ty>($name)
                .unwrap_or_else(|refusal| panic!("{refusal}"));
            for value in [$($value),+] {
                let value: $ty = value;
                assert_eq!(echo.call(value.clone()).expect("a call"), value, $name);
            }
        )*};
    }
    let text = |text: &str| text.to_owned();
    let long = "ж".repeat(100_000);
    echo! {
        "echo_unit" as () = ();
        "echo_bool" as bool = true, false;
        "echo_char" as char = 'a', '\0', '🎁', char::MAX;
        "echo_i128" as i128 = i128::MIN, -1, 0, i128::MAX;
        "echo_f64" as f64 = 0.0, f64::MIN_POSITIVE, f64::INFINITY, -1.5;
        "echo_usize" as usize = 0, usize::MAX;
        "echo_text" as String = text(""), text("plain"), text("für Ada 🎁\0"), long.clone();
        "echo_numbers" as Vec<u16> = vec![], vec![0, 1, u16::MAX];
        "echo_texts" as Vec<String> = vec![], vec![text("")], vec![text("a"), text("ß"), long.clone()];
        "echo_nested" as Vec<Vec<Option<String>>> =
            vec![], vec![vec![]], vec![vec![None, Some(text("x"))], vec![Some(text(""))]];
        "echo_option" as Option<String> = None, Some(text("")), Some(text("x"));
        "echo_options" as Option<Option<u8>> = None, Some(None), Some(Some(0));
        "echo_result" as Result<Vec<String>, String> =
            Ok(vec![]), Ok(vec![text("x")]), Err(text("")), Err(text("no"));
        "echo_empty_result" as Result<(), ()> = Ok(()), Err(());
        "echo_pair" as (u8, String) = (0, text("")), (255, text("x"));
        "echo_single" as (String,) = (text("alone"),);
        "echo_tuple" as Tuple =
            (1, 2, 'c', (text("d"), Some(-1)), vec![(5, text("e"))]),
            (0, u64::MAX, '\0', (text(""), None), vec![]);
        "echo_boxed" as Box<Parcel> = Box::new(parcel()), Box::default();
        "echo_boxed_text" as Box<String> = Box::new(text("x"));
        "echo_parcel" as Parcel = parcel(), Parcel::default();
        "echo_parcels" as Vec<Parcel> = vec![], vec![parcel(), Parcel::default()];
        "echo_maybe_parcel" as Option<Parcel> = None, Some(parcel());
        "echo_verdict" as Verdict =
            Verdict::Lost,
            Verdict::Delivered { to: text("ada"), after: 3 },
            Verdict::Returned(Box::new(Verdict::Returned(Box::new(Verdict::Lost))));
        "echo_array" as [String; 3] = [text("a"), text(""), text("c")];
        "echo_map" as HashMap<String, Vec<u8>> =
            HashMap::new(), HashMap::from([(text("a"), vec![1]), (text(""), vec![])]);
        "echo_time" as Duration = Duration::ZERO, Duration::MAX;
    }
}

#[test]
fn a_value_that_is_not_a_number_keeps_its_bits() {
    let echo = depot()
        .function::<fn(f64) -> f64>("echo_f64")
        .expect("the export");
    let odd = f64::from_bits(0x7ff4_0000_0000_beef);
    assert_eq!(echo.call(odd).expect("a call").to_bits(), odd.to_bits());
}

#[test]
fn references_are_lent_for_a_call() {
    let depot = depot();
    let upper = depot
        .function::<fn(&str) -> String>("upper")
        .expect("the export");
    assert_eq!(upper.call("").expect("a call"), "");
    {
        let short_lived = "straße".to_owned();
        assert_eq!(upper.call(&short_lived).expect("a call"), "STRASSE");
    }

    let total = depot
        .function::<fn(&[u64]) -> u64>("total")
        .expect("the export");
    assert_eq!(total.call(&[]).expect("a call"), 0);
    assert_eq!(total.call(&[1, 2, 3]).expect("a call"), 6);

    let double = depot
        .function::<fn(&mut [u64])>("double")
        .expect("the export");
    let mut values = [1, 2, 3];
    double.call(&mut values[1..]).expect("a call");
    assert_eq!(values, [1, 4, 6]);

    let join = depot
        .function::<fn(&[String], &str) -> String>("join")
        .expect("the export");
    let texts = ["a".to_owned(), String::new(), "ß".to_owned()];
    assert_eq!(join.call(&texts, ", ").expect("a call"), "a, , ß");

    let append = depot
        .function::<fn(&mut Vec<String>, &str) -> usize>("append")
        .expect("the export");
    let mut list = Vec::new();
    for i in 0..100 {
        assert_eq!(append.call(&mut list, "x").expect("a call"), i + 1);
    }
    list.push("here".to_owned());
    assert_eq!(list.len(), 101);

    let weigh = depot
        .function::<fn(&Parcel) -> u32>("weigh")
        .expect("the export");
    assert_eq!(weigh.call(&parcel()).expect("a call"), 6);

    let replace = depot
        .function::<fn(&mut Parcel, Parcel) -> Parcel>("replace")
        .expect("the export");
    let mut place = Parcel::default();
    let before = replace.call(&mut place, parcel()).expect("a call");
    assert_eq!((before, place), (Parcel::default(), parcel()));
}

#[test]
fn a_function_may_take_eight_arguments() {
    type Eight = fn(u8, u16, u32, u64, i8, i16, i32, String) -> String;
    let eight = depot().function::<Eight>("eight").expect("the export");
    let text = eight.call(1, 2, 3, 4, -5, -6, -7, "ß".to_owned());
    assert_eq!(text.expect("a call"), "1 2 3 4 -5 -6 -7 ß");
}

#[test]
fn methods_pass_values_like_functions() {
    let mut shelf = depot().create("").expect("a shelf");
    assert_eq!(shelf.put(parcel()).expect("a call"), 1);
    assert_eq!(shelf.put(Parcel::default()).expect("a call"), 2);
    let parcels = shelf.parcels().expect("a call");
    assert_eq!(parcels, [parcel(), Parcel::default()]);

    let mut changed = parcel();
    shelf.relabel(&mut changed, "für Bob").expect("a call");
    assert_eq!(changed.label, "für Bob");
    assert_eq!(changed.weights, [1, 2, 3, 8]);
    assert_eq!(changed.routes["für Bob"], ["relabelled"]);
    assert!(changed.sealed);
}

/// The export, the message and the place of a panic.
fn panicked<T: std::fmt::Debug>(
    result: Result<T, CallError>,
) -> (String, String, Option<Location>) {
    match result.expect_err("a panic") {
        CallError::Panicked(panicked) => {
            assert_eq!(panicked.version, "1.0.0");
            (panicked.export, panicked.message, panicked.location)
        }
        other => panic!("{other}"),
    }
}

/// The line of the module's source that holds a text.
fn line(text: &str) -> u32 {
    let source = include_str!("../fixtures/calls/module.rs");
    let found = source.lines().position(|line| line.contains(text));
    u32::try_from(found.expect("the line")).expect("a number") + 1
}

#[test]
fn a_panic_becomes_an_error_with_its_message_and_place() {
    let panic = depot()
        .function::<fn(&str)>("panic_with_text")
        .expect("the export");
    for _ in 0..3 {
        let (export, message, location) = panicked(panic.call("für Ada"));
        assert_eq!(export, "panic_with_text");
        assert_eq!(message, "it was für Ada");
        let location = location.expect("a place");
        assert!(location.file.ends_with("module.rs"), "{location}");
        assert_eq!(location.line, line("panic!(\"it was"));
        assert_eq!(location.column, 5);
    }
    let text = panic.call("x").expect_err("a panic").to_string();
    assert!(
        text.contains("`panic_with_text` of version 1.0.0"),
        "{text}"
    );
    assert!(text.contains("it was x"), "{text}");
}

#[test]
fn a_panic_of_the_standard_library_becomes_an_error() {
    let panic = depot()
        .function::<fn(&[u64]) -> u64>("panic_in_arithmetic")
        .expect("the export");
    let (_, message, location) = panicked(panic.call(&[1]));
    assert!(message.contains("index out of bounds"), "{message}");
    assert_eq!(location.expect("a place").line, line("values[3]"));
    assert_eq!(panic.call(&[1, 2, 3, 4]).expect("a call"), 4);
}

#[test]
fn a_panic_without_text_becomes_an_error() {
    let panic = depot()
        .function::<fn()>("panic_with_a_number")
        .expect("the export");
    let (_, message, location) = panicked(panic.call());
    assert_eq!(message, "a value that is not text");
    assert_eq!(location.expect("a place").line, line("panic_any(7_u32)"));
}

/// The payload panics when it is dropped, and what it panics with does so again.
#[test]
fn a_panic_whose_payload_panics_stays_inside() {
    let depot = depot();
    let panic = depot
        .function::<fn()>("panic_with_a_bomb")
        .expect("the export");
    let (_, message, location) = panicked(panic.call());
    assert_eq!(message, "a value that is not text");
    assert_eq!(
        location.expect("a place").line,
        line("the place that the test knows"),
        "the place of the first panic, not of what came of it"
    );
    // Nothing of the panic is left for the next one.
    let resumed = depot
        .function::<fn()>("resume_a_panic")
        .expect("the export");
    let (_, message, location) = panicked(resumed.call());
    assert_eq!((message.as_str(), location), ("from before", None));
}

#[test]
fn a_panic_that_the_module_catches_is_its_own() {
    let depot = depot();
    let caught = depot
        .function::<fn() -> String>("catch_a_panic")
        .expect("the export");
    assert_eq!(caught.call().expect("a call"), "caught at home");
    let resumed = depot
        .function::<fn()>("resume_a_panic")
        .expect("the export");
    let (_, message, location) = panicked(resumed.call());
    assert_eq!(
        (message.as_str(), location),
        ("from before", None),
        "the place of a panic that was caught is not that of the next"
    );
}

#[test]
fn an_instance_goes_on_after_a_panic() {
    let mut shelf = depot().create("").expect("a shelf");
    for i in 1..=3 {
        let (export, message, _) = panicked(shelf.panic_after_counting("dropped it"));
        assert_eq!(export, "Depot::panic_after_counting");
        assert_eq!(message, "dropped it");
        assert_eq!(shelf.count().expect("a call"), i);
    }
    assert_eq!(shelf.put(parcel()).expect("a call"), 4);
    assert_eq!(shelf.parcels().expect("a call"), [parcel()]);
}

#[test]
fn a_panic_on_another_thread_stays_there() {
    let depot = depot();
    let panic = depot
        .function::<fn(&str)>("panic_with_text")
        .expect("the export");
    let threads: Vec<_> = (0..4)
        .map(|i| {
            let panic = panic.clone();
            std::thread::spawn(move || {
                for j in 0..50 {
                    let told = format!("{i} {j}");
                    let (_, message, location) = panicked(panic.call(&told));
                    assert_eq!(message, format!("it was {told}"));
                    assert!(location.is_some());
                }
            })
        })
        .collect();
    for thread in threads {
        thread.join().expect("a thread that ends well");
    }
}

#[test]
fn an_init_may_fail_or_panic() {
    let depot = depot();
    match depot.create("refuse").expect_err("no room") {
        CreateError::Init { message, .. } => assert_eq!(message, "there is no room"),
        other => panic!("{other}"),
    }
    match depot.create("panic").expect_err("a panic") {
        CreateError::Call(CallError::Panicked(panicked)) => {
            assert_eq!(panicked.message, "the roof came down");
        }
        other => panic!("{other}"),
    }
    depot.create("").expect("a shelf");
}

#[test]
fn a_state_whose_destructor_panics_harms_no_other() {
    let depot = depot();
    let mut fragile = depot.create("fragile").expect("a shelf");
    fragile.put(parcel()).expect("a call");
    drop(fragile);
    assert_eq!(
        depot.create("").expect("a shelf").count().expect("a call"),
        0
    );
}

/// All threads are inside at once: none waits for another's call to end.
#[test]
fn shared_calls_run_side_by_side() {
    const THREADS: u64 = 4;
    let shelf = depot().create("").expect("a shelf");
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS)
            .map(|_| scope.spawn(|| shelf.meet(THREADS).expect("a call")))
            .collect();
        for thread in threads {
            assert_eq!(thread.join().expect("a thread"), THREADS);
        }
    });
}

#[test]
fn an_instance_moves_between_threads() {
    let mut shelf = depot().create("").expect("a shelf");
    shelf.put(parcel()).expect("a call");
    let shelf = std::thread::spawn(move || {
        shelf.put(parcel()).expect("a call");
        shelf
    });
    let shelf = shelf.join().expect("a thread");
    assert_eq!(shelf.parcels().expect("a call").len(), 2);
}

/// A module that was compiled with a trait without `Sync` may have a state that is not `Sync`: no two
/// threads may be in it at once.
#[test]
fn states_that_cannot_be_shared_are_refused_where_they_would_be() {
    let host = Host::builder().build().expect("a host");
    let refusal = host
        .load::<dyn Depot>(FILES.file("not-sync"))
        .expect_err("another trait");
    let found: Vec<_> = refusal
        .differences()
        .iter()
        .map(|d| (d.rule, &*d.path))
        .collect();
    assert_eq!(found, [(Rule::SharingLost, "Depot")], "{refusal}");

    let module = depot();
    let refusal = module
        .update(FILES.file("not-sync"))
        .expect_err("another trait");
    let found: Vec<_> = refusal
        .differences()
        .iter()
        .map(|d| (d.rule, &*d.path))
        .collect();
    assert_eq!(found, [(Rule::SharingLost, "Depot")], "{refusal}");
}
