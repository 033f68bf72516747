//! Parts of values of other crates' types, found by their paths and shown page by page.

use std::collections::BTreeMap;
use std::sync::LazyLock;
use std::time::Duration;

use hotmod_host::{Host, InspectError, InspectOptions, LiveValue, Module, Page, Snapshot};
use hotmod_tests::fixture::{BASE, Built, Family};
use serde_json::{Value, json};

#[hotmod::interface]
pub(super) trait Shelf {
    fn fill(&mut self, items: u32);
    fn change(&mut self, from: u32, to: u32);
    fn hold(&mut self) -> bool;
    fn deepen(&mut self, levels: u32);
}

const SOURCE: &str = r##"//! Containers of other crates in each other.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use chrono::NaiveDate;
use compact_str::CompactString;
use dashmap::DashMap;
use either::Either;
use hotmod::StableState;
use indexmap::IndexMap;
use smallvec::SmallVec;
use uuid::Uuid;

hotmod::module! { name: "shelf", version: "1.0.0" }

#[derive(StableState, Clone)]
pub struct Item {
    name: CompactString,
    worth: u32,
    #[state(secret)]
    code: String,
}

#[derive(StableState, Clone)]
pub struct Room {
    seats: IndexMap<CompactString, Item>,
    tags: hashbrown::HashSet<u32>,
}

/// Carried over by a crate of one's own: as a map that is made anew.
pub struct Counts(Vec<(u32, u32)>);

impl hotmod::Carried for Counts {
    const NAME: &'static str = "shelf::Counts";
    type Parameters = ();
    type Form = HashMap<u32, u32>;

    fn to_form(&self) -> Result<Self::Form, String> {
        Ok(self.0.iter().copied().collect())
    }

    fn from_form(form: Self::Form) -> Result<Self, String> {
        Ok(Counts(form.into_iter().collect()))
    }
}

hotmod::carried! { [] Counts; }

/// A key of which a part is not shown.
#[derive(StableState, Clone, PartialEq, Eq, Hash)]
pub struct Card {
    of: u32,
    #[state(secret)]
    number: u32,
}

#[derive(serde::Serialize, serde::Deserialize)]
pub struct Note {
    title: String,
    lines: Vec<(u32, String)>,
    by: std::collections::BTreeMap<u32, Option<String>>,
}

#[derive(StableState, Clone, Default)]
pub struct Tree {
    below: SmallVec<[Box<Tree>; 1]>,
}

#[derive(StableState)]
pub struct Newtype(IndexMap<String, u32>);

#[derive(StableState)]
pub struct World {
    boxes: IndexMap<String, SmallVec<[Item; 2]>>,
    ids: std::collections::BTreeMap<Uuid, u32>,
    rooms: DashMap<Uuid, Arc<parking_lot::RwLock<Room>>>,
    brown: hashbrown::HashMap<CompactString, IndexMap<NaiveDate, u32>>,
    numbers: hashbrown::HashSet<u32>,
    cards: hashbrown::HashMap<Card, u32>,
    slots: slotmap::SlotMap<slotmap::DefaultKey, u32>,
    json: serde_json::Value,
    nothing: Option<serde_json::Value>,
    map: serde_json::Map<String, serde_json::Value>,
    since: chrono::DateTime<chrono::FixedOffset>,
    slot: slotmap::DefaultKey,
    either: Either<u32, Item>,
    maybe: Option<Either<u32, Option<Item>>>,
    eithers: Vec<(u32, Either<[Arc<u32>; 2], u32>)>,
    result: Result<u32, u32>,
    lock: parking_lot::Mutex<Vec<u32>>,
    held: Arc<parking_lot::Mutex<u32>>,
    counts: Counts,
    owned: IndexMap<u32, Arc<Item>>,
    newtype: Newtype,
    tree: Tree,
    #[state(as = HashSet<u32>, into = numbers, from = listed)]
    listed: Listed,
    #[state(serde)]
    note: Note,
}

pub struct Listed(Vec<u32>);

// exports

fn numbers(listed: &Listed) -> HashSet<u32> {
    listed.0.iter().copied().collect()
}

