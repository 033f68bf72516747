//! `cargo hotmod fuzz`.

use hotmod_tests::fixture::BASE;
use serde_json::{Value, json};

use crate::variants::TILLS;
use crate::{Ended, hotmod};

fn fuzz(old: &str, new: &str, arguments: &[&str]) -> Ended {
    let all = [&["fuzz", "--format", "json", "--values", "2000"], arguments].concat();
    hotmod(&all, &[&TILLS.file(old), &TILLS.file(new)])
}

fn only_fault(answer: &Value) -> &Value {
    let faults = answer["states"][0]["faults"].as_array().expect("a list");
    assert_eq!(faults.len(), 1, "{answer:#}");
    &faults[0]
}

#[test]
fn values_of_every_kind_go_there_and_back() {
    let ended = fuzz(BASE, "counting", &[]);
    assert_eq!(ended.status, Some(0), "{}{}", ended.stdout, ended.stderr);
    let answer = ended.json();
    assert_eq!(
        (&answer["lossless"], &answer["is_clean"]),
        (&true.into(), &true.into())
    );
    let state = &answer["states"][0];
    assert_eq!(
        (&state["interface"], &state["state"]),
        (&"Till".into(), &"Drawer".into())
    );
    assert_eq!(
        (&state["values"], &state["discarded"]),
        (&2000.into(), &0.into())
    );
}

#[test]
fn a_value_that_does_not_fit_is_made_as_small_as_it_can_be() {
    let ended = fuzz(BASE, "narrow", &[]);
    assert_eq!(ended.status, Some(3), "{}", ended.stderr);
    let answer = ended.json();
    for fault in answer["states"][0]["faults"].as_array().expect("a list") {
        assert_eq!(fault["kind"], "unfit");
        let told = fault["told"].as_str().expect("a text");
        let coins = match told.starts_with("Drawer.last") {
            true => vec![&fault["value"]["last"]],
            false => fault["value"]["coins"]
                .as_array()
                .expect("a list")
                .iter()
                .collect(),
        };
        // One coin, of the least that is too much or one at an edge.
        assert_eq!(coins.len(), 1, "{answer:#}");
        assert!(coins[0]["worth"].as_u64() > Some(255), "{answer:#}");
        assert_eq!(coins[0]["of"], "");
    }
    let allowed = fuzz(BASE, "narrow", &["--allow-unfit"]);
    assert_eq!(allowed.status, Some(0), "{}", allowed.stderr);
}

#[test]
fn what_leaks_panics_and_changes_is_found() {
    for (variant, kind) in [("leaking", "leaked"), ("panicking", "panicked")] {
        let ended = fuzz(BASE, variant, &[]);
        assert_eq!(
            ended.status,
            Some(3),
            "{variant}: {}{}",
            ended.stdout,
            ended.stderr
        );
        let answer = ended.json();
        let fault = only_fault(&answer);
        assert_eq!(fault["kind"], kind, "{variant}: {answer:#}");
        // What is wrong is with what is locked, and nothing else is left in the value.
        assert_eq!(
            fault["value"]["coins"],
            Value::Array(Vec::new()),
            "{answer:#}"
        );
        assert!(fault["value"]["kind"]["Locked"].is_object(), "{answer:#}");
    }
}

#[test]
fn a_crash_is_found_with_its_value() {
    let ended = fuzz(BASE, "crashing", &[]);
    assert_eq!(ended.status, Some(3), "{}{}", ended.stdout, ended.stderr);
    let answer = ended.json();
    assert_eq!(answer["crashed"], "the process was ended by signal 6");
    assert_eq!(answer["interface"], "Till");
    let coins = answer["value"]["coins"].as_array().expect("a list");
    assert!(coins.iter().any(|it| it["worth"] == u32::MAX), "{answer:#}");

    // The status is the module's, and no answer.
    let ended = fuzz(BASE, "exiting", &[]);
    assert_eq!(ended.status, Some(3), "{}{}", ended.stdout, ended.stderr);
    let answer = ended.json();
    assert_eq!(answer["crashed"], "the process ended with status 0");
    assert_eq!(answer["value"]["coins"], json!([]), "{answer:#}");
    assert!(answer["value"]["kind"]["Locked"].is_object(), "{answer:#}");
}

#[test]
fn a_version_that_may_not_replace_the_other_is_refused() {
    let ended = fuzz(BASE, "refused", &[]);
    assert_eq!(ended.status, Some(3), "{}", ended.stderr);
    assert!(ended.stderr.contains("Drawer.last"), "{}", ended.stderr);
    let refused = ended.json()["refused"].clone();
    assert!(
        refused
            .as_str()
            .is_some_and(|it| it.contains("Drawer.last")),
        "{refused}"
    );
}
