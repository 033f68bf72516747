//! Values of crates that many modules use: over updates, back again, and between builds of those crates
//! whose features, and with them their layouts, are others.

use super::*;

const SOURCE: &str = r##"//! A state that is full of other crates' types.

use std::collections::BTreeMap;

use hotmod::StableState;
use indexmap::{IndexMap, IndexSet};

hotmod::module! { name: "crates", version: "1.0.0" }

#[derive(StableState, Debug)]
pub struct World {
    #[state(serde)]
    id: uuid::Uuid,
    #[state(as = [u8; 16], into = id_bytes, from = uuid::Uuid::from_bytes)]
    bytes_id: uuid::Uuid,
    #[state(serde)]
    since: chrono::DateTime<chrono::Utc>,
    #[state(serde)]
    offset: chrono::DateTime<chrono::FixedOffset>,
    #[state(serde)]
    day: Option<chrono::NaiveDate>,
    #[state(as = (i64, u32), into = at_parts, from = at)]
    at: chrono::NaiveDateTime,
    #[state(serde)]
    ranks: IndexMap<String, IndexMap<u8, Option<Option<i64>>>>,
    #[state(serde)]
    seen: IndexSet<u64>,
    #[state(as = Vec<(String, Seat)>, into = seats, from = seats_of)]
    seats: IndexMap<String, Seat>,
    #[state(serde)]
    settings: serde_json::Value,
    #[state(serde)]
    nothing: Option<serde_json::Value>,
    #[state(serde)]
    least: semver::VersionReq,
    #[state(as = String, into = version_text, from = version_of)]
    version: semver::Version,
    #[state(serde)]
    few: smallvec::SmallVec<[u16; 4]>,
    #[state(as = Vec<String>, into = names, from = smallvec::SmallVec::from_vec)]
    names: smallvec::SmallVec<[String; 2]>,
    #[state(serde)]
    blob: bytes::Bytes,
    #[state(as = Vec<u8>, into = blob_bytes, from = bytes::BytesMut::from_iter)]
    buffer: bytes::BytesMut,
    #[state(serde)]
    by_key: BTreeMap<Option<Option<u8>>, Option<()>>,
    rooms: Vec<Room>,
    // more
    count: u32,
}

#[derive(StableState, Debug, Clone, PartialEq)]
pub struct Seat {
    row: u16,
    // wider
}

#[derive(StableState, Debug)]
pub struct Room {
    #[state(serde)]
    id: uuid::Uuid,
    #[state(serde)]
    notes: serde_json::Map<String, serde_json::Value>,
    name: String,
}

fn id_bytes(id: &uuid::Uuid) -> [u8; 16] {
    id.into_bytes()
}

fn at_parts(at: &chrono::NaiveDateTime) -> (i64, u32) {
    (at.and_utc().timestamp(), at.and_utc().timestamp_subsec_nanos())
}

fn at((seconds, nanos): (i64, u32)) -> Result<chrono::NaiveDateTime, &'static str> {
    Ok(chrono::DateTime::from_timestamp(seconds, nanos).ok_or("no such time")?.naive_utc())
}

fn seats(seats: &IndexMap<String, Seat>) -> Vec<(String, Seat)> {
    seats.iter().map(|(name, seat)| (name.clone(), seat.clone())).collect()
}

fn seats_of(seats: Vec<(String, Seat)>) -> IndexMap<String, Seat> {
    seats.into_iter().collect()
}

fn version_text(version: &semver::Version) -> String {
    version.to_string()
}

fn version_of(text: String) -> Result<semver::Version, semver::Error> {
    text.parse()
}

fn names(names: &smallvec::SmallVec<[String; 2]>) -> Vec<String> {
    names.to_vec()
}

fn blob_bytes(blob: &bytes::BytesMut) -> Vec<u8> {
    blob.to_vec()
}

