//! What becomes of a call between a host and a module that were compiled apart: of its arguments on the
//! way to the function, and of its result on the way back.
//!
//! Which of the two sides is the newer one, neither says. So both are tried: first the module, whose
//! attributes then say what became of what; then the host. A value that goes to the newer side is planned
//! for as state that is updated, and one that goes to the older side as state that is rolled back.

mod forms;
mod origins;
mod sides;
mod told;

use std::cell::{OnceCell, RefCell};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::rc::Rc;
use std::sync::Arc;

use super::cost::{PassedValue, costs_of_values};
use super::known::Examined;
use super::lent;
use super::merged::{Merge, Merger, NotMerged};
use super::model::{Cost, Plan, Step, Way};
use super::planner::{Ground, Planned, values};
use crate::describe::diff::{Alike, CallingSide, Converts};
use crate::describe::{Description, Difference, Receiver, Rule, Signature, Type};
use forms::{cross_alike, crossing, reference};
use origins::{Origins, origins, places};
pub use sides::{HOST_SIDE, MODULE_SIDE};
use sides::{Handed, Lending, Side, Value, handed};
use told::{NotCalled, on_the_way_back, passed, refused, told, unknown_variants};

/// How many steps may be planned for all functions that changed, together: each type that is mentioned on the way
/// of a value is one. A file may describe many types and many functions that each lead to all of them; without a
/// bound, planning takes their product.
const STEPS: usize = if cfg!(test) { 1 << 12 } else { 1 << 20 };

const KEEP_ARGUMENT: &str = "callers pass what they were compiled with: keep the type and export the new one under another \
                             name, or pass a type of your own, whose fields say how they are converted";
const KEEP_RESULT: &str = "callers take what they were compiled with: return what it was and export the new one under another \
                           name, or return a type of your own, whose fields say how they are converted";
const KEEP_IMPORT: &str = "the host provides what it was compiled with: keep the type and import the new one under another \
                           name, or pass a type of your own, whose fields say how they are converted";
const PLACES: &str = "the function may let its items change places, and what it does not know of them would then belong \
                      to the wrong ones: pass a `Vec` and return it, or let both sides know all of the type";
const FORMS: &str =
    "the two cross in different forms: keep the one that it was, or let a type of your own hold it";
const WITHIN: &str = "a reference within another value is not converted: pass it as a parameter of its own, or pass \
                      the value that it leads to";
const KEYS: &str = "two keys could become one, and no attribute of a parameter or result says what is then: let a type of \
                    your own hold it, with #[state(rebuild)] on the field";
const ALIKE: &str = "the function may put the one in the place of the other, and what it does not know of them would \
                     then belong to the wrong one: pass them by value and return them, or let both sides know all \
                     of the type";

/// How a call gets from one side to the other, where something has to be converted.
#[derive(Clone, Debug)]
pub struct CallPlan {
    /// What is done.
    pub converted: Converted,
    /// What becomes of what, by its path.
    pub differences: Vec<Difference>,
}

/// What is done with what a call passes.
#[derive(Clone, Debug)]
pub struct Converted {
    /// For each parameter of the function that is called, where it comes from.
    pub params: Vec<Passed>,
    /// The arguments of the caller that the function does not take.
    pub dropped: Vec<usize>,
    /// What becomes of the result; `None` where the caller can use it as it is.
    pub output: Option<Step>,
    /// What the steps of arguments refer to. It may be shared with other calls, and the paths of its differences
    /// begin anywhere: those of the call are in [`CallPlan::differences`].
    pub arguments: Arc<Plan>,
    /// What the step of the result refers to.
    pub results: Arc<Plan>,
    /// What the steps back of what is lent to be changed refer to.
    pub returned: Arc<Plan>,
}

