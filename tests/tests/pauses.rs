//! How long the longest pause of an update would be, told before it is published.

use std::path::PathBuf;
use std::sync::LazyLock;
use std::thread;
use std::time::Duration;

use hotmod_host::describe::Rule;
use hotmod_host::plan::Cost;
use hotmod_host::{
    Host, Module, PauseEstimate, Pool, Refusal, RehearsalOptions, UpdateOptions, UpdateReport,
    UpdateState,
};
use hotmod_tests::fixture::{BASE, Built, Edit, Family};
use hotmod_tests::gate::Gate;
use hotmod_tests::interfaces::depot::Depot;
use hotmod_tests::patience::until_state;

const HOUR: Duration = Duration::from_secs(3600);

const SECOND: &[Edit] = &[
    ("\"1.0.0\"", "\"2.0.0\""),
    ("CODE: u32 = 1", "CODE: u32 = 2"),
];
/// Each entry takes 100 microseconds at least, by the author's function.
const SLOW: &[Edit] = &[
    (
        "pub struct Entry {\n    value: u32,",
        "pub struct Entry {\n    value: u64,",
    ),
    (
        "// hooks",
        "#[derive(hotmod::OldState)]
         #[state(id = \"Entry\")]
         struct OldEntry {
             value: u32,
         }

         #[hotmod::migrate]
         fn entry(old: &OldEntry) -> Entry {
             spin(Duration::from_micros(100));
             Entry { value: old.value.into() }
         }",
    ),
];
/// Each cell of each table takes as long.
const SLOW_CELLS: &[Edit] = &[
    (
        "pub struct Cell {\n    value: u32,",
        "pub struct Cell {\n    value: u64,",
    ),
    (
        "// hooks",
        "#[derive(hotmod::OldState)]
         #[state(id = \"Cell\")]
         struct OldCell {
             value: u32,
         }

         #[hotmod::migrate]
         fn cell(old: &OldCell) -> Cell {
             spin(Duration::from_micros(100));
             Cell { value: old.value.into() }
         }",
    ),
];
/// One entry takes 50 milliseconds, whichever is the first, as if the thread had lost its processor.
const INTERRUPTED: &[Edit] = &[
    (
        "pub struct Entry {\n    value: u32,",
        "pub struct Entry {\n    value: u64,",
    ),
    (
        "// hooks",
        "#[derive(hotmod::OldState)]
         #[state(id = \"Entry\")]
         struct OldEntry {
             value: u32,
         }

         #[hotmod::migrate]
         fn entry(old: &OldEntry) -> Entry {
             static FIRST: std::sync::Once = std::sync::Once::new();
             FIRST.call_once(|| spin(Duration::from_millis(50)));
             Entry { value: old.value.into() }
         }",
    ),
];
/// Entries and tables follow by themselves.
const LAZY: &[Edit] = &[
    ("HashMap<u64, Entry>", "HashMap<u64, hotmod::Lazy<Entry>>"),
    (
        "insert(key, Entry { value: 1 })",
        "insert(key, Entry { value: 1 }.into())",
    ),
    ("Vec<Table>", "Vec<hotmod::Lazy<Table>>"),
    (
        "Table { cells: cells.collect() }",
        "Table { cells: cells.collect() }.into()",
    ),
];
/// Both of them are as slow.
const SLOW_TOO: &[Edit] = &[
    SLOW[0],
    SLOW_CELLS[0],
    (
        "// hooks",
        "#[derive(hotmod::OldState)]
         #[state(id = \"Entry\")]
         struct OldEntry {
             value: u32,
         }

         #[hotmod::migrate]
         fn entry(old: &OldEntry) -> Entry {
             spin(Duration::from_micros(100));
             Entry { value: old.value.into() }
         }

         #[derive(hotmod::OldState)]
         #[state(id = \"Cell\")]
         struct OldCell {
             value: u32,
         }

         #[hotmod::migrate]
         fn cell(old: &OldCell) -> Cell {
             spin(Duration::from_micros(100));
             Cell { value: old.value.into() }
         }",
    ),
];
/// Rows keep their size, so that they would be converted where they are.
const ROWS: &[Edit] = &[("    second: u16,", "    second: u32,")];
const OWNED: &[Edit] = &[(
    "pub struct Owned {\n    value: u32,",
    "pub struct Owned {\n    value: u64,",
)];

