//! States that are written down, and built again by other hosts, versions and compilers.

#[path = "snapshots/codecs.rs"]
mod codecs;
#[path = "snapshots/copied.rs"]
mod copied;
#[path = "snapshots/forms.rs"]
mod forms;
#[path = "snapshots/machines.rs"]
mod machines;
#[path = "snapshots/moment.rs"]
mod moment;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::sync::LazyLock;
use std::time::Duration;

use hotmod_host::describe::Rule;
use hotmod_host::plan::Way;
use hotmod_host::{
    Host, InspectOptions, Module, Pool, RestoreError, RestoreOptions, SaveError, SharedInstance,
    Snapshot, SnapshotOptions, Snapshots, Unrestored,
};
use hotmod_tests::compiler::OTHER;
use hotmod_tests::fixture::{BASE, Built, Edit, Family};
use hotmod_tests::interfaces::treasury::Treasury;
use serde_json::{Value, json};

/// Without the field that only its own compiler's library can read.
const KEPT: &[Edit] = &[
    ("{Duration, Instant, SystemTime}", "{Duration, SystemTime}"),
    ("    since: Instant,\n", ""),
    ("        since: Instant::now(),\n", ""),
];

fn kept(edits: &[Edit]) -> Vec<Edit> {
    [KEPT, edits].concat()
}

/// A version whose coins have a field more, which counts larger, and which says what the key is where there is none.
const NEXT: &[Edit] = &[
    ("version: \"1.0.0\"", "version: \"1.1.0\""),
    ("    small: i8,", "    small: i64,"),
    (
        "#[state(secret)]",
        "#[state(secret, default = \"unknown\".to_owned())]",
    ),
    (
        "    // more of a coin",
        "    #[state(default = 3)]\n    age: u8,",
    ),
    (
        "let coin = |worth| Coin { worth, of: format!(\"metal {worth}\") };",
        "let coin = |worth| Coin { worth, of: format!(\"metal {worth}\"), age: 0 };",
    ),
    (
        "(0..coins).map(|worth| Coin { worth, of: format!(\"metal {worth}\") }).collect();",
        "(0..coins).map(|worth| Coin { worth, of: format!(\"metal {worth}\"), age: 0 }).collect();",
    ),
];

/// One that does not count so large, and one that keeps an `Arc` of each state's.
const NARROW: &[Edit] = &[
    ("version: \"1.0.0\"", "version: \"1.2.0\""),
    ("    large: u64,", "    #[state(checked)]\n    large: u32,"),
    ("large: u64::MAX,", "large: 1,"),
];

