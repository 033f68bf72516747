//! What an operator asks of a host: what an update would do, that a module be left as it is, changes that hold only for
//! what was seen, and instances by the name of their pool.

use std::sync::LazyLock;
use std::time::Duration;

use hotmod_host::describe::{Rule, Verdict};
use hotmod_host::{
    CallLimits, CanaryOptions, CanaryState, Host, InspectError, InspectOptions, Module, Pool,
    PoolError, Refusal, RollbackOptions, SharedInstance, Signals, SnapshotOptions, UpdateOptions,
    Watch,
};
use hotmod_tests::fixture::{BASE, Built};
use hotmod_tests::gate::Gate;
use hotmod_tests::interfaces::rooms::Room;
use hotmod_tests::operated::{GROWN, MISSING, NARROW, NEXT, rooms};
use hotmod_tests::patience::PATIENCE;

static ROOMS: LazyLock<Built> = LazyLock::new(rooms);

fn load() -> (Host, Module<dyn Room>) {
    let host = Host::builder().build().expect("a host");
    let module = host.load::<dyn Room>(ROOMS.file(BASE));
    (host, module.expect("a module that can be loaded"))
}

fn rules(refusal: &Refusal) -> Vec<Rule> {
    refusal.differences().iter().map(|it| it.rule).collect()
}

#[test]
fn a_plan_says_what_an_update_would_do_and_changes_nothing() {
    let (host, module) = load();
    let events = host.events();
    let plan = module.plan_update(ROOMS.file(NEXT)).expect("a plan");
    assert_eq!((&*plan.from, plan.verdict), ("1.0.0", Verdict::Adopt));
    assert_eq!(plan.candidate.build().version, "1.1.0");
    assert!(plan.is_lossless && plan.statics_seen && !plan.is_unchanged);
    let narrows = module.plan_update(ROOMS.file(NARROW)).expect("a plan");
    assert_eq!(narrows.verdict, Verdict::Migrate);
    assert!(
        narrows
            .differences
            .iter()
            .any(|it| it.rule == Rule::Checked)
    );
    assert!(!narrows.costs.is_empty() && !narrows.preparations.is_empty());
    let same = module.plan_update(ROOMS.file(BASE)).expect("a plan");
    assert!(same.is_unchanged);
    let refusal = module
        .plan_update(ROOMS.file(MISSING))
        .expect_err("a field without a value");
    assert_eq!(rules(&refusal), [Rule::FieldAdded]);
    assert_eq!(refusal.running(), Some("1.0.0"));
    let (_, build) = refusal.build().expect("what the file says of its build");
    assert_eq!(build.version, "1.3.0");
    assert_eq!(events.try_next(), None);
    assert_eq!((module.version(), module.versions().len()), ("1.0.0", 1));
}

#[test]
fn a_frozen_module_is_rolled_back_and_not_updated() {
    let (host, module) = load();
    module.update(ROOMS.file(NEXT)).expect("it is not frozen");
    module.freeze("a sale is on");
    assert_eq!(module.frozen().as_deref(), Some("a sale is on"));
    let rooms: Pool<u64, dyn Room> = Pool::builder(&module)
        .name("rooms")
        .build()
        .expect("a pool");
    let file = ROOMS.file(NARROW);
    let refusals = [
        module.update(&file).expect_err("frozen"),
        (*module.request_update(&file).wait().expect_err("frozen")).clone(),
        module.plan_update(&file).expect_err("frozen"),
        module.plan_canary(&file).expect_err("frozen"),
        rooms
            .canary(&file, CanaryOptions::percent(50))
            .expect_err("frozen"),
        host.update_all([(&module, &file)], &UpdateOptions::new())
            .expect_err("frozen"),
    ];
    for refusal in refusals {
        assert_eq!(rules(&refusal), [Rule::Frozen], "{refusal}");
        assert!(refusal.to_string().contains("a sale is on"), "{refusal}");
    }
    // A rehearsal changes nothing.
    module.plan_rehearsal(&file).expect("a plan");
    module
        .rollback()
        .expect("frozen modules can be rolled back");
    assert!(module.thaw());
    assert!(!module.thaw());
    module.update(&file).expect("it is thawed");
}

