//! States that come late: past versions that they did not see, back again, or not at all.

use std::sync::LazyLock;

use hotmod_tests::fixture::{BASE, Built, Family};
use hotmod_tests::interfaces::realm::Realm;

use super::{create, load, update};

static REALM: LazyLock<Built> = LazyLock::new(|| {
    let never = (
        "include!(\"world.rs\");",
        "fn world() -> World { unimplemented!(\"only ever an update\") }",
    );
    let second = ("    first: u8,", "    first: u16,\n    season: Option<u8>,");
    Family::new("realm")
        .library("late", &[])
        .variant("second", &[never, ("\"1.0.0\"", "\"2.0.0\""), second])
        .variant(
            "third",
            &[
                never,
                ("\"1.0.0\"", "\"3.0.0\""),
                (
                    "    first: u8,",
                    "    #[state(was = \"first\")]\n    primary: u64,\n    #[state(default = \
                     5)]\n    season: u8,",
                ),
                (
                    "pub struct World {",
                    "#[state(removed(\"cache\"))]\npub struct World {",
                ),
                ("    cache: Cache,", ""),
            ],
        )
        .variant(
            "third-after-second",
            &[
                never,
                ("\"1.0.0\"", "\"3.0.0\""),
                (
                    "    first: u8,",
                    "    #[state(was = \"first\")]\n    primary: u64,\n    season: Option<u8>,",
                ),
                (
                    "pub struct World {",
                    "#[state(removed(\"cache\"))]\npub struct World {",
                ),
                ("    cache: Cache,", ""),
            ],
        )
        .variant(
            "unfit",
            &[
                never,
                ("\"1.0.0\"", "\"2.0.0\""),
                (
                    "    nothing: Option<u32>,",
                    "    #[state(checked)]\n    nothing: u32,",
                ),
            ],
        )
        .build()
});

#[test]
fn a_state_goes_through_the_versions_that_it_did_not_see() {
    let module = load::<dyn Realm>(REALM.file(BASE));
    let mut late = create(&module, "");
    let mut prompt = create(&module, "");
    let before = late.show().expect("a call");
    update(&module, REALM.file("second"));
    prompt.touch().expect("a call");
    assert_eq!((prompt.version(), late.version()), ("2.0.0", "1.0.0"));
    update(&module, REALM.file("third-after-second"));
    late.touch().expect("a call");
    prompt.touch().expect("a call");
    assert_eq!((prompt.version(), late.version()), ("3.0.0", "3.0.0"));
    let after = before
        .replace("first: 1", "primary: 1, season: None")
        .replace("cache: Cache { hits: 33, rows: [\"34\"] }, ", "");
    assert_eq!(late.show().expect("a call"), after);
    assert_eq!(prompt.show().expect("a call"), after);
}

#[test]
fn a_change_that_skips_a_version_is_compared_with_what_runs() {
    let module = load::<dyn Realm>(REALM.file(BASE));
    let mut world = create(&module, "");
    let before = world.show().expect("a call");
    update(&module, REALM.file("third"));
    world.touch().expect("a call");
    let after = before
        .replace("first: 1", "primary: 1, season: 5")
        .replace("cache: Cache { hits: 33, rows: [\"34\"] }, ", "");
    assert_eq!(world.show().expect("a call"), after);
}

#[test]
fn a_state_that_slept_through_a_change_and_back_is_untouched() {
    let module = load::<dyn Realm>(REALM.file(BASE));
    let mut world = create(&module, "");
    let before = world.show().expect("a call");
    for _ in 0..3 {
        // The state does not fit this version, and would be stuck if it were tried.
        update(&module, REALM.file("unfit"));
        update(&module, REALM.file(BASE));
    }
    world.migrate().expect("nothing to do");
    assert_eq!(world.version(), "1.0.0");
    assert_eq!(world.show().expect("a call"), before);
}

#[test]
fn a_stuck_state_is_free_when_the_update_is_taken_back() {
    let module = load::<dyn Realm>(REALM.file(BASE));
    let mut world = create(&module, "");
    let before = world.show().expect("a call");
    update(&module, REALM.file("unfit"));
    world.touch().expect("a call");
    let stuck = world.stuck().expect("what is absent does not fit");
    assert_eq!((&*stuck.from, &*stuck.to), ("1.0.0", "2.0.0"));
    assert_eq!(
        stuck.to_string(),
        "state stays at 1.0.0, and is not migrated to 2.0.0: World.boxes.nothing: `None` does not \
         fit [HM-0507]"
    );
    update(&module, REALM.file(BASE));
    world.touch().expect("a call");
    assert_eq!(world.stuck(), None);
    update(&module, REALM.file("second"));
    world.touch().expect("a call");
    assert_eq!(world.stuck(), None);
    assert_eq!(world.version(), "2.0.0");
    let after = before.replace("first: 1", "first: 1, season: None");
    assert_eq!(world.show().expect("a call"), after);
}

/// A state is dropped by the version that it is at.
#[test]
fn a_state_is_dropped_at_an_old_version() {
    let module = load::<dyn Realm>(REALM.file(BASE));
    let worlds: Vec<_> = (0..3).map(|_| create(&module, "")).collect();
    let mut dropped = worlds.into_iter().enumerate().map(|(i, world)| {
        if i == 1 {
            update(&module, REALM.file("second"));
            update(&module, REALM.file("third-after-second"));
        }
        assert_eq!(world.version(), "1.0.0");
        let before = module.memory();
        drop(world);
        before - module.memory()
    });
    let first = dropped.next().expect("a state");
    assert!(first > 0, "{first}");
    assert!(dropped.all(|freed| freed == first));
}
