//! A call between two sides of which one is taken for the newer one: what it passes is planned for, or refused.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use hotmod::describe::{Description, Difference, Rule, Type};

use super::both_sides::BothSides;
use super::call_costs::PathCosts;
use super::call_plan::{CallPlan, Converted, Passed};
use super::forms::{cross_alike, crossing, reference};
use super::origins::{Origins, origins};
use super::sides::{Handed, Lending, Side, Value, handed};
use super::told::{
    NotCalled, is_of_no_field, on_the_way_back, passed, refused, renamed, told, unknown_variants,
};
use crate::plan::cost::{PassedValue, costs_of_values};
use crate::plan::lent;
use crate::plan::merged::{Merge, Merger, NotMerged};
use crate::plan::model::{Cost, Plan, Step, Way};
use crate::plan::planner::{Planned, values};

const PLACES: &str = "the function may let its items change places, and what it does not know of them would then belong \
                      to the wrong ones: pass a `Vec` and return it, or let both sides know all of the type";
const FORMS: &str =
    "the two cross in different forms: keep the one that it was, or let a type of your own hold it";
const WITHIN: &str = "a reference within another value is not converted: pass it as a parameter of its own, or pass \
                      the value that it leads to";
const ALIKE: &str = "the function may put the one in the place of the other, and what it does not know of them would \
                     then belong to the wrong one: pass them by value and return them, or let both sides know all \
                     of the type";

/// What a call between two sides is planned by.
#[derive(Clone, Copy)]
pub(super) struct Terms {
    /// Whether the caller may know its arguments by their places alone.
    pub(super) by_place: bool,
    /// Whether the result goes back between the same ages; otherwise, the older side of the arguments is taken for the
    /// newer one of the result.
    pub(super) goes_back_alike: bool,
    /// Whether the costs are asked for.
    pub(super) notes_costs: bool,
}

/// A call that can be made if the one of the two sides is the newer one.
pub(super) struct PlannedCall {
    pub(super) plan: CallPlan,
    pub(super) costs: PathCosts,
    /// How many names the newer side says were others, which the older side has.
    pub(super) renamed: usize,
}

impl PlannedCall {
    /// How many variants of what is passed the receiver does not know.
    pub(super) fn unknown(&self) -> usize {
        unknown_variants(&self.plan.differences)
    }
}

