//! Where fields are that are not carried over, and what becomes of what holds them.

use std::collections::HashMap;
use std::marker::PhantomData;
use std::sync::Arc;

use hotmod::StableState;
use hotmod::describe::{Transients, Type};

use crate::contract;
use crate::described;
use crate::plan::{Plan, Step};

#[derive(StableState)]
struct Session {
    number: u32,
    #[state(skip)]
    cache: String,
}

#[derive(StableState)]
enum Slot {
    Free,
    Taken(Box<Session>),
}

#[derive(StableState)]
struct Node {
    next: Option<Box<Node>>,
    slots: Vec<Slot>,
}

#[derive(StableState)]
struct Pair<T> {
    left: T,
    right: u8,
}

#[derive(StableState)]
struct Marked<T> {
    number: u64,
    tag: PhantomData<T>,
}

#[derive(StableState)]
struct Plain {
    next: Option<Box<Plain>>,
    marked: Marked<Session>,
}

fn held<T: StableState>() -> Option<String> {
    let description = described::types::<T>();
    let transients = Transients::of(&description);
    transients
        .within(&Type::from(&T::TYPE))
        .map(ToString::to_string)
}

#[test]
fn what_is_not_carried_over_is_found_wherever_it_is() {
    let found = Some("Session.cache".to_owned());
    assert_eq!(held::<Session>(), found);
    assert_eq!(held::<Slot>(), found);
    assert_eq!(held::<Node>(), found);
    assert_eq!(held::<Pair<Session>>(), found);
    assert_eq!(held::<Arc<[(u8, Pair<Node>); 2]>>(), found);
    assert_eq!(held::<HashMap<u8, Vec<Slot>>>(), found);
    assert_eq!(held::<Pair<u8>>(), None);
    // A type that is only named is not held.
    assert_eq!(held::<Marked<Session>>(), None);
    assert_eq!(held::<Plain>(), None);
    assert_eq!(held::<PhantomData<Session>>(), None);
}

#[test]
fn only_what_holds_it_is_converted() {
    fn whole<T: StableState>() -> bool {
        let description = described::state::<T>();
        let state = Type::from(&T::TYPE);
        let plan = Plan::new(&description, &description);
        plan.step(&state) == Some(&Step::Move)
    }
    assert!(whole::<Plain>());
    assert!(whole::<Pair<u8>>());
    for converted in [
        whole::<Session>(),
        whole::<Slot>(),
        whole::<Node>(),
        whole::<Pair<Slot>>(),
    ] {
        assert!(!converted);
    }
}

#[test]
fn in_a_struct_it_can_be_made_anew_and_elsewhere_it_cannot() {
    fn beyond_reach<T: StableState>() -> Option<String> {
        let description = described::types::<T>();
        let ty = Type::from(&T::TYPE);
        let found = Transients::of(&description);
        found
            .beyond_reach(&ty)
            .map(|(_, holder)| holder.to_string())
    }
    assert_eq!(beyond_reach::<Session>(), None);
    assert_eq!(beyond_reach::<Pair<Pair<Session>>>(), None);
    assert_eq!(beyond_reach::<Plain>(), None);
    assert_eq!(beyond_reach::<Slot>().as_deref(), Some("Slot"));
    assert_eq!(
        beyond_reach::<Pair<Option<Session>>>().as_deref(),
        Some("Option<Session>")
    );
    assert_eq!(
        beyond_reach::<[Session; 2]>().as_deref(),
        Some("[Session; 2]")
    );
    assert_eq!(
        beyond_reach::<Pair<(Session, u8)>>().as_deref(),
        Some("(Session, u8)")
    );
    assert_eq!(beyond_reach::<Node>().as_deref(), Some("Vec<Slot>"));
    // The derive and the comparison agree on which types hold a field that is made anew.
    const { assert!(Session::RENEWED && Pair::<Pair<Session>>::RENEWED) };
    const { assert!(!Slot::RENEWED && !Pair::<Option<Session>>::RENEWED && !Plain::RENEWED) };
    assert_eq!(contract::impossible(&described::types::<Node>()), []);
}
