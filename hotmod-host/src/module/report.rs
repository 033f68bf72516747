//! What came of an update, or of its rehearsal.

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use hotmod::describe::{Difference, Type, Verdict};
use hotmod::printed::lines;
use hotmod_file::plan::{Cost, Plan, Preparation};
use hotmod_file::{Inspected, list, shown};

use crate::image::image::Image;
use crate::module::pause::{About, Grouped, PauseEstimate, PausePlace};
use crate::module::settle::SettleReport;

/// What came of an update that was not refused.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct UpdateReport {
    /// Whether anything changed.
    pub outcome: UpdateOutcome,
    /// The module.
    pub module: String,
    /// The version that ran.
    pub from: String,
    /// The version that runs.
    pub to: String,
    /// The file as it was given, with the module directory before it if that was left out.
    pub file: PathBuf,
    /// Where the file really was when it was read, if there are links in its path.
    pub resolved: Option<PathBuf>,
    /// What becomes of live state.
    pub verdict: Verdict,
    /// What differs between the two, with the rule that allows it: for state, the plan by which it
    /// is migrated.
    pub differences: Vec<Difference>,
    /// What becoming of state costs, path by path, with numbers where the live states were looked into; what is moved,
    /// however much it holds, is left out.
    pub state_costs: Vec<StateCost>,
    /// What it costs to convert calls between this host and the version, path by path; what is moved,
    /// however much it holds, is left out.
    pub call_costs: Vec<(String, Cost)>,
    /// For each state that is migrated, by its type, whether its `&self` calls go on while its new value is made,
    /// and what keeps them from it. They do where the host knows the lock of a state: in a
    /// [`Pool`](crate::Pool).
    pub preparations: Vec<(String, Preparation)>,
    /// What its rehearsal found, if there was one.
    pub rehearsed: Option<RehearsalReport>,
    /// How long the longest pause would be, if that was asked for
    /// ([`UpdateOptions::longest_pause`](crate::UpdateOptions::longest_pause)).
    pub pause: Option<PauseEstimate>,
    /// What came of taking instances along at once, if that was asked for ([`UpdateOptions::settle`](crate::UpdateOptions::settle),
    /// [`CanaryOptions::settle`](crate::CanaryOptions::settle)).
    pub settled: Option<SettleReport>,
}

/// What becoming of one part of states costs.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct StateCost {
    /// The path, as in the differences: `Db.entries`.
    pub path: String,
    /// What is done with it.
    pub cost: Cost,
    /// How many items there are now, in the instance whose migration takes longest, and how long they all would take,
    /// estimated from a sample. `None` if that was not looked into: neither was it asked for
    /// ([`UpdateOptions::longest_pause`](crate::UpdateOptions::longest_pause)), nor was the update rehearsed; or if this
    /// is not a container, or one of many that take less.
    pub now: Option<PausePlace>,
}

/// Prints as `rebuilt    Db.entries: 500,000 items, about 612.0ms in one call`.
impl fmt::Display for StateCost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        lines(f, |f| {
            let StateCost { path, cost, now } = self;
            write!(f, "{:<9}  {path}", cost.as_str())?;
            match now {
                Some(now) => write!(
                    f,
                    ": {} items, about {} in one call",
                    Grouped(now.items),
                    About(now.takes)
                ),
                None => Ok(()),
            }
        })
    }
}

/// What the states cost that this plan migrates.
pub(crate) fn state_costs(plan: &Plan) -> Vec<StateCost> {
    let costs = plan.costs().iter();
    let costs = costs.filter(|(_, cost)| *cost != Cost::Moved);
    let costs = costs.map(|(path, cost)| StateCost {
        path: path.clone(),
        cost: *cost,
        now: None,
    });
    costs.collect()
}

/// How the states are prepared that this plan migrates.
pub(crate) fn preparations(plan: &Plan) -> Vec<(String, Preparation)> {
    let preparations = plan.preparations().iter();
    let preparations = preparations.map(|(ty, how): &(Type, _)| (ty.to_string(), how.clone()));
    preparations.collect()
}

/// Prints how states are prepared.
pub(crate) fn list_preparations(
    f: &mut fmt::Formatter<'_>,
    preparations: &[(String, Preparation)],
) -> fmt::Result {
    for (state, preparation) in preparations {
        match preparation {
            Preparation::Shared => write!(
                f,
                "\n  {state} is prepared while its `&self` calls go on, where the host knows its lock"
            )?,
            Preparation::Exclusive { because } => {
                write!(
                    f,
                    "\n  {state} is prepared while no call of it runs, because of"
                )?;
                for (path, what) in because {
                    write!(f, "\n    {path}: {what}")?;
                }
            }
        }
    }
    Ok(())
}

