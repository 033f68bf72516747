//! A live value as it is shown.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::fmt;

use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};

/// A live value, as it was at a moment. It prints as JSON, and serializes as what it prints.
///
/// - Structs and maps are objects, tuples and containers of items lists. A map whose keys are not texts, numbers,
///   characters, truth values or bare variants is a list of pairs. A key that begins with `$` has one more of it in front,
///   `"$$price"`: nothing that is shown is taken for what is not.
/// - A variant is its name, with what it holds: `"Idle"`, `{"Busy": 7}`, `{"Moved": {"x": 1}}`.
/// - An `Option` is `null` or what it holds. Where that may be `null` itself, it is `{"Some": …}`.
/// - Integers beyond 2^53, which not every reader of JSON holds, are texts, as are floats without a value.
/// - Durations, times and addresses are texts, as a person would write them; so are those of other crates, and their ids. A
///   `serde_json::Value` is the JSON that it is.
/// - What is not shown is an object with one name that begins with `$`: see [`NotShown`].
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum LiveValue {
    /// `()`, `None`, or another type that has one value.
    Null,
    /// A truth value.
    Bool(bool),
    /// An integer of a type without a sign.
    Unsigned(u128),
    /// An integer of a type with a sign.
    Signed(i128),
    /// An `f32`.
    Float32(f32),
    /// An `f64`.
    Float64(f64),
    /// A text, or what is written as one.
    Text(String),
    /// The beginning of a text that has so many bytes.
    Cut(String, usize),
    /// The items of a container, an array or a tuple, and how many more there are.
    List(Vec<LiveValue>, usize),
    /// The keys and values of a map, and how many more there are.
    Map(Vec<(LiveValue, LiveValue)>, usize),
    /// The fields of a struct, and how many more there are.
    Struct(Vec<(String, LiveValue)>, usize),
    /// A variant, and what it holds.
    Variant(String, Option<Box<LiveValue>>),
    /// A value that is not shown, and why.
    NotShown(NotShown),
}

/// Why a value is not shown where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum NotShown {
    /// It is marked `#[state(secret)]`: `{"$secret": true}`.
    Secret,
    /// It is marked `#[state(skip)]`, and made anew by each version: `{"$skip": true}`.
    Skip,
    /// Its type cannot be looked into: `{"$opaque": "the type"}`.
    Opaque(String),
    /// A thread has it locked, or may be changing it: `{"$locked": "the type"}`.
    Locked(String),
    /// It lies deeper than was asked for: `{"$deep": "the type"}`.
    Deep(String),
    /// It is shared, and shown at this path already: `{"$same": "guilds[0]"}`.
    Same(String),
    /// A `Weak` that leads to what is shown at this path, or to something that is not: `{"$weak": "guilds[0]"}`.
    Weak(Option<String>),
    /// The value of a [`Lazy`](hotmod::Lazy) that stays at another version: `{"$stays": "why"}`.
    Stays(String),
    /// The module could not read it: `{"$failed": "why"}`.
    Failed(String),
}

impl NotShown {
    fn entry(&self) -> (&'static str, Option<&str>) {
        match self {
            NotShown::Secret => ("$secret", None),
            NotShown::Skip => ("$skip", None),
            NotShown::Opaque(ty) => ("$opaque", Some(ty)),
            NotShown::Locked(ty) => ("$locked", Some(ty)),
            NotShown::Deep(ty) => ("$deep", Some(ty)),
            NotShown::Same(path) => ("$same", Some(path)),
            NotShown::Weak(path) => ("$weak", path.as_deref()),
            NotShown::Stays(reason) => ("$stays", Some(reason)),
            NotShown::Failed(reason) => ("$failed", Some(reason)),
        }
    }
}

/// How deep values lie within each other at most as they are shown, whatever was asked for: who takes a value apart does so by
/// calls.
pub const DEEPEST: usize = 1000;

/// How much stack must be left for a step into another value, and how much more it gets where there is less.
pub(crate) const RED_ZONE: usize = 128 << 10;
pub(crate) const STACK: usize = 2 << 20;

