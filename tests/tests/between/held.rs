//! Calls of other modules that last: an update of either module names the call and waits for it, or is undone
//! for it.

use std::sync::Arc;
use std::time::Duration;

use hotmod_host::{CanaryOptions, Events, OnDeadline, RehearsalOptions, Straggler, UpdateState};
use hotmod_tests::gate::Inside;
use hotmod_tests::patience::{PATIENCE, until_state};

use super::instances::{GUESTS, HALL, Town, lobby, town};
use super::*;

/// Thread, export and version of each.
fn who<I: ?Sized>(module: &Module<I>) -> Vec<[String; 3]> {
    let stragglers = module.stragglers().into_iter();
    let who = |Straggler {
                   thread,
                   export,
                   version,
                   ..
               }: Straggler| [thread, export, version];
    stragglers.map(|straggler| who(straggler.clone())).collect()
}

fn is(thread: &str, export: &str) -> [String; 3] {
    [thread, export, "1.0.0"].map(str::to_owned)
}

/// A thread in a function of the arms, which one of the quests has called.
fn fighter(quests: &Module<Untyped>) -> Inside<u32> {
    let wait = function::<fn(&str) -> u32>(quests, "wait");
    Inside::new("fighter", move |gate| wait.call(gate).expect("a call"))
}

fn drained(events: &Events, module: &str) {
    loop {
        let told = until_state(events, UpdateState::Drained);
        if told.last().is_some_and(|event| event.module == module) {
            return;
        }
    }
}

#[test]
fn an_update_of_either_module_waits_for_a_call_between_them() {
    let (host, arms, quests) = both();
    let events = host.events();
    let fighter = fighter(&quests);
    update(&arms, ARMS.file("double"));
    assert_eq!(who(&arms), [is("fighter", "hold")]);
    assert_eq!(who(&quests), Vec::<[String; 3]>::new());
    let told = arms.stragglers()[0].to_string();
    let within = " at least, within `wait` of module `quests` 1.0.0";
    assert!(told.ends_with(within), "{told}");
    update(&quests, QUESTS.file("newer"));
    assert_eq!(who(&quests), [is("fighter", "wait")]);
    assert_eq!(quests.stragglers()[0].within, None);
    for left in [
        arms.drain_timeout(Duration::ZERO),
        quests.drain_timeout(Duration::ZERO),
    ] {
        assert_eq!(left.len(), 1);
        assert_eq!(left[0].thread, "fighter");
    }
    // What is called meanwhile is the new version, of either.
    let fight = function::<fn(u32, u32) -> u32>(&quests, "fight");
    assert_eq!(fight.call(9, 4).expect("a call"), 12);
    assert_eq!(fighter.let_on(), 1);
    arms.drain();
    quests.drain();
    drained(&events, "quests");
    assert_eq!((who(&arms), who(&quests)), (Vec::new(), Vec::new()));
}

#[test]
fn a_call_between_modules_undoes_an_update_of_either_at_its_deadline() {
    let (host, arms, quests) = both();
    let options = UpdateOptions::new().drain_timeout(Duration::ZERO, OnDeadline::RollBack);
    for (module, file, export) in [
        (&arms, ARMS.file("double"), "hold"),
        (&quests, QUESTS.file("newer"), "wait"),
    ] {
        let fighter = fighter(&quests);
        let events = host.events();
        module
            .update_with(file, &options)
            .unwrap_or_else(|refusal| panic!("{refusal}"));
        let told = until_state(&events, UpdateState::RolledBack);
        let reason = told.last().and_then(|event| event.reason.clone());
        let reason = reason.expect("a reason");
        assert!(
            reason.contains(&format!(
                "\n  fighter: `{export}` of version 1.0.0 runs for "
            )),
            "{reason}"
        );
        assert_eq!(module.version(), "1.0.0");
        assert!(fighter.is_inside());
        assert_eq!(fighter.let_on(), 1);
    }
    let fight = function::<fn(u32, u32) -> u32>(&quests, "fight");
    assert_eq!(fight.call(9, 4).expect("a call"), 6);
}

