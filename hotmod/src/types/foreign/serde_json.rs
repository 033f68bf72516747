//! `serde_json`: values as a described enum. Their text would not do: a number may be read as its neighbour.

use serde_json::{Map, Number, Value};

use super::{Carried, Moved};

/// A value of JSON.
#[allow(unnameable_types, reason = "values of it are only on their way")]
#[derive(Clone, hotmod_macros::StableState)]
#[state(id = "serde_json::Value.form")]
pub enum Json {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number that is not negative.
    Unsigned(u64),
    /// A negative number.
    Signed(i64),
    /// A number with a fraction.
    Float(f64),
    /// A number that none of these is, which the feature `arbitrary_precision` makes.
    Number(String),
    /// A text.
    Text(String),
    /// `[…]`
    List(Vec<Json>),
    /// `{…}`, in its order.
    Object(Vec<(String, Json)>),
}

/// How many lists and objects may stand in each other. Each takes some of the stack of the thread that converts them, which
/// may have little left; and `serde_json` reads no more than half as many.
const DEEPEST: usize = 256;

/// Refuses what would take more of the stack than there may be.
fn deeper(depth: usize) -> Result<usize, String> {
    match depth.checked_sub(1) {
        Some(left) => Ok(left),
        None => Err(format!(
            "more than {DEEPEST} lists and objects stand in each other"
        )),
    }
}

impl Json {
    fn number(number: &Number) -> Json {
        let exact = |other: Option<Number>| other.as_ref() == Some(number);
        match (number.as_u64(), number.as_i64(), number.as_f64()) {
            (Some(it), ..) if exact(Some(it.into())) => Json::Unsigned(it),
            (_, Some(it), _) if exact(Some(it.into())) => Json::Signed(it),
            (.., Some(it)) if exact(Number::from_f64(it)) => Json::Float(it),
            _ => Json::Number(number.to_string()),
        }
    }

    /// With so many lists and objects in each other at most.
    fn of(value: &Value, depth: usize) -> Result<Json, String> {
        Ok(match value {
            Value::Null => Json::Null,
            Value::Bool(it) => Json::Bool(*it),
            Value::Number(it) => Json::number(it),
            Value::String(it) => Json::Text(it.clone()),
            Value::Array(items) => {
                let depth = deeper(depth)?;
                let items = items.iter().map(|it| Json::of(it, depth));
                Json::List(items.collect::<Result<_, _>>()?)
            }
            Value::Object(items) => Json::Object(entries(items, deeper(depth)?)?),
        })
    }

    fn value(self, depth: usize) -> Result<Value, String> {
        Ok(match self {
            Json::Null => Value::Null,
            Json::Bool(it) => it.into(),
            Json::Unsigned(it) => it.into(),
            Json::Signed(it) => it.into(),
            Json::Float(it) => Number::from_f64(it)
                .ok_or_else(|| format!("{it} is no number of JSON"))?
                .into(),
            Json::Number(it) => {
                let number: Number = it
                    .parse()
                    .map_err(|error| format!("{it:?} is no number of JSON: {error}"))?;
                // Without that feature the nearest is read, which is another one.
                if decimal(&number.to_string()) != decimal(&it) {
                    return Err(format!(
                        "{it} has more digits than a number of `serde_json` without its feature `arbitrary_precision`"
                    ));
                }
                number.into()
            }
            Json::Text(it) => it.into(),
            Json::List(items) => {
                let depth = deeper(depth)?;
                let items = items.into_iter().map(|it| it.value(depth));
                Value::Array(items.collect::<Result<_, _>>()?)
            }
            Json::Object(items) => object(items, deeper(depth)?)?.into(),
        })
    }
}