/// Where a parameter comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Passed {
    /// The caller's argument at this place, as it is.
    Same(usize),
    /// That argument, converted.
    Value(usize, Step),
    /// A reference to what that argument leads to, converted.
    Lent(usize, Step),
    /// A slice of what that argument leads to, each item converted.
    Slice(usize, Step),
    /// A reference to what that argument leads to, which gets back what the function leaves there.
    LentMut(usize, Merge),
    /// A slice of what that argument leads to, each item of which gets back what the function leaves there.
    SliceMut(usize, Merge),
    /// A reference to what that argument becomes. The argument goes when the call ends.
    Given(usize, Step),
    /// A slice of what the items of that argument become, a `Vec`. It goes when the call ends.
    GivenItems(usize, Step),
    /// A text of its own: a copy of the one that this argument leads to.
    Text(usize),
    /// A reference to the text that this argument is. It goes when the call ends.
    TextGiven(usize),
    /// The function's own default.
    Default,
}

/// Lets functions be called whose two sides differ, where what they pass can be converted.
pub struct Evolves<'a> {
    host: Examined<'a>,
    module: Examined<'a>,
    /// What the plans of all functions have in common, made when the first asks: for values that go to the
    /// module and to the host, each as the newer side and as the older.
    grounds: [OnceCell<Ground<'a>>; 4],
    /// What passes as it is: with the host as the caller, and with the module.
    same: RefCell<[Option<Alike<'a>>; 2]>,
    /// Whether the caller's description says all that the caller knows of a function.
    is_of_caller: bool,
    /// Where the costs of calls that are converted are noted, if they are asked for.
    costs: Option<CallCosts>,
}

/// How many costs are noted.
const COSTS: usize = 1 << 16;

/// What it costs to convert calls, path by path; of very many paths, the first.
///
/// A clone notes in the same list.
#[derive(Clone, Debug, Default)]
pub struct CallCosts(Rc<RefCell<Vec<(String, Cost)>>>);

impl CallCosts {
    /// Whether more can be noted: what many functions pass may lead to very many parts.
    fn can_note(&self) -> bool {
        self.0.borrow().len() < COSTS
    }

    fn note(&self, costs: impl IntoIterator<Item = (String, Cost)>) {
        let mut noted = self.0.borrow_mut();
        let more = COSTS.saturating_sub(noted.len());
        noted.extend(costs.into_iter().take(more));
    }

    /// The costs, each path once. What is moved, however much it holds, is left out.
    #[must_use]
    pub fn listed(&self) -> Vec<(String, Cost)> {
        let mut costs = self.0.borrow().clone();
        let mut told = BTreeSet::new();
        costs.retain(|(path, cost)| *cost != Cost::Moved && told.insert(path.clone()));
        costs
    }
}

impl<'a> Evolves<'a> {
    /// Between a host that was compiled with the first description, and a module of the second.
    pub fn between(host: &'a Description, module: &'a Description) -> Self {
        Evolves::of(Examined::new(host), Examined::new(module))
    }

    /// The same; what is found out of either side is found out once for all that ask with copies of it.
    pub fn of(host: Examined<'a>, module: Examined<'a>) -> Self {
        Evolves {
            host,
            module,
            grounds: Default::default(),
            same: RefCell::default(),
            is_of_caller: false,
            costs: None,
        }
    }

    /// Takes the description in the host's place for that of what calls, by which parameters are matched. Otherwise
    /// it is that of a version which hosts may call by what they know of it: of a function, its type without the
    /// names of parameters.
    #[must_use]
    pub fn of_caller(self) -> Self {
        Evolves {
            is_of_caller: true,
            ..self
        }
    }

    /// Has what calls cost that are converted noted there.
    #[must_use]
    pub fn noting(mut self, costs: &CallCosts) -> Self {
        self.costs = Some(costs.clone());
        self
    }

    /// What plans know that lead to the module, or to the host, as the newer side or as the older.
    fn ground(&self, to_module: bool, way: Way) -> &Ground<'a> {
        let place = usize::from(to_module) + 2 * usize::from(way == Way::Back);
        self.grounds[place].get_or_init(|| {
            let (host, module) = (self.host.known().clone(), self.module.known().clone());
            match to_module {
                true => Ground::of_calls(host, module, way),
                false => Ground::of_calls(module, host, way),
            }
        })
    }

    /// Whether the one side may use as it is what the other one passes.
    fn passes_as_it_is(
        &self,
        (caller, callee): (Side<'_>, Side<'_>),
        was: &Type,
        now: &Type,
    ) -> bool {
        let (host, module) = (self.host.description, self.module.description);
        let place = usize::from(caller.is_module());
        let same = &mut self.same.borrow_mut()[place];
        let same = same.get_or_insert_with(|| match callee.is_module() {
            true => Alike::new(host, module),
            false => Alike::new(module, host),
        });
        same.value(was, now)
    }

    /// How a function of which the host has the first signature, and the module the second, is called.
    ///
    /// # Errors
    ///
    /// Everything that cannot be converted.
    pub fn call(
        &self,
        path: &str,
        (hosts, modules): (&Signature, &Signature),
        caller: CallingSide,
    ) -> Result<CallPlan, Vec<Difference>> {
        let (hosts_types, modules_types) = (self.host.description, self.module.description);
        let planned = self.grounds.iter().filter_map(OnceCell::get);
        if planned.map(Ground::planned).sum::<usize>() > STEPS {
            let (was, now) = (format!("`{hosts}`"), format!("`{modules}`"));
            let help = format!(
                "more than {STEPS} steps would have to be planned for all functions that changed: let fewer change \
                 at once, or let what they pass lead to fewer types that change"
            );
            let path = format!("{path}()");
            return Err(vec![refused(
                path,
                &was,
                &now,
                Rule::ArgumentRetyped,
                &help,
            )]);
        }
        let host = Side {
            description: hosts_types,
            signature: hosts,
            name: HOST_SIDE,
            is_newer: false,
        };
        let module = Side {
            description: modules_types,
            signature: modules,
            name: MODULE_SIDE,
            is_newer: true,
        };
        // A function whose arguments changed one way and whose result changed the other way fits neither, so
        // each direction is tried by itself in the end.
        let call = |is_host_newer: bool, goes_back_alike: bool| {
            let (host, module) = (host.newer(is_host_newer), module.newer(!is_host_newer));
            match caller {
                CallingSide::Host => between(self, path, (host, module), goes_back_alike),
                CallingSide::Module => between(self, path, (module, host), goes_back_alike),
            }
        };
        // Variants that changed their names are others to the side that is taken for the newer one and is not. So
        // the way on which more of them arrive as what they are is the one.
        let chosen = |(call, costs): (CallPlan, PathCosts)| {
            if let Some(noted) = &self.costs {
                noted.note(costs);
            }
            Ok(call)
        };
        let (refused, unknown) = match call(false, true) {
            Ok(one) => {
                let unknown = unknown_variants(&one.0.differences);
                let other = (unknown > 0).then(|| call(true, true).ok()).flatten();
                let other = other.filter(|(call, _)| unknown_variants(&call.differences) < unknown);
                return chosen(other.unwrap_or(one));
            }
            Err(NotCalled { refused, unknown }) => (refused, unknown),
        };
        // What could be planned for and only cannot be passed so, tells which side is the newer one.
        let by_form = |found: &[Difference]| {
            use Rule::{ArgumentRetyped, KeysChanged, ReturnChanged, TransientCrosses};
            let forms = [
                ArgumentRetyped,
                KeysChanged,
                ReturnChanged,
                TransientCrosses,
            ];
            !found.is_empty() && found.iter().all(|it| forms.contains(&it.rule))
        };
        // Where its variants have other names, hardly a value would arrive.
        let hardly_arrives =
            |call: &CallPlan| by_form(&refused) && unknown_variants(&call.differences) > unknown;
        let other = match call(true, true) {
            Ok((call, _)) if hardly_arrives(&call) => {
                return Err(of_whole_values(path, refused, (hosts, modules), caller));
            }
            Ok(call) => return chosen(call),
            Err(other) => other.refused,
        };
        match call(false, false).or_else(|_| call(true, false)) {
            Ok((mixed, _)) if hardly_arrives(&mixed) => {
                Err(of_whole_values(path, refused, (hosts, modules), caller))
            }
            Ok(mixed) => chosen(mixed),
            Err(_) => {
                let is_nearer = !other.is_empty() && other.len() < refused.len();
                let all = match is_nearer || by_form(&other) && !by_form(&refused) {
                    true => other,
                    false => refused,
                };
                Err(of_whole_values(path, all, (hosts, modules), caller))
            }
        }
    }
}