/// One whose coins are made by a function, which asks the old ones for texts and containers.
const ASKED: &[Edit] = &[
    ("version: \"1.0.0\"", "version: \"1.3.0\""),
    ("    // more of a coin", "    told: String,"),
    (
        "let coin = |worth| Coin { worth, of: format!(\"metal {worth}\") };",
        "let coin = |worth| Coin { worth, of: format!(\"metal {worth}\"), told: String::new() };",
    ),
    (
        "(0..coins).map(|worth| Coin { worth, of: format!(\"metal {worth}\") }).collect();",
        "(0..coins).map(|worth| Coin { worth, of: format!(\"metal {worth}\"), told: String::new() }).collect();",
    ),
    (
        "#[hotmod::init]",
        "#[hotmod::migrate]\nfn coin(old: &hotmod::Old<'_>) -> Result<Coin, hotmod::OldError> {\n    \
         let of = old.get::<String>(\"of\")?;\n    \
         Ok(Coin { worth: *old.get(\"worth\")?, of: of.clone(), told: format!(\"{of}!\") })\n}\n\n\
         #[hotmod::migrate]\nfn ledger(old: &hotmod::Old<'_>) -> Result<Ledger, hotmod::OldError> {\n    \
         let lines = old.get::<Vec<String>>(\"lines\")?;\n    \
         let by_line = old.get::<BTreeMap<String, Vec<Place>>>(\"by_line\")?;\n    \
         let told = by_line.iter().map(|(line, places)| format!(\"{line} {}\", places[0].x)).collect();\n    \
         Ok(Ledger { lines: lines.clone(), told })\n}\n\n#[hotmod::init]",
    ),
    (
        "    lines: Vec<String>,\n",
        "    lines: Vec<String>,\n    told: Vec<String>,\n",
    ),
    // And fields that are made of a path, a list and a map.
    (
        "    path: PathBuf,",
        "    #[state(with = path_text)]\n    path: String,",
    ),
    (
        "    queue: VecDeque<u8>,",
        "    #[state(with = queue_sum)]\n    queue: u64,",
    ),
    ("        queue: (0..3).collect(),", "        queue: 3,"),
    (
        "    by_place: BTreeMap<Place, u8>,",
        "    #[state(with = in_order)]\n    by_place: Vec<u8>,",
    ),
    (
        "        by_place: [(Place { x: 2, y: 1 }, 5), (Place { x: 1, y: 2 }, 6)].into(),",
        "        by_place: Vec::new(),",
    ),
    (
        "#[derive(StableState)]\npub struct Ledger {",
        "fn path_text(path: &PathBuf) -> String {\n    path.display().to_string()\n}\n\n\
         fn queue_sum(queue: &VecDeque<u8>) -> u64 {\n    queue.iter().map(|it| u64::from(*it)).sum()\n}\n\n\
         fn in_order(by_place: &BTreeMap<Place, u8>) -> Vec<u8> {\n    by_place.values().copied().collect()\n}\n\n\
         #[derive(StableState)]\npub struct Ledger {",
    ),
    (
        "Ledger { lines: vec![\"first\".to_owned()] }",
        "Ledger { lines: Vec::new(), told: Vec::new() }",
    ),
];

/// The version before, whose ledger has a map.
const MAPPED: &[Edit] = &[
    (
        "    lines: Vec<String>,\n",
        "    lines: Vec<String>,\n    by_line: BTreeMap<String, Vec<Place>>,\n",
    ),
    (
        "Ledger { lines: vec![\"first\".to_owned()] }",
        "Ledger { lines: vec![\"first\".to_owned()], by_line: [(\"a\".to_owned(), vec![Place { x: 7, y: 1 }])].into() }",
    ),
];

const OWNED: &[Edit] = &[(
    "    let shared = Arc::new(coin(7));",
    "    let shared = Arc::new(coin(7));\n    \
     static OWNED: Mutex<Vec<Arc<Coin>>> = Mutex::new(Vec::new());\n    \
     OWNED.lock().unwrap().push(shared.clone());",
)];

fn family() -> Family {
    Family::new("treasury")
        .feature("serde")
        .depends("serde = { version = \"1.0\", features = [\"derive\"] }")
}

static TREASURIES: LazyLock<Built> = LazyLock::new(|| {
    family()
        .variant("coded", &kept(codecs::CODED))
        .variant("coded_otherwise", &kept(&codecs::otherwise()))
        .variant("opaque", &kept(&codecs::opaque()))
        .variant("forgetful", &kept(codecs::FORGETFUL))
        .variant("kept", KEPT)
        .variant("kept_next", &kept(NEXT))
        .variant("narrow", &kept(NARROW))
        .variant("owned", &kept(OWNED))
        .variant("asked", &kept(ASKED))
        .variant("mapped", &kept(MAPPED))
        .variant("deep", &kept(forms::DEEP))
        .variant("formed", &kept(forms::FORMED))
        .build()
});

type Treasuries = Pool<u64, dyn Treasury>;

fn loaded(file: impl AsRef<std::path::Path>) -> (Host, Module<dyn Treasury>) {
    let host = Host::builder().build().expect("a host");
    let module = host.load::<dyn Treasury>(file);
    let module = module.unwrap_or_else(|refusal| panic!("{refusal}"));
    (host, module)
}

