//! Types of other crates whose values are shown otherwise than by their forms: as the text that a person would write.
//!
//! This is decided by the names of types in a description and by what is shown of their forms. So no code of a module is
//! run for it, and what a file holds is shown as a live value is. A form that is of no value, as in a damaged file, or of
//! one that has no such text, is shown as it is.

mod calendar;

use std::time::Duration;

use hotmod::describe::{Builtin, Name, Type};

use self::calendar::{Clock, Day, Offset, SECOND, after_epoch, moved_text};
use super::value::LiveValue;

/// What values of a type of another crate are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Foreign {
    /// `uuid::Uuid`, by its bytes.
    Uuid,
    /// A date whose form is its text.
    DateText,
    /// A moment whose form is its text.
    MomentText,
    /// An address whose form is its text.
    Address,
    /// A moment by its text in UTC, and how many seconds east.
    MomentEast,
    /// How many seconds east.
    East,
    /// Seconds and nanoseconds.
    Length,
    /// A day of the week, from Monday, 0.
    Weekday,
    /// A month, from January, 1.
    Month,
    /// A date by its Julian day.
    JulianDay,
    /// Hours, minutes, seconds and nanoseconds.
    TimeOfDay,
    /// A date and a time.
    DateAndTime,
    /// A moment by its nanoseconds since the Unix epoch.
    Nanoseconds,
    /// The same, and its offset.
    NanosecondsEast,
    /// The key of a slot map: a place and a generation.
    SlotKey,
}

/// The types, by the names that descriptions have for them.
const TYPES: &[(&str, Foreign)] = &[
    ("uuid::Uuid", Foreign::Uuid),
    ("url::Url", Foreign::Address),
    ("chrono::NaiveDate", Foreign::DateText),
    ("chrono::DateTime.Utc", Foreign::MomentText),
    ("chrono::DateTime.FixedOffset", Foreign::MomentEast),
    ("chrono::FixedOffset", Foreign::East),
    ("chrono::TimeDelta", Foreign::Length),
    ("chrono::Weekday", Foreign::Weekday),
    ("chrono::Month", Foreign::Month),
    ("time::Date", Foreign::JulianDay),
    ("time::Time", Foreign::TimeOfDay),
    ("time::PrimitiveDateTime", Foreign::DateAndTime),
    ("time::UtcOffset", Foreign::East),
    ("time::UtcDateTime", Foreign::Nanoseconds),
    ("time::OffsetDateTime", Foreign::NanosecondsEast),
    ("time::Duration", Foreign::Length),
    ("slotmap::KeyData", Foreign::SlotKey),
    ("slotmap::DefaultKey", Foreign::SlotKey),
];

/// The form of a value of JSON, which is shown as that, and the name that it is called by.
const JSON: (&str, &str) = ("serde_json::Value.form", "serde_json::Value");

/// How an object of JSON is called.
const OBJECT: &str = "serde_json::Map";

/// What is carried over by a `Result`, and the names that its variants have.
const EITHER: (&str, Variants) = ("either::Either", [("Ok", "Right"), ("Err", "Left")]);

const WEEKDAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

impl Foreign {
    /// What values of a described type are, if they are not shown by their forms.
    pub fn of(ty: &Type) -> Option<Self> {
        let Name::Named(name) = &ty.name else {
            return None;
        };
        let mut types = TYPES.iter();
        types.find(|(it, _)| it == name).map(|(_, it)| *it)
    }

