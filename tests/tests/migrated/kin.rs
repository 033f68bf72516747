//! Items with several owners: each is converted once, and only if no other code can get to it.

use std::sync::LazyLock;

use hotmod_host::{Instance, Module};
use hotmod_tests::fixture::{BASE, Built, Edit, Family};
use hotmod_tests::interfaces::kin::Kin;

use super::{at_rest, create, load, update, while_threads_run};

/// Every part changes, and with it all that has one.
const WIDER: Edit = (
    "pub struct Part {\n    name: String,\n    number: u32,",
    "pub struct Part {\n    name: String,\n    number: u64,",
);
/// Not every part has so small a number.
const NARROWER: Edit = (
    WIDER.0,
    "pub struct Part {\n    name: String,\n    #[state(checked)]\n    number: u16,",
);
/// Both fields lie where the other was: they could be converted in place.
const MOVED: Edit = (
    "#[derive(StableState, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]\npub struct Part {\n    name: String,\n    number: u32,",
    "impl std::fmt::Debug for Part {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (name, number) = (&self.name, &self.number);
        f.debug_struct(\"Part\").field(\"name\", name).field(\"number\", number).finish()
    }
}

#[derive(StableState, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(C)]
pub struct Part {
    number: u32,
    name: String,",
);
const FAILS: &[Edit] = &[
    (
        "    // the last field",
        "    #[state(default = never())]\n    last_of_all: u8,",
    ),
    (
        "#[hotmod::init]",
        "fn never() -> u8 {\n    panic!(\"not this time\")\n}\n\n#[hotmod::init]",
    ),
];

static KIN: LazyLock<Built> = LazyLock::new(|| {
    Family::new("kin")
        .variant("wider", &[WIDER])
        .variant("narrower", &[NARROWER])
        .variant("moved", &[MOVED])
        .variant("failing", &[&[WIDER], FAILS].concat())
        .variant("moved-and-failing", &[&[MOVED], FAILS].concat())
        .build()
});

/// For what races.
static QUICK: LazyLock<Built> = LazyLock::new(|| {
    Family::new("kin")
        .variant("wider", &[WIDER])
        .release()
        .build()
});

fn filled(built: &Built, size: u32) -> (Module<dyn Kin>, Instance<dyn Kin>, String) {
    let module = load::<dyn Kin>(built.file(BASE));
    let mut all = create(&module, "");
    all.fill(size).expect("a call");
    let shown = all.show().expect("a call");
    (module, all, shown)
}

#[test]
fn what_has_several_owners_is_converted_once() {
    for variant in ["wider", "moved"] {
        for size in [1, 2, 9, 40] {
            let (module, mut all, shown) = filled(&KIN, size);
            update(&module, KIN.file(variant));
            all.migrate().unwrap_or_else(|error| panic!("{error}"));
            assert_eq!(all.show().expect("a call"), shown, "{variant} {size}");
            drop(all);
            let files = [BASE, variant].map(|variant| KIN.file(variant));
            assert_eq!(
                module.memory(),
                at_rest::<dyn Kin>(files),
                "{variant} {size}"
            );
        }
    }
}

#[test]
fn what_has_several_owners_is_as_it_was_if_something_else_fails() {
    for variant in ["failing", "moved-and-failing"] {
        for size in [1, 9] {
            let (module, mut all, shown) = filled(&KIN, size);
            update(&module, KIN.file(variant));
            all.migrate().expect_err("the last field cannot be made");
            let memory = module.memory();
            for _ in 0..3 {
                let error = all.migrate().expect_err("the last field cannot be made");
                assert!(error.reason.ends_with("not this time"), "{error}");
                assert_eq!(module.memory(), memory, "{variant} {size}");
                assert_eq!(all.show().expect("a call"), shown, "{variant} {size}");
            }
        }
    }
}

#[test]
fn whatever_is_held_outside_stays_with_the_state_it_is_of() {
    let (module, mut all, shown) = filled(&KIN, 9);
    update(&module, KIN.file("wider"));
    for what in [
        "key",
        "weak key",
        "inner",
        "outer",
        "weak outer",
        "root",
        "weak root",
        "leaf",
        "weak leaf",
        "foreign",
        "mixed",
        "guarded",
        "nested",
        "in nested",
        "trunk",
        "branch",
        "weak branch",
        "rows",
        "weak rows",
        "row",
        "in a row",
    ] {
        assert!(all.hold(what).expect("a call"), "{what}");
        let memory = module.memory();
        let error = all.migrate().expect_err(what);
        let outside = "owned by something outside of the state";
        assert!(error.reason.contains(outside), "{what}: {error}");
        assert!(error.path.contains('.'), "{what}: {error}");
        assert_eq!(module.memory(), memory, "{what}");
        all.release().expect("a call");
        assert_eq!(all.show().expect("a call"), shown, "{what}");
    }
    all.migrate().expect("nothing is held any more");
    assert_eq!(all.show().expect("a call"), shown);
}

