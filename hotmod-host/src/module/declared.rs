//! What a host says when it is built that it will call of its modules, before any is loaded.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use crate::call::expectation::{Callee, Expectation};

/// What the host will call of the modules of these names.
#[derive(Clone, Default)]
pub(crate) struct Declared(BTreeMap<String, Vec<Expectation>>);

impl Declared {
    /// Adds what the host will call of the module, if that is not known.
    pub(crate) fn add(&mut self, module: &str, expectation: Expectation) {
        let all = self.0.entry(module.to_owned()).or_default();
        if !all.iter().any(|known| known.is_same(&expectation)) {
            all.push(expectation);
        }
    }

    /// All that is declared of the module, and this besides, each in a place of its own.
    pub(crate) fn with(&self, module: &str, more: Option<Expectation>) -> Vec<Arc<Expectation>> {
        let mut all = self.0.get(module).cloned().unwrap_or_default();
        let is_new = |it: &Expectation| !all.iter().any(|known| known.is_same(it));
        let more = more.filter(is_new);
        all.extend(more);
        let mut base = 0;
        let placed = all.into_iter().map(|mut expectation| {
            expectation.base = base;
            base += expectation.len;
            Arc::new(expectation)
        });
        placed.collect()
    }

    /// The modules of which something is declared.
    pub(crate) fn modules(&self) -> impl Iterator<Item = &String> {
        self.0.keys()
    }
}

impl fmt::Debug for Declared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.0.iter().map(|(module, all)| {
            let names = all.iter().map(|it| match &it.kind {
                Callee::Function(name) | Callee::Interface(name) => name,
            });
            (module, names.collect::<Vec<_>>())
        });
        f.debug_map().entries(names).finish()
    }
}