/// What number a text of JSON is: whether it is negative, its digits without zeros around them, and the power of ten that
/// the last of them counts.
fn decimal(text: &str) -> (bool, String, Option<i64>) {
    let (is_negative, text) = match text.strip_prefix('-') {
        Some(text) => (true, text),
        None => (false, text),
    };
    let (digits, power) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let all = format!("{whole}{fraction}");
    let digits = all.trim_end_matches('0');
    let power = power.parse::<i64>().ok();
    let power = power.and_then(|it| {
        let zeros = i64::try_from(all.len() - digits.len()).ok()?;
        it.checked_sub(i64::try_from(fraction.len()).ok()?)?
            .checked_add(zeros)
    });
    let digits = digits.trim_start_matches('0');
    match digits.is_empty() {
        true => (is_negative, String::new(), Some(0)),
        false => (is_negative, digits.to_owned(), power),
    }
}

fn entries(items: &Map<String, Value>, depth: usize) -> Result<Vec<(String, Json)>, String> {
    items
        .iter()
        .map(|(name, value)| Ok((name.clone(), Json::of(value, depth)?)))
        .collect()
}

fn object(items: Vec<(String, Json)>, depth: usize) -> Result<Map<String, Value>, String> {
    items
        .into_iter()
        .map(|(name, value)| Ok((name, value.value(depth)?)))
        .collect()
}

impl Carried for Value {
    const NAME: &'static str = "serde_json::Value";
    type Parameters = ();
    type Form = Json;
    // SAFETY: it is numbers, texts, lists and maps, which hash by `RandomState` if at all.
    const MOVED: Moved = unsafe { Moved::where_unchanged::<Value>() };

    fn to_form(&self) -> Result<Json, String> {
        Json::of(self, DEEPEST)
    }

    fn from_form(form: Json) -> Result<Self, String> {
        form.value(DEEPEST)
    }
}

impl Carried for Map<String, Value> {
    const NAME: &'static str = "serde_json::Map";
    type Parameters = ();
    type Form = Vec<(String, Json)>;
    // SAFETY: as for values.
    const MOVED: Moved = unsafe { Moved::where_unchanged::<Map<String, Value>>() };

    fn to_form(&self) -> Result<Self::Form, String> {
        entries(self, DEEPEST)
    }

    fn from_form(form: Self::Form) -> Result<Self, String> {
        object(form, DEEPEST)
    }
}

impl Carried for Number {
    const NAME: &'static str = "serde_json::Number";
    type Parameters = ();
    type Form = Json;
    // SAFETY: it is a number or a text.
    const MOVED: Moved = unsafe { Moved::where_unchanged::<Number>() };

    fn to_form(&self) -> Result<Json, String> {
        Ok(Json::number(self))
    }

    fn from_form(form: Json) -> Result<Self, String> {
        match form.value(DEEPEST)? {
            Value::Number(number) => Ok(number),
            other => Err(format!("{other} is no number")),
        }
    }
}

carried! {
    [] Value;
    [] Map<String, Value>;
    [] Number;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_deep_is_told_and_ends_no_process() {
        let nested = |depth| (0..depth).fold(Value::Null, |inner, _| Value::Array(vec![inner]));
        let fits = nested(DEEPEST);
        let form = fits.to_form().expect("a form");
        assert_eq!(Value::from_form(form).expect("a value"), fits);
        assert!(nested(DEEPEST + 1).to_form().is_err());
        let mut form = nested(DEEPEST).to_form().expect("a form");
        form = Json::List(vec![form]);
        assert!(Value::from_form(form).is_err());
    }

    #[test]
    fn a_number_that_could_not_be_kept_is_told() {
        let exact = ["0.10", "-1.50e1", "1E2", "-0.0", "123456789012345678"];
        for text in exact {
            let kept = Json::Number(text.to_owned()).value(0);
            assert!(kept.is_ok(), "{text}: {kept:?}");
        }
        for text in ["123456789012345678901234567890", "0.10000000000000000001"] {
            let kept = Json::Number(text.to_owned()).value(0);
            let is_exact = kept.as_ref().is_ok_and(|it| it.to_string() == text);
            assert!(kept.is_err() || is_exact, "{text}: {kept:?}");
        }
    }
}