fn load(variant: &str) -> (Host, Module<dyn Treasury>) {
    loaded(TREASURIES.file(variant))
}

fn pool(module: &Module<dyn Treasury>) -> Treasuries {
    let pool = Pool::builder(module).name("vaults").build();
    pool.expect("a pool")
}

/// A snapshot of a pool with these keys, and what was in its states.
fn written(variant: &str, keys: &[u64]) -> (Snapshot, Vec<Value>) {
    let (host, module) = load(variant);
    let pool = pool(&module);
    for key in keys {
        pool.create(*key, &format!("vault {key}")).expect("a state");
    }
    (
        snapshot(&host),
        keys.iter().map(|key| all(&pool, *key)).collect(),
    )
}

/// What an update makes of the state with key 1 of [`written`].
fn updated(from: &str, to: &str) -> Value {
    let (_host, module) = load(from);
    let vaults = pool(&module);
    vaults.create(1, "vault 1").expect("a state");
    module
        .update(TREASURIES.file(to))
        .unwrap_or_else(|refusal| panic!("{refusal}"));
    let followed = vaults.with(&1, |it| it.migrate()).expect("an instance");
    followed.unwrap_or_else(|error| panic!("{error}"));
    all(&vaults, 1)
}

/// Restores the state with key 1 once more: the module must not hold more memory afterwards than before.
fn holds_no_more_when_restored_again(
    restored: &Treasuries,
    module: &Module<dyn Treasury>,
    snapshot: &Snapshot,
) {
    let held = module.memory();
    restored.remove(&1).expect("an instance");
    let options = RestoreOptions::new().again(true);
    let report = restored.restore_with(snapshot, options);
    let report = report.expect("states that fit");
    assert_eq!((report.restored, module.memory()), (1, held));
}

fn snapshot(host: &Host) -> Snapshot {
    let (bytes, report) = host.snapshot_to(Vec::new()).expect("a snapshot");
    assert_eq!(bytes.len() as u64, report.bytes);
    Snapshot::of(bytes).expect("what was written")
}

/// All of a state, as it is shown.
fn all(pool: &Treasuries, key: u64) -> Value {
    let options = InspectOptions::new()
        .items(1 << 20)
        .bytes(1 << 30)
        .time(Duration::from_secs(60));
    let shown = pool.inspect_with(&key, "", &options).expect("a state");
    serde_json::to_value(&shown.value).expect("a value is JSON")
}

#[test]
fn states_of_every_kind_are_what_they_were() {
    let (host, module) = load("kept");
    let vaults = pool(&module);
    for key in [7, u64::MAX, 0] {
        vaults
            .create(key, &format!("vault {key}"))
            .expect("a state");
        let filled = vaults.call(&key, |it| it.fill(3000));
        filled.expect("a call");
        vaults.call_shared(&key, |it| it.count()).expect("a call");
    }
    let lobby = SharedInstance::builder(&module).name("lobby");
    let lobby = lobby.create("the lobby").expect("a state");
    let snapshot = snapshot(&host);
    let names: Vec<_> = snapshot
        .groups()
        .iter()
        .map(|it| (&*it.name, it.len()))
        .collect();
    assert_eq!(names, [("lobby", 1), ("vaults", 3)]);
    let build = &snapshot.builds()[0];
    assert_eq!(build.build().version, "1.0.0");
    assert_eq!(snapshot.builds().len(), 1);
    assert_eq!(build.digest, module.versions()[0].digest);

    let (restoring, module) = load("kept");
    let restored = pool(&module);
    let report = restored.restore(&snapshot).expect("states that fit");
    assert_eq!((report.restored, report.unrestored.len()), (3, 0));
    for key in [7, u64::MAX, 0] {
        assert_eq!(all(&restored, key), all(&vaults, key), "{key}");
    }
    let entered = SharedInstance::builder(&module).name("lobby");
    let entered = entered.restore(&snapshot).expect("a state that fits");
    let name = |it: &SharedInstance<dyn Treasury>| it.inspect("name").map(|it| it.value);
    assert_eq!(
        name(&entered).expect("a name"),
        name(&lobby).expect("a name")
    );

    // They can be used, and written down again; what is secret is among it.
    restored.call(&7, |it| it.fill(2)).expect("a call");
    assert_eq!(
        restored
            .inspect(&7, "coins")
            .expect("coins")
            .page
            .map(|it| it.len),
        Some(2)
    );
    let (again, _) = restoring.snapshot_to(Vec::new()).expect("a snapshot");
    assert!(again.windows(11).any(|it| it == b"open sesame"));
    drop((restored, entered));
}

