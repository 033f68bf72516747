//! Whether one module may replace another, decided from what the two files say of themselves.

use std::collections::BTreeSet;

use hotmod::describe::{Build, Description, Difference, Verdict};

use crate::expectations::Expectations;
use crate::expected::Compared;
use crate::inspect::Inspected;
use crate::known::{self, KnownModules};
use crate::plan::{CallCosts, Plans, Survival, Way};
use crate::verify::{Platform, Policy, Replaced, objections};
use crate::view::{ModuleView, StaticNames};

/// A module that runs, and a file that is to replace it: what an update would do, and what a rollback
/// from there would do, decided from what the two files say of themselves.
///
/// A host also compares a candidate with the interfaces and functions that the host was compiled with, and
/// compares the module that a rollback leads to with what the host calls by then. No module's file says those: a
/// host writes them down itself ([`Comparison::host`]).
///
/// # Examples
///
/// ```no_run
/// use hotmod_file::describe::Verdict;
/// use hotmod_file::{Comparison, inspect};
///
/// let running = inspect("modules/libgame.so")?;
/// let candidate = inspect("target/release/libgame.so")?;
/// let comparison = Comparison::new(&running, &candidate);
/// println!("{}", Verdict::of(&comparison.update()).as_str());
/// for lost in comparison.rollback().iter().filter(|difference| difference.rule.loses()) {
///     println!("a rollback would lose {}", lost.path);
/// }
/// # Ok::<(), hotmod_file::Refusal>(())
/// ```
#[derive(Clone, Debug)]
pub struct Comparison<'a> {
    running: ModuleView<'a>,
    candidate: &'a Inspected,
    policy: Policy,
    host: Option<&'a Expectations>,
    others: Option<&'a KnownModules<'a>>,
    plans: Plans<'a>,
}

impl<'a> Comparison<'a> {
    /// Compares a module that runs with a file that is to replace it, as a host with the default [`Policy`]
    /// does.
    pub fn new(running: impl Into<ModuleView<'a>>, candidate: &'a Inspected) -> Self {
        let running = running.into();
        Comparison {
            running,
            candidate,
            policy: Policy::default(),
            host: None,
            others: None,
            plans: Plans::between(running.manifest, candidate.manifest()),
        }
    }

    /// Compares as a host with this policy does.
    #[must_use]
    pub fn policy(mut self, policy: Policy) -> Self {
        self.policy = policy;
        self
    }

    /// Compares as this host does, which runs the one module: with what it calls and provides itself, and for
    /// what it was built for.
    #[must_use]
    pub fn host(mut self, host: &'a Expectations) -> Self {
        self.host = Some(host);
        self
    }

    /// Compares as a host does in which these other modules are current, and no others: with what they need of the
    /// module, and what the module needs of them. Of modules that are to be updated together, each is compared with
    /// the candidates of the others.
    #[must_use]
    pub fn others(mut self, others: &'a KnownModules<'a>) -> Self {
        self.others = Some(others);
        self
    }

    /// What differs, for a host that runs the one module and is to update to the other;
    /// [`Verdict::of`](crate::describe::Verdict::of) says what the differences amount to. Empty if the files
    /// are equal.
    pub fn update(&self) -> Vec<Difference> {
        self.update_with_costs().differences
    }

    /// The same, and what calls cost that are converted.
    pub fn update_with_costs(&self) -> Compared {
        let ModuleView { build, statics, .. } = self.running;
        if self.is_of_equal_bytes() {
            return Compared::default();
        }
        let (built_for, runs) = replaced(build);
        let platform = self.host.map_or(built_for, Expectations::platform);
        let mut differences =
            objections(self.candidate.build(), platform, &self.policy, Some(runs));
        differences.extend(self.candidate.unmet(&self.policy));
        differences.extend(self.candidate.denied());
        let costs = CallCosts::default();
        let mut call_costs = Vec::new();
        // Between two different modules everything differs: the refusal above says enough.
        if build.module == self.candidate.build().module {
            differences.extend(match self.host {
                Some(host) => {
                    let running = Some((self.running.manifest, self.plans.on()));
                    let used = self.others.map(|it| it.called(&build.module));
                    let side = host.side(&build.module, used.unwrap_or_default());
                    let compared = side.compare(self.candidate.manifest(), running);
                    call_costs = compared.call_costs;
                    compared.differences
                }
                None => {
                    let differences = self.plans.differences_noting(&costs);
                    call_costs = costs.listed();
                    differences
                }
            });
            let manifests = (self.candidate.manifest(), Some(self.running.manifest));
            differences.extend(self.between(manifests, Way::On));
            differences.extend(match statics {
                StaticNames::Seen(statics) => self.candidate.starts_anew(statics.names()),
                StaticNames::Written(names) => {
                    self.candidate.starts_anew(names.iter().map(String::as_str))
                }
            });
        }
        Compared {
            differences,
            call_costs,
        }
    }

    /// What a rollback from the candidate to the running module would do to the state, and what of the state
    /// it would lose, as [`Plan::back`](crate::plan::Plan::back) says. No policy forbids the way back to what ran.
    pub fn rollback(&self) -> Vec<Difference> {
        let build = self.running.build;
        let mut policy = Policy::default();
        (policy.downgrade, policy.panic_abort) = (true, true);
        let (built_for, runs) = replaced(self.candidate.build());
        let platform = self.host.map_or(built_for, Expectations::platform);
        let mut differences = objections(build, platform, &policy, Some(runs));
        if self.candidate.build().module == build.module {
            differences.extend(self.plans.back().differences.iter().cloned());
            // By then the host may call what the older module never had.
            let calls = self
                .host
                .map(|host| host.side(&build.module, BTreeSet::new()).calls);
            let calls = calls.into_iter().flatten();
            let missing = calls.flat_map(|it| it.compare(self.running.manifest));
            differences.extend(missing.filter(|it| it.rule.refuses()));
            let manifests = (self.running.manifest, Some(self.candidate.manifest()));
            let unsuited = self.between(manifests, Way::Back).into_iter();
            differences.extend(unsuited.filter(|it| it.rule.refuses()));
        }
        differences
    }

    /// Whether live state survives an update, or a rollback from the candidate: for sure, or if its values allow it.
    pub fn survival(&self, way: Way) -> Survival {
        let (differences, plan) = match way {
            // No state is taken to the version that it is at.
            _ if self.is_of_equal_bytes() => return Survival::Always,
            Way::On => (self.update(), self.plans.on()),
            Way::Back => (self.rollback(), self.plans.back()),
        };
        Survival::of(Verdict::of(&differences), plan.conditions())
    }

    fn is_of_equal_bytes(&self) -> bool {
        self.running.digest == Some(self.candidate.digest())
    }

    /// What is between a version of the module, the other of which runs, and the other modules.
    fn between(
        &self,
        (to, running): (&Description, Option<&Description>),
        way: Way,
    ) -> Vec<Difference> {
        let module = &self.running.build.module;
        let names = self.host.map(Expectations::named).unwrap_or_default();
        known::differences(self.others, names, (module, to, running), way)
    }

    /// The plans for the state, both ways. Each is made once.
    pub fn plans(&self) -> &Plans<'a> {
        &self.plans
    }
}

/// What a candidate must be built for, and which module it replaces.
fn replaced(build: &Build) -> (Platform<'_>, Replaced<'_>) {
    let platform = Platform {
        abi: build.abi,
        target: &build.target,
    };
    let running = Replaced {
        module: &build.module,
        version: &build.version,
    };
    (platform, running)
}
