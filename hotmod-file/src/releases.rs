//! The releases of a module: which of them state can be taken to from which, directly or over others.
//!
//! Pure: made from what the releases say of themselves, in files or in records of files.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use hotmod::describe::{Difference, Rule, Verdict};
use semver::Version;

use crate::plan::{Plan, Plans, Survival, Way};
use crate::verify::{Platform, Policy, Replaced, objections};
use crate::view::ModuleView;

/// Releases of one module, from the oldest to the newest, with what becomes of state between each two of them.
///
/// # Examples
///
/// ```no_run
/// use hotmod_file::{Releases, inspect};
///
/// let files = [inspect("releases/libgame-1.0.so")?, inspect("releases/libgame-1.1.so")?];
/// let releases = Releases::of(files.iter().map(Into::into));
/// for step in releases.route(0, 1).expect("a way") {
///     println!("{} → {}", releases.version(step.from), releases.version(step.to));
/// }
/// # Ok::<(), hotmod_file::Refusal>(())
/// ```
#[derive(Debug)]
pub struct Releases {
    versions: Vec<String>,
    /// From each to each other, by their places: `from * count + to`.
    steps: Vec<Option<ReleaseStep>>,
}

/// An update from one release to a newer one, or a rollback to an older one.
#[derive(Clone, Debug)]
pub struct ReleaseStep {
    /// The release that runs, by its place.
    pub from: usize,
    /// The release that is to run.
    pub to: usize,
    /// `On` to a newer one, `Back` to an older one.
    pub way: Way,
    /// What stands in the way. A rollback stands in its own way where no update leads on directly: then nothing else may.
    pub refused: Vec<Difference>,
    /// Whether state survives.
    pub survival: Survival,
    /// What of the state is lost.
    pub losses: Vec<Difference>,
    /// Whether functions of the module's author convert something: only they know what they leave out.
    pub by_functions: bool,
}

impl ReleaseStep {
    fn new((from, to): (usize, usize), way: Way, refused: Vec<Difference>, plan: &Plan) -> Self {
        let verdict = match refused.is_empty() {
            true => plan.verdict(),
            false => Verdict::Refuse,
        };
        ReleaseStep {
            from,
            to,
            way,
            refused,
            survival: Survival::of(verdict, plan.conditions()),
            losses: plan.losses().cloned().collect(),
            by_functions: plan.differences.iter().any(|it| it.rule == Rule::Converted),
        }
    }

    /// Whether it can be made, if values allow it.
    pub fn is_possible(&self) -> bool {
        self.survival != Survival::Never
    }
}

/// Whether two releases can serve beside each other, as with a canary: state goes to the newer one, and comes back
/// if that is given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SideBySide {
    /// Whatever the states hold, both ways, and nothing is lost.
    Freely,
    /// State can go both ways, but something is lost, or its values have to allow it.
    AtACost,
    /// State cannot go one of the two ways.
    Not,
}

impl SideBySide {
    /// `freely`, `at-a-cost` or `not`.
    pub fn as_str(self) -> &'static str {
        match self {
            SideBySide::Freely => "freely",
            SideBySide::AtACost => "at-a-cost",
            SideBySide::Not => "not",
        }
    }
}

impl Releases {
    /// Compares all of these with each other. They are of one module, and are sorted by their versions.
    pub fn of<'a>(releases: impl IntoIterator<Item = ModuleView<'a>>) -> Self {
        let mut releases: Vec<ModuleView<'_>> = releases.into_iter().collect();
        releases.sort_by_cached_key(|it| {
            (
                Version::parse(&it.build.version).ok(),
                it.build.version.clone(),
            )
        });
        let count = releases.len();
        let mut steps: Vec<Option<ReleaseStep>> = vec![None; count * count];
        for (older, a) in releases.iter().enumerate() {
            for (newer, b) in releases.iter().enumerate().skip(older + 1) {
                let plans = Plans::between(a.manifest, b.manifest);
                let mut refused = objected(*b, *a);
                refused.extend(
                    plans
                        .differences()
                        .into_iter()
                        .filter(|it| it.rule.refuses()),
                );
                let on = ReleaseStep::new((older, newer), Way::On, refused, plans.on());
                let mut refused = objected(*a, *b);
                let back = plans.back().differences.iter();
                refused.extend(back.filter(|it| it.rule.refuses()).cloned());
                let mut back = ReleaseStep::new((newer, older), Way::Back, refused, plans.back());
                // Nothing rolls back to a version that did not run before.
                if !on.is_possible() {
                    back.survival = Survival::Never;
                }
                steps[older * count + newer] = Some(on);
                steps[newer * count + older] = Some(back);
            }
        }
        let versions = releases.iter().map(|it| it.build.version.clone());
        Releases {
            versions: versions.collect(),
            steps,
        }
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.versions.len()
    }

    /// The version at a place.
    pub fn version(&self, place: usize) -> &str {
        &self.versions[place]
    }

    /// The direct way from one to another; `None` from one to itself.
    pub fn step(&self, from: usize, to: usize) -> Option<&ReleaseStep> {
        self.steps.get(from * self.count() + to)?.as_ref()
    }

    /// The way from one to another with the fewest steps, and of those the one with the fewest conditions, and then the
    /// fewest losses; `None` if none leads there.
    pub fn route(&self, from: usize, to: usize) -> Option<Vec<&ReleaseStep>> {
        let mut reached: Vec<Option<&ReleaseStep>> = vec![None; self.count()];
        let mut is_done = vec![false; self.count()];
        let mut least = vec![(usize::MAX, 0, 0); self.count()];
        let mut open = BinaryHeap::from([Reverse(((0, 0, 0), from))]);
        least[from] = (0, 0, 0);
        while let Some(Reverse((cost, at))) = open.pop() {
            if std::mem::replace(&mut is_done[at], true) {
                continue;
            }
            let steps = (0..self.count()).filter_map(|next| self.step(at, next));
            for step in steps.filter(|step| step.is_possible()) {
                let conditions = step.survival.conditions().len();
                let cost = (cost.0 + 1, cost.1 + conditions, cost.2 + step.losses.len());
                if cost < least[step.to] {
                    least[step.to] = cost;
                    reached[step.to] = Some(step);
                    open.push(Reverse((cost, step.to)));
                }
            }
        }
        let mut route = Vec::new();
        let mut at = to;
        while at != from {
            let step = reached[at]?;
            route.push(step);
            at = step.from;
        }
        route.reverse();
        Some(route)
    }

    /// Whether two can serve beside each other.
    pub fn side_by_side(&self, older: usize, newer: usize) -> SideBySide {
        let steps = [self.step(older, newer), self.step(newer, older)];
        let mut steps = steps.into_iter().flatten();
        let is_free = |step: &ReleaseStep| {
            step.survival == Survival::Always && step.losses.is_empty() && !step.by_functions
        };
        match (
            steps.clone().all(ReleaseStep::is_possible),
            steps.all(is_free),
        ) {
            (false, _) => SideBySide::Not,
            (true, true) => SideBySide::Freely,
            (true, false) => SideBySide::AtACost,
        }
    }
}