/// The name that says how many more items there are.
const MORE: &str = "$more";

/// The greatest integer that every reader of JSON holds, as `Number.MAX_SAFE_INTEGER` of ECMAScript says.
const GREATEST: u128 = (1 << 53) - 1;

impl LiveValue {
    /// As the key of an object of JSON, where it can be one.
    pub fn key(&self) -> Option<String> {
        match self {
            LiveValue::Bool(value) => Some(value.to_string()),
            LiveValue::Unsigned(value) => Some(value.to_string()),
            LiveValue::Signed(value) => Some(value.to_string()),
            LiveValue::Text(text) => Some(text.clone()),
            LiveValue::Variant(name, None) => Some(name.clone()),
            _ => None,
        }
    }

    /// The order in which keys are shown: numbers by their values, texts as they are, and what has parts part by part.
    pub fn order(&self, other: &Self) -> Ordering {
        stacker::maybe_grow(RED_ZONE, STACK, || self.ordered(other))
    }

    fn ordered(&self, other: &Self) -> Ordering {
        use LiveValue::{
            Bool, Cut, Float32, Float64, List, Map, NotShown, Signed, Struct, Text, Unsigned,
            Variant,
        };
        match (self, other) {
            (Bool(a), Bool(b)) => a.cmp(b),
            (Unsigned(a), Unsigned(b)) => a.cmp(b),
            (Signed(a), Signed(b)) => a.cmp(b),
            // What is negative is below all that have no sign.
            (Unsigned(a), Signed(b)) => u128::try_from(*b).map_or(Ordering::Greater, |b| a.cmp(&b)),
            (Signed(_), Unsigned(_)) => other.ordered(self).reverse(),
            (Float32(a), Float32(b)) => a.total_cmp(b),
            (Float64(a), Float64(b)) => a.total_cmp(b),
            (Text(a), Text(b)) => a.cmp(b),
            (Cut(a, a_len), Cut(b, b_len)) => (a, a_len).cmp(&(b, b_len)),
            (List(a, a_more), List(b, b_more)) => {
                each(a, b, LiveValue::order).then(a_more.cmp(b_more))
            }
            (Map(a, a_more), Map(b, b_more)) => {
                let entries = |a: &(LiveValue, LiveValue), b: &(LiveValue, LiveValue)| {
                    a.0.order(&b.0).then_with(|| a.1.order(&b.1))
                };
                each(a, b, entries).then(a_more.cmp(b_more))
            }
            (Struct(a, a_more), Struct(b, b_more)) => {
                let fields = |a: &(String, LiveValue), b: &(String, LiveValue)| {
                    a.0.cmp(&b.0).then_with(|| a.1.order(&b.1))
                };
                each(a, b, fields).then(a_more.cmp(b_more))
            }
            (Variant(a, a_held), Variant(b, b_held)) => {
                let held = || match (a_held, b_held) {
                    (Some(a), Some(b)) => a.order(b),
                    (a, b) => a.is_some().cmp(&b.is_some()),
                };
                a.cmp(b).then_with(held)
            }
            (NotShown(a), NotShown(b)) => a.entry().cmp(&b.entry()),
            // Of two kinds.
            (a, b) => a.rank().cmp(&b.rank()),
        }
    }

    /// Where values of its kind stand among those of others.
    fn rank(&self) -> u8 {
        match self {
            LiveValue::Unsigned(_) | LiveValue::Signed(_) => 0,
            LiveValue::Float32(_) => 1,
            LiveValue::Float64(_) => 2,
            LiveValue::Text(_) => 3,
            LiveValue::Cut(..) => 4,
            LiveValue::Bool(_) => 5,
            LiveValue::Null => 6,
            LiveValue::Variant(..) => 7,
            LiveValue::List(..) => 8,
            LiveValue::Struct(..) => 9,
            LiveValue::Map(..) => 10,
            LiveValue::NotShown(_) => 11,
        }
    }
}