#[test]
fn what_was_decided_on_by_another_version_is_refused() {
    let (_host, module) = load();
    let seen = module.publications();
    module.update(ROOMS.file(NEXT)).expect("an update");
    let then = UpdateOptions::new().only_at(seen);
    let late = module
        .update_with(ROOMS.file(NARROW), &then)
        .expect_err("overtaken");
    assert_eq!(rules(&late), [Rule::Overtaken]);
    let back = RollbackOptions::new().only_at(seen);
    let late = module.rollback_with(&back).expect_err("overtaken");
    assert_eq!(rules(&late), [Rule::Overtaken]);
    let late = module.make_permanent_at(seen).expect_err("overtaken");
    assert_eq!(rules(&late), [Rule::Overtaken]);
    assert_eq!(
        (module.version(), module.previous_version()),
        ("1.1.0", Some("1.0.0"))
    );

    let seen = module.publications();
    module.make_permanent_at(seen).expect("as it was seen");
    assert_eq!(module.previous_version(), None);
    let now = UpdateOptions::new().only_at(seen);
    module
        .update_with(ROOMS.file(NARROW), &now)
        .expect("as it was seen");
    let back = RollbackOptions::new().only_at(module.publications());
    module.rollback_with(&back).expect("as it was seen");
    assert_eq!(module.version(), "1.1.0");
}

#[test]
fn named_instances_are_found_by_the_texts_of_their_keys() {
    let (host, module) = load();
    let rooms: Pool<u64, dyn Room> = Pool::builder(&module)
        .name("rooms")
        .build()
        .expect("a pool");
    let pairs: Pool<(u8, u8), dyn Room> = Pool::builder(&module)
        .name("pairs")
        .build()
        .expect("a pool");
    let lobby = SharedInstance::builder(&module)
        .name("lobby")
        .create("#9")
        .expect("an instance");
    for room in 0..2500 {
        rooms
            .create(room, &format!("#{room}"))
            .expect("an instance");
    }
    pairs.create((1, 2), "#12").expect("an instance");

    let named = host.named_pools();
    let names: Vec<_> = named
        .iter()
        .map(|it| (it.name(), it.module(), it.keys(), it.len()))
        .collect();
    let expected = [
        ("lobby", "rooms", None, 1),
        ("pairs", "rooms", Some("(u8, u8)"), 1),
        ("rooms", "rooms", Some("u64"), 2500),
    ];
    assert_eq!(names, expected);
    let by_name = |name: &str| host.named_pool(name).expect("it has a name");

    // All pages together are all instances, once.
    let (mut keys, mut next) = (Vec::new(), Some(0));
    while let Some(from) = next {
        let page = by_name("rooms").page(from, 700);
        assert!(page.instances.len() <= 700);
        keys.extend(
            page.instances
                .iter()
                .map(|it| it.key.parse::<u64>().expect("a key")),
        );
        next = page.next;
    }
    keys.sort_unstable();
    assert_eq!(keys, (0..2500).collect::<Vec<_>>());

    let visits = |pool: &str, key: &str| {
        let found = by_name(pool).inspect_with(key, "visits", &InspectOptions::new());
        found
            .expect("the pool is there")
            .map(|it| it.value.to_string())
    };
    assert_eq!(visits("rooms", "1234").as_deref(), Ok("1234"));
    assert_eq!(visits("lobby", "").as_deref(), Ok("9"));
    let pair = by_name("pairs").page(0, 10).instances.remove(0);
    assert_eq!(visits("pairs", &pair.key).as_deref(), Ok("12"));
    for (pool, key) in [
        ("rooms", "2500"),
        ("rooms", "x"),
        ("lobby", "x"),
        ("pairs", "(1, 2)"),
        ("pairs", "#7777"),
    ] {
        let absent = visits(pool, key).expect_err("there is none");
        assert!(
            matches!(absent, InspectError::Pool(PoolError::Absent { .. })),
            "{pool} {key}: {absent}"
        );
    }

    // What does not fit is stuck, and counted at its version.
    module.update(ROOMS.file(NARROW)).expect("an update");
    assert_eq!(module.settle().stuck, 2500 - 256);
    let counts = by_name("rooms").counts();
    assert_eq!((counts["1.0.0"], counts["1.2.0"]), (2500 - 256, 256));
    assert_eq!(by_name("rooms").count_stuck(), 2500 - 256);
    let stuck = by_name("rooms").stuck(0, 10);
    assert_eq!(stuck.instances.len(), 10);
    assert!(
        stuck
            .instances
            .iter()
            .all(|it| it.stuck.is_some() && it.version == "1.0.0" && !it.waits)
    );

    drop((rooms, pairs));
    drop(lobby);
    assert!(host.named_pools().is_empty());
    assert!(
        named
            .iter()
            .all(|it| it.is_empty() && it.page(0, 10).instances.is_empty())
    );
}