static DEPOT: LazyLock<Built> = LazyLock::new(|| {
    Family::new("depot")
        .variant("same", SECOND)
        .variant("slow", &[SECOND, SLOW].concat())
        .variant("slow_cells", &[SECOND, SLOW_CELLS].concat())
        .variant("interrupted", &[SECOND, INTERRUPTED].concat())
        .variant("rows", &[SECOND, ROWS].concat())
        .variant("owned", &[SECOND, OWNED].concat())
        .variant("lazy", LAZY)
        .variant("lazy_slow", &[SECOND, LAZY, SLOW_TOO].concat())
        .build()
});

fn depot() -> Module<dyn Depot> {
    let host = Host::builder().allow_downgrade(true).build();
    let module = host.expect("a host").load::<dyn Depot>(DEPOT.file(BASE));
    module.unwrap_or_else(|refusal| panic!("{refusal}"))
}

fn file(variant: &str) -> PathBuf {
    DEPOT.file(variant)
}

/// An update whose longest pause may be so long.
fn within(
    module: &Module<dyn Depot>,
    variant: &str,
    limit: Duration,
) -> Result<UpdateReport, Refusal> {
    module.update_with(file(variant), &UpdateOptions::new().longest_pause(limit))
}

fn estimate(module: &Module<dyn Depot>, variant: &str) -> PauseEstimate {
    let update = within(module, variant, HOUR);
    let report = update.unwrap_or_else(|refusal| panic!("{refusal}"));
    report.pause.expect("an estimate")
}

#[test]
fn a_pause_that_would_be_too_long_is_refused_with_path_number_and_cures() {
    let module = depot();
    let db = module.create_shared("").expect("a store");
    db.call(|db| db.fill(3000, 10, 0, 0)).expect("a call");
    // 3000 entries take 100 microseconds each at least, by whichever of them were tried.
    for limit in [Duration::ZERO, Duration::from_millis(299)] {
        let refusal = within(&module, "slow", limit).expect_err("a long pause");
        let [difference] = refusal.differences() else {
            panic!("{refusal}");
        };
        assert_eq!(
            (difference.rule, difference.path.as_str()),
            (Rule::LongPause, "Db.entries")
        );
        let text = refusal.to_string();
        for part in [
            "1.0.0 keeps running",
            &format!(
                "Db.entries: expected a pause of at most {limit:.1?}, found 3,000 items to rebuild, about "
            ),
            "in one call",
            "help: hold its items in `Lazy`s, spread them over the instances of a pool",
            "`UpdateOptions::longest_pause`",
        ] {
            assert!(text.contains(part), "{part}: {text}");
        }
        assert_eq!(
            (module.version(), db.version().as_str()),
            ("1.0.0", "1.0.0")
        );
        assert_eq!(db.call(|db| db.sum()), Ok(3010));
    }
    let report = within(&module, "slow", HOUR).expect("an update");
    let found = report.pause.clone().expect("an estimate");
    assert!(found.longest >= Duration::from_millis(300), "{found}");
    assert_eq!((found.sampled, found.unsampled, found.outside), (1, 0, 0));
    // The classes of costs carry the numbers.
    let costs = report.state_costs.iter();
    let costs = costs.map(|it| {
        (
            it.path.as_str(),
            it.cost,
            it.now.as_ref().map(|now| now.items),
        )
    });
    let costs: Vec<_> = costs.collect();
    assert!(
        costs.contains(&("Db.entries", Cost::Rebuilt, Some(3000))),
        "{costs:?}"
    );
    assert!(costs.contains(&("Db", Cost::Copied, None)), "{costs:?}");
    let text = report.to_string();
    for line in [
        "\n  what state costs:\n",
        "\n    rebuilt    Db.entries: 3,000 items, about ",
    ] {
        assert!(text.contains(line), "{line}: {text}");
    }
    assert_eq!(
        (found.places[0].path.as_str(), found.places[0].items),
        ("Db.entries", 3000)
    );
    assert_eq!(db.call(|db| db.sum()), Ok(3010));
    assert_eq!(db.version(), "2.0.0");
}

#[test]
fn containers_within_items_are_counted_and_estimated() {
    let module = depot();
    let db = module.create_shared("").expect("a store");
    db.call(|db| db.fill(0, 0, 100, 30)).expect("a call");
    let found = estimate(&module, "slow_cells");
    assert!(found.longest >= Duration::from_millis(300), "{found}");
    let places: Vec<_> = found
        .places
        .iter()
        .map(|it| (it.path.as_str(), it.items))
        .collect();
    assert_eq!(places, [("Db.tables", 100), ("Db.tables[].cells", 3000)]);
    let text = found.to_string();
    assert!(
        text.contains("\n    `Db.tables[].cells`: 3,000 to rebuild, about "),
        "{text}"
    );
}