#[test]
fn a_field_that_cannot_be_written_is_named() {
    let (host, module) = load(BASE);
    let vaults = pool(&module);
    vaults.create(1, "").expect("a state");
    let error = host.snapshot_to(Vec::new()).expect_err("an `Instant`");
    let SaveError::Unwritable { name, path, .. } = &error else {
        panic!("{error}");
    };
    assert_eq!((&**name, &**path), ("vaults", "Vault.since"));
    let told = error.to_string();
    assert!(told.contains("`Instant` cannot be written"), "{told}");
    assert!(told.contains("help: "), "{told}");
}

#[test]
fn what_something_outside_owns_too_is_named() {
    let (host, module) = load("owned");
    let vaults = pool(&module);
    vaults.create(1, "").expect("a state");
    let error = host.snapshot_to(Vec::new()).expect_err("an owner");
    let SaveError::Unwritable { path, reason, .. } = &error else {
        panic!("{error}");
    };
    assert_eq!(path, "Vault.shared");
    assert!(reason.contains("outside of the state"), "{reason}");
}

#[test]
fn a_thread_that_uses_an_instance_takes_no_snapshot() {
    let (host, module) = load("kept");
    let vaults = pool(&module);
    vaults.create(1, "").expect("a state");
    let taken = vaults.with(&1, |_| host.snapshot_to(Vec::new()).map(drop));
    let error = taken
        .expect("an instance")
        .expect_err("it would wait for itself");
    assert!(
        matches!(error, SaveError::InUseByThisThread { .. }),
        "{error}"
    );
}

#[test]
fn states_become_those_of_a_newer_version_by_the_rules_of_an_update() {
    let (snapshot, before) = written("kept", &[1, 2]);
    let (_host, module) = load("kept_next");
    let plans = snapshot.plan(&module.manifest()).expect("a plan");
    let [plan] = plans.as_slice() else {
        panic!("{plans:?}");
    };
    assert_eq!(
        (&*plan.from, &*plan.to, plan.way),
        ("1.0.0", "1.1.0", Way::On)
    );
    let differs = |path: &str, rule| {
        let mut all = plan.differences.iter();
        all.any(|it| it.path == path && it.rule == rule)
    };
    assert!(
        differs("Vault.small", Rule::Widened),
        "{:?}",
        plan.differences
    );
    assert!(!plan.differences.iter().any(|it| it.rule.refuses()));

    let restored = pool(&module);
    let report = restored.restore(&snapshot).expect("states that fit");
    assert_eq!(report.restored, 2);
    for (key, before) in [1, 2].into_iter().zip(&before) {
        let after = all(&restored, key);
        assert_eq!(after["small"], json!(-5));
        assert_eq!(
            after["coins"][2],
            json!({"worth": 2, "of": "metal 2", "age": 3})
        );
        assert_eq!(
            after["lazy"],
            json!({"worth": 8, "of": "metal 8", "age": 3})
        );
        assert_eq!(
            after["shared"],
            json!({"worth": 7, "of": "metal 7", "age": 3})
        );
        assert_eq!(after["again"], json!({"$same": "shared"}));
        for same in [
            "name", "huge", "by_place", "marks", "weak", "note", "weight", "time",
        ] {
            assert_eq!(after[same], before[same], "{same}");
        }
    }
}

