//! Going back to the version before, by hand.

use hotmod_host::describe::{Rule, Verdict};
use hotmod_tests::ledger::{create, ledger, roll_back, states, update};

use super::*;

fn refused(module: &Module<dyn Ledger>) -> (Rule, String) {
    let version = module.version();
    let report = module.rollback_report().expect_err("nothing to go back to");
    let refusal = module.rollback().expect_err("nothing to go back to");
    assert_eq!(refusal.to_string(), report.to_string());
    assert_eq!(module.version(), version);
    let why = refusal.differences().iter().find(|it| it.rule.refuses());
    (why.expect("a reason").rule, refusal.to_string())
}

#[test]
fn states_go_back_by_the_way_down_and_the_report_says_what_is_lost() {
    let module = ledger();
    let mut ledger = create(&module);
    ledger.book(70).expect("a call");
    update(&module, "grown");
    let sum = ledger.book(5).expect("a call");
    assert_eq!((sum.code, sum.booked, sum.total), (3, 2, 75));

    let report = module.rollback_report().expect("a way back");
    assert_eq!((&*report.from, &*report.to), ("2.0.0", "1.0.0"));
    assert_eq!(report.verdict, Verdict::Migrate);
    let losses: Vec<_> = report
        .losses
        .iter()
        .map(|it| (it.path.as_str(), it.rule))
        .collect();
    assert_eq!(losses, [("Book.remarks", Rule::Lost)]);
    assert_eq!(module.version(), "2.0.0", "a report changes nothing");
    assert_eq!(ledger.book(5).expect("a call").code, 3);

    assert_eq!(roll_back(&module), report);
    assert_eq!(module.version(), "1.0.0");
    assert_eq!(
        ledger.sum().expect("a call").code,
        3,
        "not moved by a shared call"
    );
    let sum = ledger.book(1).expect("a call");
    assert_eq!((sum.code, sum.booked, sum.total), (1, 4, 81));
    assert!(sum.in_order);
    assert_eq!(ledger.version(), "1.0.0");
}

/// The reports say what an operator looks for in a log.
#[test]
fn updates_and_rollbacks_are_told_at_a_glance() {
    let module = ledger();
    let told = |variant| update(&module, variant).to_string();
    let said = "module `ledger` 1.0.0 → 1.1.0 is published; state is handed over as it is";
    assert_eq!(told("second"), said);
    let said = "module `ledger` 1.1.0 is unchanged: it runs this file";
    assert_eq!(told("second"), said);
    let said = "rollback of module `ledger` 1.1.0 → 1.0.0; state is handed over as it is";
    assert_eq!(roll_back(&module).to_string(), said);
    let said = "module `ledger` 1.0.0 → 2.0.0 is published; state is migrated
  Book.entries[].amount: widen u32 → u64 [HM-0306]
  Book.remarks: default [HM-0302]
  remarks(): was absent, now `fn remarks() -> u32` [HM-0131]
  Book is prepared while its `&self` calls go on, where the host knows its lock";
    assert_eq!(told("grown"), said);
    let said = "rollback of module `ledger` 2.0.0 → 1.0.0; state is taken back with 1 loss
  Book.remarks: lost [HM-0304]
  Book.entries[].amount: checked u64 → u32 [HM-0308]
  Book is prepared while its `&self` calls go on, where the host knows its lock";
    let report = module.rollback_report().expect("a way back");
    assert_eq!(report.to_string(), said);
}

#[test]
fn a_state_that_does_not_fit_stays_in_use_and_says_why() {
    let module = ledger();
    let (mut large, mut small) = (create(&module), create(&module));
    update(&module, "grown");
    large.book(5_000_000_000).expect("a call");
    small.book(5).expect("a call");
    roll_back(&module);
    for booked in 2..5 {
        let sum = large.book(1).expect("a call");
        assert_eq!((sum.code, sum.booked, sum.in_order), (3, booked, true));
        assert_eq!(large.version(), "2.0.0");
        let stuck = large.stuck().expect("a reason");
        assert_eq!(stuck.path, "Book.entries[0].amount");
        assert!(stuck.reason.contains("5000000000"), "{stuck}");
        assert_eq!((&*stuck.from, &*stuck.to), ("2.0.0", "1.0.0"));
    }
    assert_eq!(small.book(1).expect("a call").code, 1);
    assert!(small.stuck().is_none());
    // Both are there again, and the state that waited goes back as if it had moved.
    update(&module, "grown");
    for ledger in [&mut large, &mut small] {
        assert_eq!(ledger.book(1).expect("a call").code, 3);
        assert!(ledger.stuck().is_none());
    }
}

#[test]
fn there_is_one_step_back() {
    let module = ledger();
    let (rule, text) = refused(&module);
    assert_eq!(rule, Rule::NothingBefore);
    assert!(text.contains("1.0.0 keeps running"), "{text}");
    update(&module, "second");
    update(&module, "grown");
    assert_eq!(roll_back(&module).to, "1.1.0");
    assert_eq!(refused(&module).0, Rule::NothingBefore);
    assert_eq!(code(&module), 2);
}

#[test]
fn what_was_made_permanent_stays() {
    let host = host();
    let events = host.events();
    let module = load(&host, BASE);
    update(&module, "second");
    assert_eq!(module.previous_version(), Some("1.0.0"));
    module.make_permanent();
    let told = until_state(&events, UpdateState::Permanent);
    let last = told.last().expect("an event");
    assert_eq!((&*last.from, last.to.as_deref()), ("1.0.0", Some("1.1.0")));
    assert_eq!(module.previous_version(), None);
    let (rule, text) = refused(&module);
    assert_eq!(rule, Rule::NothingBefore);
    assert!(text.contains("made permanent"), "{text}");
    // Nothing is told a second time.
    module.make_permanent();
    update(&module, "grown");
    let told = until_state(&events, UpdateState::Published);
    assert!(!states(&told).contains(&UpdateState::Permanent));
    assert_eq!(roll_back(&module).to, "1.1.0");
}

#[test]
fn the_version_before_has_to_offer_what_the_host_asked_for_since() {
    let module = ledger();
    update(&module, "grown");
    let remarks = module
        .function::<fn() -> u32>("remarks")
        .expect("the newer version's export");
    let (rule, text) = refused(&module);
    assert_eq!(rule, Rule::ExportRemoved, "{text}");
    assert!(text.contains("remarks"), "{text}");
    assert_eq!(remarks.call().expect("a call"), 7);
    // A version that offers it too can be updated to, and gone back from.
    update(&module, "suspicious");
    assert_eq!(remarks.call().expect("a call"), 7);
    roll_back(&module);
    assert_eq!(remarks.call().expect("a call"), 7);
}
