//! What a rehearsal in the process says of a state is what becomes of the state, and the rehearsal
//! leaves no trace.

use hotmod_host::{MigrateError, RehearseError};
use hotmod_tests::fixture::{BASE, Built};
use hotmod_tests::interfaces::vessels::Vessels;

use super::{containers, create, faults, in_place, load, update};

const STATES: u64 = 30;

/// Rehearses with a state for each of these fillings, updates, and expects the same. Gives how many
/// fit.
fn rehearse(built: &Built, variant: &str, filling: impl Fn(u64) -> (u64, u64)) -> u64 {
    let module = load::<dyn Vessels>(built.file(BASE));
    let mut states: Vec<_> = (0..STATES)
        .map(|number| {
            let mut all = create(&module, "");
            let (seed, bad) = filling(number);
            all.fill(seed, bad).expect("a call");
            let shown = all.show().expect("a call");
            (all, shown)
        })
        .collect();
    let candidate = module.candidate(built.file(variant));
    let candidate = candidate.unwrap_or_else(|refusal| panic!("{refusal}"));
    // The module's hook keeps where the last panic was.
    for (all, _) in &mut states {
        let _ = all.rehearse(&candidate);
    }
    let mut found: Vec<Result<(), MigrateError>> = Vec::new();
    let memory = module.memory();
    for (number, (all, shown)) in states.iter_mut().enumerate() {
        let first = all.rehearse(&candidate);
        // A second time it finds the state as the first time did.
        assert_eq!(all.rehearse(&candidate), first, "{variant} {number}");
        assert_eq!(all.show().expect("a call"), *shown, "{variant} {number}");
        assert_eq!((all.version(), all.stuck()), ("1.0.0", None));
        found.push(first.map_err(|error| match error {
            RehearseError::Unfit(error) => error,
            other => panic!("{variant} {number}: {other}"),
        }));
    }
    drop(candidate);
    let told: usize = found.iter().flatten().count();
    assert_eq!(module.memory(), memory, "{variant}, {told} of {STATES} fit");

    update(&module, built.file(variant));
    assert_eq!(module.versions().len(), 2, "it is loaded once");
    let mut fit = 0;
    for (number, ((all, _), found)) in states.iter_mut().zip(found).enumerate() {
        assert_eq!(all.migrate(), found, "{variant} {number}");
        fit += u64::from(found.is_ok());
    }
    // Nor is anything missing in the states.
    for (all, _) in &states {
        all.show().expect("a call");
    }
    fit
}

#[test]
fn states_that_fit_are_as_they_were_and_migrate_as_ever() {
    for variant in ["grown", "both"] {
        let fit = rehearse(&containers::VESSELS, variant, |seed| (seed, u64::MAX));
        assert_eq!(fit, STATES);
    }
}

#[test]
fn what_is_converted_in_place_only_on_commit_is_left_alone() {
    for variant in ["wider", "moved", "other"] {
        let fit = rehearse(&in_place::VESSELS, variant, |seed| (seed, u64::MAX));
        assert_eq!(fit, STATES);
    }
}

#[test]
fn the_value_that_does_not_fit_is_named_as_it_would_be() {
    for variant in ["narrowed", "failing", "panicking", "colliding", "unordered"] {
        let fit = rehearse(&faults::VESSELS, variant, |number| match number % 3 {
            0 => (number, u64::MAX),
            _ => (number, number),
        });
        assert!(fit < STATES, "{variant}");
    }
}
