//! Modules that were compiled apart: what passes between them is converted, as between a module and its host.

use super::*;

#[test]
fn what_two_modules_pass_is_converted() {
    let (_host, arms, quests) = both();
    let everything = function::<fn() -> Vec<String>>(&quests, "everything");
    let before = everything.call().expect("a call");
    let report = update(&arms, ARMS.file("grown"));
    for told in [
        "forge() -> [].edge, as `quests` 1.0.0 calls it: not seen by `quests`",
        "strike(blow).edge, as `quests` 1.0.0 calls it: filled in for `arms`, u8",
    ] {
        assert!(report.contains(told), "no `{told}` in:\n{report}");
    }
    let after = everything.call().expect("a call");
    assert_eq!(before[0], after[0]);
    assert_eq!(before[1], after[1]);
    // The other module fills in what the caller does not know.
    assert_eq!(after[2..], ["Ok(77)", "Err(\"axe weighs nothing\")", "7"]);
    // The caller may be the newer one.
    arms.rollback().expect("a rollback");
    assert_eq!(everything.call().expect("a call"), before);
}

#[test]
fn parameters_are_matched_by_name_and_numbers_converted() {
    let (_host, arms, quests) = both();
    let fight = function::<fn(u32, u32) -> u32>(&quests, "fight");
    update(&arms, ARMS.file("wide"));
    assert_eq!(fight.call(9, 4).expect("a call"), 26);
    // What does not fit the caller comes as a panic, which the module's own caller gets.
    let said = fight.call(u32::MAX, 0).expect_err("a panic").to_string();
    assert!(
        said.contains("the import `damage` ran, and what it gives back does not fit"),
        "{said}"
    );
    assert_eq!(fight.call(9, 4).expect("a call"), 26);
}