#[hotmod::init]
fn world() -> World {
    let id = |number| uuid::Uuid::from_u128(number);
    let since = chrono::DateTime::from_timestamp(1_700_000_000, 123_456_789).expect("a time");
    World {
        id: id(7),
        bytes_id: id(u128::MAX),
        since,
        offset: since.with_timezone(&chrono::FixedOffset::east_opt(5400).expect("an offset")),
        day: chrono::NaiveDate::from_ymd_opt(2024, 2, 29),
        at: since.naive_utc(),
        ranks: [
            ("b".to_owned(), [(2, Some(None)), (1, None), (0, Some(Some(-5)))].into_iter().collect()),
            ("a".to_owned(), IndexMap::new()),
        ].into_iter().collect(),
        seen: [3, 1, 2, u64::MAX].into_iter().collect(),
        seats: ["z", "y"].into_iter().map(|name| (name.to_owned(), seat(name.len() as u16))).collect(),
        settings: serde_json::json!({ "z": 1, "a": [null, 2.5, -3, "x", { "b": {} }], "m": u64::MAX }),
        nothing: Some(serde_json::Value::Null),
        least: ">=1.2.3, <2".parse().expect("a requirement"),
        version: "1.2.3-rc.1+build".parse().expect("a version"),
        few: (0..9).collect(),
        names: ["ada", "bob", "eve"].into_iter().map(str::to_owned).collect(),
        blob: bytes::Bytes::from_static(b"not of the heap"),
        buffer: bytes::BytesMut::from(&b"of the heap"[..]),
        by_key: [(None, None), (Some(None), Some(())), (Some(Some(1)), None)].into(),
        rooms: (0..3).map(|number| Room {
            id: id(number),
            notes: [("n".to_owned(), number.to_string().into())].into_iter().collect(),
            name: format!("room {number}"),
        }).collect(),
        // made
        count: 0,
    }
}

fn seat(row: u16) -> Seat {
    Seat { row /* seat */ }
}

#[hotmod::export]
impl Crates for World {
    fn show(&self) -> String {
        format!("{self:?}")
    }

    fn grow(&mut self) {
        self.count += 1;
        self.seen.insert(self.count.into());
        self.few.push(self.count as u16);
        self.names.push(self.count.to_string());
        self.buffer.extend_from_slice(b"!");
        self.settings["count"] = self.count.into();
        self.ranks.entry("c".to_owned()).or_default().insert(9, Some(None));
        self.rooms.truncate(2);
    }

    fn finds(&self) -> bool {
        self.ranks.contains_key("a") && self.seen.contains(&u64::MAX) && self.seats.contains_key("z")
    }
}

#[hotmod::interface]
pub trait Crates {
    fn show(&self) -> String;
    fn grow(&mut self);
    fn finds(&self) -> bool;
}
"##;

#[hotmod::interface]
trait Crates {
    fn show(&self) -> String;
    fn grow(&mut self);
    fn finds(&self) -> bool;
}

fn crates(name: &'static str, features: &[&'static str; 3]) -> Family {
    let family = Family::written("crates", SOURCE.to_owned()).feature("serde");
    let lines = [
        "chrono = { version = \"0.4\", default-features = false, features = [\"serde\", \"alloc\"] }",
        "uuid = { version = \"1\", default-features = false, features = [\"serde\", \"std\"] }",
        "semver = { version = \"1\", features = [\"serde\"] }",
        "bytes = { version = \"1\", features = [\"serde\"] }",
    ];
    let family = lines
        .into_iter()
        .chain(*features)
        .fold(family, Family::depends);
    family.package(name).variant(
        "grown",
        &[
            ("    // more", "    #[state(default = 7)]\n    more: u64,"),
            ("        // made", "        more: 1,"),
            ("    // wider", "    #[state(default)]\n    column: u32,"),
            (" /* seat */", ", column: 0"),
        ],
    )
}

static CRATES: LazyLock<Built> = LazyLock::new(|| {
    crates(
        "crates",
        &[
            "indexmap = { version = \"2\", features = [\"serde\"] }",
            "serde_json = \"1\"",
            "smallvec = { version = \"1\", features = [\"serde\"] }",
        ],
    )
    .build()
});

/// The same crates with features that change what their values are.
static OTHERWISE: LazyLock<Built> = LazyLock::new(|| {
    crates(
        "crates-otherwise",
        &[
            "indexmap = { version = \"2\", features = [\"serde\"] }",
            "serde_json = { version = \"1\", features = [\"raw_value\", \"float_roundtrip\"] }",
            "smallvec = { version = \"1\", features = [\"serde\", \"union\"] }",
        ],
    )
    .build()
});

