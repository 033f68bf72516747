//! What is used follows; what is not used stays where it is, and is dropped there.

use super::*;

#[test]
fn a_changed_entry_follows_when_it_is_used() {
    let (module, mut hoard) = filled(3);
    let report = update(&module, HOARD.file("level"));
    let followed = "World.entries[]: each value follows when it is used, Lazy<Entry> → Lazy<Entry>";
    assert!(report.to_string().contains(followed), "{report}");
    assert!(
        report
            .to_string()
            .contains("World.entries[].level: default"),
        "{report}"
    );
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
    let at_rest = at_rest(&[BASE, "level", "number"]);
    let (module, mut hoard) = filled(100);
    update(&module, HOARD.file("level"));
    hoard.earn(1, 10).expect("a call").expect("it fits");
    assert_eq!(hoard.forget(2), Ok(true));
    assert_eq!(hoard.take(3), Ok(Some(Ok(levelled(3, 3, 5)))));
    update(&module, HOARD.file("number"));
    hoard.earn(4, 10).expect("a call").expect("it fits");
    hoard.copy(5, 6).expect("a call");
    assert_eq!(hoard.same(5, 6), Ok(true));
    assert_eq!(hoard.same(1, 6), Ok(false));
    assert_eq!(hoard.nested(), Ok(Ok("7 of 100".to_owned())));
    drop(hoard);
    assert_eq!(module.memory(), at_rest);
}

#[test]
fn a_third_version_finds_values_of_the_first_and_of_the_second() {
    let (module, mut hoard) = filled(4);
    update(&module, HOARD.file("level"));
    hoard.earn(1, 10).expect("a call").expect("it fits");
    assert_eq!(hoard.within(3), Ok(Ok(levelled(3, 3, 5))));
    update(&module, HOARD.file("number"));
    arrive(&mut hoard);
    assert_eq!(hoard.version(), "3.0.0");
    for key in 0..4 {
        let gold = if key == 1 { 11 } else { key };
        assert_eq!(hoard.entry(key), Ok(Ok(levelled(key, gold, 5))));
        assert_eq!(hoard.within(key as usize), Ok(Ok(levelled(key, key, 5))));
    }
}

#[test]
fn a_rollback_takes_values_back_and_leaves_those_that_stayed() {
    let at_rest = at_rest(&[BASE, "level"]);
    let (module, mut hoard) = filled(3);
    update(&module, HOARD.file("level"));
    hoard.earn(1, 10).expect("a call").expect("it fits");
    module
        .rollback()
        .unwrap_or_else(|refusal| panic!("{refusal}"));
    arrive(&mut hoard);
    assert_eq!(hoard.version(), "1.0.0");
    assert_eq!(hoard.entry(1), Ok(Ok(first(1, 11))));
    assert_eq!(hoard.entry(2), Ok(Ok(first(2, 2))));
    assert_eq!(hoard.within(2), Ok(Ok(first(2, 2))));
    // And on again: to the very version that some were at.
    update(&module, HOARD.file("level"));
    hoard.earn(2, 1).expect("a call").expect("it fits");
    assert_eq!(hoard.entry(1), Ok(Ok(levelled(1, 11, 5))));
    assert_eq!(hoard.entry(2), Ok(Ok(levelled(2, 3, 5))));
    drop(hoard);
    assert_eq!(module.memory(), at_rest);
}

#[test]
fn values_of_the_same_layout_follow_as_they_are() {
    let (module, mut hoard) = filled(3);
    update(&module, HOARD.file("same"));
    hoard.earn(1, 10).expect("a call").expect("it fits");
    assert_eq!(hoard.version(), "2.0.0");
    assert_eq!(hoard.entry(1), Ok(Ok(first(1, 11))));
    assert_eq!(hoard.within(2), Ok(Ok(first(2, 2))));
}

#[test]
fn values_leave_and_enter_a_lazy() {
    let at_rest = at_rest(&[BASE, "level", "plain", "number"]);
    let (module, mut hoard) = filled(3);
    update(&module, HOARD.file("level"));
    hoard.earn(0, 10).expect("a call").expect("it fits");
    assert_eq!(hoard.in_row(1), Ok(Ok(levelled(1, 1, 5))));
    // Values of two versions leave theirs.
    update(&module, HOARD.file("plain"));
    arrive(&mut hoard);
    for place in 0..3 {
        let key = place as u64;
        assert_eq!(hoard.in_row(place), Ok(Ok(levelled(key, key, 5))));
    }
    update(&module, HOARD.file("number"));
    arrive(&mut hoard);
    assert_eq!(hoard.in_row(2), Ok(Ok(levelled(2, 2, 5))));
    drop(hoard);
    assert_eq!(module.memory(), at_rest);
}
