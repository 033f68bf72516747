//! Code that looks at a state or value before it is final cannot open a `Lazy` in it.

use super::*;

const CLOSED: &str = "cannot open a `Lazy`";

#[test]
fn a_function_cannot_open_what_its_value_holds() {
    let (module, mut hoard) = filled(5);
    update(&module, HOARD.file("opens"));
    arrive(&mut hoard);
    let why = hoard
        .nested()
        .expect("a call")
        .expect_err("it is opened too early");
    assert!(why.contains(CLOSED), "{why}");
    // It is where it was, and dropped by the code that made it.
    assert_eq!(hoard.sweep(LONG).stuck, 1);
    drop(hoard);
}

#[test]
fn a_check_cannot_open_what_is_at_another_version() {
    let at_rest = at_rest(&[BASE, "seen"]);
    let (module, mut hoard) = filled(2);
    update(&module, HOARD.file("seen"));
    let error = hoard.migrate().expect_err("the check refuses it");
    assert!(error.reason.contains(CLOSED), "{error}");
    assert_eq!(hoard.version(), "1.0.0");
    assert_eq!(hoard.in_row(0), Ok(Ok(first(0, 0))));
    drop(hoard);
    assert_eq!(module.memory(), at_rest);
}
