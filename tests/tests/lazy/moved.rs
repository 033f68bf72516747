//! Values that safe code moves about while a sweep has some of them set aside.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use super::*;
use hotmod_host::SharedInstance;
use hotmod_tests::patience::Ended;

const KEYS: u64 = 300;

/// The gold of all values in the map and the row, each of which has its key's.
fn expect_all(hoard: &SharedInstance<dyn Hoard>) {
    let found = hoard.call_shared(|hoard| hoard.gold());
    let expected: Vec<u32> = (0..KEYS as u32).flat_map(|key| [key, key]).collect();
    assert_eq!(found, Ok(expected));
}

#[test]
fn values_that_are_moved_about_amid_a_sweep_are_all_there() {
    let at_rest = at_rest(&[BASE, "level"]);
    let (module, hoard) = filled(KEYS);
    let hoard = hoard.share();
    let other = module.create_shared("").expect("an instance");
    other.call(|hoard| hoard.fill(KEYS)).expect("a call");
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        for hoard in [&hoard, &other] {
            scope.spawn(|| {
                while !is_over.load(Ordering::Relaxed) {
                    hoard.sweep(Duration::ZERO);
                }
            });
        }
        let _ended = Ended(&is_over);
        for round in 0..10 {
            update(&module, HOARD.file("level"));
            for turn in 0..20 {
                let shuffled = hoard.call(|hoard| hoard.shuffle(round * 20 + turn));
                shuffled.expect("a call");
                if turn % 5 == 0 {
                    // Each instance stands in the other's place.
                    let swapped = hoard
                        .with(|one| other.with(|another| std::mem::swap(one, another)))
                        .and_then(|swapped| swapped);
                    swapped.expect("two instances");
                }
            }
            expect_all(&hoard);
            module
                .rollback()
                .unwrap_or_else(|refusal| panic!("{refusal}"));
        }
    });
    for hoard in [hoard, other] {
        while hoard.sweep(LONG).values_remain {}
        expect_all(&hoard);
    }
    assert_eq!(module.memory(), at_rest);
}
