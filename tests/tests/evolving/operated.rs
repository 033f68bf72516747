//! What is done with versions of other interfaces while a server runs: they serve a share of the instances, are
//! rehearsed, compared, on probation, published together and gone back from. The host stays as it was.

use std::time::Duration;

use hotmod_host::{
    CallLimits, CanaryOptions, Pool, RehearsalOptions, ShadowOptions, UpdateOptions, UpdateState,
};
use hotmod_tests::patience::until_state;

use super::*;

type Rooms = Pool<u64, dyn as_ever::Room>;

/// A module, and some rooms in each of which something was said.
fn rooms() -> (Module<dyn as_ever::Room>, Rooms) {
    let module = loaded::<dyn as_ever::Room>(BASE);
    let pool = module.pool();
    for key in 0..6 {
        pool.create(key, "").expect("a room");
        let post = pool.call(&key, |room| room.post(message("ada", "hi")));
        assert_eq!(post.expect("a call"), 1);
    }
    (module, pool)
}

/// What each room makes of a message of this host. All of them show what was said as this host knows it.
fn described(pool: &Rooms) -> Vec<String> {
    let keys = 0..6;
    let described = keys.map(|key| {
        let history = pool.call(&key, |room| room.history());
        assert_eq!(history.expect("a call"), [message("ada", "hi")]);
        let described = pool.call(&key, |room| room.describe(&message("bob", "x")));
        described.expect("a call")
    });
    described.collect()
}

const OLD: &str = "bob: x";
const NEW: &str = "7 bob to all: x";

#[test]
fn a_canary_serves_its_share_by_an_interface_of_its_own() {
    let (module, pool) = rooms();
    let canary = || {
        let share = CanaryOptions::matching(|key: &u64| key % 2 == 1);
        let canary = pool.canary(ROOMS.file("field"), share);
        canary.unwrap_or_else(|refusal| panic!("{refusal}"))
    };
    let first = canary();
    assert_eq!(described(&pool), [OLD, NEW, OLD, NEW, OLD, NEW]);
    first.abort().expect("an end");
    assert_eq!(described(&pool), [OLD; 6]);
    canary().promote().expect("an update");
    assert_eq!(described(&pool), [NEW; 6]);
    module.rollback().expect("a rollback");
    assert_eq!(described(&pool), [OLD; 6]);
}

#[test]
fn rooms_are_swept_to_an_interface_of_another_age_and_back() {
    let (module, pool) = rooms();
    module.update(ROOMS.file("field")).expect("an update");
    let swept = pool.sweep(Duration::MAX);
    assert_eq!((swept.stuck, swept.remaining), (0, 0));
    assert_eq!(described(&pool), [NEW; 6]);
    module.rollback().expect("a rollback");
    let swept = pool.sweep(Duration::MAX);
    assert_eq!((swept.stuck, swept.remaining), (0, 0));
    assert_eq!(described(&pool), [OLD; 6]);
}

#[test]
fn a_rehearsal_takes_along_what_is_called_by_another_interface_then() {
    let (module, pool) = rooms();
    let rehearsal = RehearsalOptions::new();
    let rehearsed = module.rehearse(ROOMS.file("field"), &rehearsal);
    let rehearsed = rehearsed.unwrap_or_else(|refusal| panic!("{refusal}"));
    assert_eq!((rehearsed.migrated, rehearsed.in_use), (6, 0));
    assert_eq!(described(&pool), [OLD; 6]);
    let options = UpdateOptions::new().rehearse(rehearsal);
    let updated = module.update_with(ROOMS.file("field"), &options);
    let report = updated.unwrap_or_else(|refusal| panic!("{refusal}"));
    assert!(
        found(&report.differences).contains(&(Rule::CallUnseen, "Room::history() -> [].id")),
        "{report}"
    );
    assert_eq!(described(&pool), [NEW; 6]);
}

