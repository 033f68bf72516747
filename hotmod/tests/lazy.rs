//! A `Lazy` whose value is at the version of the code that uses it, in a program without a host: under Miri
//! (`tests/miri.sh`) too.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::sync::Arc;
use std::thread;

use hotmod::{Lazy, StableState};

#[derive(StableState, Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Entry {
    text: String,
    hits: u32,
}

fn entry(text: &str) -> Entry {
    Entry {
        text: text.to_owned(),
        hits: 0,
    }
}

#[test]
fn it_is_used_like_a_box() {
    let mut entries: HashMap<String, Lazy<Entry>> = HashMap::new();
    for text in ["a", "b", "c"] {
        entries.insert(text.to_owned(), Lazy::new(entry(text)));
    }
    let a = entries.get_mut("a").expect("an entry");
    a.hits += 1;
    a.try_get_mut().expect("it fits").text.push('!');
    assert_eq!((a.text.as_str(), a.hits), ("a!", 1));
    let copy = entries["a"].clone();
    assert_eq!(copy, entries["a"]);
    assert_ne!(copy, entries["b"]);
    let mut sorted: Vec<Lazy<Entry>> = entries.into_values().collect();
    sorted.sort();
    let texts: Vec<&str> = sorted.iter().map(|it| it.text.as_str()).collect();
    assert_eq!(texts, ["a!", "b", "c"]);
    let taken = sorted.into_iter().map(Lazy::into_inner);
    assert_eq!(taken.map(|it| it.hits).sum::<u32>(), 1);
    assert_eq!(Lazy::<Entry>::default().into_inner(), Entry::default());
}

#[test]
fn what_it_holds_is_dropped_once() {
    let owner = Rc::new(7_u64);
    let one = Lazy::new(owner.clone());
    let nested = Lazy::new(vec![Lazy::new(owner.clone()), Lazy::new(owner.clone())]);
    assert_eq!(Rc::strong_count(&owner), 4);
    assert_eq!(**nested[1], 7);
    drop(nested);
    assert_eq!(Rc::strong_count(&owner), 2);
    let taken = one.try_into_inner().expect("it fits");
    assert_eq!(Rc::strong_count(&owner), 2);
    drop(taken);
    assert_eq!(Rc::strong_count(&owner), 1);
}

#[test]
fn a_value_without_a_size_needs_no_block() {
    let units = vec![Lazy::new(()), Lazy::default()];
    assert_eq!(units[0], units[1]);
    units.into_iter().for_each(Lazy::into_inner);
}

#[test]
fn several_threads_read_one() {
    let shared = Arc::new(Lazy::new(entry("shared")));
    thread::scope(|scope| {
        for _ in 0..3 {
            let shared = shared.clone();
            scope.spawn(move || assert_eq!(shared.try_get().expect("it fits").text, "shared"));
        }
    });
    let lazy = Arc::into_inner(shared).expect("the last owner");
    let moved = thread::spawn(move || lazy.into_inner());
    assert_eq!(moved.join().expect("no panic"), entry("shared"));
}

#[test]
fn a_destructor_that_panics_leaves_nothing_twice() {
    #[derive(StableState)]
    struct Falls {
        owner: Rc<u32>,
    }

    impl Drop for Falls {
        fn drop(&mut self) {
            assert_eq!(*self.owner, 0, "the destructor falls");
        }
    }

    let owner = Rc::new(1);
    let lazy = Lazy::new(Falls {
        owner: owner.clone(),
    });
    let dropped = catch_unwind(AssertUnwindSafe(|| drop(lazy)));
    assert!(dropped.is_err());
    assert_eq!(Rc::strong_count(&owner), 1);
}
