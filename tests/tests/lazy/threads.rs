//! Threads that use values at once, each of which is taken along by one of them.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Barrier, RwLock};
use std::thread;

use super::*;
use hotmod_tests::patience::Ended;

#[test]
fn readers_that_come_for_one_value_find_it_taken_along_once() {
    const ROUNDS: u64 = 200;
    let at_rest = at_rest(&[BASE, "level"]);
    let (module, mut hoard) = filled(ROUNDS);
    update(&module, HOARD.file("level"));
    arrive(&mut hoard);
    let start = Barrier::new(4);
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for key in 0..ROUNDS {
                    start.wait();
                    assert_eq!(hoard.entry(key), Ok(Ok(levelled(key, key, 5))));
                    assert_eq!(hoard.within(key as usize), Ok(Ok(levelled(key, key, 5))));
                }
            });
        }
        scope.spawn(|| while !hoard.sweep_shared(Duration::ZERO).is_complete {});
    });
    drop(hoard);
    assert_eq!(module.memory(), at_rest);
}

#[test]
fn a_model_agrees_at_every_moment_while_versions_come_and_go() {
    const KEYS: u64 = 64;
    let at_rest = at_rest(&[BASE, "level", "number"]);
    let (module, hoard) = filled(KEYS);
    // The model: how much gold each entry has; it is locked as the hoard is.
    let hoard = RwLock::new((hoard, (0..KEYS).collect::<Vec<u64>>()));
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        for thread in 0..2_u64 {
            let (hoard, is_over) = (&hoard, &is_over);
            scope.spawn(move || {
                let mut key = thread;
                while !is_over.load(Ordering::Relaxed) {
                    key = (key * 7 + 3) % KEYS;
                    let held = hoard.read().expect("no panic");
                    let entry = held.0.entry(key).expect("a call").expect("it fits");
                    let gold = format!("gold: {}", held.1[key as usize]);
                    assert!(entry.contains(&gold), "{entry} instead of {gold}");
                    drop(held);
                    let mut held = hoard.write().expect("no panic");
                    let (hoard, model) = &mut *held;
                    hoard.earn(key, 1).expect("a call").expect("it fits");
                    model[key as usize] += 1;
                }
            });
        }
        scope.spawn(|| {
            while !is_over.load(Ordering::Relaxed) {
                hoard
                    .read()
                    .expect("no panic")
                    .0
                    .sweep_shared(Duration::ZERO);
            }
        });
        let _ended = Ended(&is_over);
        for _ in 0..12 {
            update(&module, HOARD.file("level"));
            module
                .rollback()
                .unwrap_or_else(|refusal| panic!("{refusal}"));
        }
        update(&module, HOARD.file("level"));
        update(&module, HOARD.file("number"));
    });
    let (mut hoard, model) = hoard.into_inner().expect("no panic");
    arrive(&mut hoard);
    for (key, gold) in model.iter().enumerate() {
        let key = key as u64;
        assert_eq!(hoard.entry(key), Ok(Ok(levelled(key, *gold, 5))));
    }
    drop(hoard);
    assert_eq!(module.memory(), at_rest);
}