/// How the caller calls the other side's function; one of the two is taken for the newer one.
pub(super) fn between(
    sides: &BothSides<'_>,
    path: &str,
    (caller, callee): (Side<'_>, Side<'_>),
    terms: Terms,
) -> Result<PlannedCall, NotCalled> {
    let mut found = Vec::new();
    let mut renamed = 0;
    if caller.signature.receiver != callee.signature.receiver {
        return Err(NotCalled::by(found, renamed));
    }
    let Origins { origins, dropped } = origins(path, caller, callee, terms.by_place, &mut found)
        .map_err(|found| NotCalled::by(found, renamed))?;
    let mut arguments = Vec::new();
    let mut params = Vec::new();
    let mut texts = PathCosts::new();
    for (param, origin) in callee.signature.params.iter().zip(origins) {
        let Some(place) = origin else {
            params.push((Passed::Default, None));
            continue;
        };
        let was = &caller.signature.params[place];
        let name = if param.name.is_empty() {
            &was.name
        } else {
            &param.name
        };
        let path = format!("{path}({name})");
        if sides.passes_as_it_is((caller, callee), &was.ty, &param.ty) {
            params.push((Passed::Same(place), None));
            continue;
        }
        let (was, now) = (&was.ty, &param.ty);
        let shown = (format!("`{was}`"), format!("`{now}`"));
        let converted = |path| told(path, &shown.0, &shown.1, Rule::CallConverted);
        let (way, was, now) = match handed(was, now) {
            Handed::As(way, was, now) => {
                if way.is_given() {
                    found.push(converted(path.clone()));
                }
                (way, was, now)
            }
            Handed::Text => {
                params.push((Passed::Text(place), None));
                texts.push((path.clone(), Cost::Rebuilt));
                found.push(converted(path));
                continue;
            }
            Handed::TextGiven => {
                params.push((Passed::TextGiven(place), None));
                found.push(converted(path));
                continue;
            }
            Handed::Not(help) => {
                let other = match was == now {
                    true => "one of another layout".to_owned(),
                    false => shown.1,
                };
                // What the host has is what was there first, whichever of the two calls.
                let (was, now) = match caller.is_module() {
                    true => (&other, &shown.0),
                    false => (&shown.0, &other),
                };
                found.push(refused(path, was, now, Rule::ArgumentRetyped, help));
                continue;
            }
        };
        params.push((Passed::Same(place), Some((way, arguments.len()))));
        arguments.push(Value {
            path,
            was,
            now,
            way,
        });
    }
    let (was, now) = (&callee.signature.output, &caller.signature.output);
    let results_of = match sides.passes_as_it_is((caller, callee), now, was) {
        true => Vec::new(),
        false => vec![Value {
            path: format!("{path}() -> "),
            was,
            now,
            way: Lending::Value,
        }],
    };
    let back = match terms.goes_back_alike {
        true => (callee, caller),
        false => (
            callee.newer(!callee.is_newer),
            caller.newer(!caller.is_newer),
        ),
    };
    let changed = arguments.iter().filter(|it| it.way.is_mut());
    let changed: Vec<Value<'_>> = changed.map(Value::on_the_way_back).collect();
    let mut planned = |ages, all: &[Value<'_>], found: &mut _| {
        let (plan, steps, names) = self::planned(sides, ages, all, found);
        renamed += names;
        (plan, steps)
    };
    let (there, steps) = planned((caller, callee), &arguments, &mut found);
    let (results, mut output) = planned(back, &results_of, &mut found);
    let mut listed = Vec::new();
    let (returned, back) = planned((callee, caller), &changed, &mut listed);
    found.extend(on_the_way_back(listed, &found));
    let refuses = |found: &[Difference]| found.iter().any(|it| it.rule.refuses());
    let mut merges = Vec::new();
    if !refuses(&found) {
        let plans = (
            (caller.description, &*there),
            (callee.description, &*returned),
        );
        merges = merged(plans, &arguments, (&steps, &back), &mut found);
    }
    if refuses(&found) {
        return Err(NotCalled::by(found, renamed));
    }
    if found.is_empty() {
        // Only the layouts differ, which no plan tells of.
        let values = arguments.iter().map(|it| (it, caller, callee));
        let all = values.chain(results_of.iter().map(|it| (it, callee, caller)));
        found.extend(all.map(|(value, from, to)| {
            let left = |ty: &Type, side: Side<'_>| {
                format!("`{ty}` as {} lays it out", side.description.toolchain)
            };
            let (was, now) = (left(value.was, from), left(value.now, to));
            told(
                value.path.trim_end().to_owned(),
                &was,
                &now,
                Rule::CallConverted,
            )
        }));
    }
    let mut costs = PathCosts::new();
    if terms.notes_costs {
        let filled = callee.signature.params.iter().zip(&params);
        let filled = filled.filter(|(_, (passed, _))| *passed == Passed::Default);
        costs.extend(filled.map(|(param, _)| (format!("{path}({})", param.name), Cost::Made)));
        let ends = (caller.description, callee.description);
        let values = arguments.iter().zip(&steps).map(of_cost);
        costs.extend(costs_of_values(ends, &there.conversions, values));
        let ends = (callee.description, caller.description);
        let values = results_of.iter().zip(&output).map(of_cost);
        costs.extend(costs_of_values(ends, &results.conversions, values));
        costs.append(&mut texts);
        let dropped = dropped.iter().map(|place| &caller.signature.params[*place]);
        costs.extend(dropped.map(|param| (format!("{path}({})", param.name), Cost::Dropped)));
    }
    let mut merges = merges.into_iter();
    let mut params_passed = Vec::new();
    for (passed, converted) in params {
        params_passed.push(match (passed, converted) {
            (Passed::Same(place), Some((way, step))) => match (way, merges.next().flatten()) {
                (Lending::Value, _) => Passed::Value(place, steps[step].clone()),
                (Lending::One, _) => Passed::Lent(place, steps[step].clone()),
                (Lending::Slice, _) => Passed::Slice(place, steps[step].clone()),
                (Lending::Given, _) => Passed::Given(place, steps[step].clone()),
                (Lending::GivenItems, _) => Passed::GivenItems(place, steps[step].clone()),
                (Lending::OneMut, Some(merge)) => Passed::LentMut(place, merge),
                (Lending::SliceMut, Some(merge)) => Passed::SliceMut(place, merge),
                (Lending::OneMut | Lending::SliceMut, None) => {
                    return Err(NotCalled::by(Vec::new(), renamed));
                }
            },
            (passed, _) => passed,
        });
    }
    let converted = Converted {
        params: params_passed,
        dropped,
        output: output.pop(),
        arguments: there,
        results,
        returned,
    };
    Ok(PlannedCall {
        plan: CallPlan {
            converted,
            differences: found,
        },
        costs,
        renamed,
    })
}

