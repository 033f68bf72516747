//! The way to a part of a state: `players["7"].items[0..20]`.

use std::fmt::Write as _;

use serde_json::Value;

use super::error::InspectError;

/// One step of a way.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum PathPart {
    /// A field, or a variant of an enum.
    Name(String),
    /// An item: by its number, or by the key that the map has it under.
    Item(Value),
    /// Some items, from the first of these numbers up to the second; only as the last step.
    Range(usize, Option<usize>),
}

/// Reads a way, which may be empty.
///
/// # Errors
///
/// [`InspectError::Path`] with the place where it is none.
pub(super) fn parse(path: &str) -> Result<Vec<PathPart>, InspectError> {
    let mut steps = Vec::new();
    let mut rest = path.trim();
    let bad = |rest: &str, expected: &'static str| InspectError::Path {
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
        let is_name = |c: char| c == '_' || c.is_alphanumeric();
        if name.is_empty() || !name.chars().all(is_name) {
            return Err(bad(named, "the name of a field or variant"));
        }
        steps.push(PathPart::Name(name.to_owned()));
        rest = after;
    }
    Ok(steps)
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
    let key = values.next()?.ok()?;
    Some((
        PathPart::Item(key),
        inner[values.byte_offset()..].trim_start(),
    ))
}

/// The number that a text begins with, if it does, and the rest.
fn number(text: &str) -> (Option<usize>, &str) {
    let end = text.find(|c: char| !c.is_ascii_digit());
    let (digits, rest) = text.split_at(end.unwrap_or(text.len()));
    match digits.parse() {
        Ok(number) => (Some(number), rest),
        Err(_) => (None, text),
    }
}

/// A way that grows and shrinks as values are walked over.
#[derive(Default)]
pub(super) struct Way(String);

impl Way {
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    /// As a user would write it.
    pub(super) fn to_path(&self) -> String {
        self.0.strip_prefix('.').unwrap_or(&self.0).to_owned()
    }

    /// Goes one step on, for as long as `within` runs.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn name(&mut self, name: &str) {
        self.0.push('.');
        self.0.push_str(name);
    }

    pub(super) fn item(&mut self, key: &dyn std::fmt::Display) {
        let _ = write!(self.0, "[{key}]");
    }

    /// Goes back to where it had this length.
    pub(super) fn back(&mut self, len: usize) {
        self.0.truncate(len);
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
                Err(InspectError::Path { at, .. }) => assert_eq!(at, place, "{path}"),
                other => panic!("{path}: {other:?}"),
            }
        }
    }
}
