//! What a host calls of a module: each export that it was compiled to call, and what it was compiled with.

use hotmod::call::Shim;
use hotmod::describe::{Description, Difference, diff};

use crate::image::expected::Expected;
use crate::image::exports::Exports;

/// Something that the host calls: a function by its type, or an interface.
pub(crate) struct Expectation {
    pub(crate) kind: Callee,
    /// What the host was compiled with.
    pub(crate) expected: Expected,
    /// Where its shims begin in every generation.
    pub(crate) base: usize,
    /// How many shims it has.
    pub(crate) len: usize,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Callee {
    Function(String),
    Interface(String),
}

impl Expectation {
    /// What makes a module unfit to be called through this port.
    pub(crate) fn compare(&self, candidate: &Description) -> Vec<Difference> {
        match self.expected.fault() {
            Some(fault) => vec![fault.clone()],
            None => diff::expectation(self.expected.description(), candidate),
        }
    }

    /// The export whose shim is at this place of the port.
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

    pub(super) fn shims<'a>(&self, exports: &'a Exports) -> &'a [Shim] {
        let shims = match &self.kind {
            Callee::Function(name) => exports.functions.get(name).map(std::slice::from_ref),
            Callee::Interface(name) => exports.tables.get(name).map(|table| table.shims()),
        };
        shims.unwrap_or_default()
    }
}
