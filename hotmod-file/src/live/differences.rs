//! What differs between two live values.

use std::collections::HashMap;
use std::fmt;

use serde::Serialize;

use super::value::LiveValue;

/// One place where two live values differ.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ValueDifference {
    /// The path from both values on.
    pub path: String,
    /// What the first has there; `None` where it has nothing.
    pub was: Option<LiveValue>,
    /// What the second has there; `None` where it has nothing.
    pub now: Option<LiveValue>,
}

impl fmt::Display for ValueDifference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = match self.path.as_str() {
            "" => "the value",
            path => path.strip_prefix('.').unwrap_or(path),
        };
        match (&self.was, &self.now) {
            (Some(was), Some(now)) => write!(f, "{path}: was {was}, now {now}"),
            (None, Some(now)) => write!(f, "{path}: now {now}, was not there"),
            (Some(was), None) => write!(f, "{path}: was {was}, now not there"),
            (None, None) => write!(f, "{path}"),
        }
    }
}

/// What differs between two live values, which may be of different versions, path by path: fields and keys by their
/// names, items by their numbers. What is not shown of a value ([`LiveValue::NotShown`], items beyond a page) cannot be
/// compared.
///
/// # Examples
///
/// ```
/// use hotmod_file::{LiveValue, diff};
///
/// let account = |gold| LiveValue::Struct(vec![("gold".to_owned(), LiveValue::Unsigned(gold))], 0);
/// let differences = diff(&account(5), &account(6));
/// assert_eq!(differences[0].to_string(), "gold: was 5, now 6");
/// ```
pub fn diff(was: &LiveValue, now: &LiveValue) -> Vec<ValueDifference> {
    let mut found = Vec::new();
    compare("", was, now, &mut found);
    found
}

fn compare(path: &str, was: &LiveValue, now: &LiveValue, found: &mut Vec<ValueDifference>) {
    use LiveValue::{List, Map, Struct, Variant};
    match (was, now) {
        (Struct(a, _), Struct(b, _)) => {
            let of = |fields: &[(String, LiveValue)], name: &str| {
                let mut fields = fields.iter();
                fields.find(|(it, _)| it == name).map(|(_, it)| it.clone())
            };
            for (name, value) in a {
                let path = format!("{path}.{name}");
                match b.iter().find(|(it, _)| it == name) {
                    Some((_, other)) => compare(&path, value, other, found),
                    None => note(path, Some(value.clone()), None, found),
                }
            }
            for (name, value) in b.iter().filter(|(name, _)| of(a, name).is_none()) {
                note(format!("{path}.{name}"), None, Some(value.clone()), found);
            }
        }
        (Map(a, _), Map(b, _)) => {
            let place = |key: &LiveValue| match key.key() {
                Some(text) => format!("{path}[{}]", serde_json::Value::String(text)),
                None => format!("{path}[{key}]"),
            };
            // What equal keys print is equal.
            let mut others: HashMap<String, Vec<usize>> = HashMap::new();
            for (i, (key, _)) in b.iter().enumerate() {
                others.entry(key.to_string()).or_default().push(i);
            }
            let mut is_met = vec![false; b.len()];
            for (key, value) in a {
                let alike = others.get(&key.to_string());
                let other = alike.and_then(|all| all.iter().find(|i| b[**i].0 == *key));
                match other {
                    Some(&i) => {
                        is_met[i] = true;
                        compare(&place(key), value, &b[i].1, found);
                    }
                    None => note(place(key), Some(value.clone()), None, found),
                }
            }
            let new = b.iter().zip(is_met).filter(|(_, is_met)| !is_met);
            for ((key, value), _) in new {
                note(place(key), None, Some(value.clone()), found);
            }
        }
        (List(a, _), List(b, _)) => {
            for i in 0..a.len().max(b.len()) {
                let path = format!("{path}[{i}]");
                match (a.get(i), b.get(i)) {
                    (Some(was), Some(now)) => compare(&path, was, now, found),
                    (was, now) => note(path, was.cloned(), now.cloned(), found),
                }
            }
        }
        (Variant(a, Some(was)), Variant(b, Some(now))) if a == b => {
            compare(&format!("{path}.{a}"), was, now, found);
        }
        (was, now) if was == now => {}
        (was, now) => note(path.to_owned(), Some(was.clone()), Some(now.clone()), found),
    }
}

fn note(
    path: String,
    was: Option<LiveValue>,
    now: Option<LiveValue>,
    found: &mut Vec<ValueDifference>,
) {
    found.push(ValueDifference { path, was, now });
}

#[cfg(test)]
mod tests {
    use super::LiveValue::{List, Map, Struct, Text, Unsigned, Variant};
    use super::*;

    #[test]
    fn what_differs_is_told_path_by_path() {
        let text = |text: &str| Text(text.to_owned());
        let value = |gold, items: &[u128], state: &str| {
            let items = items.iter().map(|it| Unsigned(*it)).collect();
            let one = Struct(
                vec![
                    ("gold".to_owned(), Unsigned(gold)),
                    ("items".to_owned(), List(items, 0)),
                    (
                        "state".to_owned(),
                        Variant(state.to_owned(), Some(Box::new(Unsigned(1)))),
                    ),
                ],
                0,
            );
            Struct(
                vec![("players".to_owned(), Map(vec![(text("ada"), one)], 0))],
                0,
            )
        };
        let told: Vec<String> = diff(&value(5, &[1, 2], "Busy"), &value(6, &[1], "Idle"))
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(
            told,
            [
                "players[\"ada\"].gold: was 5, now 6",
                "players[\"ada\"].items[1]: was 2, now not there",
                "players[\"ada\"].state: was {\"Busy\":1}, now {\"Idle\":1}",
            ]
        );
        assert_eq!(diff(&value(5, &[1], "Busy"), &value(5, &[1], "Busy")), []);
    }
}
