//! Functions that are called again and again: when, with which instances, and of which version.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::{Arc, Condvar, LazyLock, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use hotmod_host::{
    CallLimits, CanaryOptions, Host, Module, Pool, TimerReport, UpdateOptions, UpdateState,
};
use hotmod_tests::compiler::OTHER;
use hotmod_tests::fixture::{BASE, Built, Edit, Family};
use hotmod_tests::interfaces::clock::Clock;

const VERSION: Edit = ("version: \"1.0.0\"", "version: \"2.0.0\"");

static FILES: LazyLock<Built> = LazyLock::new(|| {
    Family::new("clock")
        .variant(
            "faster",
            &[VERSION, ("const STEP: u64 = 1;", "const STEP: u64 = 100;")],
        )
        .variant(
            "silent",
            &[
                VERSION,
                (
                    "    #[hotmod::every(\"5ms\")] // tick\n",
                    "    #[hotmod::every(\"720h\")]\n",
                ),
                ("#[hotmod::every(\"10ms\")]\nfn ring", "fn ring"),
                (
                    "// more",
                    "#[hotmod::every(\"7ms\")]\nfn knock() {\n    ran(\"knock\");\n}",
                ),
            ],
        )
        .build()
});

/// Threads of the host's are counted in one test, and all take turns on two processors.
fn turn() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What modules told of what ran.
#[derive(Clone, Default)]
struct Heard(Arc<(Mutex<BTreeMap<String, u64>>, Condvar)>);

impl Heard {
    fn note(&self, what: &str) {
        *self.all().entry(what.to_owned()).or_default() += 1;
        self.0.1.notify_all();
    }

    fn all(&self) -> MutexGuard<'_, BTreeMap<String, u64>> {
        self.0.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn count(&self, what: &str) -> u64 {
        self.all().get(what).copied().unwrap_or_default()
    }

    /// Waits until this ran so often from now on.
    fn wait(&self, what: &str, more: u64) {
        let before = self.count(what);
        let late = Duration::from_secs(60);
        let waited = self.0.1.wait_timeout_while(self.all(), late, |all| {
            all.get(what).copied().unwrap_or_default() < before + more
        });
        let (all, waited) = waited.unwrap_or_else(PoisonError::into_inner);
        assert!(!waited.timed_out(), "{what} {more} times: {all:?}");
    }
}

fn clock_of(file: impl AsRef<Path>) -> (Host, Module<dyn Clock>, Heard) {
    let heard = Heard::default();
    let note = heard.clone();
    let host = Host::builder().provide("ran", move |what: &str| note.note(what));
    let host = host.build().expect("a host");
    let module = host.load::<dyn Clock>(file.as_ref());
    (
        host,
        module.unwrap_or_else(|refusal| panic!("{refusal}")),
        heard,
    )
}

fn clock() -> (Host, Module<dyn Clock>, Heard) {
    clock_of(FILES.file(BASE))
}

