//! What a serde form carries over, and what it says where it cannot.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::net::IpAddr;
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{BySerde, read, write};

fn through<A: BySerde, B: BySerde>(value: &A) -> Result<B, String> {
    read(&write(value, usize::MAX)?)
}

fn stays<T: BySerde + PartialEq + Debug>(values: impl IntoIterator<Item = T>) {
    for value in values {
        assert_eq!(through::<T, T>(&value).as_ref(), Ok(&value));
    }
}

#[derive(Serialize, Deserialize, Debug, PartialEq, Clone)]
struct Player {
    name: String,
    points: u32,
}

#[derive(Serialize, Deserialize, Debug, PartialEq)]
struct Newer {
    points: u64,
    #[serde(default)]
    ranks: Vec<u8>,
    name: String,
    season: Option<u8>,
}

#[derive(Serialize, Deserialize, Debug, PartialEq)]
struct Flat<T> {
    id: u8,
    #[serde(flatten)]
    rest: T,
}

#[derive(Serialize, Deserialize, Debug, PartialEq)]
#[serde(untagged)]
enum Untagged<T> {
    Number(u64),
    Text(String),
    Held { held: T },
    Many(Vec<Untagged<T>>),
    Float(f64),
}

#[derive(Serialize, Deserialize, Debug, PartialEq)]
#[serde(tag = "kind")]
enum Tagged<T> {
    Held { held: T },
    Player(Player),
    None,
}

#[derive(Serialize, Deserialize, Debug, PartialEq)]
#[serde(tag = "kind", content = "content")]
enum Adjacent<T> {
    Held { held: T },
    Pair(T, T),
    None,
}

#[derive(Serialize, Deserialize, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    Plain,
    Numbered(u8),
}

fn ada() -> Player {
    let name = "ada".to_owned();
    Player { name, points: 7 }
}

#[test]
fn a_changed_type_is_read_by_its_names() {
    let newer = Newer {
        points: 7,
        ranks: Vec::new(),
        name: "ada".to_owned(),
        season: None,
    };
    assert_eq!(through(&ada()), Ok(newer));
    let lacks = through::<_, Player>(&json!({ "name": "ada" })).expect_err("a field less");
    assert!(lacks.contains("missing field `points`"), "{lacks}");
}

#[test]
fn what_serde_looks_at_twice_is_read() {
    let ip = || IpAddr::from([127, 0, 0, 1]);
    let map = |ip| BTreeMap::from([("at".to_owned(), ip)]);
    stays([Flat { id: 1, rest: ada() }]);
    stays([Flat {
        id: 1,
        rest: map(ip()),
    }]);
    stays([Flat {
        id: 1,
        rest: BTreeMap::from([("x".to_owned(), json!([1, null, { "a": 1.5 }]))]),
    }]);
    stays([
        Untagged::Number(u64::MAX),
        Untagged::Text("t".to_owned()),
        Untagged::Held { held: ip() },
        Untagged::Many(vec![Untagged::Number(1), Untagged::Held { held: ip() }]),
        Untagged::Float(1.5),
    ]);
    stays([
        Tagged::Held { held: ip() },
        Tagged::Player(ada()),
        Tagged::None,
    ]);
    stays([
        Adjacent::Held { held: ip() },
        Adjacent::Pair(ip(), ip()),
        Adjacent::None,
    ]);
    stays([json!({ "a": [1, -2, 2.5, null, true, "s", { "b": {} }], "n": u64::MAX })]);
}

#[test]
fn values_of_every_kind_are_read() {
    stays([i128::MIN, -1, 0, i128::MAX]);
    stays([0, u128::MAX]);
    stays([0.0, -0.0, 1e-310, f64::INFINITY, f64::MAX]);
    stays(['a', '\u{10ffff}']);
    stays([BTreeMap::from([(1_u64, 'a'), (u64::MAX, 'b')])]);
    stays([BTreeMap::from([(Key::Plain, 1), (Key::Numbered(2), 2)])]);
    stays([BTreeMap::from([((1_u8, "a".to_owned()), 1)])]);
    stays([None, Some(1_u8)]);
    stays([Ok(1_u8), Err("e".to_owned())]);
    stays([Duration::new(1, 2)]);
    stays([SystemTime::UNIX_EPOCH + Duration::new(1, 2)]);
    stays([[[1_u8; 3]; 2]]);
}

/// Said by the documentation: what no self-describing form tells apart, and what serde itself cannot look
/// at twice.
#[test]
fn what_is_not_carried_over_is_known() {
    assert_eq!(through(&Some(None::<u8>)), Ok(None::<Option<u8>>));
    assert_eq!(through(&Some(())), Ok(None::<()>));
    let large = Untagged::Held { held: i128::MIN };
    let error = through::<_, Untagged<i128>>(&large).expect_err("too large for serde");
    assert!(error.starts_with("it cannot be "), "{error}");
}

#[test]
fn a_form_has_no_more_bytes_than_may_be_taken() {
    let many = vec![7_u8; 1000];
    let all = write(&many, usize::MAX).expect("a form").len();
    assert_eq!(write(&many, all).map(|form| form.len()), Ok(all));
    let error = write(&many, all - 1).expect_err("too long");
    assert!(error.contains("more than the"), "{error}");
}

#[test]
fn what_is_no_form_is_no_value() {
    for bytes in [
        &[][..],
        &[0xc1],
        &[0x07, 0x07],
        &[0xdd, 0xff, 0xff, 0xff, 0xff],
    ] {
        let error = read::<Player>(bytes).expect_err("no player");
        assert!(error.contains("serde"), "{error}");
    }
    assert_eq!(read::<u8>(&[7]), Ok(7));
}
