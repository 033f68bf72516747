//! The module whose state holds a value of each type, and what is to be seen of it.

use serde_json::{Value, json};

/// The features, and the crates that they are named after.
pub(super) const CRATES: &[(&str, &str)] = &[
    ("ahash", "ahash = \"0.8\""),
    ("arrayvec", "arrayvec = \"0.7\""),
    ("bitflags", "bitflags = \"2\""),
    ("bytes", "bytes = \"1\""),
    (
        "chrono",
        "chrono = { version = \"0.4\", default-features = false, features = [\"alloc\"] }",
    ),
    ("compact_str", "compact_str = \"0.10\""),
    ("dashmap", "dashmap = \"6\""),
    ("either", "either = \"1\""),
    ("fxhash", "fxhash = \"0.2\""),
    ("glam", "glam = \"0.34\""),
    ("hashbrown", "hashbrown = \"0.17\""),
    ("indexmap", "indexmap = \"2\""),
    (
        "nalgebra",
        "nalgebra = { version = \"0.35\", default-features = false, features = [\"std\"] }",
    ),
    ("ordered-float", "ordered-float = \"5\""),
    ("parking_lot", "parking_lot = \"0.12\""),
    (
        "rust_decimal",
        "rust_decimal = { version = \"1\", default-features = false, features = [\"std\"] }",
    ),
    ("rustc-hash", "rustc-hash = \"2\""),
    ("semver", "semver = \"1\""),
    ("serde_json", "serde_json = \"1\""),
    ("slotmap", "slotmap = \"1.1\""),
    ("smallvec", "smallvec = \"1\""),
    (
        "smol_str",
        "smol_str = { version = \"0.3\", default-features = false, features = [\"std\"] }",
    ),
    (
        "time",
        "time = { version = \"0.3.47\", default-features = false, features = [\"std\"] }",
    ),
    ("url", "url = \"2\""),
    (
        "uuid",
        "uuid = { version = \"1\", default-features = false, features = [\"std\"] }",
    ),
];

/// What is seen of some fields.
pub(super) fn shown() -> Vec<(&'static str, Value)> {
    vec![
        ("id", json!("00000000-0000-0000-0000-000000000007")),
        ("since", json!("2023-11-14T22:13:20.123456789Z")),
        ("offset", json!("2023-11-14T23:43:20.123456789+01:30")),
        ("at", json!("2023-11-14T22:13:20.123456789")),
        ("days", json!([null, "+262142-12-31", "-262143-01-01"])),
        ("day", json!("2024-02-29")),
        ("before", json!("-0044-03-15")),
        ("leap", json!("23:59:60.500")),
        ("length", json!("-1.5s")),
        ("weekday", json!("Sun")),
        ("month", json!("December")),
        ("version", json!("1.2.3-rc.1+build")),
        ("least", json!(">=1.2.3, <2")),
        ("home", json!("https://ada@example.org:8443/a%20b?q=1#top")),
        ("blob", json!([1, 2, 3])),
        ("when", json!("2023-11-14T23:43:20.123456789+01:30")),
        ("utc", json!("-9999-01-01T00:00:00Z")),
        ("plain", json!("9999-12-31T23:59:59.999999999")),
        ("date", json!("-0044-03-15")),
        ("morning", json!("07:30:00.000000001")),
        ("ago", json!("-1.5s")),
        ("left", json!({ "Left": { "row": 1 } })),
        (
            "either",
            json!([{ "Left": "3.0.0" }, { "Right": { "row": 1 } }]),
        ),
        ("few", json!([{ "row": 1 }, { "row": 1 }, { "row": 1 }])),
        ("held", json!([{ "row": 1 }])),
        ("tag", json!("ada")),
        ("order", json!({ "z": { "row": 1 }, "y": { "row": 1 } })),
        ("seen", json!([3, 1, 2])),
        ("brown", json!({ "one": { "row": 1 } })),
        ("dash", json!({ "one": { "row": 1 } })),
        (
            "compact",
            json!("compact, though it is too long to be held inline"),
        ),
        ("smol", json!("smol")),
        ("price", json!("-1.10")),
        ("weight", json!(1.5)),
        ("real", json!(2.5)),
        (
            "settings",
            json!({
                "z": 1,
                "a": [null, 0.1, -3, "x", { "b": {} }],
                "m": u64::MAX.to_string(),
                "f": f64::MIN_POSITIVE,
                "n": [1e300, 5e-324, 123456789012345680.0, true],
            }),
        ),
        ("notes", json!({ "n": null })),
        ("locked", json!({ "row": 1 })),
        ("place_2", json!({ "x": 1.0, "y": 2.0 })),
        ("turn", json!([0.0, 0.0, 0.0, 1.0])),
        ("matrix", json!([[1.0, 3.0], [2.0, 4.0]])),
        ("point", json!([[1.0, 2.0, 3.0]])),
        ("rights", json!(5)),
        (
            "slots",
            json!({
                "map": [[2, null], [3, { "row": 1 }], [1, { "row": 1 }], [2, null]],
                "dense": [[2, null], [3, { "row": 1 }], [1, { "row": 1 }], [2, null]],
                "vacated": [[2, null]],
            }),
        ),
        ("held_key", json!("2v3")),
        ("former", json!("2v1")),
        ("by_key", json!({ "2v3": "1v1" })),
        ("beside", json!([[[2, 3], { "row": 1 }]])),
        ("dynamic", json!([1, 2, [5.0, 6.0]])),
    ]
}

