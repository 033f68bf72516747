//! The way to a part of a value: `players["7"].items[0..20]`.

use std::borrow::Cow;
use std::error::Error;
use std::fmt;

use hotmod::codes::{self, coded};
use serde_json::Value;

use super::value::{LiveValue, NotShown, is_place};

/// One step of a way.
#[derive(Clone, Debug, PartialEq)]
pub enum PathPart {
    /// A field, or a variant of an enum.
    Name(String),
    /// An item: by its number, or by the key that the map has it under.
    Item(Value),
    /// Some items, from the first of these numbers up to the second; only as the last step.
    Range(usize, Option<usize>),
}

/// What is no path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MalformedPath {
    /// It.
    pub path: String,
    /// Where in it, in bytes from its beginning.
    pub at: usize,
    /// What would have to stand there.
    pub expected: &'static str,
}

impl fmt::Display for MalformedPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let MalformedPath { path, at, expected } = self;
        coded(f, codes::PATH_MALFORMED, |f| {
            write!(
                f,
                "`{path}` is no path: at byte {at} it needs {expected}\n  help: a path is written as in \
                 `players[\"7\"].items[0..20]`, and an empty one stands for the whole state"
            )
        })
    }
}

/// Reads a way, which may be empty.
///
/// # Errors
///
/// [`MalformedPath`] with the place where it is none.
pub fn parse(path: &str) -> Result<Vec<PathPart>, MalformedPath> {
    let mut steps = Vec::new();
    let mut rest = path.trim();
    let bad = |rest: &str, expected: &'static str| MalformedPath {
        path: path.to_owned(),
        at: path.trim_end().len() - rest.len(),
        expected,
    };
    while !rest.is_empty() {
        if let Some(PathPart::Range(..)) = steps.last() {
            return Err(bad(rest, "the end, since a range of items comes last"));
        }
        if let Some(inner) = rest.strip_prefix('[') {
            let (step, after) = bracket(inner)
                .ok_or_else(|| bad(inner, "a number, a range such as `0..20`, or a key as JSON"))?;
            rest = after
                .strip_prefix(']')
                .ok_or_else(|| bad(after, "the `]` that belongs to the `[`"))?;
            steps.push(step);
            continue;
        }
        let named = match rest.strip_prefix('.') {
            Some(named) => named,
            None if steps.is_empty() => rest,
            None => return Err(bad(rest, "a `.` or a `[`")),
        };
        let end = named.find(['.', '[']).unwrap_or(named.len());
        let (name, after) = named.split_at(end);
        // As Rust has it, and as it is shown.
        let name = name.strip_prefix("r#").unwrap_or(name);
        let is_name = |c: char| c == '_' || c.is_alphanumeric();
        if name.is_empty() || !name.chars().all(is_name) {
            return Err(bad(named, "the name of a field or variant"));
        }
        steps.push(PathPart::Name(name.to_owned()));
        rest = after;
    }
    Ok(steps)
}

/// Why a path shows nothing of a value.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum PathError {
    /// It is none.
    Malformed(MalformedPath),
    /// It leads to something that is not there.
    #[non_exhaustive]
    NotThere {
        /// As far as it leads.
        path: String,
        /// What was looked for in that.
        wanted: String,
        /// What is there.
        found: String,
    },
}

impl fmt::Display for PathError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PathError::Malformed(malformed) => malformed.fmt(f),
            PathError::NotThere {
                path,
                wanted,
                found,
            } => coded(f, codes::NOT_THERE, |f| {
                let path = match path.as_str() {
                    "" => "the value",
                    path => path.trim_start_matches('.'),
                };
                write!(f, "{path} has no {wanted}: {found}")
            }),
        }
    }
}

/// As [`Display`](fmt::Display): what a `main` that returns it prints.
impl fmt::Debug for PathError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Error for PathError {}

impl From<MalformedPath> for PathError {
    fn from(malformed: MalformedPath) -> Self {
        PathError::Malformed(malformed)
    }
}

impl LiveValue {
    /// The part that a path leads to, as `Instance::inspect` of `hotmod-host` would show it: a field, an item by its
    /// number, or by its key the value of a map, some items, or what a variant holds.
    ///
    /// # Errors
    ///
    /// [`PathError`] if it is no path, or leads to something that is not there or not shown.
    pub fn part(&self, path: &str) -> Result<LiveValue, PathError> {
        let found = self.found(path, |value| value)?;
        Ok(found.into_owned())
    }

