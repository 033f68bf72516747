//! What becomes of a value, worked out from the changes alone: slow, and in no way as a plan does it.

use super::change::{Change, Fields, Function, Pair, Shapes, Source, is_other_variant};
use super::shape::{INTEGERS, Shape, Ty, Value, sorted, sorted_map};

/// Takes values on or back, and notes the paths of those that do not fit.
pub(crate) struct Reference<'a> {
    pub(crate) pairs: &'a [Pair],
    /// The paths that do not fit, with `[]` for the items of any container.
    pub(crate) unfit: Vec<String>,
    /// Whether the values are those of calls: only there, a variant may stand for others.
    of_calls: bool,
}

impl<'a> Reference<'a> {
    pub(crate) fn new(pairs: &'a [Pair]) -> Self {
        Reference {
            pairs,
            unfit: Vec::new(),
            of_calls: false,
        }
    }

    /// The same, for values of calls.
    pub(crate) fn of_calls(pairs: &'a [Pair]) -> Self {
        Reference {
            of_calls: true,
            ..Reference::new(pairs)
        }
    }

    fn misfit(&mut self, path: &str) -> Value {
        self.unfit.push(path.to_owned());
        Value::None
    }

    /// The new value of an old one, or with `back` the old one of a new one.
    pub(crate) fn take(&mut self, change: &Change, value: &Value, path: &str, back: bool) -> Value {
        let boxed = |value| Box::new(value);
        match (change, value) {
            (Change::Same, value) => value.clone(),
            // What is shared goes on being shared.
            (Change::Named(_), Value::Again(value)) => {
                Value::Again(boxed(self.take(change, value, path, back)))
            }
            (Change::Number(was, now), value) => {
                let to = if back { was } else { now };
                number(value, to).unwrap_or_else(|| self.misfit(path))
            }
            (Change::Wrap(change), value) if !back => {
                Value::Some(boxed(self.take(change, value, path, back)))
            }
            (Change::Unwrap(change), value) if back => {
                Value::Some(boxed(self.take(change, value, path, back)))
            }
            (Change::Wrap(change) | Change::Unwrap(change), Value::Some(value)) => {
                self.take(change, value, path, back)
            }
            (Change::Wrap(_) | Change::Unwrap(_), _) => self.misfit(path),
            (Change::Option(_), Value::None) => Value::None,
            (Change::Option(change), Value::Some(value)) => {
                Value::Some(boxed(self.take(change, value, &format!("{path}?"), back)))
            }
            (Change::Result(change, _), Value::Ok(value)) => {
                Value::Ok(boxed(self.take(change, value, &format!("{path}?"), back)))
            }
            (Change::Result(_, change), Value::Err(value)) => Value::Err(boxed(self.take(
                change,
                value,
                &format!("{path}?err"),
                back,
            ))),
            (Change::List(change), Value::List(items)) => {
                Value::List(self.items(change, items, path, back))
            }
            (Change::Bag(change), Value::List(items)) => {
                let items = self.items(change, items, path, back);
                // Items that do not fit are noted, and cannot be compared.
                if self.unfit.is_empty() {
                    sorted(items)
                } else {
                    Value::None
                }
            }
            (Change::Map(first, second), Value::Map(items)) => {
                let path = format!("{path}[]");
                let mut taken = Vec::new();
                for (key, value) in items {
                    let key = self.take(first, key, &path, back);
                    taken.push((key, self.take(second, value, &path, back)));
                }
                if self.unfit.is_empty() {
                    sorted_map(taken)
                } else {
                    Value::None
                }
            }
            (Change::Tuple(changes), Value::Tuple(items)) => {
                let all = changes.iter().zip(items).enumerate();
                let taken = all.map(|(i, (change, item))| {
                    self.take(change, item, &format!("{path}.{i}"), back)
                });
                Value::Tuple(taken.collect())
            }
            (Change::Array(change, len, (more, fill)), Value::List(items)) => {
                let mut taken = self.items(change, &items[..*len], path, back);
                if !back {
                    taken.extend(std::iter::repeat_n(fill.clone(), *more));
                }
                Value::List(taken)
            }
            (Change::Named(place), value) => {
                let pair = &self.pairs[*place];
                match (pair.hook.is_some(), value) {
                    (true, Value::Struct(fields)) => self.hooked(fields, path, back),
                    _ => self.described(pair, value, path, back),
                }
            }
            (Change::By(function), value) if !back => {
                function.of(value).unwrap_or_else(|| self.misfit(path))
            }
            (change, value) => unreachable!("{value} is not of a type that became so: {change:?}"),
        }
    }