fn loaded() -> (Module<dyn Crates>, Instance<dyn Crates>, String) {
    let host = Host::builder().build().expect("a host");
    let module = host
        .load::<dyn Crates>(CRATES.file(BASE))
        .unwrap_or_else(|refusal| panic!("{refusal}"));
    let mut world = module.create("").expect("an instance");
    world.grow().expect("a call");
    let shown = world.show().expect("a call");
    (module, world, shown)
}

fn update(module: &Module<dyn Crates>, file: impl AsRef<std::path::Path>) {
    let update = module.update(file);
    let update = update.unwrap_or_else(|refusal| panic!("{refusal}"));
    assert_eq!(update.verdict, Verdict::Migrate);
}

#[test]
fn values_of_well_known_crates_go_on_and_back() {
    let (module, mut world, shown) = loaded();
    assert!(shown.contains("nothing: Some(Null)"), "{shown}");
    update(&module, CRATES.file("grown"));
    world.migrate().unwrap_or_else(|error| panic!("{error}"));
    let grown = world.show().expect("a call");
    let expected = shown.replace("count: 1 }", "more: 7, count: 1 }");
    let expected = expected.replace("Seat { row: 1 }", "Seat { row: 1, column: 0 }");
    assert_eq!(grown, expected);
    assert!(world.finds().expect("a call"));
    world.grow().expect("a call");
    let before = world.show().expect("a call");
    module
        .rollback()
        .unwrap_or_else(|refusal| panic!("{refusal}"));
    world.migrate().unwrap_or_else(|error| panic!("{error}"));
    let back = before.replace("more: 7, ", "").replace(", column: 0", "");
    assert_eq!(world.show().expect("a call"), back);
    assert!(world.finds().expect("a call"));
}

/// What a feature changes of `smallvec` changes its layout.
#[test]
fn values_go_on_to_builds_with_other_features() {
    let (module, mut world, shown) = loaded();
    let size = |built: &Built| {
        let inspected = hotmod_host::inspect(built.file(BASE)).expect("a module");
        let types = inspected.manifest().types.iter();
        let mut worlds = types.filter(|(ty, _)| ty.to_string() == "World");
        worlds.next().expect("the state").1.size
    };
    assert_ne!(size(&CRATES), size(&OTHERWISE), "the layouts are others");
    for built in [&*OTHERWISE, &*CRATES, &*OTHERWISE] {
        update(&module, built.file(BASE));
        world.migrate().unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(world.show().expect("a call"), shown);
        assert!(world.finds().expect("a call"));
    }
    world.grow().expect("a call");
    let grown = world.show().expect("a call");
    module
        .rollback()
        .unwrap_or_else(|refusal| panic!("{refusal}"));
    world.migrate().unwrap_or_else(|error| panic!("{error}"));
    assert!(world.finds().expect("a call"));
    update(&module, OTHERWISE.file(BASE));
    world.migrate().unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(world.show().expect("a call").len(), grown.len());
}

#[test]
fn a_canary_takes_carried_values_along_and_back() {
    use hotmod_host::CanaryOptions;
    let host = Host::builder().build().expect("a host");
    let module = host
        .load::<dyn Crates>(CRATES.file(BASE))
        .unwrap_or_else(|refusal| panic!("{refusal}"));
    let worlds = module.pool::<u32>();
    for key in 0..20 {
        worlds.create(key, "").expect("an instance");
        worlds.call(&key, |world| world.grow()).expect("a call");
    }
    let show = |key: u32| worlds.call(&key, |world| world.show()).expect("a call");
    let before: Vec<String> = (0..20).map(show).collect();
    let canary = worlds
        .canary(OTHERWISE.file("grown"), CanaryOptions::percent(50))
        .unwrap_or_else(|refusal| panic!("{refusal}"));
    for key in 0..20 {
        worlds.call(&key, |world| world.finds()).expect("a call");
    }
    let during: Vec<String> = (0..20).map(show).collect();
    let tried = during
        .iter()
        .filter(|shown| shown.contains("more: 7"))
        .count();
    assert!((1..20).contains(&tried), "{tried} of 20");
    canary.abort().expect("they go back");
    for key in 0..20 {
        assert!(worlds.call(&key, |world| world.finds()).expect("a call"));
    }
    assert_eq!((0..20).map(show).collect::<Vec<_>>(), before);
    update(&module, OTHERWISE.file("grown"));
    worlds.settle();
    assert!((0..20).map(show).all(|shown| shown.contains("more: 7")));
}