/// Where one of the values of a slice does not fit, nothing is left of those before it.
#[test]
fn a_slice_stays_with_all_its_owners_if_one_of_its_values_does_not_fit() {
    let (module, mut all, shown) = filled(&KIN, 9);
    update(&module, KIN.file("narrower"));
    let memory = module.memory();
    for _ in 0..3 {
        let error = all.migrate().expect_err("one of the values does not fit");
        assert_eq!(error.path, "All.rows?[2].part.number", "{error}");
        assert_eq!(module.memory(), memory);
        assert_eq!(all.show().expect("a call"), shown);
    }
    all.fill(2).expect("a call");
    let shown = all.show().expect("a call");
    all.migrate().unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(all.show().expect("a call"), shown);
}

/// All of a process may own the one empty slice that the library has, and there is nothing in it.
#[test]
fn an_empty_slice_may_be_owned_by_anything() {
    let (module, mut all, shown) = filled(&KIN, 2);
    all.hold("no rows").expect("a call");
    update(&module, KIN.file("wider"));
    all.migrate().unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(all.show().expect("a call"), shown);
}

/// A guard was leaked: no thread will release the lock.
#[test]
fn a_lock_that_stays_locked_is_not_waited_for() {
    let (module, mut all, _) = filled(&KIN, 9);
    update(&module, KIN.file("wider"));
    all.hold("lock of a node").expect("a call");
    let error = all.migrate().expect_err("a lock is held");
    assert!(error.reason.starts_with("a lock is held"), "{error}");
    assert!(error.path.contains('.'), "{error}");
    let (module, mut all, _) = filled(&KIN, 9);
    update(&module, KIN.file("wider"));
    // It is behind no item that could have other owners, and is made anew.
    all.hold("lock of a key").expect("a call");
    all.migrate().unwrap_or_else(|error| panic!("{error}"));
    all.show().expect("a call");
}

#[test]
fn a_poisoned_lock_is_a_lock() {
    let (module, mut all, shown) = filled(&KIN, 9);
    all.hold("poisoned lock").expect("a call");
    update(&module, KIN.file("wider"));
    all.migrate().unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(all.show().expect("a call"), shown);
}

/// Threads that are somewhere among the nodes all the time, or come there by weak ones, are found
/// wherever they are, however often it is tried.
#[test]
fn threads_that_walk_about_in_a_state_are_found() {
    let (module, mut all, shown) = filled(&QUICK, 9);
    update(&module, QUICK.file("wider"));
    for threads in ["w", "l", "x", "wl", "xx", "wlx"] {
        all.run(threads, u64::MAX).expect("a call");
        let mut tries = 0;
        while_threads_run(|| {
            let error = all.migrate().expect_err("a thread is in it");
            assert!(
                error.reason.contains("outside of the state"),
                "{tries}: {error}"
            );
            tries += 1;
        });
        let steps = all.stop().expect("a call");
        println!("{threads}: refused {tries} times, in {steps} steps of theirs");
        assert!(steps > 0);
        assert!(tries > 0);
        assert_eq!(all.show().expect("a call"), shown);
    }
    all.migrate().expect("no thread is left");
    assert_eq!(all.show().expect("a call"), shown);
}

/// As soon as they have left, and not before: what they saw last was whole, and so is all that was
/// converted.
#[test]
fn threads_that_leave_a_state_are_waited_for() {
    let (mut refused, mut migrated) = (0_u64, 0_u64);
    let module = load::<dyn Kin>(QUICK.file(BASE));
    let joined = module
        .function::<fn() -> u64>("joined")
        .expect("the export");
    while_threads_run(|| {
        for (threads, steps) in [("w", 9), ("x", 40), ("l", 300), ("wx", 900), ("wlx", 9000)] {
            let mut all = create(&module, "");
            all.fill(9).expect("a call");
            let shown = all.show().expect("a call");
            update(&module, QUICK.file("wider"));
            all.run(threads, steps).expect("a call");
            while let Err(error) = all.migrate() {
                assert!(error.reason.contains("outside of the state"), "{error}");
                refused += 1;
            }
            migrated += 1;
            assert_eq!(all.show().expect("a call"), shown);
            drop(all);
            module.rollback().expect("nothing is at the newer one");
            // It is that version's threads that are asked for.
            assert!(joined.call().expect("a call") > 0);
        }
    });
    println!("refused {refused} times, migrated {migrated}");
    assert!(migrated > 0);
}
