//! Rehearsals in the process itself, with a candidate that is loaded and not published.

use std::collections::BTreeMap;

use hotmod_host::{Candidate, NeededFor, Pool, PoolRehearsalReport, RehearseError};
use hotmod_tests::fixture::ForGood;
use hotmod_tests::interfaces::rooms::Room;
use hotmod_tests::patience::until;

use super::*;

const CODE: Edit = ("CODE: u32 = 1", "CODE: u32 = 2");
const WIDE: Edit = ("visits: u64,\n}", "visits: u128,\n}");
const NARROW: Edit = ("visits: u64,\n}", "visits: u8,\n}");
const HOOK: &str = r#"
#[hotmod::migrate]
fn hall(old: &hotmod::Old<'_>) -> Result<Hall, String> {
    let visits = *old.get::<u64>("visits")?;
    let gate = old.get::<String>("gate")?.clone();
    match visits {
        300 => panic!("nobody was at {gate} so often"),
        400 => Err(format!("{visits} is too much")),
        _ => Ok(Hall { gate, visits: visits.into() }),
    }
}
"#;
const CHECK: &str = r#"
#[hotmod::after_migrate]
fn is_not_empty(hall: &Hall, from: &hotmod::VersionInfo<'_>) -> Result<(), String> {
    match hall.visits {
        0 => Err(format!("nobody came in {}", from.version)),
        _ => Ok(()),
    }
}
"#;
/// A preflight that would count in the rooms that are rehearsed.
const PREFLIGHT: &str = r#"
#[hotmod::preflight]
fn can_be_entered(hall: &mut Hall) -> Result<(), String> {
    hall.visits += 1;
    Err("a preflight ran".to_owned())
}
"#;

static ROOMS: LazyLock<Built> = LazyLock::new(|| {
    let check = format!("{CHECK}{PREFLIGHT}").for_good();
    Family::new("rooms")
        .library("candidates", &[])
        .variant("narrow", &[NEWER, CODE, NARROW])
        .variant("hook", &[NEWER, CODE, WIDE, ("// hooks", HOOK)])
        .variant("check", &[NEWER, CODE, WIDE, ("// hooks", check)])
        .variant(
            "lost",
            &[
                NEWER,
                CODE,
                ("    gate: String,\n    #", "    #"),
                ("        gate: gate.to_owned(),\n", ""),
            ],
        )
        .build()
});

type Rooms = Pool<u64, dyn Room>;

/// A pool of rooms in which a hundred times as many have entered as the key says.
fn rooms(count: u64) -> (Module<dyn Room>, Rooms) {
    let host = Host::builder().build().expect("a host");
    let module = host.load::<dyn Room>(ROOMS.file(BASE));
    let module = module.unwrap_or_else(|refusal| panic!("{refusal}"));
    let pool = module.pool();
    for key in 0..count {
        let created = pool.create(key, &format!("#{}", 100 * key));
        created.unwrap_or_else(|error| panic!("{error}"));
    }
    (module, pool)
}

fn candidate<I: ?Sized>(module: &Module<I>, file: impl AsRef<std::path::Path>) -> Candidate {
    let candidate = module.candidate(file);
    candidate.unwrap_or_else(|refusal| panic!("{refusal}"))
}

/// Rehearses, and checks that this leaves no trace.
fn rehearse(pool: &Rooms, candidate: &Candidate) -> PoolRehearsalReport<u64> {
    let module = pool.module();
    let (memory, counts) = (module.memory(), pool.counts());
    let rehearsed = pool.rehearse(candidate);
    assert_eq!((module.memory(), pool.counts()), (memory, counts));
    assert_eq!(pool.stuck(), []);
    for key in pool.keys() {
        let visits = pool.with_shared(&key, |room| (room.visits(), room.code()));
        assert_eq!(visits.expect("a room"), (Ok(100 * key), Ok(1)));
    }
    rehearsed
}

fn unfit(rehearsed: PoolRehearsalReport<u64>) -> BTreeMap<u64, (String, String)> {
    let unfit = rehearsed.unfit.into_iter();
    unfit
        .map(|(key, error)| (key, (error.path, error.reason)))
        .collect()
}

#[test]
fn rooms_that_would_not_follow_are_found_by_key_before_the_update() {
    let (module, pool) = rooms(10);
    let candidate = candidate(&module, ROOMS.file("narrow"));
    assert_eq!(
        (candidate.replaces(), candidate.version()),
        ("1.0.0", "2.0.0")
    );
    let narrowed = "Hall.visits: checked u64 → u8";
    let differences = candidate.differences().iter().map(ToString::to_string);
    assert_eq!(differences.collect::<Vec<_>>(), [narrowed]);
    let alone = module.create("").expect("an instance");
    let rehearsed = rehearse(&pool, &candidate);
    let left_out = (rehearsed.in_use, rehearsed.elsewhere, rehearsed.outside);
    assert_eq!((rehearsed.fit, left_out), (3, (0, 0, 1)));
    drop(alone);
    assert!(rehearsed.longest <= rehearsed.took && !rehearsed.longest.is_zero());
    assert!(rehearsed.to_string().contains("7 do not"), "{rehearsed}");
    let place = |key: &u64| {
        (
            *key,
            ("Hall.visits".to_owned(), format!("{}00 does not fit", key)),
        )
    };
    let expected: BTreeMap<_, _> = (3..10).map(|key| place(&key)).collect();
    assert_eq!(unfit(rehearsed.clone()), expected);

    // Nothing was published. When the file is, the instances come to the same.
    assert_eq!((module.version(), module.versions().len()), ("1.0.0", 2));
    module.update(ROOMS.file("narrow")).expect("an update");
    assert_eq!(module.versions().len(), 2);
    let swept = pool.sweep(Duration::MAX);
    assert_eq!((swept.migrated, swept.stuck), (3, 7));
    let by_key = |unfit: Vec<_>| unfit.into_iter().collect::<BTreeMap<u64, _>>();
    let (stuck, found) = (by_key(pool.stuck()), by_key(rehearsed.unfit));
    assert!(stuck.iter().eq(found.iter()), "{stuck:?} and {found:?}");

    // The candidate was not made for instances that have moved since.
    let late = pool.rehearse(&candidate);
    assert_eq!((late.fit, late.unfit.len(), late.elsewhere), (0, 7, 3));
}

