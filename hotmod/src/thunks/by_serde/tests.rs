//! What a serde form carries over, and what the error says where it cannot.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::net::IpAddr;
use std::time::{Duration, SystemTime};

use serde::ser::SerializeSeq;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::BySerde;
use super::form::{read, write};

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

#[derive(Serialize, Deserialize, Debug, PartialEq, Clone, Copy)]
struct Nothing;

#[derive(Serialize, Deserialize, Debug, PartialEq, Clone, Copy)]
struct Wrapped<T>(T);

#[test]
fn a_some_of_nothing_is_no_none() {
    stays([None, Some(None), Some(Some(None)), Some(Some(Some(1_u8)))]);
    stays([None, Some(())]);
    stays([None, Some(Some(())), Some(None)]);
    stays([None, Some(Nothing)]);
    stays([
        None,
        Some(Wrapped(None)),
        Some(Wrapped(Some(Wrapped(())))),
        Some(Wrapped(Some(Wrapped(())))),
    ]);
    stays([None, Some(std::marker::PhantomData::<u8>)]);
    stays([None, Some(Some(json!(1)))]);
    stays([vec![None, Some(None), Some(Some(1_u8))], vec![]]);
    stays([BTreeMap::from([
        (Some(None), Some(())),
        (None, None),
        (Some(Some(1_u8)), Some(())),
    ])]);
    stays([(Some(()), [Some(None), Some(Some('x')), None])]);
    stays([
        Held::Unit(Some(())),
        Held::Unit(None),
        Held::Named {
            a: Some(None),
            b: None,
        },
    ]);
    stays([
        Ok(Some(None)),
        Err(Some(())),
        Err(None),
        Ok(None::<Option<u8>>),
    ]);
    stays([
        Some(Box::new(Some(Box::new(None::<u8>)))),
        Some(Box::new(None)),
        None,
    ]);
}

#[derive(Serialize, Deserialize, Debug, PartialEq)]
enum Held {
    Unit(Option<()>),
    Named {
        a: Option<Option<u8>>,
        b: Option<Option<u8>>,
    },
}

/// A `Some` stays different from its item in what serde puts aside to look at it twice.
#[test]
fn a_some_of_nothing_is_looked_at_twice() {
    let map = || BTreeMap::from([("a".to_owned(), Some(None::<u8>)), ("b".to_owned(), None)]);
    stays([Flat { id: 1, rest: map() }]);
    stays([
        Untagged::Held {
            held: Some(None::<u8>),
        },
        Untagged::Many(vec![
            Untagged::Held { held: None },
            Untagged::Held {
                held: Some(Some(1)),
            },
        ]),
    ]);
    stays([Tagged::Held { held: Some(()) }, Tagged::Held { held: None }]);
    stays([
        Adjacent::Pair(Some(()), None),
        Adjacent::Held { held: Some(()) },
    ]);
}

/// A type may become an `Option` of itself, and a `Some` may become its item.
#[test]
fn an_option_is_read_of_what_was_none() {
    assert_eq!(through(&7_u8), Ok(Some(Some(7_u8))));
    assert_eq!(through(&Some(7_u8)), Ok(7_u8));
    assert_eq!(through(&()), Ok(None::<u8>));
    assert_eq!(through(&Some(None::<u8>)), Ok(json!(null)));
    assert!(through::<_, u8>(&None::<u8>).is_err());
    assert!(through::<_, Option<u8>>(&Some(None::<u8>)).is_err());
    assert!(through::<_, ()>(&Some(())).is_err());
}

#[test]
fn a_form_of_too_many_levels_is_refused_by_either_side() {
    let nested = |levels| (0..levels).fold(json!(1), |inner, _| json!([inner]));
    std::thread::scope(|scope| {
        let run = || {
            stays([nested(1000)]);
            let error = write(&nested(2000), usize::MAX).expect_err("too deep");
            assert!(error.contains("more than 1024 levels"), "{error}");
            let error = read::<serde_json::Value>(&[0x91; 2000]).expect_err("too deep");
            assert!(error.contains("more than 1024 levels"), "{error}");
            let error = read::<serde_json::Value>(&[0xc1; 2000]).expect_err("too deep");
            assert!(error.contains("more than 1024 levels"), "{error}");
            // Serde skips what it does not know by a way of its own.
            let error = read::<serde::de::IgnoredAny>(&[0x81; 5000]).expect_err("too deep");
            assert!(error.contains("more than 1024 levels"), "{error}");
        };
        let thread = std::thread::Builder::new().stack_size(16 << 20);
        let thread = thread.spawn_scoped(scope, run).expect("a thread");
        thread.join().expect("no overflow");
    });
}

/// A value that does not tell serde its length beforehand.
struct Uncounted(u32);

impl Serialize for Uncounted {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut items = serializer.serialize_seq(None)?;
        for item in 0..self.0 {
            items.serialize_element(&Some((item % 2 == 0).then_some(item)))?;
        }
        items.end()
    }
}

#[test]
fn what_is_not_counted_beforehand_is_bounded_too() {
    let items = |count| {
        (0..count)
            .map(|item| Some((item % 2 == 0).then_some(item)))
            .collect::<Vec<_>>()
    };
    for count in [0, 1, 20, 100_000] {
        let form = write(&Uncounted(count), usize::MAX).expect("a form");
        assert_eq!(read(&form), Ok(items(count)));
        assert_eq!(write(&Uncounted(count), form.len()), Ok(form.clone()));
        let error = write(&Uncounted(count), form.len() - 1).expect_err("too long");
        assert!(error.contains("more than the"), "{error}");
    }
}

/// As the documentation says: what serde itself cannot look at twice.
#[test]
fn what_is_not_carried_over_is_known() {
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
