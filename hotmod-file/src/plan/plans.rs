//! The plans between two descriptions, both ways.

use std::sync::OnceLock;

use hotmod::describe::{Description, Difference};

use super::calls::{CallCosts, Evolves};
use super::known::Examined;
use super::model::{Plan, Way};
use super::planner::states;
use crate::contract;

/// An older description and a newer one, and the plans between them, each made when it is asked for.
///
/// The fingerprints of both, which take most of the time for very many types, are made once for both plans.
/// Two threads may ask for a plan each.
#[derive(Clone, Debug)]
pub struct Plans<'a> {
    older: Examined<'a>,
    newer: Examined<'a>,
    on: OnceLock<Plan>,
    back: OnceLock<Plan>,
}

impl<'a> Plans<'a> {
    /// The plans between these two.
    pub fn between(older: &'a Description, newer: &'a Description) -> Self {
        Plans {
            older: Examined::new(older),
            newer: Examined::new(newer),
            on: OnceLock::new(),
            back: OnceLock::new(),
        }
    }

    /// As [`Plan::new`] makes it.
    pub fn on(&self) -> &Plan {
        self.on.get_or_init(|| self.made(Way::On))
    }

    /// As [`Plan::back`] makes it.
    pub fn back(&self) -> &Plan {
        self.back.get_or_init(|| self.made(Way::Back))
    }

    pub(super) fn made(&self, way: Way) -> Plan {
        let (was, now) = match way {
            Way::On => (&self.older, &self.newer),
            Way::Back => (&self.newer, &self.older),
        };
        // Each way begins with another side, so that two threads examine the two at once.
        let was = was.known();
        states(was, now.known(), way)
    }

    /// All that differs between the older module, which runs, and the newer one, which is to replace it: in
    /// what they export, and in what becomes of their state.
    pub fn differences(&self) -> Vec<Difference> {
        self.differences_noting(&CallCosts::default())
    }

    /// The same, with what calls cost that are converted noted there.
    pub fn differences_noting(&self, costs: &CallCosts) -> Vec<Difference> {
        let (running, candidate) = (self.older.description, self.newer.description);
        let mut differences = contract::impossible(candidate);
        // Made first, so that what is found out for it serves the calls too.
        let on = self.on();
        let evolves = Evolves::of(self.older.clone(), self.newer.clone()).noting(costs);
        let as_it_runs = contract::Called::AsItRuns;
        let exports = contract::exports(running, candidate, &evolves, &|_, _| as_it_runs, &|_| {
            as_it_runs
        });
        differences.extend(exports);
        differences.extend(contract::needs(running, candidate, &evolves));
        differences.extend(on.differences.iter().cloned());
        differences
    }
}

impl Plan {
    /// The plan for the states of `was`, made to fit `now`.
    ///
    /// Where `now` does not say how to convert a value, a function of `was` marked
    /// `#[hotmod::migrate(down)]` converts it, if it makes exactly what `now` has: so updates can go back
    /// through one version after the other. Where `now` is of an older version, and functions of `was` that
    /// `now` does not have made a value, such a function takes the value back, or a function that `now` has
    /// for it; else the plan is refused.
    pub fn new(was: &Description, now: &Description) -> Self {
        Plans::between(was, now).made(Way::On)
    }

    /// The plan for the states of `newer`, made to fit `older`, which knows nothing of it.
    ///
    /// It inverts what the attributes of the newer version say: what was renamed gets its old name
    /// back, what was widened is narrowed, what was put into an `Option` is taken out, a container
    /// that changed changes back. A value that does not fit, or a variant that the older version
    /// does not have, aborts the plan for that state, which stays as it is. What the newer version
    /// added has no place in the older one: it is dropped, and is among the
    /// [`losses`](Plan::losses). What the newer version removed gets what the older version's own
    /// `default`, `skip` or `Option` gives it.
    ///
    /// Only a function of the newer version, marked `#[hotmod::migrate(down)]`, can take back what another
    /// function of the newer version made, and it must make exactly the form that the older version has.
    /// Functions of the older version are for its own past: values of the newer one may look the same, and
    /// be of another sense. Where the newer version has no such function, or only functions that make other
    /// forms, the plan is refused.
    ///
    /// A state that was taken to `newer` by a [lossless](Plan::is_lossless) plan, and back by a plan of
    /// this kind, is what it was.
    pub fn back(newer: &Description, older: &Description) -> Self {
        Plans::between(older, newer).made(Way::Back)
    }
}

#[cfg(test)]
mod tests {
    use hotmod::StableState;

    use super::Plans;
    use crate::described::state;
    use crate::plan::Plan;
    use crate::plan::known::EXAMINED;

    mod was {
        use super::StableState;

        #[derive(StableState)]
        #[allow(dead_code, reason = "only the descriptions matter")]
        pub(super) struct World {
            parts: Vec<Part>,
        }

        #[derive(StableState)]
        #[allow(dead_code, reason = "only the descriptions matter")]
        pub(super) struct Part {
            number: u32,
        }
    }

    mod now {
        use super::StableState;

        #[derive(StableState)]
        #[allow(dead_code, reason = "only the descriptions matter")]
        pub(super) struct World {
            parts: Vec<Part>,
        }

        #[derive(StableState)]
        #[allow(dead_code, reason = "only the descriptions matter")]
        pub(super) struct Part {
            number: u64,
        }
    }

    #[test]
    fn each_description_is_examined_once_for_both_ways() {
        let (older, newer) = (state::<was::World>(), state::<now::World>());
        EXAMINED.set(0);
        let plans = Plans::between(&older, &newer);
        let (on, back, found) = (plans.on(), plans.back(), plans.differences());
        assert_eq!(EXAMINED.get(), 2);
        assert_eq!(on.differences, Plan::new(&older, &newer).differences);
        assert_eq!(back.differences, Plan::back(&newer, &older).differences);
        assert_eq!(found, on.differences);
    }
}