    /// As [`part`](LiveValue::part), of a whole state: a path also leads through what is shared, and shown elsewhere in it.
    ///
    /// # Errors
    ///
    /// As there.
    pub fn part_of_state(&self, path: &str) -> Result<LiveValue, PathError> {
        let found = self.found(path, |value| match value {
            LiveValue::NotShown(NotShown::Same(path)) => match self.found(path, |value| value) {
                Ok(Cow::Borrowed(shown)) => shown,
                _ => value,
            },
            value => value,
        })?;
        Ok(found.into_owned())
    }

    /// Goes a path, from each value to the one that stands for it.
    fn found<'v>(
        &'v self,
        path: &str,
        shown: impl Fn(&'v LiveValue) -> &'v LiveValue,
    ) -> Result<Cow<'v, LiveValue>, PathError> {
        let mut way = String::new();
        let mut value = shown(self);
        for step in parse(path)? {
            let lacks = |found: String| PathError::NotThere {
                path: way.clone(),
                wanted: step.wanted(),
                found,
            };
            if let PathPart::Range(from, to) = step {
                let items = value.items(from, to);
                return items.map(Cow::Owned).ok_or_else(|| lacks(value.says()));
            }
            let part = value.step(&step).ok_or_else(|| lacks(value.says()))?;
            value = shown(part);
            way.push_str(&step.to_string());
        }
        Ok(Cow::Borrowed(value))
    }

    fn step(&self, step: &PathPart) -> Option<&LiveValue> {
        match (self, step) {
            (LiveValue::Struct(fields, _), PathPart::Name(name)) if !is_place(name) => {
                fields.iter().find(|(it, _)| it == name).map(|(_, it)| it)
            }
            (LiveValue::Variant(is, held), PathPart::Name(name)) if is == name => {
                Some(held.as_deref().unwrap_or(&LiveValue::Null))
            }
            (LiveValue::List(items, _), PathPart::Name(place)) => {
                items.get(place.parse::<usize>().ok()?)
            }
            (LiveValue::List(items, _), PathPart::Item(place)) => {
                items.get(usize::try_from(place.as_u64()?).ok()?)
            }
            (LiveValue::Map(entries, _), PathPart::Item(key)) => {
                let mut entries = entries.iter();
                entries.find(|(it, _)| it.is_key(key)).map(|(_, it)| it)
            }
            // A key that is written as a name is.
            (LiveValue::Map(entries, _), PathPart::Name(name))
                if named(entries, name).is_some() =>
            {
                named(entries, name)
            }
            // The only field of a tuple is shown as what it holds, and so is what an `Option` has.
            (value, PathPart::Name(name)) if name == "0" || name == "Some" => match value {
                LiveValue::Null | LiveValue::NotShown(_) => None,
                value => Some(value),
            },
            // An `Option` that says that it has something.
            (LiveValue::Variant(is, Some(held)), step) if is == "Some" => held.step(step),
            _ => None,
        }
    }

    /// Whether it is this key, as JSON or as it is shown: so what is shown can be asked for. An integer is found by its
    /// digits, also where it is shown as a text.
    pub fn is_key(&self, key: &Value) -> bool {
        match (self.key(), key) {
            (Some(text), Value::String(key)) => text == *key,
            (Some(text), Value::Number(key))
                if matches!(self, LiveValue::Unsigned(_) | LiveValue::Signed(_)) =>
            {
                text == key.to_string()
            }
            _ => serde_json::to_value(self).is_ok_and(|it| it == *key),
        }
    }

    fn items(&self, from: usize, to: Option<usize>) -> Option<LiveValue> {
        fn some<T: Clone>(all: &[T], from: usize, to: Option<usize>) -> Vec<T> {
            let to = to.unwrap_or(all.len()).min(all.len());
            all.get(from.min(to)..to).unwrap_or_default().to_vec()
        }
        match self {
            LiveValue::List(items, _) => Some(LiveValue::List(some(items, from, to), 0)),
            LiveValue::Map(entries, _) => Some(LiveValue::Map(some(entries, from, to), 0)),
            _ => None,
        }
    }

    /// What it is, for one who looked for a part of it.
    fn says(&self) -> String {
        match self {
            LiveValue::Struct(fields, _) => {
                let names: Vec<String> = fields.iter().map(|(it, _)| format!("`{it}`")).collect();
                format!("it has {}", names.join(", "))
            }
            LiveValue::Variant(name, _) => format!("it is `{name}`"),
            LiveValue::List(items, _) => format!("it has {} items", items.len()),
            LiveValue::Map(entries, _) => {
                format!("it has {} keys, and not that one", entries.len())
            }
            LiveValue::Null => "it is nothing".to_owned(),
            LiveValue::NotShown(_) => format!("it is not shown: {self}"),
            _ => "it has no parts".to_owned(),
        }
    }
}