#[test]
fn what_is_handed_over_takes_no_time_and_what_changes_in_place_does() {
    let module = depot();
    let db = module.create_shared("").expect("a store");
    db.call(|db| db.fill(1000, 40_000, 0, 0)).expect("a call");
    let outside = module.create("").expect("a store");
    let report = within(&module, "same", Duration::ZERO).expect("an update");
    let pause = report.pause.clone().expect("an estimate");
    assert_eq!(
        (pause.longest, pause.sampled, pause.outside),
        (Duration::ZERO, 0, 0)
    );
    assert!(
        report
            .to_string()
            .contains("\n  estimated: the longest pause would be about 0.0ns"),
        "{report}"
    );
    drop(outside);
    within(&module, BASE, Duration::ZERO).expect("an update");
    let refusal = within(&module, "rows", Duration::ZERO).expect_err("a pause");
    assert!(
        refusal
            .to_string()
            .contains("Db.rows: expected a pause of at most 0.0ns, found 40,000 items"),
        "{refusal}"
    );
    assert_eq!(estimate(&module, "rows").places[0].items, 40_000);
    assert_eq!(db.call(|db| db.sum()), Ok(41_000));
    // Without the option, nothing is looked into.
    module.rollback().expect("a way back");
    let report = module.update(file("rows")).expect("an update");
    assert_eq!(report.pause, None);
}

#[test]
fn what_cannot_be_looked_into_is_refused_unless_it_was_rehearsed() {
    let module = depot();
    let alone = module.create("").expect("a store");
    let refusal = within(&module, "slow", HOUR).expect_err("an instance outside");
    let text = refusal.to_string();
    for part in [
        "1 instances outside of pools",
        "help: share them (`Instance::share`)",
    ] {
        assert!(text.contains(part), "{text}");
    }
    let db = alone.share();
    let gate = Gate::new();
    thread::scope(|scope| {
        let look = scope.spawn(|| db.call_shared(|db| db.look(&gate.path())));
        let waiting = gate.wait();
        let refusal = within(&module, "slow", HOUR).expect_err("an instance in use");
        assert!(
            refusal
                .to_string()
                .contains("1 instances that could not be looked into"),
            "{refusal}"
        );
        drop(waiting);
        assert_eq!(look.join().expect("a thread"), Ok(0));
    });
    // Of shared items, whose all are is only known when all were met.
    let owned = module.create_shared("owned").expect("a store");
    let refusal = within(&module, "owned", HOUR).expect_err("an `Arc`");
    assert!(
        refusal
            .to_string()
            .contains("an `Arc` or `Rc` that changes"),
        "{refusal}"
    );
    let options = UpdateOptions::new()
        .longest_pause(HOUR)
        .rehearse(RehearsalOptions::new());
    let report = module
        .update_with(file("owned"), &options)
        .expect("an update");
    assert_eq!(report.rehearsed.as_ref().expect("a rehearsal").migrated, 2);
    assert_eq!(owned.call(|db| db.code()), Ok(2));
}

#[test]
fn what_interrupts_a_sample_is_not_multiplied() {
    let module = depot();
    let db = module.create_shared("").expect("a store");
    db.call(|db| db.fill(100_000, 0, 0, 0)).expect("a call");
    let found = estimate(&module, "interrupted");
    assert_eq!(found.places[0].items, 100_000);
    // Times 100,000, it would be more than an hour.
    assert!(found.longest < Duration::from_secs(1000), "{found}");
}

/// However many there are, a call waits for one of them at a time.
#[test]
fn what_follows_by_itself_counts_one_by_one() {
    for (entries, tables, cells, least) in [(5000, 0, 0, 100), (1, 2, 3000, 300_000)] {
        let host = Host::builder().allow_downgrade(true).build();
        let module = host.expect("a host").load::<dyn Depot>(file("lazy"));
        let module = module.unwrap_or_else(|refusal| panic!("{refusal}"));
        let db = module.create_shared("").expect("a store");
        db.call(|db| db.fill(entries, 0, tables, cells))
            .expect("a call");
        let refusal = within(&module, "lazy_slow", Duration::ZERO).expect_err("a pause");
        let (path, items) = match tables {
            0 => ("Entry", "1"),
            _ => ("Table.cells", "3,000"),
        };
        let text = refusal.to_string();
        let found =
            format!("{path}: expected a pause of at most 0.0ns, found {items} items to rebuild");
        assert!(text.contains(&found), "{text}");
        let found = estimate(&module, "lazy_slow");
        assert_eq!((found.sampled, found.unsampled, found.outside), (0, 0, 0));
        assert!(found.longest >= Duration::from_micros(least), "{found}");
        // All entries together would take half a second.
        assert!(
            tables > 0 || found.longest < Duration::from_millis(500),
            "{found}"
        );
        assert_eq!(db.call(|db| db.sum()), Ok(entries + tables * cells));
    }
}