/// The module.
pub(super) const SOURCE: &str = r##"//! A state that is full of other crates' types.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use arrayvec::{ArrayString, ArrayVec};
use bytes::{Bytes, BytesMut};
use chrono::{DateTime, FixedOffset, Month, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Utc, Weekday};
use dashmap::{DashMap, DashSet};
use either::Either;
use hotmod::StableState;
use indexmap::{IndexMap, IndexSet};
use nalgebra::{DMatrix, DVector, Matrix2, Point3, SVector};
use ordered_float::{NotNan, OrderedFloat};
use rust_decimal::Decimal;
use semver::{Version, VersionReq};
use serde_json::Value;
use slotmap::{DefaultKey, DenseSlotMap, Key, SecondaryMap, SlotMap, SparseSecondaryMap};
use smallvec::SmallVec;
use url::Url;
use uuid::Uuid;

hotmod::module! { name: "crates", version: "1.0.0" }

#[derive(StableState, Debug)]
pub struct World {
    id: Uuid,
    ids: BTreeMap<Uuid, Uuid>,
    since: DateTime<Utc>,
    offset: DateTime<FixedOffset>,
    at: NaiveDateTime,
    day: NaiveDate,
    before: NaiveDate,
    days: Vec<Option<NaiveDate>>,
    leap: NaiveTime,
    length: TimeDelta,
    weekday: Weekday,
    month: Month,
    version: Version,
    least: VersionReq,
    by_version: BTreeMap<Version, Bytes>,
    home: Url,
    links: HashMap<Url, Box<Url>>,
    blob: Bytes,
    buffer: BytesMut,
    shared: Arc<Bytes>,
    left: Either<Seat, String>,
    right: Either<Seat, String>,
    either: Vec<Either<Version, Seat>>,
    place: Seat,
    when: time::OffsetDateTime,
    utc: time::UtcDateTime,
    plain: time::PrimitiveDateTime,
    date: time::Date,
    morning: time::Time,
    ago: time::Duration,
    few: SmallVec<[Seat; 2]>,
    grove: Tree,
    small: SmallVec<[u8; 8]>,
    held: ArrayVec<Seat, 4>,
    tag: ArrayString<8>,
    order: IndexMap<String, Seat>,
    seen: IndexSet<u64>,
    order_fx: IndexMap<u8, u8, rustc_hash::FxBuildHasher>,
    brown: hashbrown::HashMap<String, Seat>,
    brown_set: hashbrown::HashSet<u32, rustc_hash::FxBuildHasher>,
    dash: DashMap<String, Seat>,
    dash_set: DashSet<u8>,
    by_ahash: HashMap<String, Seat, ahash::RandomState>,
    by_fx: HashMap<u64, Seat, rustc_hash::FxBuildHasher>,
    by_fxhash: std::collections::HashSet<String, std::hash::BuildHasherDefault<fxhash::FxHasher>>,
    compact: compact_str::CompactString,
    smol: smol_str::SmolStr,
    price: Decimal,
    prices: Vec<Decimal>,
    weight: OrderedFloat<f64>,
    by_weight: BTreeMap<OrderedFloat<f32>, u8>,
    real: NotNan<f64>,
    settings: Value,
    notes: serde_json::Map<String, Value>,
    locked: parking_lot::Mutex<Seat>,
    read: Arc<parking_lot::RwLock<Vec<Seat>>>,
    place_2: glam::Vec2,
    place_3: Vec<glam::DVec3>,
    cell: glam::IVec3,
    wide: glam::Vec4,
    turn: glam::Quat,
    transform: glam::Mat4,
    matrix: Matrix2<f64>,
    vector: SVector<f32, 3>,
    point: Point3<f64>,
    dynamic: DMatrix<f64>,
    column: DVector<u32>,
    rights: Rights,
    by_rights: BTreeMap<Rights, Vec<Rights>>,
    slots: Slots,
    held_key: SeatKey,
    former: SeatKey,
    by_key: HashMap<SeatKey, DefaultKey>,
    beside: SecondaryMap<SeatKey, Seat>,
    sparse: SparseSecondaryMap<SeatKey, Seat>,
    // more
    end: (),
}

