//! What a value that was lent to be changed becomes, worked out from the changes alone.

use super::change::{Change, Shapes, Source};
use super::reference::Reference;
use super::shape::{Shape, Ty, Value};

/// A change, with the older type and the newer one.
type Changed<'c> = (&'c Change, &'c Ty, &'c Ty);

/// What the caller's value becomes where the function has left another value of its own type. `back`: the caller is
/// the older side. What does not fit leaves the caller's part as it was, and is noted in `unfit`.
pub(crate) fn merge(
    reference: &Reference<'_>,
    changed: Changed<'_>,
    (before, left): (&Value, &Value),
    path: &str,
    back: bool,
    unfit: &mut Vec<String>,
) -> Value {
    match (changed, before, left) {
        (
            (Change::Tuple(changes), Ty::Tuple(was), Ty::Tuple(now)),
            Value::Tuple(before),
            Value::Tuple(left),
        ) => {
            let merged = changes.iter().enumerate().map(|(i, change)| {
                let changed = (change, &was[i], &now[i]);
                let values = (&before[i], &left[i]);
                let path = format!("{path}.{i}");
                merge(reference, changed, values, &path, back, unfit)
            });
            Value::Tuple(merged.collect())
        }
        // What is in a box is converted as a whole.
        (
            (Change::Named(place), Ty::Named(_), Ty::Named(_)),
            Value::Struct(before),
            Value::Struct(left),
        ) => {
            let pair = &reference.pairs[*place];
            let (Shapes::Struct(fields), Shape::Struct(was), Shape::Struct(now)) =
                (&pair.shapes, &pair.was.shape, &pair.now.shape)
            else {
                unreachable!("a struct on both sides");
            };
            let merged = before.iter().enumerate().map(|(place, (name, value))| {
                // The field of the function's that this one is, and what became of it.
                let mut sources = fields.sources.iter().enumerate();
                let other = match back {
                    true => sources.find_map(|(to, source)| match source {
                        Source::From(from, change) if *from == place => {
                            let changed = (change, &was[place].ty, &now[to].ty);
                            Some((&now[to].name, changed))
                        }
                        _ => None,
                    }),
                    false => match &fields.sources[place] {
                        Source::From(from, change) => {
                            let changed = (change, &was[*from].ty, &now[place].ty);
                            Some((&was[*from].name, changed))
                        }
                        Source::Made(_) => None,
                    },
                };
                let Some((other, changed)) = other else {
                    return (name.clone(), value.clone());
                };
                let left = left.iter().find(|(name, _)| name == other);
                let left = &left.expect("a field of the function's type").1;
                let path = format!("{path}.{name}");
                let merged = merge(reference, changed, (value, left), &path, back, unfit);
                (name.clone(), merged)
            });
            Value::Struct(merged.collect())
        }
        _ => {
            let mut way_back = Reference::of_calls(reference.pairs);
            let taken = way_back.take(changed.0, left, path, back);
            match way_back.unfit.is_empty() {
                true => taken,
                false => {
                    unfit.append(&mut way_back.unfit);
                    before.clone()
                }
            }
        }
    }
}