#[test]
fn what_an_older_version_lacks_is_lost_only_where_that_is_allowed() {
    let (snapshot, _) = written("kept_next", &[1]);
    let (_host, module) = load("kept");
    let restored = pool(&module);
    let error = restored.restore(&snapshot).expect_err("coins have an age");
    let RestoreError::Refused { differences, .. } = &error else {
        panic!("{error}");
    };
    assert!(
        differences.iter().all(|it| it.rule == Rule::Lost),
        "{error}"
    );
    let told = error.to_string();
    assert!(
        differences.iter().all(|it| told.contains(&it.path)) && told.contains("allow_losses"),
        "{told}"
    );
    assert!(restored.is_empty());
    let options = RestoreOptions::new().allow_losses(true);
    let report = restored.restore_with(&snapshot, options).expect("a state");
    assert_eq!(report.restored, 1);
    assert_eq!(
        all(&restored, 1)["coins"][2],
        json!({"worth": 2, "of": "metal 2"})
    );
}

#[test]
fn one_that_does_not_fit_is_named_and_can_be_restored_later() {
    let (snapshot, _) = written("kept", &[4]);
    let (_host, module) = load("narrow");
    let restored = pool(&module);
    let report = restored.restore(&snapshot).expect("a plan");
    let [(4, Unrestored::Unfit { path, reason, .. })] = report.unrestored.as_slice() else {
        panic!("{report:?}");
    };
    assert_eq!(path, "Vault.large");
    assert!(reason.contains("18446744073709551615"), "{reason}");
    assert!(!restored.contains(&4));

    // It is kept in a file of its own, from which a later version has it.
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("unfit");
    assert_eq!(report.keep_unfit(&snapshot, &file).expect("a file"), 1);
    let (_host, module) = load("kept_next");
    let unfit = Snapshot::open(&file).expect("what was written");
    assert_eq!(unfit.groups().len(), 1);
    let restored = pool(&module);
    assert_eq!(restored.restore(&unfit).expect("a plan").restored, 1);
    assert_eq!(all(&restored, 4)["large"], "18446744073709551615");

    let (_host, module) = load("kept");
    let restored = pool(&module);
    let report = restored.restore(&snapshot).expect("a plan");
    assert_eq!(report.restored, 1);
    let none = directory.path().join("none");
    assert_eq!(report.keep_unfit(&snapshot, &none).expect("no file"), 0);
    assert!(!none.exists());
    // Twice, what was removed since would be there again.
    let error = restored.restore(&snapshot).expect_err("it was restored");
    assert!(matches!(error, RestoreError::Again { .. }), "{error}");
    let options = RestoreOptions::new().again(true);
    let again = restored.restore_with(&snapshot, options).expect("a plan");
    assert!(
        matches!(again.unrestored.as_slice(), [(4, Unrestored::Exists)]),
        "{again:?}"
    );
    assert_eq!(again.restored, 0);
}

#[test]
fn a_snapshot_of_something_else_is_refused() {
    let (snapshot, _) = written("kept", &[1]);
    let (_host, module) = load("kept");
    let nameless: Treasuries = module.pool();
    let error = nameless.restore(&snapshot).expect_err("no name");
    assert!(matches!(error, RestoreError::Nameless), "{error}");
    let other: Treasuries = Pool::builder(&module)
        .name("others")
        .build()
        .expect("a pool");
    let error = other.restore(&snapshot).expect_err("another name");
    assert!(matches!(error, RestoreError::Absent { .. }), "{error}");
    let by_text: Pool<String, dyn Treasury> = Pool::builder(&module)
        .name("vaults")
        .build()
        .expect("a pool");
    let error = by_text
        .restore(&snapshot)
        .expect_err("keys of another type");
    assert!(matches!(error, RestoreError::Refused { .. }), "{error}");
    drop(by_text);
    let lone = SharedInstance::builder(&module).name("vaults");
    let error = lone.restore(&snapshot).map(drop).expect_err("a pool");
    assert!(matches!(error, RestoreError::Other { .. }), "{error}");
}