    /// The text that is shown of a value, by all of its form; `None` where that is shown instead.
    pub fn text(self, form: &LiveValue) -> Option<String> {
        match self {
            Foreign::DateText | Foreign::MomentText | Foreign::Address => match form {
                LiveValue::Text(text) => Some(text.clone()),
                _ => None,
            },
            Foreign::Uuid => uuid(form),
            Foreign::East => Some(Offset::of(number(form)?)?.to_string()),
            Foreign::MomentEast => {
                let [LiveValue::Text(utc), east] = items(form)? else {
                    return None;
                };
                moved_text(utc, Offset::of(number(east)?)?)
            }
            Foreign::Length => length(form),
            Foreign::Weekday => named(&WEEKDAYS, number(form)?),
            Foreign::Month => named(&MONTHS, number::<usize>(form)?.checked_sub(1)?),
            Foreign::JulianDay => Some(Day::of_julian(number(form)?)?.to_string()),
            Foreign::TimeOfDay => {
                let [hour, minute, second, nano] = items(form)? else {
                    return None;
                };
                let clock = Clock::of(
                    number(hour)?,
                    number(minute)?,
                    number(second)?,
                    number(nano)?,
                );
                Some(clock?.to_string())
            }
            Foreign::DateAndTime => match items(form)? {
                [LiveValue::Text(date), LiveValue::Text(time)] => Some(format!("{date}T{time}")),
                _ => None,
            },
            Foreign::Nanoseconds => Some(format!("{}Z", after_epoch(number(form)?)?)),
            Foreign::NanosecondsEast => {
                let [nanos, LiveValue::Text(offset)] = items(form)? else {
                    return None;
                };
                let offset = Offset::read(offset)?.of_moment()?;
                let nanos = number::<i128>(nanos)?;
                let east = i128::from(offset.seconds()) * i128::from(SECOND);
                Some(format!(
                    "{}{offset}",
                    after_epoch(nanos.checked_add(east)?)?
                ))
            }
            Foreign::SlotKey => {
                let [place, generation] = items(form)? else {
                    return None;
                };
                match number::<u32>(place)? {
                    u32::MAX => Some("null".to_owned()),
                    place => Some(format!("{place}v{}", number::<u32>(generation)?)),
                }
            }
        }
    }

    /// What a JSON Schema says of the texts, where it has a word for them.
    pub fn format(self) -> Option<&'static str> {
        match self {
            Foreign::Uuid => Some("uuid"),
            Foreign::Address => Some("uri"),
            Foreign::DateText | Foreign::JulianDay => Some("date"),
            Foreign::MomentText
            | Foreign::MomentEast
            | Foreign::Nanoseconds
            | Foreign::NanosecondsEast => Some("date-time"),
            _ => None,
        }
    }

    /// Whether a text may have a year that the words of a JSON Schema have no place for: it has a sign.
    pub fn may_have_any_year(self) -> bool {
        matches!(self.format(), Some("date" | "date-time"))
    }

    /// Whether its module may fail to say the form of a value.
    pub fn may_fail(self) -> bool {
        self != Foreign::Uuid
    }

    /// Whether the form itself is the text, which may be long.
    pub fn is_form(self) -> bool {
        matches!(
            self,
            Foreign::DateText | Foreign::MomentText | Foreign::Address
        )
    }

    /// Whether each value is shown as a text, and none by its form.
    pub fn is_always_text(self) -> bool {
        self == Foreign::Uuid || self.is_form()
    }
}

/// How the variants of the enum are called by which a described type is carried over: `either::Either` by a `Result`.
pub fn variants(ty: &Type) -> Option<&'static Variants> {
    matches!(&ty.name, Name::Named(name) if name == EITHER.0).then_some(&EITHER.1)
}

/// The names of variants, and as what each is shown.
pub type Variants = [(&'static str, &'static str); 2];

/// As what a variant is shown, where these are its names.
pub fn variant<'n>(names: Option<&Variants>, name: &'n str) -> &'n str {
    let mut names = names.into_iter().flatten();
    names.find(|(it, _)| *it == name).map_or(name, |(_, it)| it)
}

/// Whether a type is the form of a value of JSON: an enum, of which each variant is shown as what it holds.
pub fn is_json(ty: &Type) -> bool {
    matches!(&ty.name, Name::Named(name) if name == JSON.0)
}