/// The order of two lists: of the first items that differ, or of what is longer.
fn each<T>(a: &[T], b: &[T], order: impl Fn(&T, &T) -> Ordering) -> Ordering {
    let parts = a.iter().zip(b).map(|(a, b)| order(a, b));
    let first = parts.into_iter().find(|it| it.is_ne());
    first.unwrap_or_else(|| a.len().cmp(&b.len()))
}

/// A key, as the name of an entry in an object of JSON. Names that begin with one `$` are those of what is not shown.
pub fn entry_name(key: &str) -> Cow<'_, str> {
    match key.starts_with('$') {
        true => format!("${key}").into(),
        false => key.into(),
    }
}

/// Whether a field's name is its place in a tuple.
pub fn is_place(name: &str) -> bool {
    name.bytes().all(|it| it.is_ascii_digit())
}

impl Serialize for LiveValue {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        stacker::maybe_grow(RED_ZONE, STACK, || self.serialize_as_it_is(serializer))
    }
}

impl LiveValue {
    fn serialize_as_it_is<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            LiveValue::Null => serializer.serialize_unit(),
            LiveValue::Bool(value) => serializer.serialize_bool(*value),
            LiveValue::Unsigned(value) => match u64::try_from(*value) {
                Ok(small) if *value <= GREATEST => serializer.serialize_u64(small),
                _ => serializer.collect_str(value),
            },
            LiveValue::Signed(value) => match i64::try_from(*value) {
                Ok(small) if value.unsigned_abs() <= GREATEST => serializer.serialize_i64(small),
                _ => serializer.collect_str(value),
            },
            LiveValue::Float32(value) if value.is_finite() => serializer.serialize_f32(*value),
            LiveValue::Float64(value) if value.is_finite() => serializer.serialize_f64(*value),
            LiveValue::Float32(value) => serializer.collect_str(value),
            LiveValue::Float64(value) => serializer.collect_str(value),
            LiveValue::Text(text) => serializer.serialize_str(text),
            LiveValue::Cut(text, len) => {
                let mut map = serializer.serialize_map(Some(2))?;
                map.serialize_entry("$text", text)?;
                map.serialize_entry("$bytes", len)?;
                map.end()
            }
            LiveValue::List(items, more) => {
                let mut seq = serializer.serialize_seq(None)?;
                items.iter().try_for_each(|it| seq.serialize_element(it))?;
                if *more > 0 {
                    seq.serialize_element(&More(*more))?;
                }
                seq.end()
            }
            LiveValue::Map(entries, more) => map(entries, *more, serializer),
            LiveValue::Struct(fields, more) => {
                let mut map = serializer.serialize_map(None)?;
                let mut fields = fields.iter();
                fields.try_for_each(|(name, it)| map.serialize_entry(name, it))?;
                if *more > 0 {
                    map.serialize_entry(MORE, more)?;
                }
                map.end()
            }
            LiveValue::Variant(name, None) => serializer.serialize_str(name),
            LiveValue::Variant(name, Some(payload)) => {
                let mut map = serializer.serialize_map(Some(1))?;
                map.serialize_entry(name, payload)?;
                map.end()
            }
            LiveValue::NotShown(why) => {
                let (name, text) = why.entry();
                let mut map = serializer.serialize_map(Some(1))?;
                match text {
                    Some(text) => map.serialize_entry(name, text)?,
                    None => map.serialize_entry(name, &true)?,
                }
                map.end()
            }
        }
    }
}

fn map<S: Serializer>(
    entries: &[(LiveValue, LiveValue)],
    more: usize,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let keys: Option<Vec<String>> = entries.iter().map(|(key, _)| key.key()).collect();
    let Some(keys) = keys else {
        let mut seq = serializer.serialize_seq(None)?;
        entries
            .iter()
            .try_for_each(|it| seq.serialize_element(it))?;
        if more > 0 {
            seq.serialize_element(&More(more))?;
        }
        return seq.end();
    };
    let mut map = serializer.serialize_map(None)?;
    let mut entries = keys.iter().zip(entries);
    entries.try_for_each(|(key, (_, value))| map.serialize_entry(&entry_name(key), value))?;
    if more > 0 {
        map.serialize_entry(MORE, &more)?;
    }
    map.end()
}

