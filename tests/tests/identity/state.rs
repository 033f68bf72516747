//! Fields that are not carried over, in states that are.

use std::sync::LazyLock;

use hotmod_host::describe::Verdict;
use hotmod_host::{Host, Instance};
use hotmod_tests::fixture::{BASE, Built, Edit, Family};
use hotmod_tests::interfaces::identity::Desk;

use super::loaded;

/// As large as before, and something else.
const OTHER_CACHE: &[Edit] = &[
    ("Cache(Box<u64>);", "Cache(std::num::NonZeroU64);"),
    (
        "Cache(Box::new(7))",
        "Cache(std::num::NonZeroU64::new(9).unwrap())",
    ),
    (" + *self.cache.0", " + self.cache.0.get()"),
    (" + *own.0", " + own.0.get()"),
];

/// Without the niche that was in `Box`.
const WITHOUT_NICHE: &[Edit] = &[
    ("Cache(Box<u64>);", "Cache(u64);"),
    ("Cache(Box::new(7))", "Cache(0)"),
    (" + *self.cache.0", " + self.cache.0"),
    (" + *own.0", " + own.0"),
];

const READS: &str = r#"
#[hotmod::migrate]
fn slot(old: &hotmod::Old<'_>) -> Result<Slot, String> {
    let session: &Session = old.get("session")?;
    Err(format!("read a session of {}", session.sum()))
}
"#;

static IDENTITY: LazyLock<Built> = LazyLock::new(|| {
    let reads = [OTHER_CACHE, &[("// more", READS)]].concat();
    Family::new("identity")
        .package("identity-state")
        .variant("other", OTHER_CACHE)
        .variant("without-niche", WITHOUT_NICHE)
        .variant("reads", &reads)
        .build()
});

fn host() -> Host {
    Host::builder()
        .provide("exchange", exchange)
        .build()
        .expect("a host")
}

/// What the module imports, and never calls here.
pub(super) fn exchange(session: Session, _: Vec<Session>) -> Session {
    session
}

#[derive(hotmod::StableState)]
#[repr(C)]
pub(super) struct Session {
    part: Part,
    #[state(skip)]
    cache: usize,
    bonus: Box<u32>,
}

#[derive(hotmod::StableState)]
struct Part {
    number: u32,
}

/// How many sessions there are, and what they make without their caches.
const HOLDERS: u64 = 14;
const NUMBERS: u64 = (1 + 14) * 14 / 2 + HOLDERS * 1000;

fn total(world: &Instance<dyn Desk>) -> u64 {
    assert_eq!(world.holders(), Ok(HOLDERS));
    world.total().expect("a call")
}

#[test]
fn they_are_made_anew_by_every_update_and_rollback() {
    let host = host();
    let module = loaded(&host, IDENTITY.file(BASE));
    let caches = module
        .function::<fn() -> i64>("caches")
        .expect("a function");
    let desk = module.interface::<dyn Desk>().expect("the interface");
    let mut world = desk.create("").expect("a world");
    assert_eq!(total(&world), NUMBERS + 7 * HOLDERS);
    assert_eq!(caches.call(), Ok(14));
    for (variant, cache) in [("other", 9), ("without-niche", 0)] {
        let report = module.update(IDENTITY.file(variant));
        let report = report.unwrap_or_else(|refusal| panic!("{refusal}"));
        assert_eq!(Verdict::of(&report.differences), Verdict::Migrate);
        world.migrate().expect("a migration");
        assert_eq!(total(&world), NUMBERS + cache * HOLDERS, "{variant}");
        assert_eq!(caches.call(), Ok(14), "{variant}");
        module
            .rollback()
            .unwrap_or_else(|refusal| panic!("{refusal}"));
        world.migrate().expect("a migration back");
        assert_eq!(total(&world), NUMBERS + 7 * HOLDERS, "{variant}, and back");
        assert_eq!(
            caches.call(),
            Ok(14),
            "those of {variant} went, and these are the only ones"
        );
    }
    drop(world);
    assert_eq!(caches.call(), Ok(0));
}

#[test]
fn a_value_with_one_is_not_lent_to_a_migration_as_what_it_was() {
    let host = host();
    let module = loaded(&host, IDENTITY.file(BASE));
    let desk = module.interface::<dyn Desk>().expect("the interface");
    let mut world = desk.create("").expect("a world");
    module
        .update(IDENTITY.file("reads"))
        .unwrap_or_else(|refusal| panic!("{refusal}"));
    let stuck = world.migrate().expect_err("no value to read").to_string();
    assert!(
        stuck.contains(
            "the old field `session` is a `Session` with `Session.cache`, which is not carried over"
        ),
        "{stuck}"
    );
    assert_eq!(total(&world), NUMBERS + 7 * HOLDERS);
}
