//! Values that are made up from a description alone.

use hotmod_file::snapshot::form::Forms;
use hotmod_file::snapshot::made_up::{Choices, made_up};

use super::*;

#[derive(StableState, Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct Key {
    parts: Vec<String>,
    set: BTreeSet<u16>,
    kind: Kind,
    rows: [i16; 2],
    by: BTreeMap<u8, Vec<(u8, u128)>>,
}

#[derive(StableState, Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Kind {
    One,
    Some(Vec<u32>),
    Among { all: BTreeSet<Option<char>> },
}

#[derive(StableState, Debug)]
struct Keyed {
    by_key: HashMap<Key, u8>,
    keys: Vec<BTreeSet<Key>>,
    lists: BTreeSet<Vec<Vec<u8>>>,
    shared: BTreeMap<(u8, Vec<Arc<str>>), Arc<u8>>,
    float: f64,
    range: std::ops::RangeInclusive<char>,
}

/// What becomes of keys depends on what is in them, so all that can be in a key is made up, too. No value is one that cannot
/// be: a set that has an element twice is none.
#[test]
fn keys_have_all_that_can_be_in_a_key() {
    let own = Own::<Keyed>::new();
    let forms = Forms::of(&own.exports.manifest, &own.ty);
    let mut seen = BTreeSet::new();
    for seed in 0..if cfg!(miri) { 3 } else { 400 } {
        let bytes = made_up(&forms, &mut Choices::random(seed)).expect("a value");
        let value = own.restore(&bytes);
        let value = value.unwrap_or_else(|error| panic!("{seed}: {error}"));
        let mut note = |what: &'static str, is: bool| is.then(|| seen.insert(what));
        note("several keys", value.by_key.len() > 1);
        note("not a number", value.float.is_nan());
        let range = &value.range;
        note("iterated", range.is_empty() && range.start() == range.end());
        note("lists", value.lists.iter().flatten().flatten().count() > 1);
        note("several elements", value.keys.iter().any(|it| it.len() > 1));
        for key in value.by_key.keys().chain(value.keys.iter().flatten()) {
            note("parts", key.parts.len() > 1);
            note("set", key.set.len() > 1);
            note(
                "some",
                matches!(&key.kind, Kind::Some(all) if all.len() > 1),
            );
            note(
                "among",
                matches!(&key.kind, Kind::Among { all } if all.len() > 1),
            );
            note("rows", key.rows != [0; 2]);
            note("by", key.by.values().any(|it| it.len() > 1));
        }
    }
    let all = [
        "among",
        "by",
        "iterated",
        "lists",
        "not a number",
        "parts",
        "rows",
        "set",
        "several elements",
        "several keys",
        "some",
    ];
    if !cfg!(miri) {
        assert_eq!(seen, BTreeSet::from(all));
    }
}