/// Whether a type is the form of an object of JSON: a list of pairs, which is shown as a map.
pub fn is_object(ty: &Type) -> bool {
    let pair = match (ty.builtin(), ty.args.as_slice()) {
        (Some(Builtin::Vec), [pair]) => pair,
        _ => return false,
    };
    let is_pair = matches!(pair.builtin(), Some(Builtin::Tuple | Builtin::Tuple2));
    match pair.args.as_slice() {
        [key, value] => is_pair && key.builtin() == Some(Builtin::String) && is_json(value),
        _ => false,
    }
}

/// How a type is called where something of it is shown.
pub fn called(ty: &Type) -> String {
    match ty {
        ty if is_json(ty) => JSON.1.to_owned(),
        ty if is_object(ty) => OBJECT.to_owned(),
        ty => ty.to_string(),
    }
}

fn items(form: &LiveValue) -> Option<&[LiveValue]> {
    match form {
        LiveValue::List(items, 0) => Some(items),
        _ => None,
    }
}

fn number<T: TryFrom<i128> + TryFrom<u128>>(form: &LiveValue) -> Option<T> {
    match *form {
        LiveValue::Unsigned(number) => T::try_from(number).ok(),
        LiveValue::Signed(number) => T::try_from(number).ok(),
        _ => None,
    }
}

fn named(names: &[&str], place: usize) -> Option<String> {
    names.get(place).map(|name| (*name).to_owned())
}

/// In lower case, with hyphens.
fn uuid(form: &LiveValue) -> Option<String> {
    let bytes: Option<Vec<u8>> = items(form)?.iter().map(number).collect();
    let bytes: [u8; 16] = bytes?.try_into().ok()?;
    let mut text = String::with_capacity(36);
    for (place, byte) in bytes.iter().enumerate() {
        if let 4 | 6 | 8 | 10 = place {
            text.push('-');
        }
        for digit in [byte >> 4, byte & 15] {
            text.push(char::from_digit(digit.into(), 16)?);
        }
    }
    Some(text)
}