bitflags::bitflags! {
    #[derive(StableState, Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
    pub struct Rights: u32 {
        const READ = 1;
        const WRITE = 2;
        const OWN = 4;
    }
}

slotmap::new_key_type! {
    #[derive(StableState)]
    pub struct SeatKey;
}

#[derive(StableState)]
pub struct Slots {
    map: SlotMap<SeatKey, Seat>,
    dense: DenseSlotMap<SeatKey, Seat>,
    vacated: SlotMap<DefaultKey, u8>,
}

/// Without the order in which vacant slots are used again.
impl std::fmt::Debug for Slots {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let dense: BTreeMap<SeatKey, &Seat> = self.dense.iter().collect();
        let map: Vec<(SeatKey, &Seat)> = self.map.iter().collect();
        write!(f, "{map:?} {dense:?} {:?}", self.vacated.len())
    }
}

/// A map of four slots: of the first and the last, the values were removed; the second has had two. Its key, and
/// that of what was there before.
macro_rules! slots {
    ($map:ident) => {{
        let mut slots: $map<SeatKey, Seat> = $map::with_key();
        let keys: Vec<SeatKey> = (0..4).map(|_| slots.insert(seat(1))).collect();
        slots.remove(keys[1]);
        let key = slots.insert(seat(1));
        slots.remove(keys[0]);
        slots.remove(keys[3]);
        (slots, key, keys[1])
    }};
}

/// Whether it gives out each of its vacant slots under a key that it has not given out before.
macro_rules! gives_out_anew {
    ($slots:expr, $seat:expr) => {{
        let mut slots = $slots.clone();
        let given: Vec<_> = (0..3).map(|_| slots.insert($seat)).collect();
        given.iter().all(|key| {
            let (place, generation) = ((key.data().as_ffi() as u32), key.data().as_ffi() >> 32);
            match place {
                1 | 4 => generation == 3,
                _ => place == 5 && generation == 1,
            }
        })
    }};
}

#[derive(StableState, Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub struct Seat {
    row: u16,
    // wider
}

/// It holds itself in what is carried over.
#[derive(StableState, Debug, Clone)]
pub struct Tree {
    seat: Seat,
    branches: SmallVec<[Box<Tree>; 1]>,
    named: IndexMap<String, Tree>,
}