#[test]
fn hooks_that_fail_or_panic_are_found_and_nothing_is_left_of_them() {
    let (module, pool) = rooms(6);
    let candidate = candidate(&module, ROOMS.file("hook"));
    let rehearsed = rehearse(&pool, &candidate);
    assert_eq!(rehearsed.fit, 4);
    let unfit = unfit(rehearsed);
    assert_eq!(unfit.keys().collect::<Vec<_>>(), [&3, &4]);
    assert!(unfit[&3].1.contains("nobody was at  so often"), "{unfit:?}");
    assert_eq!(unfit[&4], ("Hall".to_owned(), "400 is too much".to_owned()));
}

#[test]
fn checks_look_at_what_would_become_of_it_and_preflights_do_not_run() {
    let (module, pool) = rooms(3);
    let candidate = candidate(&module, ROOMS.file("check"));
    let rehearsed = rehearse(&pool, &candidate);
    assert_eq!(rehearsed.fit, 2);
    let nobody = ("Hall".to_owned(), "nobody came in 1.0.0".to_owned());
    assert_eq!(unfit(rehearsed), BTreeMap::from([(0, nobody)]));
}

#[test]
fn a_room_that_is_in_use_is_left_out_and_not_waited_for() {
    let (module, pool) = rooms(3);
    let candidate = candidate(&module, ROOMS.file("hook"));
    let within = pool.with(&1, |_| pool.rehearse(&candidate));
    let within = within.expect("a room");
    assert_eq!((within.fit, within.in_use), (2, 1));
    assert_eq!(rehearse(&pool, &candidate).fit, 3);
}

#[test]
fn an_instance_is_rehearsed_by_who_owns_it() {
    let (module, pool) = rooms(0);
    let candidate = candidate(&module, ROOMS.file("narrow"));
    let mut room = module.create("#7").expect("an instance");
    assert_eq!(room.rehearse(&candidate), Ok(()));
    let mut full = module.create("#256").expect("an instance");
    let error = full
        .rehearse(&candidate)
        .expect_err("a value that does not fit");
    assert_eq!(
        error.to_string(),
        "state stays at 1.0.0, and is not migrated to 2.0.0: Hall.visits: 256 does not fit [HM-0507]"
    );
    assert_eq!((full.stuck(), full.visits()), (None, Ok(256)));

    // An instance of another module, though of the same file.
    let (other, _) = rooms(0);
    let mut stranger = other.create("#7").expect("an instance");
    let error = stranger.rehearse(&candidate).expect_err("another module");
    assert!(
        matches!(error, RehearseError::OtherModule { .. }),
        "{error}"
    );
    // At another version than the one that the candidate would replace.
    module.update(ROOMS.file("check")).expect("an update");
    assert_eq!(room.enter(), Ok(8));
    let error = room.rehearse(&candidate).expect_err("another version");
    assert!(
        matches!(error, RehearseError::OtherVersion { .. }),
        "{error}"
    );
    drop(pool);
}

#[test]
fn a_candidate_that_would_be_refused_is_not_loaded() {
    let (module, _pool) = rooms(1);
    let refused = |file: &str| {
        let refusal = module.candidate(ROOMS.file(file)).expect_err("a refusal");
        assert_eq!(refusal.running(), Some("1.0.0"));
        (refusal.stage(), refusal.differences()[0].rule)
    };
    assert_eq!(refused(BASE), (RefusalStage::Compare, Rule::SameFile));
    assert_eq!(refused("lost"), (RefusalStage::Compare, Rule::FieldRemoved));
    assert_eq!(module.versions().len(), 1);
}

#[test]
fn a_candidate_that_is_dropped_gives_its_memory_back() {
    let (module, pool) = rooms(1);
    let held = candidate(&module, ROOMS.file("hook"));
    assert_eq!(rehearse(&pool, &held).fit, 1);
    drop(held);
    let second = || module.versions().swap_remove(1);
    until(|| second().is_retired);
    assert_eq!(second().needed, Vec::<NeededFor>::new());
    // The version is there again for a rehearsal and an update.
    let again = candidate(&module, ROOMS.file("hook"));
    assert_eq!(rehearse(&pool, &again).fit, 1);
    assert_eq!(
        module.update(ROOMS.file("hook")).expect("an update").to,
        "2.0.0"
    );
    assert_eq!(module.versions().len(), 2);
}