fn listed(numbers: HashSet<u32>) -> Listed {
    Listed(numbers.into_iter().collect())
}

fn item(worth: u32) -> Item {
    Item { name: format!("item {worth}").into(), worth, code: "sesame".to_owned() }
}

fn day(day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(2024, 2, day).expect("a day")
}

fn room(worth: u32) -> Arc<parking_lot::RwLock<Room>> {
    let seats = ["z", "a"].into_iter().map(|name| (name.into(), item(worth))).collect();
    Arc::new(parking_lot::RwLock::new(Room { seats, tags: (0..worth).collect() }))
}

#[hotmod::init]
fn world() -> World {
    let mut slots = slotmap::SlotMap::new();
    let slot = slots.insert(5);
    let nepal = chrono::FixedOffset::east_opt(5 * 3600 + 45 * 60).expect("an offset");
    let seven = Arc::new(7);
    let midnight = chrono::NaiveTime::MIN;
    let one = Arc::new(item(9));
    let mut tree = Tree::default();
    tree.below.push(Box::default());
    World {
        boxes: ["b", "a"].into_iter().map(|name| (name.to_owned(), (1..4).map(item).collect())).collect(),
        rooms: (1..4).map(|it| (Uuid::from_u128(it), room(it as u32))).collect(),
        brown: [("x".into(), [(day(2), 1), (day(1), 2)].into_iter().collect())].into_iter().collect(),
        numbers: (0..10).collect(),
        cards: (0..10).map(|number| (Card { of: number % 2, number }, number)).collect(),
        slots,
        ids: (0..3).map(|it| (Uuid::from_u128(it), it as u32)).collect(),
        json: serde_json::json!({ "b": "…", "a": [1, { "b": "c" }, null] }),
        nothing: Some(serde_json::Value::Null),
        map: [("n".to_owned(), serde_json::json!({ "$k": [] }))].into_iter().collect(),
        since: day(1).and_time(midnight).and_local_timezone(nepal).unwrap(),
        slot,
        either: Either::Right(item(4)),
        maybe: Some(Either::Right(Some(item(5)))),
        eithers: vec![(1, Either::Left([seven.clone(), seven])), (2, Either::Right(8))],
        result: Err(3),
        lock: parking_lot::Mutex::new(vec![1, 2, 3]),
        held: Arc::new(parking_lot::Mutex::new(1)),
        counts: Counts((0..10).map(|it| (it, it * 2)).collect()),
        owned: [(1, one.clone()), (2, one)].into_iter().collect(),
        newtype: Newtype([("one".to_owned(), 1)].into_iter().collect()),
        tree,
        listed: Listed((0..10).collect()),
        note: Note {
            title: "t".to_owned(),
            lines: vec![(1, "a".to_owned()), (2, "b".to_owned())],
            by: [(7, Some("ada".to_owned())), (8, None)].into(),
        },
    }
}

#[hotmod::export]
impl Shelf for World {
    fn fill(&mut self, items: u32) {
        self.boxes = (0..items).rev().map(|it| (it.to_string(), [item(it)].into_iter().collect())).collect();
        self.rooms = (0..items).map(|it| (Uuid::from_u128(it.into()), room(1))).collect();
        self.numbers = (0..items).collect();
        self.cards = (0..items).map(|number| (Card { of: number % 7, number }, number % 3)).collect();
        self.counts = Counts((0..items).map(|it| (it, it * 2)).collect());
        self.listed = Listed((0..items).collect());
        self.note.lines = (0..items).map(|it| (it, it.to_string())).collect();
    }

    fn change(&mut self, from: u32, to: u32) {
        self.numbers.remove(&from);
        self.numbers.insert(to);
    }

    fn hold(&mut self) -> bool {
        let lock = self.held.clone();
        let (told, tell) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            std::mem::forget(lock.lock());
            let _ = told.send(());
        });
        tell.recv().is_ok()
    }

    fn deepen(&mut self, levels: u32) {
        for _ in 0..levels {
            let below = std::mem::take(&mut self.tree);
            self.tree.below.push(Box::new(below));
        }
    }
}