/// Nobody but its owner can look into such an instance, whatever of it changes.
#[test]
fn an_instance_outside_of_pools_counts_also_where_only_its_values_change() {
    let host = Host::builder().allow_downgrade(true).build();
    let module = host.expect("a host").load::<dyn Depot>(file("lazy"));
    let module = module.unwrap_or_else(|refusal| panic!("{refusal}"));
    let mut alone = module.create("").expect("a store");
    alone.fill(2000, 0, 0, 0).expect("a call");
    let refusal = within(&module, "lazy_slow", HOUR).expect_err("an instance outside");
    let text = refusal.to_string();
    assert!(text.contains("1 instances outside of pools"), "{text}");
    // The copy takes all values along, which takes longer than the limit; no call waits for more than one of them.
    let limit = Duration::from_millis(150);
    let options = UpdateOptions::new().longest_pause(limit);
    let options = options.rehearse(RehearsalOptions::new());
    let report = module.update_with(file("lazy_slow"), &options);
    let report = report.unwrap_or_else(|refusal| panic!("{refusal}"));
    let rehearsed = report.rehearsed.as_ref().expect("a rehearsal");
    assert!(rehearsed.longest >= Duration::from_micros(100), "{report}");
    assert!(rehearsed.took >= Duration::from_millis(200), "{report}");
    assert_eq!(alone.sum(), Ok(2000));
}

#[test]
fn the_largest_of_a_pool_is_told() {
    let module = depot();
    let pool: Pool<u64, dyn Depot> = module.pool();
    for key in 0..20 {
        pool.create(key, "").expect("a store");
        pool.call(&key, |db| db.fill(key, 0, 0, 0)).expect("a call");
    }
    let found = estimate(&module, "slow");
    assert_eq!((found.sampled, found.unsampled), (20, 0));
    assert!(found.longest >= Duration::from_micros(1900), "{found}");
}

#[test]
fn a_rehearsal_measures_what_it_migrates() {
    let module = depot();
    let mut alone = module.create("").expect("a store");
    alone.fill(300, 0, 0, 0).expect("a call");
    // Nothing is said of what was not looked into.
    let without = depot().update(file("slow")).expect("an update");
    assert!(without.state_costs.iter().any(|it| it.path == "Db.entries"));
    assert!(
        !without.to_string().contains("what state costs"),
        "{without}"
    );
    let rehearsed = module.rehearse(file("slow"), &RehearsalOptions::new());
    let rehearsed = rehearsed.unwrap_or_else(|refusal| panic!("{refusal}"));
    assert!(
        rehearsed.longest >= Duration::from_millis(30),
        "{rehearsed}"
    );
    let place = &rehearsed.places[0];
    assert_eq!((place.path.as_str(), place.items), ("Db.entries", 300));
    assert!(
        rehearsed
            .to_string()
            .contains("\n    `Db.entries`: 300 to rebuild, about "),
        "{rehearsed}"
    );
    let limit = UpdateOptions::new().longest_pause(Duration::from_millis(29));
    let refusal = module.update_with(file("slow"), &limit.rehearse(RehearsalOptions::new()));
    let refusal = refusal.expect_err("a long pause").to_string();
    assert!(refusal.contains(" in the rehearsal"), "{refusal}");
}

#[test]
fn an_event_tells_the_estimate() {
    let host = Host::builder().build().expect("a host");
    let events = host.events();
    let module = host.load::<dyn Depot>(file(BASE)).expect("a module");
    let db = module.create_shared("").expect("a store");
    db.call(|db| db.fill(50, 0, 0, 0)).expect("a call");
    let found = estimate(&module, "slow");
    let told = until_state(&events, UpdateState::Published);
    let estimated = told.iter().find(|it| it.state == UpdateState::Estimated);
    let reason = estimated
        .and_then(|it| it.reason.clone())
        .expect("an event");
    assert_eq!(reason, found.to_string());
}
