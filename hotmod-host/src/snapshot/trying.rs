//! What would become of the states of a snapshot in a build.

use std::fmt;
use std::path::Path;
use std::time::{Duration, Instant};

use hotmod::describe::{Difference, Rule};
use hotmod::printed::{Line, lines};
use hotmod_file::plan::{Plan, Way};
use hotmod_file::snapshot::plan::way;
use hotmod_file::{LiveValue, Refusal, Snapshot, list};

use super::error::{RestoreError, Unrestored};
use super::made::{MadeState, TriedBuild};
use super::progress::{StatesTried, TOLD, TryProgress};
use super::restore::{RestoreOptions, RestoredGroup};
use crate::host::Host;

/// What would become of the states of a snapshot in a build.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct TryReport {
    /// The module's name.
    pub module: String,
    /// The build's version.
    pub version: String,
    /// The pools and shared instances of the module, by their names.
    pub groups: Vec<TriedGroup>,
    /// For each older version that states were written at, what a rollback to it would do.
    pub rollbacks: Vec<TriedRollback>,
}

/// What would become of the states of a pool, or of a shared instance.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct TriedGroup {
    /// Its name in the host.
    pub name: String,
    /// The versions that its states were written at.
    pub versions: Vec<String>,
    /// How many states it has.
    pub states: usize,
    /// How many of them fit: they become states of the build, its checks and preflights among it.
    pub fit: usize,
    /// Why none was tried.
    pub refused: Option<RestoreError>,
    /// The first hundred of those that do not fit.
    pub stuck: Vec<StuckState>,
    /// How many were not tried: the process ended at too many of them.
    pub untried: usize,
    /// How long all of it took on one thread: to decode and make each state, to try it out, and to give it up.
    pub took: Duration,
    /// How long the state took that took longest, to decode and to make.
    pub longest: Duration,
    /// How many bytes all that fit would hold together.
    pub memory: u64,
    /// How many bytes the largest of them would hold.
    pub largest: u64,
}

/// A state that does not fit.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct StuckState {
    /// Its key; `None` for a shared instance.
    pub key: Option<LiveValue>,
    /// The version that it was written at.
    pub version: String,
    /// Why it does not fit, with the value.
    pub reason: Unrestored,
}

/// What a rollback from a build would do.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct TriedRollback {
    /// The version that it would lead to.
    pub to: String,
    /// What would be lost, and what stands in its way.
    pub differences: Vec<Difference>,
}

impl TryReport {
    /// Whether all states fit.
    pub fn all_fit(&self) -> bool {
        let fits = |it: &TriedGroup| it.refused.is_none() && it.fit == it.states;
        self.groups.iter().all(fits)
    }
}

impl TriedGroup {
    fn count(&mut self, counted: &StatesTried) {
        self.fit = counted.fit;
        self.took = counted.took;
        self.longest = counted.longest;
        self.memory = counted.memory;
        self.largest = counted.largest;
    }
}

impl fmt::Display for TryReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        lines(f, |f| {
            let sum = |of: fn(&TriedGroup) -> usize| self.groups.iter().map(of).sum::<usize>();
            let (fit, all) = (sum(|it| it.fit), sum(|it| it.states));
            let (module, version) = (Line(&self.module), Line(&self.version));
            write!(f, "{fit} of {all} states fit `{module}` {version}")?;
            for group in &self.groups {
                write!(f, "\n{group}")?;
            }
            for rollback in &self.rollbacks {
                write!(f, "\na rollback to {}", Line(&rollback.to))?;
                match rollback.differences.as_slice() {
                    [] => f.write_str(" would lose nothing")?,
                    differences => {
                        f.write_str(":")?;
                        list(f, differences)?;
                    }
                }
            }
            Ok(())
        })
    }
}