#[test]
fn an_instance_that_is_in_use_is_not_waited_for_without_end() {
    let (host, module) = load();
    let rooms: Pool<u64, dyn Room> = Pool::builder(&module)
        .name("rooms")
        .build()
        .expect("a pool");
    rooms.create(7, "").expect("an instance");
    let gate = Gate::new();
    let path = gate.path();
    std::thread::scope(|scope| {
        let call = scope.spawn(|| rooms.call(&7, |room| room.stay(&path)));
        let inside = gate.wait();
        let named = host.named_pool("rooms").expect("a pool");
        let found = named
            .inspect_with("7", "", &InspectOptions::new())
            .expect("the pool is there");
        let in_use = found.expect_err("a call changes it");
        assert!(
            matches!(in_use, InspectError::Pool(PoolError::InUse { .. })),
            "{in_use}"
        );
        drop(inside);
        assert_eq!(call.join().expect("a thread").ok(), Some(1));
    });
}

#[test]
fn a_canary_is_begun_by_the_name_of_its_pool() {
    let (host, module) = load();
    let rooms: Pool<u64, dyn Room> = Pool::builder(&module)
        .name("rooms")
        .build()
        .expect("a pool");
    rooms.create(7, "").expect("an instance");
    let named = host.named_pool("rooms").expect("a pool");
    let within = Some(Duration::from_secs(10));
    let begin = || named.canary(ROOMS.file(NEXT), 100.0, CallLimits::new(), within);
    let canary = begin().expect("the pool is there").expect("a trial");
    assert_eq!(rooms.call(&7, |room| room.code()), Ok(2));
    canary.abort().expect("it runs");
    assert_eq!(rooms.call(&7, |room| room.code()), Ok(1));
    assert!(matches!(canary.state(), CanaryState::Aborted { .. }));
    drop(rooms);
    assert!(begin().is_none());
}

#[test]
fn a_canary_of_a_frozen_module_is_promoted_once_that_is_thawed() {
    let (_host, module) = load();
    let rooms: Pool<u64, dyn Room> = module.pool();
    rooms.create(7, "").expect("an instance");
    let options = CanaryOptions::percent(100);
    let canary = rooms.canary(ROOMS.file(NEXT), options).expect("a trial");
    module.freeze("a sale is on");
    assert_eq!(rooms.call(&7, |room| room.code()), Ok(2));
    let refusal = canary.promote().expect_err("frozen");
    assert_eq!(rules(&refusal), [Rule::Frozen], "{refusal}");
    canary.promote_after(Duration::ZERO);
    let state = canary.wait_timeout(Duration::from_millis(300));
    assert_eq!((state, module.version()), (CanaryState::Running, "1.0.0"));
    module.thaw();
    assert_eq!(canary.wait(), CanaryState::Promoted);
    assert_eq!(module.version(), "1.1.0");
}

