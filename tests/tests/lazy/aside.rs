//! Values that a sweep has set aside, to take them along while nothing waits for what holds them.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use super::*;
use hotmod_host::SharedInstance;
use hotmod_tests::patience::Ended;

/// A hoard at the second version, whose values a sweep has just set aside.
pub(super) fn set_aside(keys: u64) -> (Module<dyn Hoard>, SharedInstance<dyn Hoard>) {
    let (module, hoard) = filled(keys);
    update(&module, HOARD.file("level"));
    let hoard = hoard.share();
    let swept = hoard.sweep(Duration::ZERO);
    assert_eq!((swept.migrated, swept.followed), (1, 0), "{swept}");
    let swept = hoard.sweep(Duration::ZERO);
    assert_eq!((swept.followed, swept.values_remain), (0, true), "{swept}");
    (module, hoard)
}

#[test]
fn values_that_are_set_aside_are_used_like_any_other() {
    let at_rest = at_rest(&[BASE, "level"]);
    let (module, hoard) = set_aside(20);
    let entry = hoard.call_shared(|hoard| hoard.entry(3));
    assert_eq!(entry, Ok(Ok(levelled(3, 3, 5))));
    hoard
        .call(|hoard| hoard.earn(4, 5))
        .expect("a call")
        .expect("it fits");
    let entry = hoard.call_shared(|hoard| hoard.entry(4));
    assert_eq!(entry, Ok(Ok(levelled(4, 9, 5))));
    // Dropped, moved out, and moved elsewhere by a map that grows.
    assert_eq!(hoard.call(|hoard| hoard.forget(5)), Ok(true));
    let taken = hoard.call(|hoard| hoard.take(6));
    assert_eq!(taken, Ok(Some(Ok(levelled(6, 6, 5)))));
    for key in 100..400 {
        hoard.call(|hoard| hoard.copy(7, key)).expect("a call");
    }
    let swept = hoard.sweep(LONG);
    assert!(!swept.values_remain, "{swept}");
    // 19 in the map, of which 3, 4, 6 and 7 were used; 20 in the row; 20 within the shelf, and the shelf.
    assert_eq!(
        (swept.followed, swept.values_stuck),
        (15 + 20 + 21, 0),
        "{swept}"
    );
    for key in 8..20 {
        let entry = hoard.call_shared(|hoard| hoard.entry(key));
        assert_eq!(entry, Ok(Ok(levelled(key, key, 5))));
    }
    drop(hoard);
    assert_eq!(module.memory(), at_rest);
}

#[test]
fn values_that_are_set_aside_go_with_their_state() {
    let at_rest = at_rest(&[BASE, "level"]);
    let (module, hoard) = set_aside(20);
    drop(hoard);
    assert_eq!(module.memory(), at_rest);
    assert!(module.versions().iter().all(|it| {
        let is_value = |needed: &_| matches!(needed, hotmod_host::NeededFor::Values(_));
        !it.needed.iter().any(is_value)
    }));
}

#[test]
fn values_that_are_set_aside_go_back_and_on() {
    let at_rest = at_rest(&[BASE, "level", "number"]);
    let (module, hoard) = set_aside(20);
    module
        .rollback()
        .unwrap_or_else(|refusal| panic!("{refusal}"));
    hoard.settle();
    let entry = hoard.call_shared(|hoard| hoard.entry(3));
    assert_eq!(entry, Ok(Ok(first(3, 3))));
    update(&module, HOARD.file("number"));
    let swept = hoard.sweep(LONG);
    assert_eq!(
        (swept.followed, swept.values_remain),
        (61, false),
        "{swept}"
    );
    let entry = hoard.call_shared(|hoard| hoard.within(19));
    assert_eq!(entry, Ok(Ok(levelled(19, 19, 5))));
    drop(hoard);
    assert_eq!(module.memory(), at_rest);
}

#[test]
fn a_state_that_holds_values_directly_takes_back_those_that_are_set_aside() {
    let at_rest = at_rest(&[BASE, "level", "plain"]);
    let (module, hoard) = set_aside(20);
    update(&module, HOARD.file("plain"));
    let entry = hoard.call(|hoard| hoard.in_row(3));
    assert_eq!(entry, Ok(Ok(levelled(3, 3, 5))));
    drop(hoard);
    assert_eq!(module.memory(), at_rest);
}

#[test]
fn readers_writers_and_sweeps_find_each_value_once() {
    const KEYS: u64 = 500;
    let at_rest = at_rest(&[BASE, "level"]);
    let (module, hoard) = filled(KEYS);
    let hoard = hoard.share();
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        for thread in 0..3_u64 {
            let (hoard, is_over) = (&hoard, &is_over);
            scope.spawn(move || {
                let mut key = thread;
                while !is_over.load(Ordering::Relaxed) {
                    key = (key * 7 + 3) % KEYS;
                    let entry = hoard.call_shared(|hoard| hoard.entry(key));
                    let entry = entry.expect("a call").expect("it fits");
                    assert!(entry.contains(&format!("gold: {key}")), "{entry} of {key}");
                    if thread == 0 {
                        // It stands elsewhere then, or is another.
                        hoard
                            .call(|hoard| hoard.copy(key, KEYS + key))
                            .expect("a call");
                        hoard
                            .call(|hoard| hoard.forget(KEYS + key))
                            .expect("a call");
                    }
                }
            });
        }
        let _ended = Ended(&is_over);
        for _ in 0..10 {
            update(&module, HOARD.file("level"));
            while hoard.sweep(Duration::ZERO).values_remain {}
            module
                .rollback()
                .unwrap_or_else(|refusal| panic!("{refusal}"));
            // Not all of them.
            hoard.sweep(Duration::from_micros(100));
        }
    });
    drop(hoard);
    assert_eq!(module.memory(), at_rest);
}

#[test]
fn a_value_that_does_not_fit_is_tried_once_for_each_publication() {
    let (module, hoard) = filled(20);
    update(&module, HOARD.file("counted"));
    let hoard = hoard.share();
    hoard.call(|hoard| hoard.forget(1)).expect("a call");
    let tried = |expected: &str| {
        let why = hoard.call_shared(|hoard| hoard.entry(13)).expect("a call");
        let why = why.expect_err("it does not fit");
        assert!(why.ends_with(expected), "{why}");
    };
    tried("refused, try 1 [HM-0508]");
    tried("refused, try 1 [HM-0508]");
    let earned = hoard.call(|hoard| hoard.earn(13, 1)).expect("a call");
    assert!(earned.expect_err("it stays").ends_with("try 1 [HM-0508]"));
    let swept = hoard.sweep(LONG);
    assert_eq!(
        (swept.values_stuck, swept.values_remain),
        (3, false),
        "{swept}"
    );
    tried("refused, try 1 [HM-0508]");
    update(&module, HOARD.file("counted-again"));
    hoard.call(|hoard| hoard.forget(0)).expect("a call");
    // Once more by the function of the version between.
    tried("refused, try 4 [HM-0508]");
    tried("refused, try 4 [HM-0508]");
    // It can be dropped, and so is what is remembered of it.
    assert_eq!(hoard.call(|hoard| hoard.forget(13)), Ok(true));
}