/// What a call costs, path by path.
type PathCosts = Vec<(String, Cost)>;

/// Says of a value that no field of a described type stands in the way of that it is of another type. No
/// attribute could say how it is converted: those stand on fields.
fn of_whole_values(
    path: &str,
    all: Vec<Difference>,
    (hosts, modules): (&Signature, &Signature),
    caller: CallingSide,
) -> Vec<Difference> {
    let (keep_argument, keep_result) = match caller {
        CallingSide::Host => (KEEP_ARGUMENT, KEEP_RESULT),
        CallingSide::Module => (KEEP_IMPORT, KEEP_IMPORT),
    };
    let mut told: Vec<Difference> = Vec::new();
    let mut known = HashSet::new();
    let is_of_no_place = |path: &str| {
        let rest = path.rsplit_once(") ->").or_else(|| path.split_once(')'));
        rest.is_some_and(|(_, rest)| is_of_no_field(rest))
    };
    // A host that has the function by its type knows no names.
    let by_place = places(hosts.params.len(), &modules.params).unwrap_or_default();
    let arguments = hosts.params.iter().enumerate().flat_map(|(place, was)| {
        let mut others = modules.params.iter();
        let now = match was.name.as_str() {
            "" => modules.params.get(*by_place.get(place)?)?,
            name => others.find(|now| now.name == name)?,
        };
        let path = format!("{path}({})", now.name);
        Some((path, &was.ty, &now.ty, Rule::ArgumentRetyped, keep_argument))
    });
    let result = (
        format!("{path}() ->"),
        &hosts.output,
        &modules.output,
        Rule::ReturnChanged,
        keep_result,
    );
    let values: Vec<_> = arguments.chain([result]).collect();
    for difference in all {
        let whole = values.iter().find(|(path, was, now, ..)| {
            let rest = difference.path.strip_prefix(path.as_str());
            was != now && rest.is_some_and(is_of_no_field)
        });
        let told_so = match whole {
            Some((path, was, now, rule, help)) if difference.rule.is_of_state() => {
                let (was, now) = (format!("`{was}`"), format!("`{now}`"));
                refused(path.clone(), &was, &now, *rule, help)
            }
            _ if difference.rule == Rule::KeysChanged && is_of_no_place(&difference.path) => {
                Difference {
                    help: KEYS.to_owned(),
                    ..difference
                }
            }
            Some((.., help)) if difference.help.is_empty() => Difference {
                help: (*help).to_owned(),
                ..difference
            },
            _ => difference,
        };
        if known.insert((told_so.path.clone(), told_so.rule)) {
            told.push(told_so);
        }
    }
    told
}