/// What the build of one stands in the way of, where the other one runs.
fn objected(to: ModuleView<'_>, from: ModuleView<'_>) -> Vec<Difference> {
    let mut policy = Policy::default();
    (policy.downgrade, policy.panic_abort) = (true, !from.build.unwinds);
    let platform = Platform {
        abi: from.build.abi,
        target: &from.build.target,
    };
    let runs = Replaced {
        module: &from.build.module,
        version: &from.build.version,
    };
    objections(to.build, platform, &policy, Some(runs))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::Condition;

    /// Releases between which these steps are possible, each with how many conditions it has.
    fn releases(count: usize, possible: &[(usize, usize, usize)]) -> Releases {
        let mut steps = vec![None; count * count];
        for from in 0..count {
            for to in (0..count).filter(|to| *to != from) {
                let found = possible.iter().find(|it| (it.0, it.1) == (from, to));
                let condition = Condition {
                    path: "World.gold".to_owned(),
                    must: "must fit".to_owned(),
                };
                let survival = match found.map(|it| it.2) {
                    None => Survival::Never,
                    Some(0) => Survival::Always,
                    Some(conditions) => Survival::Conditional(vec![condition; conditions]),
                };
                steps[from * count + to] = Some(ReleaseStep {
                    from,
                    to,
                    way: if from < to { Way::On } else { Way::Back },
                    refused: Vec::new(),
                    survival,
                    losses: Vec::new(),
                    by_functions: false,
                });
            }
        }
        let versions = (0..count).map(|it| format!("1.{it}.0"));
        Releases {
            versions: versions.collect(),
            steps,
        }
    }

    fn route(releases: &Releases, from: usize, to: usize) -> Option<Vec<usize>> {
        let route = releases.route(from, to)?;
        Some(route.iter().map(|it| it.to).collect())
    }

    #[test]
    fn the_way_with_the_fewest_steps_is_taken() {
        let all = releases(4, &[(0, 1, 0), (1, 2, 0), (2, 3, 0), (1, 3, 0), (3, 2, 0)]);
        assert_eq!(route(&all, 0, 3), Some(vec![1, 3]));
        assert_eq!(route(&all, 0, 2), Some(vec![1, 2]));
        assert_eq!(route(&all, 3, 2), Some(vec![2]));
        assert_eq!(route(&all, 3, 0), None);
        assert_eq!(route(&all, 2, 2), Some(Vec::new()));
    }

    #[test]
    fn of_ways_as_long_the_one_with_the_fewest_conditions_is_taken() {
        let all = releases(4, &[(0, 1, 3), (1, 3, 0), (0, 2, 1), (2, 3, 1)]);
        assert_eq!(route(&all, 0, 3), Some(vec![2, 3]));
        // A step more costs more than any condition.
        let direct = releases(3, &[(0, 2, 5), (0, 1, 0), (1, 2, 0)]);
        assert_eq!(route(&direct, 0, 2), Some(vec![2]));
    }

    #[test]
    fn two_serve_side_by_side_if_state_can_go_both_ways() {
        let all = releases(3, &[(0, 1, 0), (1, 0, 0), (1, 2, 0), (2, 1, 1), (0, 2, 0)]);
        assert_eq!(all.side_by_side(0, 1), SideBySide::Freely);
        assert_eq!(all.side_by_side(1, 2), SideBySide::AtACost);
        assert_eq!(all.side_by_side(0, 2), SideBySide::Not);
    }
}
