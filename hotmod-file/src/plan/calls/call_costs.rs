//! What it costs to convert what calls pass.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::rc::Rc;

use crate::plan::model::Cost;

/// How many costs are noted.
const COSTS: usize = 1 << 16;

/// What it costs to convert calls, path by path; of very many paths, the first.
///
/// A clone notes in the same list.
#[derive(Clone, Debug, Default)]
pub struct CallCosts(Rc<RefCell<Vec<(String, Cost)>>>);

impl CallCosts {
    /// Whether more can be noted: what many functions pass may lead to very many parts.
    pub(super) fn can_note(&self) -> bool {
        self.0.borrow().len() < COSTS
    }

    pub(super) fn note(&self, costs: impl IntoIterator<Item = (String, Cost)>) {
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

/// What a call costs, path by path.
pub(super) type PathCosts = Vec<(String, Cost)>;