/// How many more items there are, at the end of a list.
struct More(usize);

impl Serialize for More {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(1))?;
        map.serialize_entry(MORE, &self.0)?;
        map.end()
    }
}

/// As JSON: in one line, or by `{:#}` in several.
impl fmt::Display for LiveValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = match f.alternate() {
            true => serde_json::to_string_pretty(self),
            false => serde_json::to_string(self),
        };
        f.write_str(&text.map_err(|_| fmt::Error)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_of_keys_is_one_for_all_of_them() {
        use LiveValue::*;
        let text = |text: &str| Text(text.to_owned());
        let busy = |it| Variant("Busy".to_owned(), Some(Box::new(it)));
        let sorted = [
            Signed(-10),
            Signed(-9),
            Unsigned(5),
            Signed(7),
            Unsigned(10),
            Unsigned(GREATEST + 1),
            Signed(1 << 60),
            Unsigned(u128::MAX),
            Float64(-1.0),
            Float64(f64::INFINITY),
            Float64(f64::NAN),
            text("9"),
            text("a\"b"),
            text("ab"),
            Bool(false),
            Null,
            busy(Unsigned(2)),
            busy(Unsigned(10)),
            Variant("Idle".to_owned(), None),
            List(vec![Unsigned(2)], 0),
            List(vec![Unsigned(10)], 0),
            List(vec![Unsigned(10), Null], 0),
            Struct(vec![("x".to_owned(), Unsigned(9))], 0),
            Struct(vec![("x".to_owned(), Unsigned(10))], 0),
            NotShown(super::NotShown::Secret),
        ];
        for (place, a) in sorted.iter().enumerate() {
            for (other, b) in sorted.iter().enumerate() {
                assert_eq!(a.order(b), place.cmp(&other), "{a} {b}");
            }
        }
    }

    #[test]
    fn values_print_as_a_person_would_expect() {
        use LiveValue::*;
        let text = |text: &str| Text(text.to_owned());
        let named = |name: &str, it| Variant(name.to_owned(), it);
        for (value, printed) in [
            (Null, "null"),
            (Unsigned(GREATEST), "9007199254740991"),
            (Unsigned(GREATEST + 1), "\"9007199254740992\""),
            (
                Signed(i128::MIN),
                "\"-170141183460469231731687303715884105728\"",
            ),
            (Signed(-5), "-5"),
            (Float32(0.1), "0.1"),
            (Float64(f64::NAN), "\"NaN\""),
            (Float64(f64::NEG_INFINITY), "\"-inf\""),
            (text("a\"b\n"), "\"a\\\"b\\n\""),
            (Cut("ab".into(), 9), "{\"$text\":\"ab\",\"$bytes\":9}"),
            (List(vec![Bool(true)], 0), "[true]"),
            (List(vec![Bool(true)], 3), "[true,{\"$more\":3}]"),
            (
                Map(vec![(Unsigned(7), Null)], 1),
                "{\"7\":null,\"$more\":1}",
            ),
            (
                Map(vec![(List(vec![Unsigned(1)], 0), Null)], 0),
                "[[[1],null]]",
            ),
            (
                Map(
                    vec![(text("$more"), Null), (text("$$"), Null), (text(""), Null)],
                    2,
                ),
                "{\"$$more\":null,\"$$$\":null,\"\":null,\"$more\":2}",
            ),
            (named("Idle", None), "\"Idle\""),
            (named("Some", Some(Box::new(Null))), "{\"Some\":null}"),
            (NotShown(super::NotShown::Secret), "{\"$secret\":true}"),
            (
                NotShown(super::NotShown::Same("a[0]".into())),
                "{\"$same\":\"a[0]\"}",
            ),
        ] {
            assert_eq!(value.to_string(), printed);
        }
    }
}