impl UpdateReport {
    /// Notes the numbers that were found of live states.
    pub(crate) fn number_costs(&mut self) {
        let rehearsed = self.rehearsed.iter().flat_map(|it| &it.places);
        let estimated = self.pause.iter().flat_map(|it| &it.places);
        for place in rehearsed.chain(estimated) {
            let costs = self.state_costs.iter_mut();
            let of_place = costs.filter(|it| it.path == place.path && it.cost != Cost::Dropped);
            of_place.for_each(|it| it.now = Some(place.clone()));
        }
    }

    pub(crate) fn of(module: &str, running: &Image, candidate: &Inspected) -> Self {
        UpdateReport {
            outcome: UpdateOutcome::Unchanged,
            module: module.to_owned(),
            from: running.version.clone(),
            to: candidate.build().version.clone(),
            file: candidate.file().to_owned(),
            resolved: candidate.names().elsewhere().map(Path::to_owned),
            verdict: Verdict::Adopt,
            differences: Vec::new(),
            state_costs: Vec::new(),
            call_costs: Vec::new(),
            preparations: Vec::new(),
            rehearsed: None,
            pause: None,
            settled: None,
        }
    }
}

/// Prints what an operator wants in a log: the versions, what becomes of state, and below that what
/// differs, and what the rehearsal found.
impl fmt::Display for UpdateReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        lines(f, |f| {
            let UpdateReport {
                module, from, to, ..
            } = self;
            match (self.outcome, self.verdict) {
                (UpdateOutcome::Unchanged, _) => {
                    write!(
                        f,
                        "module `{module}` {from} is unchanged: it runs this file"
                    )?;
                    return match &self.resolved {
                        Some(resolved) => write!(f, ", {}", shown(&self.file, resolved)),
                        None => Ok(()),
                    };
                }
                (UpdateOutcome::Published, Verdict::Migrate) => {
                    write!(
                        f,
                        "module `{module}` {from} → {to} is published; state is migrated"
                    )?;
                }
                (UpdateOutcome::Published, _) => write!(
                    f,
                    "module `{module}` {from} → {to} is published; state is handed over as it is"
                )?,
            }
            if let Some(resolved) = &self.resolved {
                write!(f, "\n  file: {}", shown(&self.file, resolved))?;
            }
            let of_state = |it: &&Difference| it.rule.verdict() == Verdict::Migrate;
            list(f, self.differences.iter().filter(of_state))?;
            list(f, self.differences.iter().filter(|it| !of_state(it)))?;
            if self.state_costs.iter().any(|it| it.now.is_some()) {
                f.write_str("\n  what state costs:")?;
                for cost in &self.state_costs {
                    write!(f, "\n    {cost}")?;
                }
            }
            if !self.call_costs.is_empty() {
                f.write_str("\n  what calls cost:")?;
            }
            for (path, cost) in &self.call_costs {
                write!(f, "\n    {:<9}  {path}", cost.as_str())?;
            }
            list_preparations(f, &self.preparations)?;
            if let Some(rehearsed) = &self.rehearsed {
                write!(f, "\n  rehearsed: {rehearsed}")?;
            }
            if let Some(pause) = &self.pause {
                write!(f, "\n  estimated: {pause}")?;
            }
            match &self.settled {
                Some(settled) => write!(f, "\n  settled: {settled}"),
                None => Ok(()),
            }
        })
    }
}

/// Whether an update changed anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum UpdateOutcome {
    /// New calls enter the version from the file.
    Published,
    /// The file is the very one that runs.
    Unchanged,
}

/// What a rehearsal found that went well.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RehearsalReport {
    /// How many instances were taken to the candidate's version.
    pub migrated: usize,
    /// How many instances were in a call, and left out.
    pub in_use: usize,
    /// How long making the copy held up the thread that made it.
    pub pause: Duration,
    /// How long loading, migrating and checking took in the copy.
    pub took: Duration,
    /// How many bytes of memory the copy did not share with the process in the end.
    pub memory: u64,
    /// How long the instance that took longest took to be migrated, in the copy; or a value that follows by itself
    /// ([`Lazy`](hotmod::Lazy)), if one was found that takes longer.
    pub longest: Duration,
    /// The containers of that instance or value whose items are made anew, with estimates from a sample.
    pub places: Vec<PausePlace>,
}

impl fmt::Display for RehearsalReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        lines(f, |f| {
            let RehearsalReport {
                migrated,
                in_use,
                took,
                memory,
                longest,
                places,
                ..
            } = self;
            let kib = memory / 1024;
            write!(
                f,
                "{migrated} instances migrated in {took:.1?} with {kib} KiB, the longest in {longest:.1?}; left out, \
                 in a call: {in_use}"
            )?;
            for place in places {
                write!(f, "\n    {place}")?;
            }
            Ok(())
        })
    }
}
