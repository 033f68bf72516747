//! Containers of other crates that hold each other as deep as the data is, and owners in them.

use hotmod_host::{Host, Module, Snapshot};
use hotmod_tests::fixture::BASE;

use super::apart::{APART, Apart};
use super::loaded;

type Worlds = super::PoolOf<dyn Apart>;

fn worlds(variant: &str) -> (Host, Module<dyn Apart>, Worlds) {
    loaded(APART.file(variant))
}

fn deep(levels: u32) -> (Host, Module<dyn Apart>, Worlds) {
    let stage = worlds(BASE);
    stage.2.create(1, "").expect("an instance");
    let deepened = stage.2.call(&1, |world| world.deepen(levels));
    deepened.expect("a call");
    stage
}

fn spreads(worlds: &Worlds, key: u64) -> bool {
    worlds.call(&key, |world| world.spreads()).expect("a call")
}

fn depth(worlds: &Worlds) -> u32 {
    worlds.call(&1, |world| world.depth()).expect("a call")
}

#[test]
fn what_a_container_owns_several_times_is_one_after_a_restart() {
    let (host, _module, written) = worlds(BASE);
    for key in 1..9 {
        written.create(key, "").expect("an instance");
        written
            .call(&key, |world| world.spread(false))
            .expect("a call");
        assert!(spreads(&written, key));
    }
    let (bytes, _) = host.snapshot_to(Vec::new()).expect("a snapshot");
    let snapshot = Snapshot::of(bytes).expect("what was written");
    for variant in [BASE, "later"] {
        let (_host, _module, restored) = worlds(variant);
        let report = restored.restore(&snapshot).expect("states that fit");
        assert_eq!(report.restored, 8, "{report:?}");
        for key in 1..9 {
            assert!(spreads(&restored, key));
            let shown = restored.call(&key, |world| world.show()).expect("a call");
            assert!(shown.ends_with("true true true"), "{shown}");
        }
    }
}

/// The container is made of its form by itself.
#[test]
fn what_a_container_and_a_field_own_is_not_written_twice() {
    let (host, _module, worlds) = worlds(BASE);
    worlds.create(1, "").expect("an instance");
    let spread = worlds.call(&1, |world| world.spread(true));
    spread.expect("a call");
    let error = host.snapshot_to(Vec::new()).expect_err("two owners");
    let told = "they would not share it again";
    assert!(error.to_string().contains(told), "{error}");
    assert!(error.to_string().contains("World.shared"), "{error}");
}

#[test]
fn deep_containers_go_on_and_back_and_are_written() {
    let (host, module, written) = deep(500);
    written.inspect(&1, "tree").expect("a value");
    let (bytes, _) = host.snapshot_to(Vec::new()).expect("a snapshot");
    let snapshot = Snapshot::of(bytes).expect("what was written");
    module
        .update(APART.file("later"))
        .unwrap_or_else(|refusal| panic!("{refusal}"));
    assert_eq!(depth(&written), 500);
    assert_eq!(written.counts().len(), 1);
    assert!(written.stuck().is_empty(), "{:?}", written.stuck());
    module
        .rollback()
        .unwrap_or_else(|refusal| panic!("{refusal}"));
    assert_eq!(depth(&written), 500);
    for variant in [BASE, "later"] {
        let (_host, _module, restored) = worlds(variant);
        let report = restored.restore(&snapshot).expect("states that fit");
        assert_eq!(report.restored, 1, "{report:?}");
        assert_eq!(depth(&restored), 500);
    }
}

#[test]
fn containers_that_are_too_deep_stay_as_they_are() {
    let (host, module, worlds) = deep(2000);
    let error = host.snapshot_to(Vec::new()).expect_err("it is too deep");
    let told = "values that are carried over stand in each other";
    assert!(error.to_string().contains(told), "{error}");
    module
        .update(APART.file("later"))
        .unwrap_or_else(|refusal| panic!("{refusal}"));
    assert_eq!(depth(&worlds), 2000);
    let stuck = worlds.stuck();
    assert!(stuck[0].1.reason.contains(told), "{}", stuck[0].1);
}

#[test]
fn a_state_that_is_deep_is_looked_at_and_dropped() {
    let (_host, _module, worlds) = deep(100_000);
    worlds.inspect(&1, "tree").expect("a value");
    drop(worlds.remove(&1).expect("an instance"));
}