impl fmt::Display for TriedGroup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, versions) = (Line(&self.name), self.versions.join(", "));
        write!(f, "{name}: {} of {} states", self.fit, self.states)?;
        if !versions.is_empty() {
            write!(f, " of {}", Line(&versions))?;
        }
        if let Some(error) = &self.refused {
            return write!(f, ": {error}");
        }
        write!(
            f,
            "; {:.1?} in all, the longest {:.1?}; {} bytes in all, the largest {}",
            self.took, self.longest, self.memory, self.largest
        )?;
        for stuck in &self.stuck {
            match &stuck.key {
                Some(key) => write!(f, "\n  {name}[{key}] ")?,
                None => write!(f, "\n  {name} ")?,
            }
            write!(f, "{}: {}", Line(&stuck.version), Line(&stuck.reason))?;
        }
        match self.states - self.fit - self.stuck.len() - self.untried {
            0 => {}
            more => write!(f, "\n  and {more} more")?,
        }
        match self.untried {
            0 => Ok(()),
            untried => write!(
                f,
                "\n  {untried} were not tried, since the process ended so often"
            ),
        }
    }
}

impl Host {
    /// Tries out what would become of the states that a snapshot has of a module, in a build of it: each is made, by the
    /// rules of an update, has its checks and preflights run, and is given up again. Nothing of the host changes, and
    /// none of the build's timers and tasks run; another version of the module may run meanwhile. A build that cannot be
    /// loaded beside what the host provides and runs is refused.
    ///
    /// # Errors
    ///
    /// [`Refusal`] if the build is not loaded.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # fn check() -> Result<(), Box<dyn std::error::Error>> {
    /// use hotmod_host::{Host, RestoreOptions, Snapshot};
    ///
    /// let host = Host::builder().stub_imports(true).build()?;
    /// let snapshot = Snapshot::open("production.snapshot")?;
    /// let report = host.try_snapshot("libgame.so", &snapshot, RestoreOptions::new())?;
    /// assert!(report.all_fit(), "{report}");
    /// # Ok(())
    /// # }
    /// ```
    pub fn try_snapshot(
        &self,
        file: impl AsRef<Path>,
        snapshot: &Snapshot,
        options: RestoreOptions,
    ) -> Result<TryReport, Refusal> {
        self.try_by_steps(
            file.as_ref(),
            snapshot,
            options,
            &mut TryProgress::default(),
        )
    }

    /// As [`try_snapshot`](Host::try_snapshot). Each state is noted before it is made: the build's own code, which runs then,
    /// can end this process.
    pub(super) fn try_by_steps(
        &self,
        file: &Path,
        snapshot: &Snapshot,
        options: RestoreOptions,
        progress: &mut TryProgress,
    ) -> Result<TryReport, Refusal> {
        let build = TriedBuild::load(self, file)?;
        let nothing = &mut |_: usize, _: usize, _: Option<&mut MadeState<'_>>| {};
        Ok(try_states(&build, snapshot, options, progress, nothing))
    }
}

