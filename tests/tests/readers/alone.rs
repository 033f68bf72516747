//! States that are prepared while no call of them runs, since something in them could change or be shared
//! meanwhile.

use super::*;

/// What a state holds besides: a name, the field and its value, how a shared call changes it, more items, and what
/// the plan says of it.
struct Kind {
    name: &'static str,
    field: &'static str,
    made: &'static str,
    items: &'static str,
    path: &'static str,
    what: &'static str,
}

const KINDS: &[Kind] = &[
    Kind {
        name: "mutex",
        field: "more: std::sync::Mutex<u64>,",
        made: "more: std::sync::Mutex::new(0),",
        items: "",
        path: "Shelves.more",
        what: "`Mutex<u64>` can be changed by a shared reference",
    },
    Kind {
        name: "rwlock",
        field: "more: Vec<std::sync::RwLock<String>>,",
        made: "more: Vec::new(),",
        items: "",
        path: "Shelves.more[]",
        what: "`RwLock<String>` can be changed by a shared reference",
    },
    Kind {
        name: "atomic",
        field: "more: HashMap<u64, Visits>,",
        made: "more: HashMap::new(),",
        items: "#[derive(StableState)] pub struct Visits { count: std::sync::atomic::AtomicU64 }",
        path: "Shelves.more[].count",
        what: "`AtomicU64` can be changed by a shared reference",
    },
    Kind {
        name: "once",
        field: "more: Option<std::sync::OnceLock<u8>>,",
        made: "more: None,",
        items: "",
        path: "Shelves.more?",
        what: "`OnceLock<u8>` can be changed by a shared reference",
    },
    Kind {
        name: "arc",
        field: "more: Choice,",
        made: "more: Choice::No,",
        items: "#[derive(StableState)] pub enum Choice { No, Yes { of: std::sync::Arc<String> } }",
        path: "Shelves.more::Yes.of",
        what: "`Arc<String>` can be shared by a shared reference",
    },
    Kind {
        name: "weak",
        field: "more: (u8, std::sync::Weak<u8>),",
        made: "more: (0, std::sync::Weak::new()),",
        items: "",
        path: "Shelves.more.1",
        what: "`Weak<u8>` can be shared by a shared reference",
    },
    Kind {
        name: "opaque",
        field: "#[state(unsafe(opaque))] more: std::alloc::Layout,",
        made: "more: std::alloc::Layout::new::<u64>(),",
        items: "",
        path: "Shelves.more",
        what: "is opaque, so nothing says what it holds",
    },
    Kind {
        name: "serde",
        field: "#[state(serde)] more: String,",
        made: "more: String::new(),",
        items: "",
        path: "Shelves.more",
        what: "it is carried over by a form of its own",
    },
    Kind {
        name: "as",
        field: "#[state(as = u64, into = Hidden::number, from = Hidden::of)] more: Hidden,",
        made: "more: Hidden(1),",
        items: "pub struct Hidden(u64);
                impl Hidden { fn number(&self) -> u64 { self.0 } fn of(number: u64) -> Self { Hidden(number) } }",
        path: "Shelves.more",
        what: "it is carried over by a form of its own",
    },
];

/// A function that comes to an archive's gate while the archive is prepared. What could change has no check.
const ASKING: &str = "fn ask_first(gate: &String) -> String { ask(gate); gate.clone() }";
const ASKS: Edit = (
    "    gate: String,",
    "    #[state(with = ask_first)]\n    gate: String,",
);

/// A cache that is made anew: nothing reads that of the older version.
const SKIPPED: [Edit; 2] = [
    ("// more", "#[state(skip)] more: std::sync::Mutex<u64>,"),
    ("// made", "more: std::sync::Mutex::new(0),"),
];

const COUNTED: Edit = (
    "0 // touched",
    "{ let mut more = self.more.lock().unwrap(); *more += 1; *more }",
);