fn of_cost<'a>((value, step): (&'a Value<'a>, &'a Step)) -> PassedValue<'a> {
    (&value.path, step, value.was, value.now)
}

/// How each value that is lent to be changed gets back what the function leaves there; `None` for other values.
fn merged(
    ((was, there), (now, returned)): ((&Description, &Plan), (&Description, &Plan)),
    all: &[Value<'_>],
    (steps, back): (&[Step], &[Step]),
    found: &mut Vec<Difference>,
) -> Vec<Option<Merge>> {
    let mut merges = Vec::new();
    let mut back = back.iter();
    // The types of which a function does not know all, and the first value that holds each.
    let mut partly: BTreeMap<Type, &Value<'_>> = BTreeMap::new();
    for (value, step) in all.iter().zip(steps) {
        let back = match value.way.is_mut() {
            true => back.next(),
            false => None,
        };
        let Some(back) = back else {
            merges.push(None);
            continue;
        };
        let mut merger = Merger::new((was, there), (now, returned));
        let merge = merger.merge(&value.path, (step, back), (value.was, value.now));
        let shown = format!("`{}`", value.way.of(value.was));
        match merge {
            Ok(merge) => merges.push(Some(merge)),
            Err(because) => {
                let NotMerged { path, now, help } = because;
                found.push(refused(path, &shown, &now, Rule::ArgumentRetyped, help));
                merges.push(None);
                continue;
            }
        }
        let unknown = merger.partly.into_iter();
        let unknown: Vec<Type> = unknown.collect();
        if let (Lending::SliceMut, Some(ty)) = (value.way, unknown.first()) {
            let now =
                format!("a slice of what holds a `{ty}`, of which the function does not know all");
            let path = value.path.clone();
            found.push(refused(path, &shown, &now, Rule::ArgumentRetyped, PLACES));
            continue;
        }
        for ty in unknown {
            if let Some(other) = partly.get(&ty) {
                let now = format!(
                    "one of two that hold a `{ty}`, of which the function does not know all; the other is {}",
                    other.path
                );
                let path = value.path.clone();
                found.push(refused(path, &shown, &now, Rule::ArgumentRetyped, ALIKE));
                break;
            }
            partly.insert(ty, value);
        }
    }
    merges
}

/// The plan for values on their way from one side to another, and the step of each; and how many names of what they
/// lead to were others.
fn planned(
    sides: &BothSides<'_>,
    (from, to): (Side<'_>, Side<'_>),
    all: &[Value<'_>],
    found: &mut Vec<Difference>,
) -> (Arc<Plan>, Vec<Step>, usize) {
    if all.is_empty() {
        return (Arc::default(), Vec::new(), 0);
    }
    let as_it_is = |was: &Type, now: &Type| sides.passes_as_it_is((from, to), was, now);
    let is_alike = |value: &Value<'_>| match value.way {
        Lending::Value => cross_alike(&as_it_is, value.was, value.now),
        // It crosses from where it is given away, and is as it is where it is lent.
        Lending::Given | Lending::GivenItems => crossing(value.was).as_ref() == Some(value.was),
        _ => true,
    };
    // A plan is for what crosses. Where that is not what the types say, it is told of in their words.
    let forms = |value: &Value<'_>| match is_alike(value) {
        true => None,
        false if value.way.is_given() => crossing(value.was).zip(Some(value.now.clone())),
        false => crossing(value.was).zip(crossing(value.now)),
    };
    let forms: Vec<_> = all.iter().map(forms).collect();
    let listed = |swap: bool| -> Vec<(String, &Type, &Type)> {
        let values = all.iter().map(|it| match swap {
            false => (it.path.clone(), it.was, it.now),
            true => (it.path.clone(), it.now, it.was),
        });
        values.collect()
    };
    let way = if to.is_newer { Way::On } else { Way::Back };
    let ground = sides.ground(to.is_module(), way);
    let Planned {
        plan,
        steps,
        differences,
    } = values(ground, &listed(false));
    let (plan, steps) = match forms.iter().all(Option::is_none) {
        true => (plan, steps),
        false => {
            let crossing = all.iter().zip(&forms).map(|(it, form)| match form {
                Some((was, now)) => (it.path.clone(), was, now),
                None => (it.path.clone(), it.was, it.now),
            });
            let crossing = values(ground, &crossing.collect::<Vec<_>>());
            (crossing.plan, crossing.steps)
        }
    };
    let refuses = |it: &&Difference| it.rule.refuses();
    let mut against: Vec<Difference> = differences.iter().filter(refuses).cloned().collect();
    if way == Way::Back {
        // What the older side does not know may be left out only where its definition says what it is when
        // it is absent: just as it would be filled in the other way.
        let on = values(sides.ground(from.is_module(), Way::On), &listed(true));
        let mut fits: HashMap<&str, bool> = HashMap::new();
        for it in &differences {
            *fits.entry(&it.path).or_insert(true) &= it.rule == Rule::Widened;
        }
        let narrows = |it: &&Difference| {
            let mut rests = all
                .iter()
                .filter_map(|value| it.path.strip_prefix(&value.path));
            let fits = fits.get(it.path.as_str()).is_none_or(|fits| *fits);
            it.rule == Rule::Narrowed && fits && rests.any(is_of_no_field)
        };
        // A number that always fits does not go the other way, where it would not.
        let against_on = on.differences.iter().filter(refuses);
        against = against_on.filter(|it| !narrows(it)).cloned().collect();
        let mut known: HashSet<String> = against.iter().map(|it| it.path.clone()).collect();
        let more = differences.iter().filter(refuses);
        let more = more.filter(|it| known.insert(it.path.clone()));
        against.extend(more.cloned());
    }
    let transients = (&ground.was.transients, &ground.now.transients);
    for (value, form) in all.iter().zip(&forms) {
        if form.is_none() && !is_alike(value) {
            let (was, now) = (format!("`{}`", value.was), format!("`{}`", value.now));
            let (now, help) = match reference(&as_it_is, value.was, value.now) {
                Some(reference) => {
                    // What is told of the reference itself says no more.
                    against.retain(|it| !it.path.starts_with(&value.path));
                    (
                        format!("one in which what `{reference}` leads to is another"),
                        WITHIN,
                    )
                }
                None => (now, FORMS),
            };
            let rule = match value.path.ends_with("-> ") {
                true => Rule::ReturnChanged,
                false => Rule::ArgumentRetyped,
            };
            against.push(refused(value.path.clone(), &was, &now, rule, help));
            continue;
        }
        let held = match value.is_lent() {
            true => {
                let was = transients.0.within(value.was);
                was.or_else(|| transients.1.within(value.now))
            }
            false => {
                let was = transients.0.lacking(value.was);
                was.or_else(|| transients.1.lacking(value.now))
            }
        };
        if let Some(field) = held {
            let now = format!("one that holds `{field}`, which is not carried over");
            let skip = "a field with #[state(skip)] is made anew in structs that are passed by value, by \
                        themselves, in `Option`, `Result`, `Vec` and tuples, and in the structs that are their \
                        fields: pass the value so, or pass the parts";
            let help = field.cure().unwrap_or_else(|| skip.to_owned());
            let path = value.path.clone();
            against.push(refused(
                path,
                "a value to be converted",
                &now,
                Rule::TransientCrosses,
                &help,
            ));
        }
    }
    if against.is_empty() {
        let all = all.iter().zip(&forms).zip(&steps);
        for ((value, form), step) in all.filter(|((value, _), _)| value.is_lent()) {
            let mut seen = BTreeSet::new();
            let of = (&*ground.was, &*plan);
            let was = form.as_ref().map_or(value.was, |(was, _)| was);
            if let Err(because) = lent::lendable(of, step, was, &mut seen) {
                let (was, now) = (format!("`{}`", value.way.of(value.was)), because);
                let help = "such a value is not converted for a reference to it: pass it by value";
                let path = value.path.clone();
                against.push(refused(path, &was, &now, Rule::ArgumentRetyped, help));
            }
        }
    }
    let listed = differences.iter().filter(|it| !it.rule.refuses());
    found.extend(listed.map(|it| passed(it, to.name)));
    for difference in &mut against {
        difference.path.truncate(difference.path.trim_end().len());
    }
    found.append(&mut against);
    (plan, steps, renamed(&differences))
}
