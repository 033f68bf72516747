//! Which values can be converted where a reference to them is passed: the function sees a value of its own
//! type that is gone when the call ends, whose unchanged parts are copies of the caller's bytes.
//!
//! So what could be changed through a shared reference must not stand in such bytes: the change would be
//! made to a copy. And an owner of a shared item must not be made anew: it would own another item.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::PoisonError;

use hotmod::describe::{Builtin, Described, Description, Field, Shape, Type};

use super::known::Known;
use super::model::{ConversionBody, FieldSteps, Plan, Source, Step, VariantStep};
use crate::deep::deeper;

/// Whether a value of a type can be lent as what it becomes by a step of the plan; else why not.
pub(super) fn lendable(
    (was, plan): (&Known<'_>, &Plan),
    step: &Step,
    ty: &Type,
    seen: &mut BTreeSet<usize>,
) -> Result<(), String> {
    let of = (was, plan);
    let mut inner = |step: &Step, i: usize| match ty.args.get(i) {
        Some(arg) => deeper(|| lendable(of, step, arg, seen)),
        None => Err(unknown(ty)),
    };
    match step {
        Step::Move => match cell(was, ty) {
            Some(cell) => Err(cell),
            None => Ok(()),
        },
        Step::Number { .. } | Step::Bytes => match ty.builtin().is_some_and(Builtin::is_cell) {
            true => Err(changeable(ty)),
            false => Ok(()),
        },
        Step::Wrap(step) | Step::Enclose(step) => lendable(of, step, ty, seen),
        Step::Unwrap(step) | Step::Disclose(step) | Step::Range(step) | Step::Array(step) => {
            inner(step, 0)
        }
        Step::Pointer(step) => match ty.builtin().is_some_and(Builtin::is_cell) {
            true => Err(changeable(ty)),
            false => inner(step, 0),
        },
        Step::Tuple(steps) => {
            let mut all = steps.iter().enumerate();
            all.try_for_each(|(i, step)| inner(step, i))
        }
        // The items of a `Box<[T]>` are those of the slice.
        Step::Collection(steps) => {
            let mut all = steps.iter().zip(ty.items());
            all.try_for_each(|(step, item)| lendable(of, step, item, seen))
        }
        Step::Variants(variants) => match ty.builtin().is_some_and(Builtin::is_cell) {
            true => Err(changeable(ty)),
            false => variants
                .iter()
                .enumerate()
                .flat_map(|(i, variant)| variant.fields.sources.iter().map(move |it| (i, it)))
                .try_for_each(|(i, source)| match source {
                    Source::Field { step, .. } => inner(step, i.min(ty.args.len().max(1) - 1)),
                    _ => Ok(()),
                }),
        },
        Step::Shared(_) | Step::Weak(_) => {
            Err(format!("a reference to a `{ty}` whose item is converted"))
        }
        Step::Serde
        | Step::As(_)
        | Step::Into(_)
        | Step::Same
        | Step::Form(_)
        | Step::Formed(_) => Err(unknown(ty)),
        Step::Convert(place) => {
            if !seen.insert(*place) {
                return Ok(());
            }
            let (Some(described), Some(conversion)) =
                (was.description.types.get(ty), plan.conversions.get(*place))
            else {
                return Err(unknown(ty));
            };
            match (&conversion.body, &described.shape) {
                (ConversionBody::Struct(steps), Shape::Struct(fields)) => {
                    lent_fields(of, steps, fields, seen)
                }
                (ConversionBody::Enum(steps), Shape::Enum { variants, .. }) => {
                    let mut all = steps.iter().zip(variants);
                    all.try_for_each(|(step, variant)| match step {
                        Some(VariantStep { fields, .. }) => {
                            lent_fields(of, fields, &variant.fields, seen)
                        }
                        None => Ok(()),
                    })
                }
                _ => Err(unknown(ty)),
            }
        }
    }
}

fn lent_fields(
    of: (&Known<'_>, &Plan),
    steps: &FieldSteps,
    fields: &[Field],
    seen: &mut BTreeSet<usize>,
) -> Result<(), String> {
    steps.sources.iter().try_for_each(|source| match source {
        Source::Field { place, step } => match fields.get(*place) {
            Some(field) => deeper(|| lendable(of, step, &field.ty, seen)),
            None => Err("a field that is not described".to_owned()),
        },
        _ => Ok(()),
    })
}

/// What in a value's own bytes, not behind a pointer, may be changed through a shared reference to it.
fn cell(known: &Known<'_>, ty: &Type) -> Option<String> {
    fn within(
        description: &Description,
        ty: &Type,
        seen: &mut BTreeMap<Type, Option<String>>,
    ) -> Option<String> {
        use Builtin::*;
        if ty.opaque().is_some() {
            return Some(format!("one in which the opaque `{ty}` may be changed"));
        }
        match ty.builtin() {
            Some(builtin) if builtin.is_cell() => Some(changeable(ty)),
            Some(builtin) if builtin.is_carried() => Some(unknown(ty)),
            // The items are behind a pointer. The hasher is not.
            Some(builtin @ (HashMap | HashSet)) => {
                let mut rest = ty.args.iter().skip(builtin.arity().unwrap_or_default());
                rest.find_map(|arg| within(description, arg, seen))
            }
            // What these hold is behind a pointer.
            Some(
                Box | RBox | Vec | RVec | VecDeque | LinkedList | BinaryHeap | BTreeSet | BTreeMap
                | RHashMap | Entries | Elements | Arc | RArc | Rc | Weak | RcWeak | PhantomData,
            ) => None,
            _ if ty.is_named() => {
                if let Some(known) = seen.get(ty) {
                    return known.clone();
                }
                let Some(described): std::option::Option<&Described> = description.types.get(ty)
                else {
                    return Some(unknown(ty));
                };
                seen.insert(ty.clone(), None);
                let mut fields = described.fields();
                let found =
                    fields.find_map(|field| deeper(|| within(description, &field.ty, seen)));
                if found.is_some() {
                    seen.insert(ty.clone(), found.clone());
                }
                found
            }
            _ => ty
                .args
                .iter()
                .find_map(|arg| within(description, arg, seen)),
        }
    }
    // Shared by all plans: each type is looked through once.
    let mut seen = known.cells.lock().unwrap_or_else(PoisonError::into_inner);
    within(known.description, ty, &mut seen)
}

fn changeable(ty: &Type) -> String {
    format!("one in which a `{ty}` may be changed")
}

fn unknown(ty: &Type) -> String {
    format!("one that holds a `{ty}`")
}