/// In ways that a module calls an instance of another one: a thread that is in such a call, and the export that
/// it is in.
fn guests(town: &Town) -> [(Inside<usize>, &'static str); 3] {
    let stay = function::<fn(u64, &str) -> Result<usize, String>>(&town.guests, "stay");
    let look = function::<fn(u64, &str) -> Result<usize, String>>(&town.guests, "look");
    let lobby = function::<fn(&str) -> Result<usize, String>>(&town.guests, "stay_in_lobby");
    let done =
        |called: Result<Result<usize, String>, CallError>| called.expect("a call").expect("a room");
    [
        (
            Inside::new("lodger", move |gate| done(stay.call(7, gate))),
            "Room::stay",
        ),
        (
            Inside::new("reader", move |gate| done(look.call(8, gate))),
            "Room::look",
        ),
        (
            Inside::new("waiter", move |gate| done(lobby.call(gate))),
            "Room::stay",
        ),
    ]
}

#[test]
fn an_update_waits_for_calls_of_instances_by_other_modules() {
    let town = town();
    let rooms = town.rooms();
    let lobby = lobby(&town.hall);
    let inside = guests(&town);
    town.hall
        .update(HALL.file("loud"))
        .unwrap_or_else(|refusal| panic!("{refusal}"));
    let mut left = who(&town.hall);
    left.sort();
    assert_eq!(
        left,
        [
            is("lodger", "Room::stay"),
            is("reader", "Room::look"),
            is("waiter", "Room::stay")
        ]
    );
    town.guests
        .update(GUESTS.file("newer"))
        .unwrap_or_else(|refusal| panic!("{refusal}"));
    let mut left = who(&town.guests);
    left.sort();
    assert_eq!(
        left,
        [
            is("lodger", "stay"),
            is("reader", "look"),
            is("waiter", "stay_in_lobby")
        ]
    );
    // None of the instances is taken along in the midst of a call.
    let swept = rooms.sweep(Duration::ZERO);
    assert_eq!(rooms.counts()["1.0.0"], 2, "{swept:?}");
    assert_eq!(town.hall.drain_timeout(Duration::ZERO).len(), 3);
    for (inside, _) in inside {
        inside.let_on();
    }
    town.hall.drain();
    town.guests.drain();
    assert_eq!(
        (who(&town.hall), who(&town.guests)),
        (Vec::new(), Vec::new())
    );
    let swept = rooms.sweep(PATIENCE);
    assert_eq!(swept.migrated, 2);
    assert_eq!(rooms.counts()["1.1.0"], 2);
    assert_eq!(lobby.call(|lobby| lobby.say("x")).expect("a call"), 2);
}

#[test]
fn calls_of_instances_undo_an_update_and_a_canary_of_the_other_module() {
    let town = town();
    let _rooms = town.rooms();
    let _lobby = lobby(&town.hall);
    let options = UpdateOptions::new().drain_timeout(Duration::ZERO, OnDeadline::RollBack);
    let inside = guests(&town);
    let events = town.host.events();
    town.hall
        .update_with(HALL.file("loud"), &options)
        .unwrap_or_else(|refusal| panic!("{refusal}"));
    let told = until_state(&events, UpdateState::RolledBack);
    let reason = told.last().and_then(|event| event.reason.clone());
    let reason = reason.expect("a reason");
    for (_, export) in &inside {
        assert!(
            reason.contains(&format!("`{export}` of version 1.0.0")),
            "{reason}"
        );
    }
    assert_eq!(town.hall.version(), "1.0.0");
    let lodged: Vec<usize> = inside
        .into_iter()
        .map(|(inside, _)| inside.let_on())
        .collect();
    assert_eq!(lodged, [1, 0, 1]);
    assert_eq!(town.visit(7, "after"), Ok(2));
}

#[test]
fn a_rehearsal_of_either_module_goes_by_the_calls_between_them() {
    let (_host, arms, quests) = both();
    let fighter = fighter(&quests);
    let patient = RehearsalOptions::new().timeout(PATIENCE);
    for (module, file) in [
        (&arms, ARMS.file("double")),
        (&quests, QUESTS.file("newer")),
        (&quests, QUESTS.file("sets-up")),
    ] {
        let rehearsed = module.rehearse(file, &patient);
        rehearsed.unwrap_or_else(|refusal| panic!("{refusal}"));
    }
    assert_eq!(fighter.let_on(), 1);
}

#[test]
fn a_rehearsal_leaves_out_an_instance_that_another_module_calls() {
    let town = town();
    let _rooms = town.rooms();
    let _lobby = lobby(&town.hall);
    let inside = guests(&town);
    let patient = RehearsalOptions::new().timeout(PATIENCE);
    let rehearsed = town.hall.rehearse(HALL.file("loud"), &patient);
    let rehearsed = rehearsed.unwrap_or_else(|refusal| panic!("{refusal}"));
    assert_eq!(
        (rehearsed.migrated, rehearsed.in_use),
        (0, 3),
        "{rehearsed:?}"
    );
    // Nothing goes on in the copy that would give an instance back: a candidate that calls one is told so.
    let refusal = town.guests.rehearse(GUESTS.file("sets-up"), &patient);
    let said = refusal.expect_err("an instance in use").to_string();
    assert!(
        said.contains("`rooms`") && said.contains("in use"),
        "{said}"
    );
    for (inside, _) in inside {
        inside.let_on();
    }
    let rehearsed = town.guests.rehearse(GUESTS.file("sets-up"), &patient);
    rehearsed.unwrap_or_else(|refusal| panic!("{refusal}"));
    // Of what the copy did, nothing is seen here.
    assert_eq!(town.visit(7, "x"), Ok(2));
    town.guests
        .update(GUESTS.file("sets-up"))
        .unwrap_or_else(|refusal| panic!("{refusal}"));
    assert_eq!(town.visit(7, "x"), Ok(4));
}

#[test]
fn a_panic_in_an_instance_of_another_module_counts_for_an_update_of_that_module() {
    let town = town();
    let _rooms = town.rooms();
    let events = town.host.events();
    let limits = hotmod_host::CallLimits::new().panics(0.0);
    let options = UpdateOptions::new().probation(Duration::from_secs(3600), limits);
    town.hall
        .update_with(HALL.file("loud"), &options)
        .unwrap_or_else(|refusal| panic!("{refusal}"));
    // Of the guests, whose call comes to an answer, none is counted.
    town.guests
        .update_with(GUESTS.file("newer"), &options)
        .unwrap_or_else(|refusal| panic!("{refusal}"));
    assert_eq!(town.visit(7, "x"), Ok(1));
    let said = town.fail();
    assert!(
        said.contains("`Room::fail` of version 1.1.0 panicked"),
        "{said}"
    );
    let told = until_state(&events, UpdateState::RolledBack);
    let last = told.last().expect("an event");
    assert_eq!(last.module, "hall");
    assert_eq!(
        last.reason.as_deref(),
        Some("1 of 2 calls panicked; the limit is a share of 0")
    );
    assert_eq!(
        (town.hall.version(), town.guests.version()),
        ("1.0.0", "1.1.0")
    );
    assert_eq!(town.visit(7, "back"), Ok(2));
}

#[test]
fn a_canary_is_left_by_calls_of_other_modules_when_it_ends() {
    let town = town();
    let rooms = town.rooms();
    let canary = rooms.canary(HALL.file("loud"), CanaryOptions::percent(100));
    let canary = canary.unwrap_or_else(|refusal| panic!("{refusal}"));
    let stay = function::<fn(u64, &str) -> Result<usize, String>>(&town.guests, "stay");
    let stay = Arc::new(stay);
    let lodger = {
        let stay = stay.clone();
        Inside::new("lodger", move |gate| stay.call(7, gate).expect("a call"))
    };
    assert_eq!(rooms.counts()["1.1.0"], 1);
    canary.abort().unwrap_or_else(|refusal| panic!("{refusal}"));
    let left = town.hall.drain_timeout(Duration::ZERO);
    assert_eq!(left.len(), 1, "{left:?}");
    assert_eq!(
        (&*left[0].export, &*left[0].version),
        ("Room::stay", "1.1.0")
    );
    assert_eq!(lodger.let_on(), Ok(1));
    town.hall.drain();
    let lodger = Inside::new("lodger", move |gate| stay.call(7, gate).expect("a call"));
    assert_eq!(rooms.counts()["1.0.0"], 2);
    assert_eq!(lodger.let_on(), Ok(2));
}