#[test]
fn what_calls_come_to_is_measured_by_version() {
    let host = Host::builder().measure_calls(1).build().expect("a host");
    let module = host.load::<dyn Room>(ROOMS.file(BASE));
    let module = module.expect("a module that can be loaded");
    let rooms: Pool<u64, dyn Room> = Pool::builder(&module).build().expect("a pool");
    rooms.create(7, "").expect("an instance");
    for _ in 0..10 {
        rooms.call(&7, |room| room.enter()).expect("a call");
    }
    rooms.call(&7, |room| room.fall()).expect_err("a panic");
    // What watches calls for a probation counts beside it.
    let options =
        UpdateOptions::new().probation(Duration::from_secs(3600), CallLimits::new().panics(0.5));
    module
        .update_with(ROOMS.file(GROWN), &options)
        .expect("an update");
    assert!(matches!(rooms.call(&7, |room| room.knock()), Ok(Err(_))));
    let measured: Vec<_> = module
        .versions()
        .into_iter()
        .map(|it| it.calls.expect("it is measured"))
        .collect();
    let counts = |place: usize| {
        let it = &measured[place];
        (it.calls, it.errors, it.panics, it.times.count())
    };
    assert_eq!((counts(0), counts(1)), ((11, 0, 1, 11), (1, 1, 0, 1)));
    let (half, all) = (measured[0].times.within(0.5), measured[0].times.within(1.0));
    assert!(half.is_some() && half <= all, "{measured:?}");
    let mut sum = measured[0].clone();
    sum += &measured[1];
    assert_eq!((sum.calls, sum.times.count()), (12, 12));

    let (_, unmeasured) = load();
    assert_eq!(unmeasured.versions()[0].calls, None);
}

/// No instant can hold when that is over, and who asks for it wants to wait without end.
#[test]
fn no_time_is_too_long() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("rooms.so");
    std::fs::copy(ROOMS.file(BASE), &file).expect("a copy");
    let host = Host::builder().module_dir(folder.path()).build();
    let host = host.expect("a host");
    let module = host.load::<dyn Room>("rooms.so").expect("a module");
    let rooms: Pool<u64, dyn Room> = Pool::builder(&module)
        .name("rooms")
        .sweep_every(Duration::MAX, Duration::MAX)
        .build()
        .expect("a pool");
    rooms.create(7, "").expect("an instance");
    let (report, reports) = std::sync::mpsc::channel();
    let watch = Watch::builder(&host)
        .poll(Duration::MAX)
        .on_report(move |it| drop(report.send(it.to_string())))
        .start()
        .expect("a watch");
    std::fs::copy(ROOMS.file(NEXT), folder.path().join(".next")).expect("a copy");
    std::fs::rename(folder.path().join(".next"), &file).expect("a rename");
    let told = reports.recv_timeout(PATIENCE).expect("a report");
    assert!(told.contains("1.0.0 → 1.1.0"), "{told}");
    module.settle_timeout(Duration::MAX);
    assert!(module.drain_timeout(Duration::MAX).is_empty());
    let options = InspectOptions::new().time(Duration::MAX);
    let found = rooms.inspect_with(&7, "", &options).expect("a state");
    assert_eq!(found.version, "1.1.0");
    let named = host.named_pool("rooms").expect("a pool");
    let found = named.inspect_with("7", "", &options).expect("it is there");
    assert_eq!(found.expect("a state").version, "1.1.0");
    let options = SnapshotOptions::new().patience(Duration::MAX);
    let snapshot = host.snapshot_to_with(Vec::new(), options);
    snapshot.expect("a snapshot");
    let signals = Signals::builder(&host).watch(watch).deadline(Duration::MAX);
    let stopped = signals.start().expect("signals").stop().finish();
    assert!(stopped.unfinished.is_empty(), "{stopped}");
}