#[test]
fn keys_are_what_they_were() {
    let (host, module) = load("kept");
    let keys = [("ada".to_owned(), 7_u16), ("für".to_owned(), 0)];
    let vaults: Pool<(String, u16), dyn Treasury> = Pool::builder(&module)
        .name("by two")
        .build()
        .expect("a pool");
    for key in &keys {
        vaults.create(key.clone(), &key.0).expect("a state");
    }
    let snapshot = snapshot(&host);
    let (_host, module) = load("kept");
    // One part is wider now.
    let restored: Pool<(String, u32), dyn Treasury> = Pool::builder(&module)
        .name("by two")
        .build()
        .expect("a pool");
    assert_eq!(restored.restore(&snapshot).expect("states").restored, 2);
    for (text, number) in keys {
        let key = (text.clone(), u32::from(number));
        let name = restored.inspect(&key, "name").expect("a state").value;
        assert_eq!(serde_json::to_value(&name).ok(), Some(json!(text)));
    }
}

#[test]
fn states_go_between_compilers_both_ways() {
    let Some(rustc) = &*OTHER else {
        return;
    };
    let there = family()
        .compiler(rustc.clone())
        .variant("kept", KEPT)
        .build();
    let files = [TREASURIES.file("kept"), there.file("kept")];
    for (from, to) in [(0, 1), (1, 0)] {
        let (host, module) = loaded(&files[from]);
        let vaults = pool(&module);
        vaults.create(5, "vault 5").expect("a state");
        vaults.call(&5, |it| it.fill(300)).expect("a call");
        let snapshot = snapshot(&host);
        let (_host, module) = loaded(&files[to]);
        let restored = pool(&module);
        let report = restored.restore(&snapshot).expect("states that fit");
        assert_eq!(report.restored, 1, "{report:?}");
        assert_eq!(all(&restored, 5), all(&vaults, 5));
    }
}

#[test]
fn a_directory_keeps_the_last_and_finds_the_newest_that_is_whole() {
    let directory = tempfile::tempdir().expect("a directory");
    let snapshots = Snapshots::open(directory.path().join("states")).expect("a directory");
    let snapshots = snapshots.keep(2);
    assert!(snapshots.latest().expect("a directory").is_none());
    let (host, module) = load("kept");
    let vaults = pool(&module);
    let mut files = Vec::new();
    for key in 0..4 {
        vaults.create(key, "").expect("a state");
        let (file, report) = snapshots.save(&host).expect("a snapshot");
        assert_eq!(report.instances, key + 1);
        files.push(file);
    }
    let there: Vec<bool> = files.iter().map(|file| file.exists()).collect();
    assert_eq!(there, [false, false, true, true]);
    let mode = fs::metadata(&files[3])
        .expect("a file")
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
    let latest = |snapshots: &Snapshots| {
        let (file, snapshot) = snapshots
            .latest()
            .expect("a directory")
            .expect("a snapshot");
        (file, snapshot.groups()[0].len())
    };
    assert_eq!(latest(&snapshots), (files[3].clone(), 4));

    // One that was cut is passed over, and what is whole of it can be had.
    let whole = fs::read(&files[3]).expect("a file");
    fs::write(&files[3], &whole[..whole.len() - 100]).expect("a file");
    assert_eq!(latest(&snapshots), (files[2].clone(), 3));
    let error = Snapshot::open(&files[3]).expect_err("it was cut");
    assert_eq!(error.block(), Some(2), "{error}");
    let (salvaged, fault) = Snapshot::salvage(&files[3]).expect("some blocks");
    assert!(fault.is_some());
    assert_eq!((salvaged.builds().len(), salvaged.groups().len()), (1, 1));

    // A snapshot that cannot be made leaves nothing behind.
    let (host, module) = load(BASE);
    let vaults = pool(&module);
    vaults.create(1, "").expect("a state");
    snapshots.save(&host).expect_err("an `Instant`");
    let left = fs::read_dir(directory.path().join("states")).expect("a directory");
    assert_eq!(left.count(), 2);
}