#[hotmod::interface]
pub trait Shelf {
    fn fill(&mut self, items: u32);
    fn change(&mut self, from: u32, to: u32);
    fn hold(&mut self) -> bool;
    fn deepen(&mut self, levels: u32);
}
"##;

/// Functions that are given what is carried over, or make it.
const PASSING: &str = r#"
#[hotmod::export]
pub fn later(since: chrono::DateTime<chrono::Utc>) -> i64 { since.timestamp() }
#[hotmod::export]
pub fn worth(room: &Room) -> usize { room.seats.len() }
#[derive(hotmod::OldState)]
#[state(id = "Room")]
pub struct OldRoom { seats: IndexMap<CompactString, u32> }
#[hotmod::migrate(down)]
fn room_back(room: &Room) -> OldRoom {
    OldRoom { seats: room.seats.iter().map(|(name, seat)| (name.clone(), seat.worth)).collect() }
}
"#;

static SHELF: LazyLock<Built> = LazyLock::new(|| {
    super::source::CRATES
        .iter()
        .filter(|(name, _)| SOURCE.contains(&format!("{}::", name.replace('-', "_"))))
        .fold(
            Family::written("of_crates_shelf", SOURCE.to_owned())
                .feature("serde")
                .depends("serde = { version = \"1\", features = [\"derive\"] }"),
            |family, (feature, line)| family.feature(feature).depends(line),
        )
        .variant("passing", &[("// exports", PASSING)])
        .build()
});

type Shelves = super::PoolOf<dyn Shelf>;

fn shelves() -> (Host, Module<dyn Shelf>, Shelves) {
    let stage = super::loaded(SHELF.file(BASE));
    stage.2.create(1, "").expect("an instance");
    stage
}

fn fill(shelves: &Shelves, items: u32) {
    shelves.call(&1, |it| it.fill(items)).expect("a call");
}

/// As little time as there is: what is shown does not depend on how fast the machine is.
fn pages_of(items: usize) -> InspectOptions {
    InspectOptions::new()
        .items(items)
        .bytes(1 << 30)
        .time(Duration::from_secs(60))
}

fn value(shown: &LiveValue) -> Value {
    serde_json::to_value(shown).expect("a value is JSON")
}

fn item(worth: u32) -> Value {
    json!({ "name": format!("item {worth}"), "worth": worth, "code": { "$secret": true } })
}

fn uuid(last: u8) -> String {
    format!("00000000-0000-0000-0000-0000000000{last:02x}")
}

/// What paths lead to.
fn parts() -> Vec<(String, Value)> {
    let room = format!("rooms[\"{}\"]", uuid(2));
    vec![
        (
            "boxes[\"a\"]".to_owned(),
            json!([item(1), item(2), item(3)]),
        ),
        ("boxes[\"a\"][1].name".to_owned(), json!("item 2")),
        ("boxes[\"b\"][1..2]".to_owned(), json!([item(2)])),
        (
            "boxes[0..1]".to_owned(),
            json!({ "b": [item(1), item(2), item(3)] }),
        ),
        (
            room.clone(),
            json!({ "seats": { "z": item(2), "a": item(2) }, "tags": [0, 1] }),
        ),
        (format!("{room}.seats[\"a\"].worth"), json!(2)),
        (format!("{room}.tags[1]"), json!(1)),
        ("brown[\"x\"][\"2024-02-01\"]".to_owned(), json!(2)),
        ("brown[\"x\"][0..1]".to_owned(), json!({ "2024-02-02": 1 })),
        ("numbers[7]".to_owned(), json!(7)),
        ("numbers[3..5]".to_owned(), json!([3, 4])),
        ("slots[0].1".to_owned(), json!(5)),
        ("either.Right.worth".to_owned(), json!(4)),
        ("maybe.Right.worth".to_owned(), json!(5)),
        ("lock[1..]".to_owned(), json!([2, 3])),
        ("held".to_owned(), json!(1)),
        ("counts[4]".to_owned(), json!(8)),
        ("owned[2].name".to_owned(), json!("item 9")),
        ("newtype[\"one\"]".to_owned(), json!(1)),
        ("tree.below[0].below".to_owned(), json!([])),
        ("listed[9]".to_owned(), json!(9)),
        (
            "eithers".to_owned(),
            json!([
                [1, { "Left": [7, { "$same": "eithers[0].1.Left.0[0]" }] }],
                [2, { "Right": 8 }],
            ]),
        ),
        ("eithers[0].1.Left[0]".to_owned(), json!(7)),
        ("eithers[0].1.Left[0..1]".to_owned(), json!([7])),
        ("eithers[1].1.Right".to_owned(), json!(8)),
        ("result".to_owned(), json!({ "Err": 3 })),
        ("boxes.a[1].worth".to_owned(), json!(2)),
        (format!("ids[\"{}\"]", uuid(1)), json!(1)),
        ("ids[0..1]".to_owned(), json!({ uuid(0): 0 })),
        (
            "json".to_owned(),
            json!({ "b": "…", "a": [1, { "b": "c" }, null] }),
        ),
        ("json.a[1].b".to_owned(), json!("c")),
        ("json[\"a\"][1][\"b\"]".to_owned(), json!("c")),
        ("json.a[2]".to_owned(), json!(null)),
        ("json.a[1..]".to_owned(), json!([{ "b": "c" }, null])),
        ("json[1..2]".to_owned(), json!({ "b": "…" })),
        ("nothing".to_owned(), json!({ "Some": null })),
        ("map.n".to_owned(), json!({ "$$k": [] })),
        ("map.n[\"$k\"]".to_owned(), json!([])),
        ("since".to_owned(), json!("2024-02-01T00:00:00+05:45")),
        ("slot".to_owned(), json!("1v1")),
    ]
}