/// As that of the standard library is shown, with a sign before one that is negative.
fn length(form: &LiveValue) -> Option<String> {
    let [seconds, nanos] = items(form)? else {
        return None;
    };
    let (seconds, nanos) = (number::<i64>(seconds)?, number::<i32>(nanos)?);
    let is_one = nanos.unsigned_abs() < SECOND.unsigned_abs() as u32
        && (seconds >= 0 && nanos >= 0 || seconds <= 0 && nanos <= 0);
    let sign = if seconds < 0 || nanos < 0 { "-" } else { "" };
    let length = is_one.then(|| Duration::new(seconds.unsigned_abs(), nanos.unsigned_abs()))?;
    Some(format!("{sign}{length:?}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list<const N: usize>(items: [i128; N]) -> LiveValue {
        LiveValue::List(items.map(LiveValue::Signed).to_vec(), 0)
    }

    fn text(text: &str) -> LiveValue {
        LiveValue::Text(text.to_owned())
    }

    fn pair(a: LiveValue, b: LiveValue) -> LiveValue {
        LiveValue::List(vec![a, b], 0)
    }

    #[test]
    fn forms_are_shown_as_a_person_would_write_them() {
        use Foreign::*;
        let signed = LiveValue::Signed;
        for (kind, form, shown) in [
            (
                Uuid,
                list([
                    0x55, 0x0e, 0x84, 0, 0xe2, 0x9b, 0x41, 0xd4, 0xa7, 0x16, 0x44, 0x66, 0x55,
                    0x44, 0, 0,
                ]),
                "550e8400-e29b-41d4-a716-446655440000",
            ),
            (East, signed(5400), "+01:30"),
            (East, signed(-5415), "-01:30:15"),
            (
                MomentEast,
                pair(text("2023-12-31T22:45:60.500Z"), signed(5400)),
                "2024-01-01T00:15:60.500+01:30",
            ),
            (
                MomentEast,
                pair(text("-0001-01-01T00:00:00Z"), signed(-60)),
                "-0002-12-31T23:59:00-00:01",
            ),
            (Length, list([-1, -500_000_000]), "-1.5s"),
            (Length, list([0, 2_000_000]), "2ms"),
            (Length, list([i64::MIN.into(), 0]), "-9223372036854775808s"),
            (Weekday, signed(6), "Sun"),
            (Month, signed(12), "December"),
            (JulianDay, signed(2_440_588), "1970-01-01"),
            (JulianDay, signed(2_461_374), "2026-11-29"),
            (JulianDay, signed(1_705_063), "-0044-03-15"),
            (TimeOfDay, list([7, 30, 0, 1]), "07:30:00.000000001"),
            (TimeOfDay, list([7, 30, 0, 0]), "07:30:00"),
            (
                DateAndTime,
                pair(text("2026-11-29"), text("07:30:00")),
                "2026-11-29T07:30:00",
            ),
            (
                Nanoseconds,
                signed(1_700_000_000_123_456_789),
                "2023-11-14T22:13:20.123456789Z",
            ),
            (Nanoseconds, signed(-1), "1969-12-31T23:59:59.999999999Z"),
            (
                NanosecondsEast,
                pair(signed(1_700_000_000_000_000_000), text("+01:30")),
                "2023-11-14T23:43:20+01:30",
            ),
            (SlotKey, list([2, 3]), "2v3"),
            (SlotKey, list([u32::MAX.into(), 1]), "null"),
        ] {
            assert_eq!(kind.text(&form).as_deref(), Some(shown), "{kind:?} {form}");
        }
    }

    #[test]
    fn a_form_that_is_of_no_value_is_shown_as_it_is() {
        let numbers = [
            i128::MIN,
            i64::MIN.into(),
            -1,
            99,
            i64::MAX.into(),
            i128::MAX,
        ];
        let mut forms = vec![
            LiveValue::Null,
            text(""),
            text("-"),
            text("9999-99-99T99:99:99Z"),
            list([]),
            LiveValue::List(Vec::new(), 16),
            pair(text("2023-13-01T00:00:00Z"), LiveValue::Signed(0)),
            pair(text("2023-02-29T00:00:00Z"), LiveValue::Signed(0)),
            pair(text("2023-02-28T24:00:00Z"), LiveValue::Signed(0)),
            pair(text("2023-02-28T00:00:0éZ"), LiveValue::Signed(0)),
            pair(
                text("999999999999999999999-01-01T00:00:00Z"),
                LiveValue::Signed(0),
            ),
            pair(text("2023-02-28T00:00:00Z"), LiveValue::Signed(5415)),
            pair(LiveValue::Signed(0), text("+01:30:15")),
            pair(LiveValue::Signed(0), text("+25:30")),
            pair(LiveValue::Signed(0), text("+é")),
            list([1, -1]),
        ];
        for a in numbers {
            forms.push(LiveValue::Signed(a));
            forms.push(pair(LiveValue::Signed(a), text("+01:30")));
            forms.push(list([a; 4]));
            forms.push(list([a; 16]));
            forms.extend(numbers.map(|b| list([a, b])));
        }
        for (name, kind) in TYPES.iter().filter(|(_, kind)| !kind.is_always_text()) {
            for form in &forms {
                // None of them makes it fail; a few are values.
                let shown = kind.text(form);
                let is_value = match kind {
                    Foreign::Length => {
                        matches!(form, LiveValue::List(parts, 0) if parts.len() == 2)
                    }
                    Foreign::SlotKey => true,
                    Foreign::East => matches!(form, LiveValue::Signed(-1 | 99)),
                    Foreign::JulianDay => matches!(form, LiveValue::Signed(-1 | 99)),
                    Foreign::Nanoseconds | Foreign::NanosecondsEast => true,
                    _ => false,
                };
                assert!(shown.is_none() || is_value, "{name}: {form} {shown:?}");
            }
        }
        for bytes in [-1, 256] {
            assert_eq!(Foreign::Uuid.text(&list([bytes; 16])), None);
        }
        assert_eq!(Foreign::Uuid.text(&list([1; 15])), None);
    }
}
