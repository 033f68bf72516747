//! Functions of the author's that several threads run at once, where their attribute says that they may, and only
//! there. Each version counts the threads on which its function ran.

use std::num::NonZero;
use std::sync::LazyLock;

use hotmod_host::{Host, Instance, Module};
use hotmod_tests::fixture::{BASE, Built, Edit, Family, ForGood};
use hotmod_tests::interfaces::survey::Survey;

use super::{create, update};

/// So many that each of the threads gets some.
const PLACES: usize = 50_000;
const THREADS: usize = 4;

/// The list says on how many threads the function ran.
const COUNTED: Edit = (
    "lines.collect::<String>() + &quality",
    "lines.collect::<String>() + &quality + &format!(\", by {}\", SEEN.lock().expect(\"a lock\").len())",
);

/// Notes the thread, and has the first threads wait for so many of them, so that they do run side by side.
macro_rules! seen {
    ($wanted:literal) => {
        concat!(
            "static SEEN: std::sync::Mutex<Vec<std::thread::ThreadId>> = std::sync::Mutex::new(Vec::new());
            static COME: std::sync::Condvar = std::sync::Condvar::new();

            fn seen() {
                let this = std::thread::current().id();
                let mut seen = SEEN.lock().expect(\"a lock\");
                if seen.contains(&this) { return; }
                seen.push(this);
                COME.notify_all();
                let patience = std::time::Duration::from_secs(60);
                let waits = |seen: &mut Vec<_>| seen.len() < ",
            $wanted,
            ";
                drop(COME.wait_timeout_while(seen, patience, waits).expect(\"a lock\"));
            }

            fn whole(feet: f64) -> Result<i64, String> {
                seen();
                match feet {
                    feet if feet < 0.0 => panic!(\"below the sea\"),
                    feet if feet.fract() == 0.0 => Ok(feet as i64),
                    feet => Err(format!(\"{feet} is not whole\")),
                }
            }
            "
        )
    };
}

const WHOLE: Edit = (
    "            feet: height,",
    "            feet: height as i64,",
);

/// The field is made by a function.
const WITH: Edit = (
    "    feet: f64,\n}",
    "    #[state(with = rounded, parallel)]\n    feet: i64,\n}",
);
const WITH_ON_ONE: Edit = (
    "    feet: f64,\n}",
    "    #[state(with = rounded)]\n    feet: i64,\n}",
);
const ROUNDED: &str = "fn rounded(feet: &f64) -> Result<i64, String> { whole(*feet) }";

/// The place is made by a function.
const BY_FORM: &str = "
    #[derive(hotmod::OldState)]
    #[state(id = \"Place\")]
    struct OldPlace { name: String, feet: f64 }

    #[hotmod::migrate(parallel)]
    fn place(old: &OldPlace) -> Result<Place, String> {
        Ok(Place { name: old.name.clone(), feet: whole(old.feet)? })
    }";
const BY_NAMES: &str = "
    #[hotmod::migrate(parallel)]
    fn place(old: &hotmod::Old<'_>) -> Result<Place, String> {
        let name: &String = old.get(\"name\")?;
        Ok(Place { name: name.clone(), feet: whole(*old.get::<f64>(\"feet\")?)? })
    }";
const BY_NAMES_ON_ONE: &str = "
    #[hotmod::migrate]
    fn place(old: &hotmod::Old<'_>) -> Result<Place, String> {
        let name: &String = old.get(\"name\")?;
        Ok(Place { name: name.clone(), feet: whole(*old.get::<f64>(\"feet\")?)? })
    }";
const FEET: Edit = ("    feet: f64,\n}", "    feet: i64,\n}");

const DEQUE: &[Edit] = &[
    (
        "places: Vec<Place>,",
        "places: std::collections::VecDeque<Place>,",
    ),
    ("places: Vec::new(),", "places: Default::default(),"),
    ("self.places.push(", "self.places.push_back("),
];
/// The old value has something that a shared reference can change.
const CELL: &[Edit] = &[
    (
        "    name: String,\n    feet",
        "    name: String,\n    cell: std::cell::Cell<u8>,\n    feet",
    ),
    (
        "name: name.to_owned(),\n            feet",
        "name: name.to_owned(),\n            cell: 0.into(),\n            feet",
    ),
];

/// A version with such a container, field and functions.
fn version(container: &[Edit], field: Edit, functions: [&str; 2]) -> Vec<Edit> {
    let functions = functions.concat().for_good();
    [container, &[COUNTED, WHOLE, field, ("// hooks", functions)]].concat()
}

static SURVEY: LazyLock<Built> = LazyLock::new(|| {
    let (all, two, one) = (seen!("4"), seen!("2"), seen!("1"));
    // What the function makes has the cell, too.
    let with_cell = BY_NAMES.replace("name: name.clone(),", "name: name.clone(), cell: 0.into(),");
    Family::new("survey")
        .library("parallel", &[])
        .variant("with", &version(&[], WITH, [all, ROUNDED]))
        .variant("form", &version(&[], FEET, [all, BY_FORM]))
        .variant("names", &version(&[], FEET, [all, BY_NAMES]))
        .variant("with-on-one", &version(&[], WITH_ON_ONE, [one, ROUNDED]))
        .variant("names-on-one", &version(&[], FEET, [one, BY_NAMES_ON_ONE]))
        .variant("deque", DEQUE)
        .variant("deque-with", &version(DEQUE, WITH, [two, ROUNDED]))
        .variant("deque-names", &version(DEQUE, FEET, [two, BY_NAMES]))
        .variant("cell", CELL)
        .variant("cell-names", &version(CELL, FEET, [one, &with_cell]))
        .build()
});

fn module(variant: &str) -> Module<dyn Survey> {
    let threads = NonZero::new(THREADS).expect("four");
    let host = Host::builder().migration_threads(threads).build();
    let module = host
        .expect("a host")
        .load::<dyn Survey>(SURVEY.file(variant));
    module.unwrap_or_else(|refusal| panic!("{refusal}"))
}

/// A place for each number; one of them may be of another height.
fn atlas(module: &Module<dyn Survey>, unfit: Option<(usize, f64)>) -> Instance<dyn Survey> {
    let mut atlas = create(module, "");
    for i in 0..PLACES {
        let height = unfit
            .filter(|(at, _)| *at == i)
            .map_or(i as f64, |(_, it)| it);
        atlas.add(&format!("place {i}"), height).expect("a call");
    }
    atlas
}

/// On how many threads the functions of a version ran, which made what they should.
fn threads(from: &str, to: &str) -> usize {
    let module = module(from);
    let mut atlas = atlas(&module, None);
    let before = atlas.list().expect("a call");
    update(&module, SURVEY.file(to));
    atlas
        .migrate()
        .unwrap_or_else(|error| panic!("{to}: {error}"));
    let after = atlas.list().expect("a call");
    let (list, threads) = after.rsplit_once(", by ").expect("a number");
    assert_eq!(list, before, "{to}");
    threads.parse().expect("a number")
}

#[test]
fn functions_that_may_run_side_by_side_do() {
    for to in ["with", "form", "names"] {
        assert_eq!(threads(BASE, to), THREADS, "{to}");
    }
    // Which thread converts how many of a container's batches is left to chance.
    for to in ["deque-with", "deque-names"] {
        assert!((2..=THREADS).contains(&threads("deque", to)), "{to}");
    }
}

#[test]
fn functions_without_the_attribute_run_on_one_thread() {
    for to in ["with-on-one", "names-on-one"] {
        assert_eq!(threads(BASE, to), 1, "{to}");
    }
}

/// The attribute is about the function; what it reads by names, only the description shows.
#[test]
fn what_could_be_changed_by_a_reader_is_read_on_one_thread() {
    assert_eq!(threads("cell", "cell-names"), 1);
}

#[test]
fn what_fails_on_another_thread_is_named_and_changes_nothing() {
    for to in ["with", "form"] {
        for unfit in [0, PLACES / 2, PLACES - 1] {
            for (height, because) in [(0.5, "0.5 is not whole"), (-1.0, "below the sea")] {
                let module = module(BASE);
                let mut atlas = atlas(&module, Some((unfit, height)));
                let before = atlas.list().expect("a call");
                update(&module, SURVEY.file(to));
                let memory = module.memory();
                let error = atlas.migrate().expect_err("a place that does not fit");
                let path = format!("Atlas.places[{unfit}]");
                assert!(error.path.starts_with(&path), "{to}: {error}");
                assert!(error.to_string().contains(because), "{to}: {error}");
                // The module has noted its threads, and where each of them panicked; no place is left.
                let left = module.memory() - memory;
                assert!((0..2000).contains(&left), "{to}: {left} bytes");
                assert_eq!(atlas.list().expect("a call"), before, "{to}");
            }
        }
    }
}