/// A call whose result does not fit this host is one that failed.
#[test]
fn a_result_that_does_not_fit_counts_for_a_probation() {
    let host = Host::builder().build().expect("a host");
    let events = host.events();
    let module = host.load::<dyn as_ever::Room>(ROOMS.file(BASE));
    let module = module.unwrap_or_else(|refusal| panic!("{refusal}"));
    let mut room = module.create("").expect("a room");
    let limits = CallLimits::new().errors(0.0);
    let options = UpdateOptions::new().probation(Duration::from_secs(3600), limits);
    let updated = module.update_with(ROOMS.file("variant"), &options);
    updated.unwrap_or_else(|refusal| panic!("{refusal}"));
    room.post(message("ada", "many")).expect("a call");
    assert!(matches!(room.replies(), Err(CallError::Unfit(_))));
    let told = until_state(&events, UpdateState::RolledBack);
    let reason = told.last().and_then(|it| it.reason.as_deref());
    let expected = "calls failed; the limit is a share of 0";
    assert!(reason.is_some_and(|it| it.ends_with(expected)), "{told:?}");
    room.post(message("ada", "many")).expect("a call");
    let text = as_ever::Reply::Text("many".to_owned());
    assert_eq!(room.replies().expect("a call"), Ok((2, text)));
}

/// A pure function whose types changed gets no copies of its arguments, and is called as ever.
#[test]
fn a_shadow_compares_what_both_versions_take_alike() {
    let module = loaded::<dyn as_ever::Room>(BASE);
    let measure = module.function::<fn(&str) -> u32>("measure");
    let measure = measure.expect("an export");
    let greet = module.function::<fn(as_ever::Message) -> String>("greet");
    let greet = greet.expect("an export");
    let shadow = module.shadow(ROOMS.file("field"), ShadowOptions::every(1));
    let shadow = shadow.unwrap_or_else(|refusal| panic!("{refusal}"));
    assert_eq!(shadow.exports().collect::<Vec<_>>(), ["measure"]);
    assert_eq!(measure.call("four").expect("a call"), 4);
    assert_eq!(greet.call(message("bob", "x")).expect("a call"), OLD);
    let report = shadow.abort();
    assert_eq!((report.calls, report.compared, report.differing), (1, 1, 0));
    module.update(ROOMS.file("field")).expect("an update");
    assert_eq!(greet.call(message("bob", "x")).expect("a call"), NEW);
}

#[test]
fn versions_of_other_interfaces_are_published_together() {
    let host = Host::builder().build().expect("a host");
    let load = |variant: &str| host.load::<dyn as_ever::Room>(ROOMS.file(variant));
    let (one, other) = (load(BASE), load("beside"));
    let (one, other) = (one.expect("a module"), other.expect("a module"));
    let (mut first, mut second) = (
        one.create("").expect("a room"),
        other.create("").expect("a room"),
    );
    let files = [
        (&one, ROOMS.file("field")),
        (&other, ROOMS.file("beside-param")),
    ];
    let updates = host.update_all(files, &UpdateOptions::new());
    updates.unwrap_or_else(|refusal| panic!("{refusal}"));
    for room in [&mut first, &mut second] {
        assert_eq!(room.post(message("ada", "hi")).expect("a call"), 1);
        assert_eq!(room.history().expect("a call"), [message("ada", "hi")]);
        assert_eq!(room.scale(3, 4).expect("a call"), 304);
    }
    assert_eq!(first.describe(&message("bob", "x")).expect("a call"), NEW);
    host.rollback_all([&one, &other], &hotmod_host::RollbackOptions::new())
        .unwrap_or_else(|refusal| panic!("{refusal}"));
    assert_eq!(first.post(message("ada", "hi")).expect("a call"), 2);
    assert_eq!(first.describe(&message("bob", "x")).expect("a call"), OLD);
    assert_eq!(second.scale(3, 4).expect("a call"), 304);
}