fn tree(height: usize) -> Tree {
    let below = || (height > 0).then(|| tree(height - 1));
    Tree {
        seat: seat(1),
        branches: below().into_iter().chain(below()).map(Box::new).collect(),
        named: below().into_iter().map(|it| (height.to_string(), it)).collect(),
    }
}

fn seat(row: u16) -> Seat {
    Seat { row /* seat */ }
}

fn day(year: i32, month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, month, day).expect("a day")
}

fn version(text: &str) -> Version {
    text.parse().expect("a version")
}

fn url(text: &str) -> Url {
    text.parse().expect("an address")
}

#[hotmod::init]
fn world() -> World {
    let since = DateTime::from_timestamp(1_700_000_000, 123_456_789).expect("a time");
    let (map, held_key, former) = slots!(SlotMap);
    let mut vacated: SlotMap<DefaultKey, u8> = SlotMap::new();
    let gone = vacated.insert(1);
    vacated.remove(gone);
    World {
        rights: Rights::READ | Rights::OWN,
        by_rights: [(Rights::READ, vec![Rights::all(), Rights::from_bits_retain(1 << 31)])].into(),
        slots: Slots { map, dense: slots!(DenseSlotMap).0, vacated },
        held_key,
        former,
        by_key: [(held_key, gone)].into(),
        beside: [(held_key, seat(1))].into_iter().collect(),
        sparse: [(held_key, seat(1))].into_iter().collect(),
        id: Uuid::from_u128(7),
        ids: (0..9).map(|number| (Uuid::from_u128(number), Uuid::max())).collect(),
        since,
        offset: since.with_timezone(&FixedOffset::east_opt(5400).expect("an offset")),
        at: since.naive_utc(),
        day: day(2024, 2, 29),
        before: day(-44, 3, 15),
        days: vec![None, Some(NaiveDate::MAX), Some(NaiveDate::MIN)],
        leap: NaiveTime::from_hms_milli_opt(23, 59, 59, 1500).expect("a leap second"),
        length: TimeDelta::milliseconds(-1500),
        weekday: Weekday::Sun,
        month: Month::December,
        version: version("1.2.3-rc.1+build"),
        least: ">=1.2.3, <2".parse().expect("a requirement"),
        by_version: ["1.0.0", "1.0.0-a", "0.9.0"].into_iter()
            .map(|text| (version(text), Bytes::copy_from_slice(text.as_bytes()))).collect(),
        home: url("https://ada@example.org:8443/a%20b?q=1#top"),
        links: [("mailto:ada@example.org".parse().expect("a link"), Box::new(url("file:///tmp/x")))].into(),
        blob: Bytes::from_static(&[1, 2, 3]),
        buffer: BytesMut::from(&b"of the heap"[..]),
        shared: Arc::new(Bytes::from(vec![7; 100])),
        left: Either::Left(seat(1)),
        right: Either::Right("right".to_owned()),
        either: vec![Either::Left(version("3.0.0")), Either::Right(seat(1))],
        place: seat(1),
        when: time::OffsetDateTime::from_unix_timestamp_nanos(1_700_000_000_123_456_789).expect("a time")
            .to_offset(time::UtcOffset::from_whole_seconds(5400).expect("an offset")),
        utc: time::UtcDateTime::MIN,
        plain: time::PrimitiveDateTime::MAX,
        date: time::Date::from_calendar_date(-44, time::Month::March, 15).expect("a day"),
        morning: time::Time::from_hms_nano(7, 30, 0, 1).expect("a time"),
        ago: time::Duration::new(-1, -500_000_000),
        few: (0..3).map(|_| seat(1)).collect(),
        grove: tree(3),
        small: (0..5).collect(),
        held: [seat(1)].into_iter().collect(),
        tag: ArrayString::from("ada").expect("it is short"),
        order: ["z", "y"].into_iter().map(|name| (name.to_owned(), seat(1))).collect(),
        seen: [3, 1, 2].into_iter().collect(),
        order_fx: [(2, 1), (1, 2)].into_iter().collect(),
        brown: [("one".to_owned(), seat(1))].into_iter().collect(),
        brown_set: [7].into_iter().collect(),
        dash: [("one".to_owned(), seat(1))].into_iter().collect(),
        dash_set: [7].into_iter().collect(),
        by_ahash: [("one".to_owned(), seat(1))].into_iter().collect(),
        by_fx: [(7, seat(1))].into_iter().collect(),
        by_fxhash: ["one".to_owned()].into_iter().collect(),
        compact: "compact, though it is too long to be held inline".into(),
        smol: "smol".into(),
        price: "-1.10".parse().expect("a price"),
        prices: vec![Decimal::MAX, Decimal::MIN, Decimal::new(1, 28), Decimal::ZERO],
        weight: OrderedFloat(1.5),
        by_weight: [(OrderedFloat(f32::NAN), 1), (OrderedFloat(-0.0), 2)].into(),
        real: NotNan::new(2.5).expect("a number"),
        settings: serde_json::json!({ "z": 1, "a": [null, 0.1, -3, "x", { "b": {} }], "m": u64::MAX,
            "f": f64::MIN_POSITIVE, "n": [1e300, 5e-324, 123456789012345680.0, true] }),
        notes: [("n".to_owned(), Value::Null)].into_iter().collect(),
        locked: parking_lot::Mutex::new(seat(1)),
        read: Arc::new(parking_lot::RwLock::new(vec![seat(1)])),
        place_2: glam::vec2(1.0, 2.0),
        place_3: vec![glam::dvec3(1.0, 2.0, 3.0)],
        cell: glam::ivec3(-1, 2, -3),
        wide: glam::vec4(1.0, 2.0, 3.0, 4.0),
        turn: glam::Quat::IDENTITY,
        transform: glam::Mat4::from_translation(glam::vec3(1.0, 2.0, 3.0)),
        matrix: Matrix2::new(1.0, 2.0, 3.0, 4.0),
        vector: SVector::from([1.0, 2.0, 3.0]),
        point: Point3::new(1.0, 2.0, 3.0),
        dynamic: DMatrix::from_vec(1, 2, vec![5.0, 6.0]),
        column: DVector::from_vec(vec![1, 2]),
        // made
        end: (),
    }
}