    /// A value of a newer type that the newer side makes for a parameter of its own: it passes as any argument does,
    /// so what is not carried over is made anew.
    pub(crate) fn passed_to_itself(&self, ty: &Ty, value: &Value) -> Value {
        let boxed = |ty, value| Box::new(self.passed_to_itself(ty, value));
        match (ty, value) {
            (Ty::Option(ty), Value::Some(value)) => Value::Some(boxed(ty, value)),
            (Ty::Result(ty, _), Value::Ok(value)) => Value::Ok(boxed(ty, value)),
            (Ty::Result(_, ty), Value::Err(value)) => Value::Err(boxed(ty, value)),
            (Ty::List(_, ty), Value::List(items)) => {
                let items = items.iter().map(|it| self.passed_to_itself(ty, it));
                Value::List(items.collect())
            }
            (Ty::Tuple(all), Value::Tuple(items)) => {
                let items = all.iter().zip(items);
                let items = items.map(|(ty, it)| self.passed_to_itself(ty, it));
                Value::Tuple(items.collect())
            }
            (Ty::Named(place), Value::Struct(fields)) if self.pairs[*place].hook.is_none() => {
                let pair = &self.pairs[*place];
                let (Shape::Struct(now), Shapes::Struct(step)) = (&pair.now.shape, &pair.shapes)
                else {
                    unreachable!("a struct on both sides");
                };
                let fields = fields.iter().zip(now).zip(&step.sources);
                let fields = fields.map(|(((name, value), field), source)| {
                    let is_skip = field.attributes.iter().any(|it| it == "skip");
                    let value = match source {
                        Source::Made(anew) if is_skip => anew.clone(),
                        _ => self.passed_to_itself(&field.ty, value),
                    };
                    (name.clone(), value)
                });
                Value::Struct(fields.collect())
            }
            // Nothing else may hold what is not carried over.
            (_, value) => value.clone(),
        }
    }

    fn items(&mut self, change: &Change, items: &[Value], path: &str, back: bool) -> Vec<Value> {
        let path = format!("{path}[]");
        let items = items.iter();
        items
            .map(|item| self.take(change, item, &path, back))
            .collect()
    }

    /// What functions of the author's make of all of a struct.
    fn hooked(&mut self, fields: &[(String, Value)], path: &str, back: bool) -> Value {
        let [name, (_, second)] = fields else {
            unreachable!("a name and an amount");
        };
        let (second, made) = match back {
            false => ("cents", Function::Parsed.of(second)),
            true => ("amount", Function::Decimal.of(second)),
        };
        let Some(made) = made else {
            return self.misfit(path);
        };
        Value::Struct(vec![name.clone(), (second.to_owned(), made)])
    }