/// The value of a map under a key that is this name.
fn named<'v>(entries: &'v [(LiveValue, LiveValue)], name: &str) -> Option<&'v LiveValue> {
    let is_key = |key: &LiveValue| matches!(key, LiveValue::Text(text) if text == name);
    let mut entries = entries.iter().filter(|_| !is_place(name));
    entries.find(|(key, _)| is_key(key)).map(|(_, it)| it)
}

impl PathPart {
    fn wanted(&self) -> String {
        match self {
            PathPart::Name(name) => format!("`{name}`"),
            PathPart::Item(key) => format!("`[{key}]`"),
            PathPart::Range(..) => "range of items".to_owned(),
        }
    }
}

impl fmt::Display for PathPart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PathPart::Name(name) => write!(f, ".{name}"),
            PathPart::Item(key) => write!(f, "[{key}]"),
            PathPart::Range(from, None) => write!(f, "[{from}..]"),
            PathPart::Range(from, Some(to)) => write!(f, "[{from}..{to}]"),
        }
    }
}

/// What stands within brackets, and the rest after it.
fn bracket(inner: &str) -> Option<(PathPart, &str)> {
    let inner = inner.trim_start();
    let (from, after) = number(inner);
    if let Some(after) = after.trim_start().strip_prefix("..") {
        let (to, after) = number(after.trim_start());
        return Some((PathPart::Range(from.unwrap_or(0), to), after.trim_start()));
    }
    let mut values = serde_json::Deserializer::from_str(inner).into_iter::<Value>();
    let mut key = values.next()?.ok()?;
    let (read, after) = inner.split_at(values.byte_offset());
    // Those that JSON's numbers would round are found by their digits.
    let is_digits = |it: &str| it.bytes().all(|it| it.is_ascii_digit());
    if key.is_f64() && is_digits(read.strip_prefix('-').unwrap_or(read)) {
        key = Value::String(read.to_owned());
    }
    Some((PathPart::Item(key), after.trim_start()))
}