#[test]
fn what_cannot_be_read_is_passed_over_and_what_is_none_of_these_files_left_alone() {
    let directory = tempfile::tempdir().expect("a directory");
    let snapshots = Snapshots::open(directory.path()).expect("a directory");
    // No time is too long.
    let forever = SnapshotOptions::new().patience(Duration::MAX);
    let snapshots = snapshots.keep(1).options(forever);
    let (host, module) = load("kept");
    let vaults = pool(&module);
    vaults.create(1, "").expect("a state");
    let (good, _) = snapshots.save(&host).expect("a snapshot");
    let named = |name: &str| directory.path().join(format!("states-{name}.snapshot"));
    let mut newer = fs::read(&good).expect("a file");
    newer[8] = 99;
    fs::write(named("00000000000000000007"), newer).expect("a file");
    fs::create_dir(named("00000000000000000008")).expect("a directory");
    for other in ["5", "18446744073709551615", "+0000000000000000009"] {
        fs::write(named(other), "no snapshot").expect("a file");
    }
    // What another process left there, and this one cannot remove, does not stand in the way either.
    fs::create_dir(directory.path().join(".unfinished-there")).expect("a directory");
    let error = Snapshots::open(&good).expect_err("a file");
    assert!(
        error.to_string().starts_with(&good.display().to_string()),
        "{error}"
    );
    let snapshots = Snapshots::open(directory.path()).expect("a directory");
    let snapshots = snapshots.keep(1);
    let latest = snapshots.latest().expect("a directory");
    assert_eq!(latest.map(|it| it.0), Some(good.clone()));
    let passed_over = snapshots.passed_over().expect("a directory");
    let told: Vec<String> = passed_over.iter().map(|it| it.1.to_string()).collect();
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(told[0].contains("Is a directory"), "{told:?}");
    assert!(told[1].contains("a newer hotmod writes"), "{told:?}");

    let (file, _) = snapshots.save(&host).expect("a snapshot");
    assert_eq!(file, named("00000000000000000009"));
    assert!(!good.exists());
    // The states of the newer hotmod may be nowhere else.
    assert!(named("00000000000000000007").exists());
    assert!(named("5").exists() && named("00000000000000000008").exists());
    assert_eq!(snapshots.passed_over().expect("a directory").len(), 0);
}

#[test]
fn functions_are_given_texts_and_containers_of_what_was_written() {
    let (snapshot, before) = written("mapped", &[1]);
    let (_host, module) = load("asked");
    let restored = pool(&module);
    let report = restored.restore(&snapshot).expect("states that fit");
    assert_eq!(report.restored, 1, "{:?}", report.unrestored);
    let after = all(&restored, 1);
    let told = |worth: u64| json!({"worth": worth, "of": format!("metal {worth}"), "told": format!("metal {worth}!")});
    assert_eq!(after["coins"], Value::from_iter((0..5).map(told)));
    assert_eq!(after["shared"], told(7));
    assert_eq!(
        after["ledger"],
        json!({"lines": ["first"], "told": ["a 7"]})
    );
    assert_eq!(after["path"], before[0]["path"]);
    assert_eq!(
        (&after["queue"], &after["by_place"]),
        (&json!(3), &json!([6, 5]))
    );

    // What was built for the functions is gone: as much is held as by one that was never written down.
    holds_no_more_when_restored_again(&restored, &module, &snapshot);

    // An update says the same of the same state.
    assert_eq!(updated("mapped", "asked"), after);
}
