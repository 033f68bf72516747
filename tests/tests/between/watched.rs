//! What watches, compares and tries out calls sees those of other modules too.

use std::time::Duration;

use hotmod_host::{CallLimits, RehearsalOptions, ShadowOptions, UpdateState};

use super::*;

#[test]
fn a_shadow_compares_what_other_modules_call() {
    let (_host, arms, quests) = both();
    let fight = function::<fn(u32, u32) -> u32>(&quests, "fight");
    let shadow = arms.shadow(ARMS.file("double"), ShadowOptions::every(1));
    let shadow = shadow.unwrap_or_else(|refusal| panic!("{refusal}"));
    assert_eq!(fight.call(9, 4).expect("a call"), 6);
    assert_eq!(fight.call(4, 9).expect("a call"), 1);
    let report = shadow.abort();
    assert_eq!(
        (report.calls, report.compared, report.differing),
        (2, 2, 1),
        "{report}"
    );
    assert!(
        report.to_string().contains("damage(base: 9, armour: 4)"),
        "{report}"
    );
    // Over, it costs and compares nothing.
    assert_eq!(fight.call(9, 4).expect("a call"), 6);
}

#[test]
fn calls_of_other_modules_count_for_a_limit() {
    let (host, arms, quests) = both();
    let fight = function::<fn(u32, u32) -> u32>(&quests, "fight");
    let survive = function::<fn(&str) -> String>(&quests, "survive");
    let events = host.events();
    let limits = CallLimits::new().panics(0.0);
    let options = UpdateOptions::new().probation(Duration::from_secs(3600), limits);
    arms.update_with(ARMS.file("double"), &options)
        .unwrap_or_else(|refusal| panic!("{refusal}"));
    assert_eq!(fight.call(9, 4).expect("a call"), 11);
    assert_eq!(survive.call("ice").expect("a call"), "ice shatters");
    let undone = events
        .into_iter()
        .find(|event| event.state == UpdateState::RolledBack);
    assert_eq!(undone.map(|event| event.module), Some("arms".to_owned()));
    assert_eq!(fight.call(9, 4).expect("a call"), 6);
}

#[test]
fn a_rehearsal_and_a_function_that_sets_up_call_other_modules() {
    let (_host, arms, quests) = both();
    let file = QUESTS.file("sets-up");
    let rehearsed = quests.rehearse(&file, &RehearsalOptions::new());
    rehearsed.unwrap_or_else(|refusal| panic!("{refusal}"));
    assert_eq!(quests.version(), "1.0.0");
    update(&quests, &file);
    quests.rollback().expect("a rollback");
    // Where the other module says something else, both find out.
    update(&arms, ARMS.file("double"));
    let refusal = quests
        .rehearse(&file, &RehearsalOptions::new())
        .expect_err("a refusal");
    assert!(refusal.to_string().contains("damage is 10"), "{refusal}");
}