    fn described(&mut self, pair: &'a Pair, value: &Value, path: &str, back: bool) -> Value {
        let (from, to) = match back {
            false => (&pair.was.shape, &pair.now.shape),
            true => (&pair.now.shape, &pair.was.shape),
        };
        match (&pair.shapes, from, to, value) {
            (Shapes::Struct(step), _, Shape::Struct(to), Value::Struct(fields)) => {
                let names: Vec<&String> = to.iter().map(|field| &field.name).collect();
                Value::Struct(self.fields(step, &names, fields, path, back))
            }
            (
                Shapes::Enum(steps),
                Shape::Enum(from),
                Shape::Enum(to),
                Value::Variant(name, fields),
            ) => {
                let is = from.iter().position(|variant| variant.name == *name);
                let is = is.expect("a variant of the type");
                let step = match back {
                    false => steps[is].as_ref().map(|(to, step)| (*to, step)),
                    true => steps.iter().enumerate().find_map(|(was, step)| match step {
                        Some((now, step)) if *now == is && !replaces(pair, was) => {
                            Some((was, step))
                        }
                        _ => None,
                    }),
                };
                let Some((at, step)) = step else {
                    let mut others = to.iter().filter(|_| self.of_calls);
                    return match others.find(|it| is_other_variant(it)) {
                        Some(other) => {
                            let holds = other.fields.iter();
                            let holds =
                                holds.map(|it| (it.name.clone(), Value::Text(name.clone())));
                            Value::Variant(other.name.clone(), holds.collect())
                        }
                        None => self.misfit(path),
                    };
                };
                let to = &to[at];
                let names: Vec<&String> = to.fields.iter().map(|field| &field.name).collect();
                let path = format!("{path}::{name}");
                let taken = self.fields(step, &names, fields, &path, back);
                Value::Variant(to.name.clone(), taken)
            }
            _ => unreachable!("{value} is no value of {}", pair.was.name),
        }
    }

    fn fields(
        &mut self,
        step: &Fields,
        names: &[&String],
        from: &[(String, Value)],
        path: &str,
        back: bool,
    ) -> Vec<(String, Value)> {
        let mut taken = Vec::new();
        for (place, name) in names.iter().enumerate() {
            let path = format!("{path}.{name}");
            let source = match back {
                false => step.sources.get(place).map(|source| (place, source)),
                true => (step.sources.iter().enumerate()).find(|(_, source)| match source {
                    Source::From(was, _) => *was == place,
                    Source::Made(_) => false,
                }),
            };
            let gone = step.gone.iter().find(|(was, _)| *was == place);
            let value = match (source, back) {
                (Some((_, Source::From(was, change))), false) => {
                    self.take(change, &from[*was].1, &path, back)
                }
                (Some((now, Source::From(_, change))), true) => {
                    self.take(change, &from[now].1, &path, back)
                }
                (Some((_, Source::Made(value))), _) => value.clone(),
                (None, _) => gone.expect("what is gone has a value").1.clone(),
            };
            taken.push(((*name).clone(), value));
        }
        taken
    }
}

/// Whether an old variant has become one that was another before.
fn replaces(pair: &Pair, was: usize) -> bool {
    let Shape::Enum(variants) = &pair.was.shape else {
        return false;
    };
    let removed = format!("removed_variant({} =>", variants[was].name);
    pair.now
        .attributes
        .iter()
        .any(|attribute| attribute.starts_with(&removed))
}

/// The number of another type that is equal, if there is one.
fn number(value: &Value, to: &Ty) -> Option<Value> {
    let equal = match (value, to) {
        (Value::Int(value), Ty::Int(place)) => {
            let (_, least, greatest) = INTEGERS[*place];
            (least..=greatest)
                .contains(value)
                .then_some(Value::Int(*value))?
        }
        (Value::Int(value), Ty::Single) => Value::Single(*value as f32),
        (Value::Int(value), Ty::Double) => Value::Double(*value as f64),
        (Value::Single(value), Ty::Int(_)) => {
            return number(&Value::Double(f64::from(*value)), to);
        }
        (Value::Double(value), Ty::Int(_)) => {
            let whole = value.fract() == 0.0 && value.abs() < BEYOND;
            return number(&Value::Int(whole.then_some(*value as i128)?), to);
        }
        (Value::Single(value), Ty::Double) => Value::Double(f64::from(*value)),
        (Value::Double(value), Ty::Single) => Value::Single(*value as f32),
        _ => unreachable!("{value} is to be a number"),
    };
    let whole = |float: f64, integer: i128| float < BEYOND && float as i128 == integer;
    let same = match (value, &equal) {
        (Value::Int(a), Value::Single(b)) => whole(f64::from(*b), *a),
        (Value::Int(a), Value::Double(b)) => whole(*b, *a),
        (Value::Double(a), Value::Single(b)) => f64::from(*b) == *a,
        _ => true,
    };
    same.then_some(equal)
}

/// The least float above all integers of the tests.
const BEYOND: f64 = (1_u128 << 127) as f64;