/// Tries out all states of the build's module. `taken` is given each as it was made, with the places of its group and its
/// own, and none for one that does not fit: also after it was made, where a preflight finds it wrong.
pub(super) fn try_states(
    build: &TriedBuild,
    snapshot: &Snapshot,
    options: RestoreOptions,
    progress: &mut TryProgress,
    taken: &mut dyn FnMut(usize, usize, Option<&mut MadeState<'_>>),
) -> TryReport {
    let image = build.image();
    let manifest = image.manifest();
    let mut report = TryReport {
        module: image.module.clone(),
        version: image.version.clone(),
        groups: Vec::new(),
        rollbacks: Vec::new(),
    };
    let mut versions: Vec<usize> = Vec::new();
    for (place, group) in snapshot.groups().iter().enumerate() {
        if group.module != image.module {
            continue;
        }
        let mut states = RestoredGroup::new(snapshot, group, options, build.threads());
        versions.extend(states.builds());
        let mut taken = |state: usize, made: Option<&mut MadeState<'_>>| taken(place, state, made);
        let tried = tried(build, (snapshot, place), &mut states, progress, &mut taken);
        report.groups.push(tried);
    }
    progress.ends();
    versions.sort_unstable();
    versions.dedup();
    for number in versions {
        let was = &snapshot.builds()[number];
        if way(was, &manifest) == Way::On {
            let back = Plan::back(&manifest, &was.description);
            let tells = |it: &Difference| it.rule == Rule::Lost || it.rule.refuses();
            report.rollbacks.push(TriedRollback {
                to: was.build().version.clone(),
                differences: back.differences.into_iter().filter(tells).collect(),
            });
        }
    }
    report
}

/// Tries out the states of the group at this place.
fn tried(
    build: &TriedBuild,
    (snapshot, number): (&Snapshot, usize),
    states: &mut RestoredGroup<'_>,
    progress: &mut TryProgress,
    taken: &mut dyn FnMut(usize, Option<&mut MadeState<'_>>),
) -> TriedGroup {
    let group = states.group;
    let builds = states.builds().into_iter();
    let mut tried = TriedGroup {
        name: group.name.clone(),
        versions: builds
            .map(|it| snapshot.builds()[it].build().version.clone())
            .collect(),
        states: group.len(),
        fit: 0,
        refused: states.plan_all(build.image()).err(),
        stuck: Vec::new(),
        untried: 0,
        took: Duration::ZERO,
        longest: Duration::ZERO,
        memory: 0,
        largest: 0,
    };
    if tried.refused.is_some() {
        return tried;
    }
    let began = Instant::now();
    let begun = progress.begun(number);
    let mut counted = begun.counted;
    let mut noted = begun.stuck.len();
    for (place, instance) in snapshot.instances(group).enumerate() {
        let is_tried = place < begun.tried;
        let how = progress.ended_at(number, place);
        // What fits is counted already; the others are to be told.
        if is_tried && how.is_none() && !begun.stuck.contains(&place) {
            continue;
        }
        if progress.is_behind_the_last(number, place) {
            tried.untried = group.len() - place;
            break;
        }
        let fits = match how {
            Some(how) => Err(Unrestored::Ended {
                how: how.to_owned(),
            }),
            None => {
                counted.took = begun.counted.took + began.elapsed();
                progress.at((number, place), place.max(begun.tried), &counted);
                let written = (instance.build_number, instance.state);
                let taken = &mut |made: &mut MadeState<'_>| taken(place, Some(made));
                let fits = one(build, states, written, &mut counted, taken);
                if fits.is_err() && !is_tried && noted < TOLD {
                    progress.stuck(number, noted, place);
                    noted += 1;
                }
                fits
            }
        };
        let Err(reason) = fits else {
            continue;
        };
        taken(place, None);
        if tried.stuck.len() < TOLD {
            tried.stuck.push(StuckState {
                key: snapshot.show_key(group, &instance).ok().flatten(),
                version: instance.build.build().version.clone(),
                reason,
            });
        }
    }
    counted.took = begun.counted.took + began.elapsed();
    progress.group_ends(number, &counted);
    tried.count(&counted);
    tried
}

/// Makes one state, tries it out, and gives it up.
fn one(
    build: &TriedBuild,
    states: &mut RestoredGroup<'_>,
    written: (usize, &[u8]),
    counted: &mut StatesTried,
    taken: &mut dyn FnMut(&mut MadeState<'_>),
) -> Result<(), Unrestored> {
    let held = build.bytes();
    let start = Instant::now();
    let made = build.make(states, written);
    counted.longest = counted.longest.max(start.elapsed());
    let mut made = made?;
    let bytes = u64::try_from(build.bytes() - held).unwrap_or_default();
    // A preflight may change it.
    taken(&mut made);
    made.try_out()?;
    counted.fit += 1;
    counted.memory += bytes;
    counted.largest = counted.largest.max(bytes);
    Ok(())
}
