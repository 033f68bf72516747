//! State whose owners lead to each other.

#[path = "rings/owners.rs"]
mod owners;

use std::sync::LazyLock;

use hotmod_host::{Host, Instance, Module};
use hotmod_tests::fixture::{BASE, Built, Family};
use hotmod_tests::interfaces::ring::Ring;

static RING: LazyLock<Built> = LazyLock::new(|| {
    Family::new("ring")
        .variant(
            "wider",
            &[("\"1.0.0\"", "\"2.0.0\""), ("number: u32", "number: u64")],
        )
        .variant("newer", &[("\"1.0.0\"", "\"1.1.0\"")])
        .build()
});

fn ring() -> (Module<dyn Ring>, Instance<dyn Ring>) {
    let host = Host::builder().build().expect("a host");
    let module = host
        .load::<dyn Ring>(RING.file(BASE))
        .unwrap_or_else(|refusal| panic!("{refusal}"));
    let places = module.create("").expect("an instance");
    (module, places)
}

fn update(module: &Module<dyn Ring>, variant: &str) {
    module
        .update(RING.file(variant))
        .unwrap_or_else(|refusal| panic!("{refusal}"));
}

#[test]
fn places_that_share_the_next_share_it_again() {
    let (module, mut places) = ring();
    update(&module, "wider");
    places.migrate().expect("a migration");
    assert_eq!(places.walk(9).expect("a call"), [1, 2]);
    // The last place is the one that the first leads to.
    places.close().expect("a call");
    assert_eq!(places.walk(5).expect("a call"), [1, 2, 1, 2, 1]);
    places.open().expect("a call");
}

#[test]
fn a_ring_that_is_closed_stays_as_it_is() {
    let (module, mut places) = ring();
    places.close().expect("a call");
    update(&module, "wider");
    let error = places.migrate().expect_err("a ring");
    assert!(error.reason.contains("leads back to itself"), "{error}");
    assert_eq!(places.version(), "1.0.0");
    assert_eq!(places.walk(5).expect("a call"), [1, 2, 1, 2, 1]);
    places.open().expect("a call");
}

#[test]
fn a_ring_whose_types_did_not_change_is_handed_over_closed() {
    let (module, mut places) = ring();
    places.close().expect("a call");
    update(&module, "newer");
    places.migrate().expect("nothing to do");
    assert_eq!(places.version(), "1.1.0");
    assert_eq!(places.walk(3).expect("a call"), [1, 2, 1]);
    places.open().expect("a call");
}