/// The number that a text begins with, if it does, and the rest.
fn number(text: &str) -> (Option<usize>, &str) {
    let end = text.find(|c: char| !c.is_ascii_digit());
    let (digits, rest) = text.split_at(end.unwrap_or(text.len()));
    match digits {
        "" => (None, text),
        // No container has as many as cannot be said.
        digits => (Some(digits.parse().unwrap_or(usize::MAX)), rest),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_way_is_read_step_by_step() {
        let name = |name: &str| PathPart::Name(name.to_owned());
        let item = |key: Value| PathPart::Item(key);
        for (path, steps) in [
            ("", vec![]),
            ("  ", vec![]),
            (".gold", vec![name("gold")]),
            (
                "players[\"7\"].items[0..20]",
                vec![
                    name("players"),
                    item("7".into()),
                    name("items"),
                    PathPart::Range(0, Some(20)),
                ],
            ),
            ("[3].0", vec![item(3.into()), name("0")]),
            (
                "grid[-1][ [1,2] ]",
                vec![name("grid"), item((-1).into()), item(vec![1, 2].into())],
            ),
            ("a[..]", vec![name("a"), PathPart::Range(0, None)]),
            ("a[5..]", vec![name("a"), PathPart::Range(5, None)]),
            ("a[\"]\\\"\"]", vec![name("a"), item("]\"".into())]),
            ("r#type.r#in", vec![name("type"), name("in")]),
            (
                "a[7..99999999999999999999]",
                vec![name("a"), PathPart::Range(7, Some(usize::MAX))],
            ),
            (
                "a[18446744073709551615]",
                vec![name("a"), item(u64::MAX.into())],
            ),
            (
                "a[-99999999999999999999]",
                vec![name("a"), item("-99999999999999999999".into())],
            ),
        ] {
            assert_eq!(parse(path).ok(), Some(steps), "{path}");
        }
    }

    #[test]
    fn what_is_no_way_is_refused_with_its_place() {
        for (path, place) in [
            ("a..b", 2),
            ("a[", 2),
            ("a[7", 3),
            ("a[7]b", 4),
            ("a[0..2].b", 7),
            ("a b", 0),
            (".", 1),
            ("a[x]", 2),
        ] {
            match parse(path) {
                Err(MalformedPath { at, .. }) => assert_eq!(at, place, "{path}"),
                other => panic!("{path}: {other:?}"),
            }
        }
    }

    #[test]
    fn a_key_is_found_as_json_and_as_it_is_shown() {
        for key in [0, 7, 1 << 53, u128::from(u64::MAX), u128::MAX] {
            let map = LiveValue::Map(vec![(LiveValue::Unsigned(key), LiveValue::Null)], 0);
            for path in [format!("[{key}]"), format!("[\"{key}\"]")] {
                assert_eq!(map.part(&path), Ok(LiveValue::Null), "{path}");
            }
            assert!(map.part("[8]").is_err());
        }
        for key in [-1, -(1 << 54), i128::from(i64::MIN), i128::MIN] {
            let map = LiveValue::Map(vec![(LiveValue::Signed(key), LiveValue::Null)], 0);
            assert_eq!(map.part(&format!("[{key}]")), Ok(LiveValue::Null), "{key}");
        }
        let text = LiveValue::Map(vec![(LiveValue::Text("7".into()), LiveValue::Null)], 0);
        assert!(text.part("[7]").is_err());
        // Shown as `$$price`, so that it is not taken for what is not shown.
        let text = LiveValue::Map(vec![(LiveValue::Text("$price".into()), LiveValue::Null)], 0);
        assert_eq!(text.part("[\"$price\"]"), Ok(LiveValue::Null));
        assert!(text.part("[\"$$price\"]").is_err());
    }

    #[test]
    fn a_path_leads_to_a_part() {
        let text = |text: &str| LiveValue::Text(text.to_owned());
        let items = LiveValue::List((0..3).map(LiveValue::Unsigned).collect(), 0);
        let held = LiveValue::Variant("Busy".to_owned(), Some(Box::new(items.clone())));
        let player = LiveValue::Struct(
            vec![("items".to_owned(), items), ("does".to_owned(), held)],
            0,
        );
        let maybe = LiveValue::Struct(vec![("ada".to_owned(), LiveValue::Unsigned(1))], 0);
        let maybe = LiveValue::Variant("Some".to_owned(), Some(Box::new(maybe)));
        let by_key = vec![
            (text("ada"), player),
            (LiveValue::Unsigned(7), text("seven")),
        ];
        let value = LiveValue::Struct(
            vec![
                ("players".to_owned(), LiveValue::Map(by_key, 0)),
                ("word".to_owned(), LiveValue::NotShown(NotShown::Secret)),
                ("maybe".to_owned(), maybe),
            ],
            0,
        );
        for (path, shown) in [
            ("players[\"ada\"].items[2]", "2"),
            ("players[\"ada\"].items[1..9]", "[1,2]"),
            ("players[\"ada\"].items.0", "0"),
            ("players[\"ada\"].does.Busy[0]", "0"),
            ("players[\"ada\"].0.items[2]", "2"),
            ("maybe.ada", "1"),
            ("maybe.Some.ada", "1"),
            ("players[7]", "\"seven\""),
            ("players[\"7\"].0", "\"seven\""),
            ("word", "{\"$secret\":true}"),
        ] {
            let part = value.part(path).map(|it| it.to_string());
            assert_eq!(part.as_deref(), Ok(shown), "{path}");
        }
        for (path, told) in [
            (
                "gold",
                "the value has no `gold`: it has `players`, `word`, `maybe`",
            ),
            (
                "players[8].x",
                "players has no `[8]`: it has 2 keys, and not that one",
            ),
            (
                "players[\"ada\"].does.Idle",
                "players[\"ada\"].does has no `Idle`: it is `Busy`",
            ),
            (
                "word.0",
                "word has no `0`: it is not shown: {\"$secret\":true}",
            ),
            (
                "players[7][0..1]",
                "players[7] has no range of items: it has no parts",
            ),
        ] {
            let error = value.part(path).map(|it| it.to_string());
            assert_eq!(
                error.map_err(|it| it.to_string()),
                Err(format!("{told} [HM-0527]")),
                "{path}"
            );
        }
    }
}
