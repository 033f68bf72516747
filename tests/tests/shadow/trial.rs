//! How a shadow begins and ends, and that nothing is published by it.

use std::fs;
use std::sync::mpsc;

use hotmod_tests::listener::listen;
use hotmod_tests::manifest;

use super::*;

fn refused<T: std::fmt::Debug>(done: Result<T, Refusal>, rule: Rule) -> String {
    let refusal = done.expect_err("a refusal");
    let mut differences = refusal.differences().iter();
    assert!(differences.any(|it| it.rule == rule), "{refusal}");
    refusal.to_string()
}

/// Waits until an update has come so far, and gives the reason.
fn wait(events: &Events, state: UpdateState) -> Option<String> {
    let patience = Instant::now() + Duration::from_secs(60);
    loop {
        let left = patience.saturating_duration_since(Instant::now());
        let event = events.wait_timeout(left);
        let event = event.unwrap_or_else(|| panic!("it was never {state}"));
        if event.state == state {
            return event.reason;
        }
    }
}

#[test]
fn nothing_is_published() {
    let pricing = Pricing::load();
    let shadow = pricing.shadow("other", 1);
    wait(&pricing.events, UpdateState::OnTrial);
    assert_eq!(shadow.state(), ShadowState::Running);
    pricing.label("ada");
    assert_eq!(
        (pricing.module.version(), shadow.version()),
        ("1.0.0", "2.0.0")
    );
    assert_eq!(pricing.module.previous_version(), None);
    let needs = pricing.module.versions().into_iter().map(|it| it.needed);
    assert_eq!(
        needs.collect::<Vec<_>>(),
        [vec![NeededFor::Current], vec![NeededFor::Candidate]]
    );
    assert_eq!(pricing.module.stragglers(), []);
    refused(pricing.module.rollback(), Rule::NothingBefore);
}

#[test]
fn a_shadow_that_was_stopped_compares_no_more() {
    let pricing = Pricing::load();
    let shadow = pricing.shadow("other", 1);
    pricing.label("ada");
    let report = shadow.abort();
    assert_eq!(counts(&report), (1, 1, 1));
    let told = wait(&pricing.events, UpdateState::RolledBack).expect("a reason");
    match shadow.state() {
        ShadowState::Aborted { reason, .. } => assert_eq!(reason, told),
        state => panic!("{state:?}"),
    }
    pricing.label("ada");
    assert_eq!(shadow.abort(), report);
    // The candidate is needed no more, until it is asked for again.
    wait(&pricing.events, UpdateState::Retired);
    let again = pricing.shadow("other", 1);
    assert_eq!(counts(&again.report()), (0, 0, 0));
    pricing.label("ada");
    assert_eq!(counts(&again.abort()), (1, 1, 1));
    let update = pricing.module.update(file("other")).expect("an update");
    assert_eq!(
        (update.outcome, &*update.to),
        (UpdateOutcome::Published, "2.0.0")
    );
    assert_eq!(pricing.module.versions().len(), 2);
    assert_eq!(pricing.label("ada"), "ada [\"new\", \"blue\"]");
    assert_eq!(counts(&shadow.report()), (1, 1, 1));
}

#[test]
fn that_it_was_stopped_is_told_before_its_version_may_be_retired() {
    let pricing = Pricing::load();
    let shadow = pricing.shadow("other", 1);
    let (see, seen) = mpsc::channel();
    let module = pricing.module.clone();
    listen(
        move |told| {
            if told.fields.iter().any(|it| it == "state=rolled back") {
                let candidate = module.versions().pop().expect("the candidate");
                see.send(candidate.needed).expect("the test waits");
            }
        },
        || shadow.abort(),
    );
    assert_eq!(seen.try_recv(), Ok(vec![NeededFor::Candidate]));
    wait(&pricing.events, UpdateState::RolledBack);
    wait(&pricing.events, UpdateState::Retired);
}