#[test]
fn a_path_leads_into_what_is_carried_over() {
    let (_host, _module, shelves) = shelves();
    for (path, expected) in parts() {
        let found = shelves.inspect(&1, &path);
        let found = found.unwrap_or_else(|error| panic!("{path}: {error}"));
        assert_eq!(value(&found.value), expected, "{path}");
    }
    let more = [
        ("newtype.0[\"one\"]", json!(1)),
        ("note.title", json!("t")),
        ("note[\"title\"]", json!("t")),
        ("note.lines[1][1]", json!("b")),
        ("note.lines[1..]", json!([[2, "b"]])),
        ("note.by[7]", json!("ada")),
        (
            "owned",
            json!({ "1": item(9), "2": { "$same": "owned[\"1\"]" } }),
        ),
    ];
    for (path, expected) in more {
        let found = shelves.inspect(&1, path);
        let found = found.unwrap_or_else(|error| panic!("{path}: {error}"));
        assert_eq!(value(&found.value), expected, "{path}");
    }
    for (path, ty) in [
        (
            "boxes",
            "indexmap::IndexMap<String, smallvec::SmallVec<[Item; 2]>, ()>",
        ),
        (
            "boxes[0..1]",
            "indexmap::IndexMap<String, smallvec::SmallVec<[Item; 2]>, ()>",
        ),
        ("boxes[\"a\"][0].name", "compact_str::CompactString"),
        ("newtype", "Newtype"),
        ("json", "serde_json::Value"),
        ("json.a[1]", "serde_json::Value"),
        ("map", "serde_json::Map"),
        ("ids[\"00000000-0000-0000-0000-000000000001\"]", "u32"),
        ("counts", "shelf::Counts"),
    ] {
        assert_eq!(shelves.inspect(&1, path).expect(path).ty, ty, "{path}");
    }
}

/// The same paths lead to the same parts of what was written to a file.
#[test]
fn a_path_leads_into_what_was_written() {
    let (host, _module, _shelves) = shelves();
    let (bytes, _) = host.snapshot_to(Vec::new()).expect("a snapshot");
    let snapshot = Snapshot::of(bytes).expect("what was written");
    let group = &snapshot.groups()[0];
    let instance = snapshot.instances(group).next().expect("an instance");
    let state = snapshot.show(group, &instance).expect("a state");
    for (path, expected) in parts() {
        let part = state.part_of_state(&path);
        let part = part.unwrap_or_else(|error| panic!("{path}: {error}"));
        assert_eq!(value(&part), expected, "{path}");
    }
}