fn pool(module: &Module<dyn Clock>, names: &[&'static str]) -> Pool<&'static str, dyn Clock> {
    let pool = module.pool();
    for name in names {
        pool.create(*name, name).expect("an instance");
    }
    pool
}

fn report(module: &Module<dyn Clock>, name: &str) -> TimerReport {
    let reports = module.timers();
    let found = reports.iter().find(|it| it.name == name);
    found
        .unwrap_or_else(|| panic!("{name}: {reports:?}"))
        .clone()
}

#[test]
fn timers_run_on_all_instances_of_pools_and_on_shared_ones_and_once_for_the_module() {
    let _turn = turn();
    let (_host, module, heard) = clock();
    heard.wait("ring", 3);
    assert_eq!(
        report(&module, "Hands::tick").runs,
        0,
        "there is no instance"
    );
    let (pool, others) = (pool(&module, &["a", "b"]), pool(&module, &["c"]));
    let shared = module.create_shared("d").expect("an instance");
    for name in ["1 a", "1 b", "1 c", "1 d", "ring"] {
        heard.wait(name, 3);
    }
    assert!(pool.call(&"a", |it| it.ticks()).expect("a call") >= 3);
    assert!(others.call(&"c", |it| it.ticks()).expect("a call") >= 3);
    assert!(shared.call(|it| it.ticks()).expect("a call") >= 3);
    let tick = report(&module, "Hands::tick");
    assert_eq!(
        (tick.state.as_deref(), tick.period),
        (Some("Hands"), Duration::from_millis(5))
    );
    assert!(
        tick.runs >= 12 && tick.panics == 0 && tick.elsewhere == 0,
        "{tick}"
    );
    assert!(tick.longest > Duration::ZERO, "{tick}");
    let wind = report(&module, "wind");
    assert_eq!((wind.state.as_deref(), wind.runs), (Some("Hands"), 0));
    let ring = report(&module, "ring");
    assert!(ring.state.is_none() && ring.runs >= 6, "{ring}");
    // What is removed from a pool is its owner's.
    let mut alone = pool.remove(&"a").expect("an instance");
    let ticks = alone.ticks().expect("a call");
    heard.wait("1 b", 3);
    assert_eq!(alone.ticks().expect("a call"), ticks);
    assert_eq!(alone.run_due().ran, 0, "its time begins now");
}

#[test]
fn an_instance_in_use_is_left_out_and_holds_up_no_other() {
    let _turn = turn();
    let (_host, module, heard) = clock();
    let pool = pool(&module, &["a", "b"]);
    heard.wait("1 a", 1);
    pool.call(&"a", |held| {
        let before = heard.count("1 a");
        heard.wait("1 b", 5);
        assert_eq!(heard.count("1 a"), before, "it is in use");
        held.ticks()
    })
    .expect("a call");
    heard.wait("1 a", 2);
    let tick = report(&module, "Hands::tick");
    assert!(tick.in_use > 0, "{tick}");
}

#[test]
fn an_update_adds_changes_and_removes_timers_and_a_rollback_brings_them_back() {
    let _turn = turn();
    let (_host, module, heard) = clock();
    let pool = pool(&module, &["a"]);
    heard.wait("1 a", 2);
    module.update(FILES.file("faster")).expect("an update");
    heard.wait("100 a", 2);
    // A run of the version before is over once one of the new version was heard.
    let before = heard.count("1 a");
    heard.wait("100 a", 3);
    assert_eq!(heard.count("1 a"), before);
    let tick = report(&module, "Hands::tick");
    assert!(tick.runs >= before + 4, "the numbers go on: {tick}");
    module.rollback().expect("a rollback");
    heard.wait("1 a", 2);
    module.update(FILES.file("silent")).expect("an update");
    heard.wait("knock", 3);
    let (ring, tick) = (heard.count("ring"), heard.count("1 a"));
    heard.wait("knock", 5);
    assert_eq!((heard.count("ring"), heard.count("1 a")), (ring, tick));
    let names: Vec<_> = module.timers().into_iter().map(|it| it.name).collect();
    assert_eq!(names, ["Hands::tick", "knock", "wind"]);
    assert_eq!(
        report(&module, "Hands::tick").period,
        Duration::from_secs(720 * 3600)
    );
    drop(pool);
}

#[test]
fn a_timer_that_panics_is_told_and_counted_and_goes_on() {
    let _turn = turn();
    let (host, module, heard) = clock();
    let events = host.events();
    let pool = pool(&module, &["a", "b"]);
    pool.call(&"a", |it| it.jam()).expect("a call");
    let mut told = events.filter(|it| it.state == UpdateState::TimerPanicked);
    let first = told.next().expect("an event").to_string();
    assert!(
        first.starts_with(
            "clock 1.0.0 → 1.0.0: timer panicked: `Hands::tick` of version 1.0.0 panicked at "
        ) && first.contains(": a is jammed [HM-0501]"),
        "{first}"
    );
    let later = told.find(|it| {
        it.reason
            .as_ref()
            .is_some_and(|it| it.ends_with("(4 times by now)"))
    });
    assert!(later.is_some());
    heard.wait("1 b", 3);
    assert!(report(&module, "Hands::tick").panics >= 4);
    assert!(module.panics().places[0].message.contains("a is jammed"));
}

#[test]
fn panics_of_a_timer_count_for_a_probation() {
    let _turn = turn();
    let (host, module, heard) = clock();
    let pool = pool(&module, &["a"]);
    let limits = CallLimits::new().panics(0.0);
    let options = UpdateOptions::new().probation(Duration::from_secs(3600), limits);
    let events = host.events();
    module
        .update_with(FILES.file("faster"), &options)
        .expect("an update");
    heard.wait("100 a", 1);
    pool.call(&"a", |it| it.jam()).expect("a call");
    let undone = events
        .into_iter()
        .find(|it| it.state == UpdateState::RolledBack);
    assert!(undone.is_some());
    assert_eq!(module.version(), "1.0.0");
}

#[test]
fn no_timer_of_a_candidate_runs_and_none_on_an_instance_that_follows_one() {
    let _turn = turn();
    let (_host, module, heard) = clock();
    let pool = pool(&module, &["a", "b"]);
    heard.wait("1 b", 1);
    let options = CanaryOptions::matching(|key: &&str| *key == "b");
    let canary = pool
        .canary(FILES.file("faster"), options)
        .expect("a canary");
    pool.call(&"b", |it| it.ticks()).expect("a call");
    assert_eq!(
        pool.with(&"b", |it| it.version().to_owned()).expect("it"),
        "2.0.0"
    );
    let before = heard.count("1 b");
    heard.wait("1 a", 5);
    assert_eq!(heard.count("1 b"), before);
    assert_eq!(heard.count("100 b"), 0);
    assert!(report(&module, "Hands::tick").elsewhere > 0);
    canary.promote().expect("a promotion");
    heard.wait("100 b", 2);
    heard.wait("100 a", 2);
}

#[test]
fn the_owner_of_a_lone_instance_calls_what_is_due() {
    let _turn = turn();
    let (_host, module, heard) = clock();
    let mut hands = module.create("lone").expect("an instance");
    assert!(hands.has_timers());
    assert_eq!(hands.run_due().ran, 0, "nothing is due at once");
    let next = hands.run_due().next.expect("a timer");
    let mut ran = 0;
    while ran == 0 {
        thread::sleep(next.saturating_duration_since(Instant::now()));
        ran = hands.run_due().ran;
    }
    assert_eq!(
        (ran, heard.count("1 lone")),
        (1, 1),
        "the long one is not due"
    );
    assert_eq!(hands.ticks().expect("a call"), 1);
    module.update(FILES.file("faster")).expect("an update");
    hands.jam().expect("a call");
    let due = loop {
        let due = hands.run_due();
        if due.ran > 0 {
            break due;
        }
        thread::sleep(
            due.next
                .expect("a timer")
                .saturating_duration_since(Instant::now()),
        );
    };
    assert_eq!(due.panics.len(), 1);
    assert!(
        due.panics[0].contains("`Hands::tick` of version 2.0.0"),
        "{}",
        due.panics[0]
    );
    assert_eq!(report(&module, "Hands::tick").panics, 1);
}

#[test]
fn the_thread_ends_with_the_host() {
    let _turn = turn();
    let threads = || {
        let tasks = fs::read_dir("/proc/self/task")
            .expect("the threads")
            .flatten();
        let names = tasks.map(|it| fs::read_to_string(it.path().join("comm")).unwrap_or_default());
        names.filter(|it| it.trim_end() == "hotmod-timers").count()
    };
    let start = Instant::now();
    let ended = |threads: usize| {
        assert!(
            start.elapsed() < Duration::from_secs(60),
            "{threads} threads"
        );
        thread::yield_now();
        threads == 0
    };
    while !ended(threads()) {}
    let (host, module, heard) = clock();
    let pool = pool(&module, &["a"]);
    heard.wait("1 a", 1);
    assert_eq!(threads(), 1);
    drop((host, module, pool));
    while !ended(threads()) {}
}

#[test]
fn a_module_of_another_compiler_has_timers() {
    let _turn = turn();
    let Some(rustc) = &*OTHER else { return };
    let built = Family::new("clock").compiler(rustc.clone()).build();
    let (_host, module, heard) = clock_of(built.file(BASE));
    let pool = pool(&module, &["a"]);
    heard.wait("1 a", 2);
    heard.wait("ring", 2);
    drop(pool);
}
