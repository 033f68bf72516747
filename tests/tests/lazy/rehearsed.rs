//! Rehearsals in a copy of the process while values are set aside, or are being taken along.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use super::aside::set_aside;
use super::*;
use hotmod_host::{RehearsalOptions, RehearsalReport};
use hotmod_tests::patience::Ended;

fn rehearse(module: &Module<dyn Hoard>, variant: &str) -> RehearsalReport {
    let rehearsed = module.rehearse(HOARD.file(variant), &RehearsalOptions::new());
    rehearsed.unwrap_or_else(|refusal| panic!("{refusal}"))
}

#[test]
fn a_copy_takes_along_what_is_set_aside() {
    let at_rest = at_rest(&[BASE, "level"]);
    let (module, hoard) = set_aside(20);
    // The candidate is loaded in the copy alone.
    let rehearsed = rehearse(&module, "number");
    assert_eq!((rehearsed.migrated, rehearsed.in_use), (1, 0));
    // Here they are still set aside.
    assert_eq!(
        hoard.call_shared(|hoard| hoard.entry(3)),
        Ok(Ok(levelled(3, 3, 5)))
    );
    let swept = hoard.sweep(LONG);
    assert_eq!(
        (swept.followed, swept.values_remain),
        (60, false),
        "{swept}"
    );
    drop(hoard);
    assert_eq!(module.memory(), at_rest);
}

#[test]
fn a_copy_names_what_does_not_fit_though_it_is_set_aside() {
    let (module, hoard) = filled(300);
    update(&module, HOARD.file("same"));
    let hoard = hoard.share();
    hoard.sweep(Duration::ZERO);
    hoard.sweep(Duration::ZERO);
    let refusal = module
        .rehearse(HOARD.file("checked"), &RehearsalOptions::new())
        .expect_err("some do not fit");
    assert!(refusal.to_string().contains("Entry.gold: "), "{refusal}");
    assert_eq!(
        hoard.call_shared(|hoard| hoard.entry(299)),
        Ok(Ok(first(299, 299)))
    );
}

#[test]
fn a_copy_amid_a_sweep_leaves_its_state_out_or_takes_it_along() {
    let (module, hoard) = filled(300);
    let hoard = hoard.share();
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            while !is_over.load(Ordering::Relaxed) {
                hoard.sweep(Duration::ZERO);
            }
        });
        let _ended = Ended(&is_over);
        for _ in 0..10 {
            update(&module, HOARD.file("level"));
            for _ in 0..3 {
                let rehearsed = rehearse(&module, "number");
                assert_eq!(rehearsed.migrated + rehearsed.in_use, 1);
            }
            module
                .rollback()
                .unwrap_or_else(|refusal| panic!("{refusal}"));
        }
    });
    for key in 0..300 {
        let entry = hoard.call(|hoard| hoard.entry(key));
        assert_eq!(entry, Ok(Ok(first(key, key))));
    }
}