#[test]
fn a_path_that_leads_nowhere_in_it_is_told_with_what_is_there() {
    let (_host, _module, shelves) = shelves();
    for (path, told) in [
        (
            "boxes[\"c\"]",
            "World.boxes has no `[\"c\"]`: no item is under this key",
        ),
        ("boxes[7]", "World.boxes has no `[7]`: its keys are texts"),
        (
            "boxes.name",
            "World.boxes has no `name`: no item is under this key",
        ),
        (
            "boxes[\"a\"][3]",
            "World.boxes[\"a\"] has no `[3]`: it has 3 items",
        ),
        (
            "boxes[\"a\"][0].code",
            "World.boxes[\"a\"][0].code is not shown: it is marked #[state(secret)]",
        ),
        (
            "boxes[\"a\"][0].nam",
            "World.boxes[\"a\"][0] has no `nam`: it has `name`, `worth`, `code`",
        ),
        (
            "json.c",
            "World.json has no `c`: it has 2 keys, and not that one",
        ),
        ("json[0]", "World.json has no `[0]`: its keys are texts"),
        (
            "json.a.b",
            "World.json[\"a\"] has no `b`: it has items, and no names",
        ),
        (
            "json.a[3]",
            "World.json[\"a\"] has no `[3]`: it has 3 items",
        ),
        (
            "json.a[0].x",
            "World.json[\"a\"][0] has no `x`: it has no parts that can be shown alone",
        ),
        (
            "json.a[2].x",
            "World.json[\"a\"][2] has no `x`: it is `null`",
        ),
        (
            "since[0]",
            "World.since has no `[0]`: it has no parts that can be shown alone",
        ),
        ("ids.x", "World.ids has no `x`: it has items, and no names"),
        ("brown[7]", "World.brown has no `[7]`: its keys are texts"),
        (
            "numbers[10]",
            "World.numbers has no `[10]`: it has 10 items",
        ),
        ("either.Left", "World.either has no `Left`: it is `Right`"),
        ("either.Ok", "World.either has no `Ok`: it is `Right`"),
        ("note.author", "World.note has no `author`: it has 3 keys"),
        ("note.title[0..]", "World.note.title has no range of items"),
        (
            "note.lines[2]",
            "World.note.lines has no `[2]`: it has 2 items",
        ),
    ] {
        let error = shelves.inspect(&1, path).expect_err(path).to_string();
        assert!(error.starts_with(told), "{path}: {error}");
    }
    // A lock that is held is not waited for.
    assert!(shelves.call(&1, |it| it.hold()).expect("a call"));
    let error = shelves.inspect(&1, "held").expect_err("a lock").to_string();
    assert!(
        error.starts_with("World.held is not shown: it is locked"),
        "{error}"
    );
}

/// Each page is read in a form that was made for it, which hashes the keys in another way.
#[test]
fn all_pages_together_show_each_item_once() {
    let (_host, _module, shelves) = shelves();
    fill(&shelves, 1000);
    let pages = |path: &str, items: usize| {
        let options = pages_of(items);
        let pages = shelves.inspect_pages(&1, path, &options);
        let pages: Result<Vec<_>, _> = pages.collect();
        pages.unwrap_or_else(|error| panic!("{path}: {error}"))
    };
    for path in [
        "boxes",
        "rooms",
        "numbers",
        "cards",
        "counts",
        "listed",
        "note.lines",
    ] {
        let shown = pages(path, 300);
        let told: Vec<_> = shown
            .iter()
            .filter_map(|it| it.page.as_ref())
            .map(
                |Page {
                     len, first, shown, ..
                 }| (*len, *first, *shown),
            )
            .collect();
        let expected = [
            (1000, 0, 300),
            (1000, 300, 300),
            (1000, 600, 300),
            (1000, 900, 100),
        ];
        assert_eq!(told, expected, "{path}");
        let mut counted: BTreeMap<String, usize> = BTreeMap::new();
        for page in &shown {
            match &page.value {
                LiveValue::Map(entries, 0) => {
                    for entry in entries {
                        let entry = serde_json::to_string(entry).expect("JSON");
                        *counted.entry(entry).or_default() += 1;
                    }
                }
                LiveValue::List(items, 0) => {
                    for item in items {
                        *counted.entry(item.to_string()).or_default() += 1;
                    }
                }
                other => panic!("{path}: {other}"),
            }
        }
        // Of cards, the numbers are not shown: each of seven groups has each of three values so many times.
        let (kinds, least) = if path == "cards" { (21, 47) } else { (1000, 1) };
        assert_eq!(counted.len(), kinds, "{path}");
        assert!(
            counted.values().all(|it| *it >= least && *it <= least + 1),
            "{path}: {counted:?}"
        );
        // They are the pages of what is one value on one page.
        let whole = pages(path, 1000).remove(0);
        let streamed = serde_json::to_value(shelves.inspect_pages(&1, path, &pages_of(70)));
        assert_eq!(streamed.expect("a value"), value(&whole.value), "{path}");
    }
    // Within what is shown, it is the same items each time.
    let some = |_| {
        value(
            &shelves
                .inspect_with(&1, "", &pages_of(5))
                .expect("a state")
                .value,
        )
    };
    let shown: Vec<Value> = (0..3).map(some).collect();
    assert_eq!(
        shown[0]["numbers"],
        json!([0, 1, 2, 3, 4, { "$more": 995 }])
    );
    assert!(shown.iter().all(|it| *it == shown[0]));
}