#[test]
fn updates_are_refused_while_it_lasts() {
    let pricing = Pricing::load();
    let shadow = pricing.shadow("other", 1);
    let text = refused(pricing.module.update(file("same")), Rule::OnTrial);
    assert!(text.contains("2.0.0 as a shadow"), "{text}");
    assert!(text.contains("abort the shadow first"), "{text}");
    let another = pricing.module.shadow(file("same"), ShadowOptions::every(1));
    refused(another, Rule::OnTrial);
    // A shadow runs until its last handle is dropped.
    let clone = shadow.clone();
    drop(shadow);
    assert_eq!(clone.state(), ShadowState::Running);
    refused(pricing.module.update(file("same")), Rule::OnTrial);
    drop(clone);
    let told = wait(&pricing.events, UpdateState::RolledBack).expect("a reason");
    assert_eq!(told, "the shadow was dropped");
    pricing.module.update(file("same")).expect("an update");
    assert_eq!(pricing.module.version(), "2.0.0");
}

#[test]
fn a_shadow_that_was_detached_goes_on_until_a_rollback_ends_it() {
    let pricing = Pricing::load();
    pricing.module.update(file("same")).expect("an update");
    pricing.shadow("other", 1).detach();
    refused(pricing.module.update(file("other")), Rule::OnTrial);
    pricing.module.rollback().expect("a way back");
    pricing.module.update(file("other")).expect("an update");
}

#[test]
fn a_rollback_ends_it() {
    let pricing = Pricing::load();
    pricing.module.update(file("same")).expect("an update");
    let shadow = pricing.shadow("other", 1);
    pricing.label("ada");
    pricing.module.rollback().expect("a way back");
    pricing.label("ada");
    assert_eq!(pricing.module.version(), "1.0.0");
    assert!(matches!(shadow.state(), ShadowState::Aborted { .. }));
    assert_eq!(counts(&shadow.report()), (1, 1, 1));
    pricing.module.update(file("other")).expect("an update");
}

#[test]
fn what_could_not_be_compared_is_refused() {
    let pricing = Pricing::load();
    let shadow = |variant: &str| {
        pricing
            .module
            .shadow(file(variant), ShadowOptions::every(1))
    };
    refused(shadow(BASE), Rule::SameFile);
    let text = refused(shadow("nothing"), Rule::NothingPure);
    assert!(
        text.contains("expected a function that is pure here and in 1.0.0, found none"),
        "{text}"
    );
    refused(shadow("retyped"), Rule::ReturnChanged);
    wait(&pricing.events, UpdateState::Refused);
    // The refused candidate leaves nothing behind.
    pricing.module.update(file("nothing")).expect("an update");
    assert_eq!(pricing.module.version(), "2.0.0");
}

#[test]
fn a_file_without_the_table_that_its_manifest_names_is_refused() {
    let mut bytes = fs::read(file("same")).expect("a module");
    let name = "__hotmod_pure_pricing_total";
    let start = manifest::text(&bytes, name);
    let end = start + name.len();
    bytes[end - 1] = b'L';
    let directory = tempfile::tempdir().expect("a directory");
    let damaged = directory.path().join("libpricing.so");
    fs::write(&damaged, bytes).expect("a module");
    let pricing = Pricing::load();
    let shadow = pricing.module.shadow(&damaged, ShadowOptions::every(1));
    let text = refused(shadow, Rule::SymbolMissing);
    assert!(text.contains("__hotmod_pure_pricing_totaL"), "{text}");
}

#[test]
fn a_function_that_is_pure_in_one_version_only_is_not_compared() {
    let pricing = Pricing::load();
    let shadow = pricing.shadow("impure", 1);
    let mut exports = shadow.exports();
    assert!(exports.all(|export| export != "label"));
    let differences = shadow.differences().iter();
    let differences: Vec<String> = differences.map(ToString::to_string).collect();
    let statics = "static pricing_impure::LABELS: starts anew";
    assert_eq!(differences, ["label(): was pure, now not pure", statics]);
    pricing.label("ada");
    pricing.total.call(&items(), 2).expect("a total");
    assert_eq!(counts(&shadow.abort()), (1, 1, 0));
}