/// Whether the rest of a path leads through containers alone, and to no field or variant.
fn is_of_no_field(rest: &str) -> bool {
    let mut after_dots = rest.split('.').skip(1);
    let is_field = after_dots.any(|it| !it.starts_with(|first: char| first.is_ascii_digit()));
    !is_field && !rest.contains("::")
}

impl Converts for Evolves<'_> {
    fn converted(
        &self,
        path: &str,
        signatures: (&Signature, &Signature),
        caller: CallingSide,
    ) -> Result<Vec<Difference>, Vec<Difference>> {
        let call = self.call(path, signatures, caller);
        call.map(|call| call.differences)
    }
}

impl CallPlan {
    /// The call of a function of which the host has the first signature, and the module the second.
    ///
    /// # Errors
    ///
    /// Everything that cannot be converted.
    pub fn new(
        (host, module): (&Description, &Description),
        path: &str,
        signatures: (&Signature, &Signature),
        caller: CallingSide,
    ) -> Result<CallPlan, Vec<Difference>> {
        Evolves::between(host, module).call(path, signatures, caller)
    }
}

fn between(
    evolves: &Evolves<'_>,
    path: &str,
    (caller, callee): (Side<'_>, Side<'_>),
    goes_back_alike: bool,
) -> Result<(CallPlan, PathCosts), NotCalled> {
    let mut found = Vec::new();
    if caller.signature.receiver != callee.signature.receiver {
        return Err(NotCalled::by(found));
    }
    // A host has a free function by its type: what its parameters are called, only their places say.
    let by_place =
        caller.signature.receiver == Receiver::None && !caller.is_module() && !evolves.is_of_caller;
    let Origins { origins, dropped } =
        origins(path, caller, callee, by_place, &mut found).map_err(NotCalled::by)?;
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
        if evolves.passes_as_it_is((caller, callee), &was.ty, &param.ty) {
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
    let results_of = match evolves.passes_as_it_is((caller, callee), now, was) {
        true => Vec::new(),
        false => vec![Value {
            path: format!("{path}() -> "),
            was,
            now,
            way: Lending::Value,
        }],
    };
    let back = match goes_back_alike {
        true => (callee, caller),
        false => (
            callee.newer(!callee.is_newer),
            caller.newer(!caller.is_newer),
        ),
    };
    let changed = arguments.iter().filter(|it| it.way.is_mut());
    let changed: Vec<Value<'_>> = changed.map(Value::on_the_way_back).collect();
    let (there, steps) = planned(evolves, (caller, callee), &arguments, &mut found);
    let (results, mut output) = planned(evolves, back, &results_of, &mut found);
    let mut listed = Vec::new();
    let (returned, back) = planned(evolves, (callee, caller), &changed, &mut listed);
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
        return Err(NotCalled::by(found));
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
    if evolves.costs.as_ref().is_some_and(CallCosts::can_note) {
        let filled = callee.signature.params.iter().zip(&params);
        let filled = filled.filter(|(_, (passed, _))| *passed == Passed::Default);
        costs.extend(filled.map(|(param, _)| (format!("{path}({})", param.name), Cost::Made)));
        let sides = (caller.description, callee.description);
        let values = arguments.iter().zip(&steps).map(of_cost);
        costs.extend(costs_of_values(sides, &there.conversions, values));
        let sides = (callee.description, caller.description);
        let values = results_of.iter().zip(&output).map(of_cost);
        costs.extend(costs_of_values(sides, &results.conversions, values));
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
                    return Err(NotCalled::by(Vec::new()));
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
    let call = CallPlan {
        converted,
        differences: found,
    };
    Ok((call, costs))
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

/// The plan for values on their way from one side to another, and the step of each.
fn planned(
    evolves: &Evolves<'_>,
    (from, to): (Side<'_>, Side<'_>),
    all: &[Value<'_>],
    found: &mut Vec<Difference>,
) -> (Arc<Plan>, Vec<Step>) {
    if all.is_empty() {
        return (Arc::default(), Vec::new());
    }
    let as_it_is = |was: &Type, now: &Type| evolves.passes_as_it_is((from, to), was, now);
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
    let ground = evolves.ground(to.is_module(), way);
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
        let on = values(evolves.ground(from.is_module(), Way::On), &listed(true));
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
    (plan, steps)
}