#[test]
fn a_cursor_into_a_carried_map_leads_nowhere_once_that_has_changed() {
    let (_host, _module, shelves) = shelves();
    let next = |path: &str| {
        let first = shelves
            .inspect_with(&1, path, &pages_of(4))
            .expect("a page");
        let next = first
            .page
            .and_then(|page| page.next)
            .expect("more")
            .to_string();
        pages_of(4).from(next.parse().expect("a cursor"))
    };
    let from = next("numbers");
    let second = shelves.inspect_with(&1, "numbers", &from).expect("a page");
    assert_eq!(value(&second.value), json!([4, 5, 6, 7]));
    // As many as before, and not the same.
    shelves.call(&1, |it| it.change(2, 11)).expect("a call");
    let error = shelves
        .inspect_with(&1, "numbers", &from)
        .expect_err("another set");
    assert!(
        matches!(
            error,
            InspectError::Changed {
                was: 10,
                now: 10,
                ..
            }
        ),
        "{error}"
    );
    assert!(
        error
            .to_string()
            .contains("other items are in it than were"),
        "{error}"
    );
    fill(&shelves, 10);
    let from = next("rooms");
    fill(&shelves, 20);
    let error = shelves
        .inspect_with(&1, "rooms", &from)
        .expect_err("another map");
    assert!(
        matches!(
            error,
            InspectError::Changed {
                was: 10,
                now: 20,
                ..
            }
        ),
        "{error}"
    );
}

#[test]
fn a_path_goes_as_deep_as_what_may_be_carried_over_and_ends_no_process() {
    let (_host, _module, shelves) = shelves();
    shelves.call(&1, |it| it.deepen(1200)).expect("a call");
    let path = |levels: usize| format!("tree{}", ".below[0]".repeat(levels));
    shelves.inspect(&1, &path(900)).expect("a value");
    let error = shelves
        .inspect(&1, &path(1100))
        .expect_err("it is too deep");
    assert!(
        error
            .to_string()
            .contains("more than 1000 values that are carried over"),
        "{error}"
    );
}

#[test]
fn no_function_passes_or_makes_what_is_carried_over() {
    let host = Host::builder().build().expect("a host");
    let refusal = host.load_untyped(SHELF.file("passing"));
    let refusal = refusal.expect_err("what is carried over").to_string();
    for told in [
        "later(since): expected a value that the receiver can complete, found `chrono::DateTime.Utc`, a type of another crate",
        "a `chrono::DateTime.Utc` is carried over from version to version by a form of its own, which no signature \
         passes",
        "`&Room`, which leads to `indexmap::IndexMap<compact_str::CompactString, Item, ()>`",
        "room_back() ->: expected an earlier form that is carried over as it is",
    ] {
        assert!(refusal.contains(told), "{refusal}");
    }
    assert!(!refusal.contains(".0`"), "{refusal}");
}
