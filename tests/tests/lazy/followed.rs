//! What is used follows; what is not used stays where it is, and is dropped there.

use super::*;

#[test]
fn a_changed_entry_follows_when_it_is_used() {
    let (module, mut hoard) = filled(3);
    let report = update(&module, HOARD.file("level"));
    assert!(report.to_string().contains("World.entries[]"), "{report}");
    hoard.earn(1, 10).expect("a call").expect("it fits");
    assert_eq!(hoard.version(), "2.0.0");
    assert_eq!(hoard.entry(1), Ok(Ok(levelled(1, 11, 5))));
    assert_eq!(hoard.entry(2), Ok(Ok(levelled(2, 2, 5))));
    assert_eq!(hoard.in_row(0), Ok(Ok(levelled(0, 0, 5))));
    assert_eq!(hoard.nested(), Ok(Ok("7 of 3".to_owned())));
    assert_eq!(hoard.within(2), Ok(Ok(levelled(2, 2, 5))));
    assert_eq!(hoard.must(2), Ok("entry 2: 2".to_owned()));
}

#[test]
fn what_is_never_used_is_dropped_by_the_code_that_made_it() {
    let at_rest =
        [BASE, "level", "number"].map(|name| load::<dyn Hoard>(HOARD.file(name)).memory());
    let (module, mut hoard) = filled(100);
    update(&module, HOARD.file("level"));
    hoard.earn(1, 10).expect("a call").expect("it fits");
    assert_eq!(hoard.forget(2), Ok(true));
    assert_eq!(hoard.take(3), Ok(Some(Ok(levelled(3, 3, 5)))));
    update(&module, HOARD.file("number"));
    hoard.earn(4, 10).expect("a call").expect("it fits");
    hoard.copy(5, 6).expect("a call");
    assert_eq!(hoard.same(5, 6), Ok(true));
    assert_eq!(hoard.nested(), Ok(Ok("7 of 100".to_owned())));
    drop(hoard);
    assert_eq!(module.memory(), at_rest.iter().sum::<i64>());
}
