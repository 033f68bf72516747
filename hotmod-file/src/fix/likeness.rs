//! How likely it is that one name has become another: the score by which renames are proposed.
//!
//! A score is a number from 0 to 1, of three parts:
//!
//! | part | of the score | how much of it |
//! |---|---|---|
//! | name | 0.5 | the share of words or of letters that both names have, whichever is more |
//! | position | 0.2 | half for each neighbour that is the same, the ends of the list included |
//! | type | 0.3 | all for an equal type that says something (a type of the module, a container), half for one that many things have (a number, a text); 0.15 and 0.1 where one converts into the other without a loss |
//!
//! At [`LIKELY`] a rename is proposed, if no other pair of the two comes near. So what has the same place and a telling type
//! needs no name in common, and what is a number needs about a third of its name.

use hotmod::describe::{Builtin, Name, Type};

/// The least score of a rename that is proposed.
pub(super) const LIKELY: f64 = 0.5;

/// By how much a score must exceed all others of the same two names.
pub(super) const MARGIN: f64 = 0.05;

/// The score of one field or variant having become another.
pub(super) fn score(names: (&str, &str), position: f64, ty: f64) -> f64 {
    0.5 * name(names.0, names.1) + 0.2 * position + ty
}

/// What names have in common, from 0 to 1.
pub(super) fn name(was: &str, now: &str) -> f64 {
    let (was, now) = (was.to_lowercase_words(), now.to_lowercase_words());
    words(&was, &now).max(letters(&was.concat(), &now.concat()))
}

/// The words of a name, whatever its case.
trait Words {
    fn to_lowercase_words(&self) -> Vec<String>;
}

impl Words for str {
    fn to_lowercase_words(&self) -> Vec<String> {
        let mut words: Vec<String> = Vec::new();
        let mut is_lower = false;
        for character in self.chars() {
            let begins = character == '_' || is_lower && character.is_uppercase();
            if begins || words.is_empty() {
                words.push(String::new());
            }
            is_lower = character.is_lowercase() || character.is_ascii_digit();
            if character != '_'
                && let Some(word) = words.last_mut()
            {
                word.extend(character.to_lowercase());
            }
        }
        words.retain(|word| !word.is_empty());
        words
    }
}

/// The share of words that both have. One that begins as the other one counts: `hp` and `hitpoints` do not, `pos` and
/// `position` do.
fn words(was: &[String], now: &[String]) -> f64 {
    let is_alike = |a: &String, b: &String| {
        a == b
            || a.len().min(b.len()) >= 3 && (a.starts_with(b.as_str()) || b.starts_with(a.as_str()))
    };
    let common = was.iter().filter(|a| now.iter().any(|b| is_alike(a, b)));
    let all = (was.len() + now.len()).max(1);
    2.0 * common.count() as f64 / all as f64
}

/// One, less the share of letters that have to be changed.
fn letters(was: &str, now: &str) -> f64 {
    let (was, now): (Vec<char>, Vec<char>) = (was.chars().collect(), now.chars().collect());
    let longest = was.len().max(now.len());
    if longest == 0 || longest > 128 {
        return 0.0;
    }
    let mut row: Vec<usize> = (0..=now.len()).collect();
    for (i, a) in was.iter().enumerate() {
        let mut before = std::mem::replace(&mut row[0], i + 1);
        for (j, b) in now.iter().enumerate() {
            let replaced = before + usize::from(a != b);
            before = row[j + 1];
            row[j + 1] = replaced.min(before + 1).min(row[j] + 1);
        }
    }
    1.0 - row[now.len()] as f64 / longest as f64
}

/// How much of a place is the same: half for each neighbour. `is_same` says of a place in the one list and one in the other
/// whether the same thing stands there; beyond both ends the same does.
pub(super) fn position(
    (was, old): (usize, usize),
    (now, new): (usize, usize),
    is_same: impl Fn(usize, usize) -> bool,
) -> f64 {
    let before = match (was.checked_sub(1), now.checked_sub(1)) {
        (None, None) => true,
        (Some(a), Some(b)) => is_same(a, b),
        _ => false,
    };
    let after = match (was + 1 < old, now + 1 < new) {
        (false, false) => true,
        (true, true) => is_same(was + 1, now + 1),
        _ => false,
    };
    0.5 * f64::from(u8::from(before)) + 0.5 * f64::from(u8::from(after))
}

/// What an equal type is worth.
pub(super) fn of_type(ty: &Type) -> f64 {
    let many_have = |builtin: Builtin| {
        use Builtin::*;
        matches!(
            builtin,
            Bool | Char
                | U8
                | U16
                | U32
                | U64
                | U128
                | Usize
                | I8
                | I16
                | I32
                | I64
                | I128
                | Isize
                | F32
                | F64
                | String
                | RString
                | Unit
        )
    };
    match &ty.name {
        Name::Builtin(Builtin::Option) => ty.args.first().map_or(0.3, of_type),
        Name::Builtin(builtin) if many_have(*builtin) => 0.15,
        _ => 0.3,
    }
}

/// What a type is worth that converts into the other one without a loss.
pub(super) fn of_converted(was: &Type) -> f64 {
    if of_type(was) > 0.2 { 0.15 } else { 0.1 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_compared_by_words_and_by_letters() {
        for (was, now, least, most) in [
            ("gold", "gold", 1.0, 1.0),
            ("player_name", "name", 0.6, 0.7),
            ("playerName", "player_name", 1.0, 1.0),
            ("pos", "position", 1.0, 1.0),
            ("colour", "color", 0.8, 0.9),
            ("since", "from", 0.0, 0.2),
            ("hp", "hitpoints", 0.2, 0.3),
            ("Busy", "Occupied", 0.0, 0.2),
            ("", "", 0.0, 0.0),
        ] {
            let score = name(was, now);
            assert!(
                (least..=most).contains(&score),
                "{was} → {now}: {score}, not {least} to {most}"
            );
            assert_eq!(score, name(now, was), "{was} ↔ {now}");
        }
    }

    #[test]
    fn a_place_is_known_by_its_neighbours() {
        let (was, now) = (["a", "b", "c"], ["a", "x", "c", "d"]);
        let is_same = |i: usize, j: usize| was[i] == now[j];
        let at = |i, j| position((i, was.len()), (j, now.len()), is_same);
        assert_eq!(at(1, 1), 1.0);
        assert_eq!(at(0, 0), 0.5);
        assert_eq!(at(2, 3), 0.5);
        assert_eq!(at(0, 3), 0.0);
    }

    #[test]
    fn what_is_likely_needs_a_name_or_a_place_with_a_telling_type() {
        // A number, in the same place, under another name.
        assert!(score(("age", "mana"), 1.0, 0.15) < LIKELY);
        assert!(score(("gold", "gold_coins"), 1.0, 0.15) >= LIKELY);
        // A list of the module's own type, in the same place.
        assert!(score(("people", "citizens"), 1.0, 0.3) >= LIKELY);
        assert!(score(("people", "citizens"), 0.5, 0.3) < LIKELY);
    }
}