#[hotmod::export]
impl Crates for World {
    fn show(&self) -> String {
        // Keys tell their types, which each variant has in a crate of its own.
        format!("{self:?}").replace(env!("CARGO_CRATE_NAME"), "module")
    }

    fn finds(&self) -> bool {
        let Slots { map, dense, vacated } = &self.slots;
        let mut vacated = vacated.clone();
        let gone = self.by_key.get(&self.held_key).copied();
        self.ids.contains_key(&Uuid::from_u128(8))
            && self.by_rights.contains_key(&Rights::READ)
            && map.get(self.held_key).is_some_and(|it| it.row == 1)
            && dense.get(self.held_key).is_some_and(|it| it.row == 1)
            && map.get(self.former).is_none()
            && dense.get(self.former).is_none()
            && gives_out_anew!(map, seat(1))
            && gives_out_anew!(dense, seat(1))
            && gone.is_some_and(|gone| vacated.is_empty() && vacated.insert(2) != gone && !vacated.contains_key(gone))
            && self.beside.get(self.held_key).is_some_and(|it| it.row == 1)
            && self.sparse.get(self.held_key).is_some_and(|it| it.row == 1)
            && self.links.contains_key(&url("mailto:ada@example.org"))
            && self.order.contains_key("z")
            && self.order_fx.contains_key(&2)
            && self.seen.contains(&2)
            && self.brown.contains_key("one")
            && self.brown_set.contains(&7)
            && self.dash.contains_key("one")
            && self.dash_set.contains(&7)
            && self.by_ahash.contains_key("one")
            && self.by_fx.contains_key(&7)
            && self.by_fxhash.contains("one")
            && self.by_version.get(&version("1.0.0")).is_some_and(|it| it == "1.0.0")
    }
}

#[hotmod::interface]
pub trait Crates {
    fn show(&self) -> String;
    fn finds(&self) -> bool;
}
"##;
