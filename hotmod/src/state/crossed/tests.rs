//! Values that cross, with makers and destructors that panic.

use std::cell::{Cell, RefCell};
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::Crossed;
use crate::StableState;
use crate::call::boundary::Boundary;

thread_local! {
    /// The names of what was dropped, in the order of the drops.
    static DROPPED: RefCell<Vec<&'static str>> = const { RefCell::new(Vec::new()) };
    /// How many more tallies are made until making one panics. `BREAKS` names the one whose drop
    /// panics.
    static LEFT: Cell<usize> = const { Cell::new(usize::MAX) };
    static BREAKS: Cell<&'static str> = const { Cell::new("") };
}

/// A value that is not carried over, by its name.
struct Tally(&'static str);

impl Drop for Tally {
    fn drop(&mut self) {
        DROPPED.with_borrow_mut(|dropped| dropped.push(self.0));
        assert_ne!(BREAKS.get(), self.0, "it breaks");
    }
}

fn tally() -> Tally {
    let left = LEFT.get();
    assert_ne!(left, 0, "no more tallies");
    LEFT.set(left - 1);
    Tally("new")
}

/// A value that is carried over.
#[derive(StableState)]
struct Kept {
    number: u8,
}

impl Drop for Kept {
    fn drop(&mut self) {
        let name = ["kept 0", "kept 1", "kept 2", "kept 3"][usize::from(self.number)];
        DROPPED.with_borrow_mut(|dropped| dropped.push(name));
        assert_ne!(BREAKS.get(), name, "it breaks");
    }
}

#[derive(StableState)]
struct Inner {
    #[state(skip, init = tally)]
    first: Tally,
    one: Kept,
    #[state(skip, init = tally)]
    second: Tally,
}

#[derive(StableState)]
struct Outer {
    zero: Kept,
    inner: Inner,
    two: Kept,
    #[state(skip, init = tally)]
    third: Tally,
    three: Kept,
}

#[derive(StableState)]
struct Plain {
    list: Vec<Kept>,
    number: u64,
}

fn outer() -> Outer {
    LEFT.set(usize::MAX);
    BREAKS.set("");
    DROPPED.take();
    let kept = |number| Kept { number };
    Outer {
        zero: kept(0),
        inner: Inner {
            first: Tally("first"),
            one: kept(1),
            second: Tally("second"),
        },
        two: kept(2),
        third: Tally("third"),
        three: kept(3),
    }
}

const KEPT: [&str; 4] = ["kept 0", "kept 1", "kept 2", "kept 3"];

#[test]
fn the_sender_drops_what_is_not_carried_over_and_the_receiver_makes_it() {
    let crossed = outer().into_wire();
    assert_eq!(DROPPED.take(), ["first", "second", "third"]);
    let value = Outer::from_wire(crossed);
    assert_eq!(DROPPED.take(), [""; 0]);
    drop(value);
    let whole = ["kept 0", "new", "kept 1", "new", "kept 2", "new", "kept 3"];
    assert_eq!(DROPPED.take(), whole);
}

#[test]
fn a_value_that_is_not_taken_is_dropped_without_what_it_lacks() {
    drop(outer().into_wire());
    assert_eq!(
        DROPPED.take(),
        [&["first", "second", "third"], &KEPT[..]].concat()
    );
}

#[test]
fn a_maker_that_panics_leaves_nothing() {
    for made in 0..3 {
        let crossed = outer().into_wire();
        DROPPED.take();
        LEFT.set(made);
        let taken = catch_unwind(AssertUnwindSafe(|| Outer::from_wire(crossed)));
        assert!(taken.is_err());
        let mut dropped = vec!["new"; made];
        dropped.extend(KEPT);
        assert_eq!(DROPPED.take(), dropped, "{made}");
    }
}

#[test]
fn a_destructor_that_panics_keeps_no_other_from_running() {
    for breaks in ["first", "second", "third"] {
        let value = outer();
        BREAKS.set(breaks);
        let given = catch_unwind(AssertUnwindSafe(|| drop(value.into_wire())));
        assert!(given.is_err());
        assert_eq!(
            DROPPED.take(),
            [&["first", "second", "third"], &KEPT[..]].concat()
        );
    }
    for breaks in KEPT {
        let crossed = outer().into_wire();
        DROPPED.take();
        BREAKS.set(breaks);
        let dropped = catch_unwind(AssertUnwindSafe(|| drop(crossed)));
        assert!(dropped.is_err());
        assert_eq!(DROPPED.take(), KEPT, "{breaks}");
    }
}

#[test]
fn of_a_vector_all_items_are_taken_or_none() {
    let crossed = Outer::vec_into_wire(vec![outer(), outer()]);
    DROPPED.take();
    LEFT.set(4);
    let taken = catch_unwind(AssertUnwindSafe(|| Outer::vec_from_wire(crossed)));
    assert!(taken.is_err());
    let mut dropped = DROPPED.take();
    dropped.sort_unstable();
    let twice = KEPT.iter().flat_map(|name| [*name, *name]);
    assert_eq!(dropped, twice.chain(["new"; 4]).collect::<Vec<_>>());
}

#[test]
fn what_is_carried_over_whole_is_the_same_memory() {
    assert_eq!(size_of::<Crossed<Plain>>(), size_of::<Plain>());
    assert_eq!(align_of::<Crossed<Outer>>(), align_of::<Outer>());
    DROPPED.take();
    let plain = |number| Plain {
        list: vec![Kept { number: 1 }],
        number,
    };
    let values = vec![plain(1), plain(2)];
    let (items, list) = (values.as_ptr(), values[0].list.as_ptr());
    let values = Plain::vec_from_wire(Plain::vec_into_wire(values));
    assert_eq!((values.as_ptr(), values[0].list.as_ptr()), (items, list));
    assert_eq!(values.iter().map(|it| it.number).sum::<u64>(), 3);
    assert_eq!(DROPPED.take(), [""; 0]);
    drop(Plain::vec_into_wire(values));
    assert_eq!(DROPPED.take(), ["kept 1", "kept 1"]);
}
