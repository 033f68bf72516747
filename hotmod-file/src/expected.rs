//! What a host was compiled with, and whether a candidate fits it.

use std::collections::{BTreeMap, BTreeSet};

use hotmod::describe::decode::{self, Beside};
use hotmod::describe::{DecodeError, Description, Difference, Rule, Type};

use crate::contract;
use crate::contract::Called;
use crate::plan::{CallCosts, Cost, Evolves, Examined, Plan};

/// Something that a host calls or provides, described from the host's own types; or why it cannot be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expected {
    /// What it is, in words.
    of: String,
    /// The description, encoded as a module encodes its own.
    section: Vec<u8>,
    description: Description,
    fault: Option<Difference>,
}

impl Expected {
    /// Keeps the description that a host gave of what `of` names, or the fault of one that cannot be
    /// decoded.
    pub fn new(of: &str, section: Vec<u8>, toolchain: &str) -> Self {
        let (description, fault) = match decode::decode(&section, toolchain) {
            Ok(description) => (description, None),
            Err(error) => {
                let fault = Difference {
                    path: format!("{of}, as the host was compiled, {}", error.location),
                    rule: Rule::AmbiguousId,
                    help: error.help().unwrap_or_default().to_owned(),
                    was: error.expected,
                    now: error.found,
                };
                (Description::default(), Some(fault))
            }
        };
        Expected {
            of: of.to_owned(),
            section,
            description,
            fault,
        }
    }

    /// Keeps what a module needs of another one, from the module's own description.
    pub fn of_module(of: &str, description: Description) -> Self {
        Expected {
            of: of.to_owned(),
            section: Vec::new(),
            description,
            fault: None,
        }
    }

    /// Reads what a host wrote of what `of` names, beside others in one file.
    ///
    /// # Errors
    ///
    /// If it cannot be decoded.
    pub(crate) fn read(
        of: &str,
        section: &[u8],
        toolchain: &str,
        beside: &mut Beside,
    ) -> Result<Self, DecodeError> {
        Ok(Expected {
            of: of.to_owned(),
            section: section.to_owned(),
            description: decode::decode_beside(section, toolchain, beside)?,
            fault: None,
        })
    }

    /// What it is, in words.
    pub fn of(&self) -> &str {
        &self.of
    }

    /// The description, encoded as a module encodes its own.
    pub fn section(&self) -> &[u8] {
        &self.section
    }

    /// Empty where there is a [`fault`](Expected::fault).
    pub fn description(&self) -> &Description {
        &self.description
    }

    /// Why there is no description. It stands in the way of every module.
    pub fn fault(&self) -> Option<&Difference> {
        self.fault.as_ref()
    }

    /// What makes a module unfit to be called so.
    pub fn compare(&self, candidate: &Description) -> Vec<Difference> {
        self.compare_noting(candidate, &CallCosts::default())
    }

    fn compare_noting(&self, candidate: &Description, costs: &CallCosts) -> Vec<Difference> {
        match &self.fault {
            Some(fault) => vec![fault.clone()],
            None => {
                let evolves = Evolves::between(&self.description, candidate)
                    .of_caller()
                    .noting(costs);
                contract::expectation(&self.description, candidate, &evolves)
            }
        }
    }

    /// Of what is described as what a function takes, such as the keys of a pool: the type.
    pub fn taken(&self) -> Option<(&Type, &Description)> {
        let function = self.description.functions.values().next()?;
        let param = function.signature.params.first()?;
        Some((&param.ty, &self.description))
    }

    /// Whether it is of this function.
    fn calls_function(&self, name: &str) -> bool {
        self.description.functions.contains_key(name)
    }
}

/// What came of a comparison.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Compared {
    /// Everything that differs, and what becomes of state and of calls.
    pub differences: Vec<Difference>,
    /// What it costs to convert calls, path by path; what is moved, however much it holds, is left out.
    pub call_costs: Vec<(String, Cost)>,
}

impl Compared {
    /// What differs, where no call is converted.
    #[must_use]
    pub fn of(differences: Vec<Difference>) -> Self {
        Compared {
            differences,
            call_costs: Vec::new(),
        }
    }
}