fn edits(kind: &Kind, hook: &str) -> Vec<Edit> {
    use hotmod_tests::fixture::ForGood;
    vec![
        ("// more", kind.field),
        ("// made", kind.made),
        ("// hooks", format!("{}\n{hook}", kind.items).for_good()),
    ]
}

pub(super) fn variants(mut family: Family) -> Family {
    for kind in KINDS {
        family = family.variant(kind.name, &edits(kind, "")).variant(
            &next(kind.name),
            &[WIDE, &[ASKS], &edits(kind, ASKING)].concat(),
        );
    }
    family
        .variant("skip", &[&SKIPPED[..], &[COUNTED]].concat())
        .variant(&next("skip"), &[WIDE, &SKIPPED, &[COUNTED, GATED]].concat())
}

fn next(kind: &str) -> String {
    format!("{kind}-next")
}

/// Whether this thread of the process sleeps, as one does that waits for a lock.
fn sleeps(thread: i32) -> bool {
    let told = std::fs::read_to_string(format!("/proc/self/task/{thread}/stat"));
    let told = told.unwrap_or_default();
    told.rsplit(')')
        .next()
        .is_some_and(|it| it.trim_start().starts_with('S'))
}

#[test]
fn what_a_reader_could_change_or_share_is_prepared_alone_and_said_to_be() {
    for kind in KINDS {
        let module = archives(kind.name);
        let gate = Gate::new();
        let pool = pool(&module, &gate.path(), 20);
        let report = update(&module, &next(kind.name));
        let [(state, Preparation::Exclusive { because })] = &report.preparations[..] else {
            panic!("{}: {:?}", kind.name, report.preparations);
        };
        let [(path, what)] = &because[..] else {
            panic!("{}: {because:?}", kind.name);
        };
        assert_eq!(
            (state.as_str(), path.as_str()),
            ("Shelves", kind.path),
            "{}",
            kind.name
        );
        assert!(what.contains(kind.what), "{}: {what}", kind.name);
        let told = report.to_string();
        assert!(told.contains(&format!("{path}: {what}")), "{told}");

        let reader = std::sync::atomic::AtomicI32::new(0);
        thread::scope(|scope| {
            let sweeping = scope.spawn(|| pool.sweep(Duration::MAX));
            let waiting = gate.wait();
            let reading = scope.spawn(|| {
                // SAFETY: it only asks for a number.
                reader.store(unsafe { libc::gettid() }, Ordering::Relaxed);
                read(&pool)
            });
            // Until it waits, or has read what it must not.
            until(|| reading.is_finished() || sleeps(reader.load(Ordering::Relaxed)));
            drop(waiting);
            let seen = reading.join().expect("a thread");
            assert_eq!(seen, (2, amount(20)), "{}", kind.name);
            assert_eq!(sweeping.join().expect("a thread").migrated, 1);
        });
    }
}

/// Readers may change it: the next version begins with one of its own.
#[test]
fn what_is_made_anew_does_not_keep_readers_out() {
    let module = archives("skip");
    let gate = Gate::new();
    let pool = pool(&module, &gate.path(), 20);
    let touch = || pool.call_shared(&1, |it| it.touch()).expect("a call");
    assert_eq!((touch(), touch()), (1, 2));
    let report = update(&module, &next("skip"));
    let shared = ("Shelves".to_owned(), Preparation::Shared);
    assert_eq!(report.preparations, [shared]);
    thread::scope(|scope| {
        let sweeping = scope.spawn(|| pool.sweep(Duration::MAX));
        let waiting = gate.wait();
        assert_eq!((touch(), touch()), (3, 4));
        assert_eq!(read(&pool), (1, amount(20)));
        drop(waiting);
        assert_eq!(sweeping.join().expect("a thread").migrated, 1);
    });
    assert_eq!(read(&pool), (2, amount(20)));
    assert_eq!(touch(), 1);
}
