//! A value that does not fit stays whole at its version, and what holds it moves on.

use super::*;
use hotmod_host::CallError;

#[test]
fn a_value_that_does_not_fit_stays_and_says_why() {
    let (module, mut hoard) = filled(400);
    update(&module, HOARD.file("checked"));
    arrive(&mut hoard);
    assert_eq!(hoard.entry(255), Ok(Ok(first(255, 255))));
    let why = "value stays at 1.0.0, and is not migrated to 2.0.0: Entry.gold: 300 does not fit [HM-0508]";
    assert_eq!(hoard.entry(300), Ok(Err(why.to_owned())));
    assert_eq!(hoard.earn(300, 1), Ok(Err(why.to_owned())));
    match hoard.must(300) {
        Err(CallError::Panicked(panicked)) => {
            assert!(panicked.to_string().contains(why), "{panicked}")
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(hoard.take(301), Ok(Some(Err(why.replace("300", "301")))));
    assert_eq!(hoard.count(), Ok(399));
    // It is still what it was.
    module
        .rollback()
        .unwrap_or_else(|refusal| panic!("{refusal}"));
    arrive(&mut hoard);
    assert_eq!(hoard.entry(300), Ok(Ok(first(300, 300))));
    assert_eq!(hoard.entry(255), Ok(Ok(first(255, 255))));
}

#[test]
fn a_function_that_panics_leaves_its_value() {
    let (module, mut hoard) = filled(20);
    update(&module, HOARD.file("made"));
    arrive(&mut hoard);
    assert_eq!(hoard.entry(12), Ok(Ok(levelled(12, 12, 6))));
    for _ in 0..3 {
        let why = hoard.entry(13).expect("a call").expect_err("it panics");
        assert!(why.contains("thirteen"), "{why}");
    }
    assert_eq!(hoard.in_row(14), Ok(Ok(levelled(14, 14, 6))));
    module
        .rollback()
        .expect_err("no function makes old entries");
}