/// What a host has on its side of one module: what it calls of it, and what it provides to it.
#[derive(Clone, Debug, Default)]
pub struct HostSide<'a> {
    /// What the host calls of the module.
    pub calls: Vec<&'a Expected>,
    /// What the host provides to its modules, by the names of the functions.
    pub provides: BTreeMap<&'a str, &'a Expected>,
    /// The functions of the module that other modules call or have called: whether those may, is compared for each
    /// of them.
    pub used: BTreeSet<String>,
}

impl HostSide<'_> {
    /// Holds a candidate against what runs, if something does, and against the host: everything that differs,
    /// and what becomes of state. Hosts decide by this, and so does the command line, which has their
    /// [`Expectations`](crate::Expectations) from a file.
    pub fn compare(
        &self,
        candidate: &Description,
        running: Option<(&Description, &Plan)>,
    ) -> Compared {
        let costs = CallCosts::default();
        let provided = self.provided(candidate, &costs);
        let mut differences = contract::impossible(candidate);
        if let Some((running, plan)) = running {
            let evolves = Evolves::between(running, candidate).noting(&costs);
            let methods = self.methods();
            let called = |interface: &str, method: Option<&str>| {
                let called = methods.get(interface);
                match called.is_some_and(|all| method.is_none_or(|it| all.contains(it))) {
                    true => Called::ByOthers,
                    false => Called::Never,
                }
            };
            let called_function = |name: &str| {
                let by_host = self.calls.iter().any(|it| it.calls_function(name));
                match !by_host && self.used.contains(name) {
                    true => Called::ByOthers,
                    false => Called::AsItRuns,
                }
            };
            let exports =
                contract::exports(running, candidate, &evolves, &called, &called_function);
            differences.extend(exports);
            // Whether the host provides what the candidate needs is compared with the host, not with what runs.
            let needs = contract::needs(running, candidate, &contract::Never).into_iter();
            let is_told = |need: &Difference| provided.iter().any(|it| it.path == need.path);
            differences.extend(needs.filter(|need| !need.rule.refuses() && !is_told(need)));
            differences.extend(plan.differences.iter().cloned());
        }
        let called = self.calls.iter();
        let called = called.flat_map(|it| it.compare_noting(candidate, &costs));
        for difference in called.chain(provided) {
            // The host was mostly compiled with what runs, so the candidate differs from both in the same places.
            let told = differences.iter().any(|known| {
                let outweighs = known.rule.refuses() || !difference.rule.refuses();
                // Values that are passed may have two differences at one path: a field is filled in on the way
                // there, and not seen on the way back.
                let of_calls = known.rule.is_of_calls() && difference.rule.is_of_calls();
                let is_same = known.rule == difference.rule || !of_calls;
                known.path == difference.path && outweighs && is_same
            });
            // A method that the candidate adds was told already. One that only the host does not know may be in
            // what runs, too.
            let is_known = running.is_some() && difference.rule == Rule::MethodAdded;
            if !told && !is_known {
                differences.push(difference);
            }
        }
        Compared {
            differences,
            call_costs: costs.listed(),
        }
    }

    /// The methods that the host calls of each interface.
    fn methods(&self) -> BTreeMap<&str, BTreeSet<&str>> {
        let mut all: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for (interface, methods) in self.calls.iter().flat_map(|it| &it.description.interfaces) {
            let methods = methods.iter().map(|method| method.name.as_str());
            all.entry(interface).or_default().extend(methods);
        }
        all
    }

    /// What makes a module unfit to be given what the host provides: functions that it needs and that are not
    /// among them, or are others.
    fn provided(&self, candidate: &Description, costs: &CallCosts) -> Vec<Difference> {
        let needed = candidate.imports.keys();
        let needed = needed.filter_map(|name| self.provides.get(name.as_str()));
        let mut faults: Vec<Difference> = Vec::new();
        for fault in needed.filter_map(|expected| expected.fault()) {
            // All methods of a trait have one.
            if !faults.contains(fault) {
                faults.push(fault.clone());
            }
        }
        match faults.is_empty() {
            false => faults,
            true => {
                // Each function of the host has a description of its own.
                let module = Examined::new(candidate);
                contract::imports(
                    |name| Some(self.provides.get(name)?.description()),
                    candidate,
                    |host| Evolves::of(Examined::new(host), module.clone()).noting(costs),
                )
            }
        }
    }
}
