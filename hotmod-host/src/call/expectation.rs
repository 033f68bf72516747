//! What a host calls of a module: each export that it was compiled to call, and what it was compiled with.

use std::collections::HashMap;
use std::sync::Arc;

use hotmod::call::Shim;
use hotmod::call::passing::{CrossingTable, Passing};
use hotmod::describe::{Description, Difference, Signature};
use hotmod_file::Expected;
use hotmod_file::contract::{Alike, CallingSide};
use hotmod_file::plan::{self, Evolves};

use crate::image::exports::Exports;

/// Something that the host calls: a function by its type, or an interface.
#[derive(Clone)]
pub(crate) struct Expectation {
    pub(crate) kind: Callee,
    /// What the host was compiled with.
    pub(crate) expected: Expected,
    /// Where its shims begin in every generation.
    pub(crate) base: usize,
    /// How many shims it has.
    pub(crate) len: usize,
    /// What the host passes to each, and gets of it.
    pub(crate) passes: Vec<Passes>,
}

/// What a host passes to an export, and gets of it, as it crosses.
#[derive(Clone)]
pub(crate) struct Passes {
    pub(crate) params: Vec<Passing>,
    pub(crate) output: Passing,
}

/// What a version has for an export that the host calls.
pub(crate) enum Link {
    /// The export, which takes and returns what the host was compiled with.
    Straight(Shim),
    /// The export, which takes or returns something else.
    Converts(Box<ConvertedExport>),
    /// The export, which the host awaits and which returns at once.
    AtOnce(Shim),
    /// Nothing, which the interface allows.
    Absent,
}

/// All that it takes to make a converter.
pub(crate) struct ConvertedExport {
    pub(crate) call: plan::CallPlan,
    pub(crate) host: (Arc<Exports>, Passes),
    pub(crate) shim: Shim,
    pub(crate) table: &'static CrossingTable,
    pub(crate) signature: Signature,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Callee {
    Function(String),
    Interface(String),
}

impl Expectation {
    /// Whether the shim at this place of a generation is one of its own.
    pub(crate) fn covers(&self, place: usize) -> bool {
        (self.base..self.base + self.len).contains(&place)
    }

    /// What makes a module unfit to be called so.
    pub(crate) fn compare(&self, candidate: &Description) -> Vec<Difference> {
        self.expected.compare(candidate)
    }

    /// Whether a module can be called so.
    pub(crate) fn fits(&self, candidate: &Description) -> bool {
        !self.compare(candidate).iter().any(|it| it.rule.refuses())
    }

    /// Whether the host has another for the same.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        self.kind == other.kind && self.expected == other.expected
    }

    /// The export whose shim is at this place of a generation.
    pub(crate) fn export(&self, place: usize) -> String {
        match &self.kind {
            Callee::Function(name) => name.clone(),
            Callee::Interface(name) => {
                let methods = self.expected.description().interfaces.get(name);
                let method = methods.and_then(|methods| methods.get(place - self.base));
                method.map_or(name.clone(), |method| format!("{name}::{}", method.name))
            }
        }
    }

    /// What a version has for each export. `None` if it is not what was compared.
    pub(crate) fn links(&self, exports: &Exports) -> Option<Vec<Link>> {
        let (host, module) = (self.expected.description(), &*exports.manifest);
        let mut links = Vec::new();
        let signatures = match &self.kind {
            Callee::Function(name) => vec![&host.functions.get(name)?.signature],
            Callee::Interface(name) => host.interfaces.get(name)?.iter().collect(),
        };
        let places = self.places(exports);
        // Shared by all that are converted.
        let mut of_host = None;
        let mut alike = Alike::new(host, module);
        let evolves = Evolves::between(host, module).of_caller();
        for (signature, passes) in signatures.into_iter().zip(&self.passes) {
            let Some((found, shim, table)) = self.found(exports, &places, &signature.name) else {
                match signature.optional {
                    true => links.push(Link::Absent),
                    false => return None,
                }
                continue;
            };
            if alike.signature(signature, found) {
                links.push(match (signature.is_async, found.is_async) {
                    (true, false) => Link::AtOnce(shim),
                    (false, true) => return None,
                    _ => Link::Straight(shim),
                });
                continue;
            }
            if found.is_async {
                return None;
            }
            let call = evolves
                .call("", (signature, found), CallingSide::Host)
                .ok()?;
            let of_host =
                of_host.get_or_insert_with(|| Arc::new(Exports::of_host(Arc::new(host.clone()))));
            links.push(Link::Converts(Box::new(ConvertedExport {
                call,
                host: (of_host.clone(), passes.clone()),
                shim,
                table,
                signature: found.clone(),
            })));
        }
        (links.len() == self.len).then_some(links)
    }

    /// Where the module has each method of the interface, by name.
    fn places<'e>(&self, exports: &'e Exports) -> HashMap<&'e str, usize> {
        let implemented = match &self.kind {
            Callee::Function(_) => None,
            Callee::Interface(name) => exports.manifest.implementations.get(name),
        };
        let methods = implemented.iter().flat_map(|it| &it.methods).enumerate();
        methods
            .map(|(place, method)| (method.name.as_str(), place))
            .collect()
    }

    /// The export of this name: its signature, its shim, and what it takes and returns.
    fn found<'e>(
        &self,
        exports: &'e Exports,
        places: &HashMap<&str, usize>,
        name: &str,
    ) -> Option<(&'e Signature, Shim, &'static CrossingTable)> {
        match &self.kind {
            Callee::Function(_) => {
                let function = exports.manifest.functions.get(name)?;
                let shim = *exports.functions.get(name)?;
                Some((&function.signature, shim, exports.crossings.get(name)?))
            }
            Callee::Interface(interface) => {
                let methods = &exports.manifest.implementations.get(interface)?.methods;
                let place = *places.get(name)?;
                let table = exports.tables.get(interface)?;
                let shim = *table.shims().get(place)?;
                Some((&methods[place], shim, table.crossings().get(place)?))
            }
        }
    }
}
