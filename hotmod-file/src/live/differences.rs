//! What differs between two live values.

use std::collections::{HashMap, VecDeque};
use std::fmt;

use serde::Serialize;

use super::value::{LiveValue, RED_ZONE, STACK};

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
    stacker::maybe_grow(RED_ZONE, STACK, || compare_parts(path, was, now, found));
}

fn compare_parts(path: &str, was: &LiveValue, now: &LiveValue, found: &mut Vec<ValueDifference>) {
    use LiveValue::{List, Map, Struct, Variant};
    match (was, now) {
        (Struct(a, more_a), Struct(b, more_b)) => {
            let of = |fields: &[(String, LiveValue)], name: &str| {
                let mut fields = fields.iter();
                fields.find(|(it, _)| it == name).map(|(_, it)| it.clone())
            };
            for (name, value) in a {
                let path = format!("{path}.{name}");
                match b.iter().find(|(it, _)| it == name) {
                    Some((_, other)) => compare(&path, value, other, found),
                    None if *more_b > 0 => {}
                    None => note(path, Some(value.clone()), None, found),
                }
            }
            let new = b.iter().filter(|(name, _)| of(a, name).is_none());
            for (name, value) in new.filter(|_| *more_a == 0) {
                note(format!("{path}.{name}"), None, Some(value.clone()), found);
            }
        }
        (Map(a, more_a), Map(b, more_b)) => {
            let place = |key: &LiveValue| match key.key() {
                Some(text) => format!("{path}[{}]", serde_json::Value::String(text)),
                None => format!("{path}[{key}]"),
            };
            // Keys are the same if they print alike. Several may, where a part of them is not shown.
            let mut others: HashMap<String, VecDeque<usize>> = HashMap::new();
            for (i, (key, _)) in b.iter().enumerate() {
                others.entry(key.to_string()).or_default().push_back(i);
            }
            let mut is_met = vec![false; b.len()];
            for (key, value) in a {
                let alike = others.get_mut(&key.to_string());
                match alike.and_then(VecDeque::pop_front) {
                    Some(i) => {
                        is_met[i] = true;
                        compare(&place(key), value, &b[i].1, found);
                    }
                    None if *more_b > 0 => {}
                    None => note(place(key), Some(value.clone()), None, found),
                }
            }
            let new = b.iter().zip(is_met).filter(|(_, is_met)| !is_met);
            for ((key, value), _) in new.filter(|_| *more_a == 0) {
                note(place(key), None, Some(value.clone()), found);
            }
        }
        (List(a, more_a), List(b, more_b)) => {
            for i in 0..a.len().max(b.len()) {
                let path = format!("{path}[{i}]");
                match (a.get(i), b.get(i)) {
                    (Some(was), Some(now)) => compare(&path, was, now, found),
                    (None, _) if *more_a > 0 => {}
                    (_, None) if *more_b > 0 => {}
                    (was, now) => note(path, was.cloned(), now.cloned(), found),
                }
            }
        }
        (Variant(a, Some(was)), Variant(b, Some(now))) if a == b => {
            compare(&format!("{path}.{a}"), was, now, found);
        }
        (was, now) if is_same(was, now) => {}
        (was, now) => note(path.to_owned(), Some(was.clone()), Some(now.clone()), found),
    }
}

/// Whether two values without parts in common are one and the same: as numbers, whatever their types are in either version,
/// or because they print alike.
fn is_same(was: &LiveValue, now: &LiveValue) -> bool {
    use LiveValue::{Float32, Float64};
    match (was, now) {
        (Float32(a), Float64(b)) | (Float64(b), Float32(a))
            if f64::from(*a).to_bits() == b.to_bits() =>
        {
            true
        }
        _ => was.to_string() == now.to_string(),
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

    #[test]
    fn what_is_the_same_in_another_type_does_not_differ() {
        use super::LiveValue::{Float32, Float64, Signed};
        let map = |key| Map(vec![(key, Unsigned(1))], 0);
        for (was, now) in [
            (Unsigned(5), Signed(5)),
            (Unsigned(1 << 60), Signed(1 << 60)),
            (Float32(0.1), Float64(f64::from(0.1_f32))),
            (Float32(f32::NAN), Float64(f64::NAN)),
            (Float64(f64::NAN), Float64(f64::NAN)),
            (map(Unsigned(5)), map(Signed(5))),
        ] {
            assert_eq!(diff(&was, &now), []);
            assert_eq!(diff(&now, &was), []);
        }
        for (was, now, told) in [
            (Unsigned(5), Signed(-5), "the value: was 5, now -5"),
            (Float64(0.0), Float64(-0.0), "the value: was 0.0, now -0.0"),
        ] {
            let found: Vec<String> = diff(&was, &now).iter().map(ToString::to_string).collect();
            assert_eq!(found, [told]);
        }
    }

    #[test]
    fn what_is_beyond_a_page_is_not_compared() {
        let list =
            |items: &[u128], more| List(items.iter().map(|it| Unsigned(*it)).collect(), more);
        assert_eq!(diff(&list(&[1], 2), &list(&[1, 2, 3], 0)), []);
        assert_eq!(diff(&list(&[1, 2], 0), &list(&[1], 0)).len(), 1);
        let map = |keys: &[u128], more| {
            Map(
                keys.iter().map(|it| (Unsigned(*it), Unsigned(0))).collect(),
                more,
            )
        };
        assert_eq!(diff(&map(&[1, 3], 1), &map(&[1, 2], 1)), []);
        assert_eq!(diff(&map(&[1], 0), &map(&[1, 2], 0)).len(), 1);
    }

    #[test]
    fn keys_that_are_not_shown_whole_are_taken_each_once() {
        let secret = |value| {
            let masked = || LiveValue::NotShown(crate::NotShown::Secret);
            Map(
                vec![(masked(), Unsigned(value)), (masked(), Unsigned(2))],
                0,
            )
        };
        assert_eq!(diff(&secret(1), &secret(1)), []);
        assert_eq!(diff(&secret(1), &secret(3)).len(), 1);
    }
}
