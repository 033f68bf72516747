//! Modules that are updated, rolled back and tried out all the time while others call them, by function and by
//! pool: no call fails, and none is lost.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use hotmod_host::{CanaryOptions, Pool};
use hotmod_tests::patience::Ended;

use super::instances::{GUESTS, HALL, Room, town};
use super::*;

/// How often everything is updated and rolled back.
fn rounds() -> usize {
    let asked = std::env::var("HOTMOD_STORMS").ok();
    asked.map_or(12, |it| it.parse().expect("a number"))
}

/// Waits until each of the threads has done something more.
fn until_all_go_on(done: &[AtomicU64], over: &AtomicBool) {
    let before: Vec<u64> = done.iter().map(|it| it.load(Ordering::Relaxed)).collect();
    let goes_on = || {
        let now = done.iter().map(|it| it.load(Ordering::Relaxed));
        now.zip(&before).all(|(now, before)| now > *before)
    };
    while !goes_on() && !over.load(Ordering::Relaxed) {
        thread::yield_now();
    }
}

#[test]
fn functions_of_other_modules_are_called_while_both_are_updated() {
    let (_host, arms, quests) = both();
    let fight = function::<fn(u32, u32) -> u32>(&quests, "fight");
    let everything = function::<fn() -> Vec<String>>(&quests, "everything");
    let over = AtomicBool::new(false);
    let done = [const { AtomicU64::new(0) }; 3];
    // By the version of the arms, and then of the quests: what a fight comes to.
    let of_fights = |base: u32| {
        [base, base * 2, base * 5]
            .map(|damage| [damage + 1, damage + 2])
            .concat()
    };
    let was = "Blow { name: \"hammer!\", weight: 7 }";
    thread::scope(|scope| {
        for done in &done {
            let (fight, everything, over) = (&fight, &everything, &over);
            scope.spawn(move || {
                let _ended = Ended(over);
                while !over.load(Ordering::Relaxed) {
                    for base in [0, 9, 1_000] {
                        let came = fight.call(base + 4, 4).expect("a call");
                        assert!(of_fights(base).contains(&came), "{came} of {base}");
                    }
                    let said = everything.call().expect("a call");
                    assert_eq!((&*said[1], &*said[4]), (was, "7"), "{said:?}");
                    assert!(["Ok(70)", "Ok(77)"].contains(&&*said[2]), "{said:?}");
                    done.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        let _ended = Ended(&over);
        for round in 0..rounds() {
            for file in ["double", "wide", "grown"] {
                update(&arms, ARMS.file(file));
                until_all_go_on(&done, &over);
                if round % 2 == 0 {
                    update(&quests, QUESTS.file("newer"));
                    until_all_go_on(&done, &over);
                    quests.rollback().expect("a rollback");
                }
                let refusal = arms.update(ARMS.file("without"));
                refusal.expect_err("it is called");
                arms.rollback().expect("a rollback");
                until_all_go_on(&done, &over);
            }
        }
    });
    assert_eq!(fight.call(9, 4).expect("a call"), 6);
    arms.drain();
    quests.drain();
}

/// Each thread has a room of its own, in which it counts what it said.
#[test]
fn instances_of_other_modules_are_called_while_both_are_updated() {
    let town = town();
    let rooms: Pool<u64, dyn Room> = Pool::builder(&town.hall)
        .name("rooms")
        .sweep_every(Duration::from_millis(1), Duration::from_millis(1))
        .build()
        .expect("a pool");
    for key in 0..16 {
        rooms.create(key, &key.to_string()).expect("a room");
    }
    let over = AtomicBool::new(false);
    let done = [const { AtomicU64::new(0) }; 3];
    let visit = function::<fn(u64, &str) -> Result<usize, String>>(&town.guests, "visit");
    let listen = function::<fn(u64) -> Result<Vec<String>, String>>(&town.guests, "listen");
    let talk = function::<fn(u64, &str) -> Result<Vec<String>, String>>(&town.guests, "talk");
    thread::scope(|scope| {
        for (place, done) in done.iter().enumerate() {
            let (visit, listen, talk, over) = (&visit, &listen, &talk, &over);
            scope.spawn(move || {
                let _ended = Ended(over);
                let key = 5 * place as u64;
                let mut said = 0;
                while !over.load(Ordering::Relaxed) {
                    for text in ["a", "b"] {
                        said += 1;
                        assert_eq!(visit.call(key, text).expect("a call"), Ok(said));
                    }
                    said += 1;
                    let heard = talk.call(key, "c").expect("a call").expect("a room");
                    assert_eq!(heard.len(), said);
                    for (text, heard) in ["a", "b", "c"].iter().zip(&heard[said - 3..]) {
                        let ways = [1, 3].map(|times| format!("{key}: {}", text.repeat(times)));
                        let heard = heard.trim_end_matches('!');
                        assert!(
                            ways.iter().any(|it| it == heard),
                            "{heard} is none of {ways:?}"
                        );
                    }
                    // No other thread calls this thread's room. The rooms of other threads are only read.
                    let listened = listen.call(key).expect("a call").expect("a room");
                    assert_eq!(listened.len(), said);
                    listen
                        .call((key + 5) % 15)
                        .expect("a call")
                        .expect("a room");
                    done.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        let _ended = Ended(&over);
        for round in 0..rounds() {
            for file in ["loud", "times"] {
                match round % 3 {
                    0 => {
                        let canary = rooms.canary(HALL.file(file), CanaryOptions::percent(50));
                        let canary = canary.unwrap_or_else(|refusal| panic!("{refusal}"));
                        until_all_go_on(&done, &over);
                        canary.abort().unwrap_or_else(|refusal| panic!("{refusal}"));
                    }
                    1 => {
                        let canary = rooms.canary(HALL.file(file), CanaryOptions::percent(50));
                        let canary = canary.unwrap_or_else(|refusal| panic!("{refusal}"));
                        until_all_go_on(&done, &over);
                        canary
                            .promote()
                            .unwrap_or_else(|refusal| panic!("{refusal}"));
                        until_all_go_on(&done, &over);
                        town.hall.rollback().expect("a rollback");
                    }
                    _ => {
                        let updated = town.hall.update(HALL.file(file));
                        updated.unwrap_or_else(|refusal| panic!("{refusal}"));
                        until_all_go_on(&done, &over);
                        update(&town.guests, GUESTS.file("newer"));
                        until_all_go_on(&done, &over);
                        town.hall.rollback().expect("a rollback");
                        until_all_go_on(&done, &over);
                        town.guests.rollback().expect("a rollback");
                    }
                }
                until_all_go_on(&done, &over);
            }
        }
    });
    let mut said = 0;
    for (place, done) in done.iter().enumerate() {
        let heard = rooms.call_shared(&(5 * place as u64), |room| room.said());
        assert_eq!(
            heard.expect("a room").len() as u64,
            3 * done.load(Ordering::Relaxed)
        );
        said += 3 * done.load(Ordering::Relaxed);
    }
    assert!(said > 0);
    town.hall.drain();
    town.guests.drain();
}
