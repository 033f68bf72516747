//! What becomes of a call between a host and a module that were compiled apart: of its arguments on the
//! way to the function, and of its result on the way back.
//!
//! Which of the two sides is the newer one, neither says. So both are tried: first the module, whose
//! attributes then say what became of what; then the host. A value that goes to the newer side is planned
//! for as state that is updated, and one that goes to the older side as state that is rolled back.

mod between;
mod both_sides;
mod call_costs;
mod call_plan;
mod forms;
mod origins;
mod sides;
mod told;

use std::collections::HashSet;

use between::{PlannedCall, Terms, between};
use both_sides::BothSides;
pub use call_costs::CallCosts;
pub use call_plan::{CallPlan, Converted, Passed};
use hotmod::describe::{Description, Difference, Receiver, Rule, Signature};
use origins::places;
use sides::Side;
pub use sides::{HOST_SIDE, MODULE_SIDE};
use told::{NotCalled, is_of_no_field, refused};

use super::known::Examined;
use crate::contract::{CallingSide, Converts};

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
const KEYS: &str = "two keys could become one, and no attribute of a parameter or result says what is then: let a type of \
                    your own hold it, with #[state(rebuild)] on the field";

/// Lets functions be called whose two sides differ, where what they pass can be converted.
pub struct Evolves<'a> {
    sides: BothSides<'a>,
    /// Whether the caller's description says all that the caller knows of a function.
    is_of_caller: bool,
    /// Where the costs of calls that are converted are noted, if they are asked for.
    costs: Option<CallCosts>,
}

impl<'a> Evolves<'a> {
    /// Between a host that was compiled with the first description, and a module of the second.
    pub fn between(host: &'a Description, module: &'a Description) -> Self {
        Evolves::of(Examined::new(host), Examined::new(module))
    }

    /// The same; what is found out of either side is found out once for all that ask with copies of it.
    pub fn of(host: Examined<'a>, module: Examined<'a>) -> Self {
        Evolves {
            sides: BothSides::new(host, module),
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
        if self.sides.planned() > STEPS {
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
            description: self.sides.host.description,
            signature: hosts,
            name: HOST_SIDE,
            is_newer: false,
        };
        let module = Side {
            description: self.sides.module.description,
            signature: modules,
            name: MODULE_SIDE,
            is_newer: true,
        };
        let notes_costs = self.costs.as_ref().is_some_and(CallCosts::can_note);
        // A function whose arguments changed one way and whose result changed the other way fits neither, so
        // each direction is tried by itself in the end.
        let call = |is_host_newer: bool, goes_back_alike: bool| {
            let (host, module) = (host.newer(is_host_newer), module.newer(!is_host_newer));
            let (calls, called) = match caller {
                CallingSide::Host => (host, module),
                CallingSide::Module => (module, host),
            };
            // A host has a free function by its type: what its parameters are called, only their places say.
            let by_place = hosts.receiver == Receiver::None
                && caller == CallingSide::Host
                && !self.is_of_caller;
            let terms = Terms {
                by_place,
                goes_back_alike,
                notes_costs,
            };
            between(&self.sides, path, (calls, called), terms)
        };
        let chosen = |made: PlannedCall| {
            if let Some(noted) = &self.costs {
                noted.note(made.costs);
            }
            Ok(made.plan)
        };
        let refused = |all| Err(of_whole_values(path, all, (hosts, modules), caller));
        let not_by_module = match call(false, true) {
            Ok(made) if made.unknown() == 0 => return chosen(made),
            Ok(made) => {
                return match call(true, true) {
                    Ok(other) if other.unknown() < made.unknown() => chosen(other),
                    Err(not) if tells_against(&not, &made) => refused(not.refused),
                    _ => chosen(made),
                };
            }
            Err(not) => not,
        };
        let not_by_host = match call(true, true) {
            Ok(made) if tells_against(&not_by_module, &made) => {
                return refused(not_by_module.refused);
            }
            Ok(made) => return chosen(made),
            Err(not) => not,
        };
        match call(false, false).or_else(|_| call(true, false)) {
            Ok(mixed) if tells_against(&not_by_module, &mixed) => refused(not_by_module.refused),
            Ok(mixed) if tells_against(&not_by_host, &mixed) => refused(not_by_host.refused),
            Ok(mixed) => chosen(mixed),
            Err(_) => {
                let (all, other) = (not_by_module.refused, not_by_host.refused);
                let is_nearer = !other.is_empty() && other.len() < all.len();
                match is_nearer || is_by_form(&other) && !is_by_form(&all) {
                    true => refused(other),
                    false => refused(all),
                }
            }
        }
    }
}

/// Whether a call is refused rather than made, since what refuses it one way tells that the other way, on which it could
/// be made, is not the one: variants that have other names there are variants that the receiver does not know, and
/// hardly a value would arrive.
fn tells_against(not: &NotCalled, made: &PlannedCall) -> bool {
    let has_fewer = is_by_form(&not.refused) && not.unknown < made.unknown();
    made.unknown() > 0 && (has_fewer || not.renamed > made.renamed)
}

/// Whether all could be planned for, and only cannot be passed so.
fn is_by_form(refused: &[Difference]) -> bool {
    use Rule::{ArgumentRetyped, KeysChanged, ReturnChanged, TransientCrosses};
    let forms = [
        ArgumentRetyped,
        KeysChanged,
        ReturnChanged,
        TransientCrosses,
    ];
    !refused.is_empty() && refused.iter().all(|it| forms.contains(&it.rule))
}

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
