//! A build compared with the build that it is to replace, as `diff` and `check` print it.

use std::fmt;
use std::panic::resume_unwind;
use std::path::Path;
use std::thread;

use clap::{Args, ValueEnum};
use hotmod::codes::NAME_REUSED;
use hotmod::printed::Line;
use hotmod_file::describe::{Build, Description, Difference, Rule, Type, Verdict};
use hotmod_file::plan::{Condition, Cost, Plan, Plans, Preparation, Survival, Way};
use hotmod_file::{Compared, Inspected, NeededLibraries, Policy};
use serde::{Serialize, Serializer};

use crate::host::HostFile;
use crate::json;
use crate::lists::{self, indented, list};
use crate::lock::{Lock, Reuse};
use crate::others::Others;
use crate::output::{Exit, explained};
use crate::text;

/// What the host that is asked about allows.
#[derive(Args)]
pub(crate) struct Allowed {
    /// Compare as for a host that allows updates to an older version
    #[arg(long)]
    allow_downgrade: bool,

    /// Compare as for a host that allows modules whose panics end the process
    #[arg(long)]
    allow_panic_abort: bool,

    /// Compare as for a host that has this library loaded, or allows modules to need it
    #[arg(long, value_name = "LIBRARY")]
    allow_needed: Vec<String>,

    /// Compare as for a host that allows modules to say where libraries are looked for
    #[arg(long)]
    allow_search_paths: bool,

    /// Compare as for a host that allows modules to take static thread-local storage
    #[arg(long)]
    allow_static_tls: bool,
}

impl Allowed {
    /// The policy of a host that is known, as far as it is one of these that are allowed besides.
    pub(crate) fn policy_of(&self, host: &HostFile) -> Policy {
        let mut policy = host.expectations.policy().clone();
        policy.downgrade |= self.allow_downgrade;
        policy.panic_abort |= self.allow_panic_abort;
        policy.needed.extend(self.allow_needed.iter().cloned());
        policy.search_paths |= self.allow_search_paths;
        policy.static_tls |= self.allow_static_tls;
        policy
    }

    /// The policy of a host that runs `old`, of which `needs` is known.
    pub(crate) fn policy(
        &self,
        host: Option<&HostFile>,
        old: &Build,
        needs: Option<&NeededLibraries>,
    ) -> Policy {
        if let Some(host) = host {
            let mut policy = self.policy_of(host);
            // It has loaded them already.
            let needed = needs.into_iter().flat_map(NeededLibraries::libraries);
            policy.needed.extend(needed.cloned());
            return policy;
        }
        let mut policy = Policy::default();
        policy.downgrade = self.allow_downgrade;
        policy.needed.extend(self.allow_needed.iter().cloned());
        policy.search_paths = self.allow_search_paths;
        policy.static_tls = self.allow_static_tls;
        // The host allows what the module that runs needs.
        if let Some(needs) = needs {
            policy.needed.extend(needs.libraries().iter().cloned());
            policy.search_paths |= needs.settings().next().is_some();
            policy.static_tls |= needs.static_tls();
        }
        // A host that runs such a module allows it.
        policy.panic_abort = self.allow_panic_abort || !old.unwinds;
        policy
    }
}

/// What is refused although a host would not refuse it.
#[derive(Args)]
pub(crate) struct Denied {
    /// Refuse a build too whose live state survives only if its values allow it, and by something that it changes
    #[arg(long, value_enum, value_name = "WHAT")]
    deny: Vec<Deniable>,
}

#[derive(Clone, Copy, PartialEq, ValueEnum)]
enum Deniable {
    Conditional,
}

impl Denied {
    /// Whether it is refused that state survives only if its values allow it.
    pub(crate) fn conditional(&self) -> bool {
        self.deny.contains(&Deniable::Conditional)
    }
}

/// What a build is to replace.
pub(crate) enum Baseline<'a> {
    /// The file of a build.
    File(&'a Inspected),
    /// What a lock file says of a build.
    Lock(&'a Path, &'a Lock),
}

impl Baseline<'_> {
    fn path(&self) -> &Path {
        match self {
            Baseline::File(module) => module.file(),
            Baseline::Lock(path, _) => path,
        }
    }

    fn build(&self) -> &Build {
        match self {
            Baseline::File(module) => module.build(),
            Baseline::Lock(_, lock) => &lock.build,
        }
    }

    fn manifest(&self) -> &Description {
        match self {
            Baseline::File(module) => module.manifest(),
            Baseline::Lock(_, lock) => &lock.manifest,
        }
    }

    fn shows_statics(&self) -> bool {
        match self {
            Baseline::File(module) => module.statics().seen().is_some(),
            Baseline::Lock(_, lock) => lock.statics.is_some(),
        }
    }

    fn is_of_equal_bytes(&self, new: &Inspected) -> bool {
        matches!(self, Baseline::File(old) if old.digest() == new.digest())
    }
}

/// What the comparison of the two builds found.
pub(crate) struct Findings<'a> {
    /// `On`: the new one is to run after the old one. `Back`: the old one again, after the new one.
    way: Way,
    old: Baseline<'a>,
    new: &'a Inspected,
    /// The host that is asked about.
    host: Option<&'a HostFile>,
    /// The modules that run beside, if the question is about them.
    others: Option<&'a Others>,
    differences: Vec<Difference>,
    /// Whether live state survives.
    survival: Survival,
    /// The conditions that are refused, if those that a build brings about are; the others are of every update.
    denied: Option<Vec<Condition>>,
    /// What `cargo hotmod fix` would write.
    proposed: Option<String>,
    /// The names that the build gives to something else than they once stood for.
    reused: Vec<Reuse>,
    /// What it costs to carry state over, path by path; empty if the build is refused.
    costs: Vec<(String, Cost)>,
    /// What it costs to convert calls, path by path; empty if the build is refused.
    call_costs: Vec<(String, Cost)>,
    /// Which calls of each state go on while its new value is made; empty if the build is refused.
    preparations: Vec<(Type, Preparation)>,
    /// Whether a state that goes from the old one to the new one and back is what it was.
    lossless: bool,
}

impl<'a> Findings<'a> {
    pub(crate) fn new(
        way: Way,
        (old, new): (Baseline<'a>, &'a Inspected),
        (host, others): (Option<&'a HostFile>, Option<&'a Others>),
        plans: &Plans<'_>,
        compared: Compared,
        reused: Vec<Reuse>,
    ) -> Self {
        let Compared {
            differences,
            call_costs,
        } = compared;
        let mut answer = Findings {
            way,
            old,
            new,
            host,
            others,
            differences,
            survival: Survival::Never,
            denied: None,
            proposed: None,
            reused,
            costs: Vec::new(),
            call_costs: Vec::new(),
            preparations: Vec::new(),
            lossless: false,
        };
        if answer.verdict() != Verdict::Refuse {
            let (on, back) = both(|| plans.on(), || plans.back());
            let plan = match way {
                Way::On => on,
                Way::Back => back,
            };
            let lossless = on.is_lossless() && back.verdict() != Verdict::Refuse;
            (answer.costs, answer.lossless) = (plan.costs().to_vec(), lossless);
            answer.survival = match answer.old.is_of_equal_bytes(answer.new) {
                // No state is taken to the version that it is at.
                true => Survival::Always,
                false => plan.survival(),
            };
            answer.call_costs = call_costs;
            answer.preparations = plan.preparations().to_vec();
        }
        answer
    }

    /// The same, but refused where state survives only if its values allow it, by something that the build changes: not for
    /// what an update to the same types would ask of values, too, as it does of those that serde carries over.
    pub(crate) fn denying(mut self, denied: &Denied) -> Self {
        if denied.conditional() {
            let mut conditions = self.survival.conditions().to_vec();
            if !conditions.is_empty() {
                let from = match self.way {
                    Way::On => self.old.manifest(),
                    Way::Back => self.new.manifest(),
                };
                let plan = Plan::new(from, from);
                conditions.retain(|it| !plan.conditions().contains(it));
            }
            self.denied = Some(conditions);
        }
        self
    }

    /// The same, and what `cargo hotmod fix`, called like this, would write where it is refused.
    #[cfg(feature = "daily")]
    pub(crate) fn fixed_by(mut self, arguments: &str) -> Self {
        if self.verdict() == Verdict::Refuse && self.way == Way::On {
            let (old, new) = (self.old.manifest(), self.new.manifest());
            self.proposed = crate::fix::proposed(old, new, arguments);
        }
        self
    }

    fn is_denied(&self) -> bool {
        self.denied.as_ref().is_some_and(|it| !it.is_empty())
    }
}

/// Does two things at once, since each takes long for very many types.
pub(crate) fn both<A, B: Send>(
    one: impl FnOnce() -> A,
    other: impl FnOnce() -> B + Send,
) -> (A, B) {
    thread::scope(|scope| {
        let other = scope.spawn(other);
        let one = one();
        match other.join() {
            Ok(other) => (one, other),
            Err(panic) => resume_unwind(panic),
        }
    })
}

impl Findings<'_> {
    fn verdict(&self) -> Verdict {
        match self.reused.is_empty() {
            true => Verdict::of(&self.differences),
            false => Verdict::Refuse,
        }
    }

    pub(crate) fn exit(&self) -> Exit {
        match self.verdict() {
            Verdict::Adopt | Verdict::Migrate if !self.is_denied() => Exit::Yes,
            _ => Exit::Refused,
        }
    }

    /// The verdict, as a sentence.
    fn sentence(&self) -> String {
        let allowed = self.verdict() != Verdict::Refuse;
        let may = match (self.way, allowed) {
            (Way::On, true) => "may replace",
            (Way::On, false) => "may not replace",
            (Way::Back, true) => "can go back to",
            (Way::Back, false) => "cannot go back to",
        };
        let (old, new) = (self.old.build(), self.new.build());
        let name = match old.module == new.module {
            true => String::new(),
            false => format!("`{}` ", old.module),
        };
        let host = match self.host {
            Some(host) => format!(" in the host of {}", Line(host.path().display())),
            None => String::new(),
        };
        let beside = match self.others {
            Some(others) => format!(", {others}"),
            None => String::new(),
        };
        format!(
            "{}: module `{}` {} ({}) {may} {name}{} ({}){host}{beside}",
            self.verdict().as_str(),
            new.module,
            new.version,
            Line(self.new.file().display()),
            old.version,
            Line(self.old.path().display()),
        )
    }

    /// The differences of a verdict; what is lost on the way back and what starts anew have lists of
    /// their own.
    fn of(&self, verdict: Verdict) -> impl Iterator<Item = &Difference> + Clone {
        let differences = self.differences.iter();
        differences.filter(move |it| {
            it.rule.verdict() == verdict && !self.is_lost(it) && it.rule != Rule::StartsAnew
        })
    }

    /// The files whose statics cannot be seen.
    fn stripped(&self) -> impl Iterator<Item = &Path> {
        let old = (!self.old.shows_statics()).then(|| self.old.path());
        let new = self.new.statics().seen().is_none();
        old.into_iter().chain(new.then(|| self.new.file()))
    }

    /// Writes which statics start anew, and in which files statics cannot be seen.
    fn statics(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let is_same = self.old.build().module == self.new.build().module;
        if self.way == Way::Back || !is_same || self.old.is_of_equal_bytes(self.new) {
            return Ok(());
        }
        let all = self.differences.iter();
        let anew: Vec<_> = all.filter(|it| it.rule == Rule::StartsAnew).collect();
        if !anew.is_empty() {
            f.write_str("\nstart anew, as all statics do:")?;
        }
        for difference in anew {
            let Difference { path, now, .. } = difference;
            let colon = if now.is_empty() { "" } else { ": " };
            write!(f, "\n  {path}{colon}{now} [{}]", difference.rule.code())?;
        }
        for file in self.stripped() {
            write!(f, "\n{} {}", Line(file.display()), text::STATICS_UNSEEN)?;
        }
        Ok(())
    }

    fn is_lost(&self, difference: &Difference) -> bool {
        self.way == Way::Back && difference.rule.loses()
    }
}

impl fmt::Display for Findings<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.sentence())?;
        let verdict = self.verdict();
        if verdict == Verdict::Adopt {
            if self.old.is_of_equal_bytes(self.new) {
                f.write_str("\n  the files are equal")?;
            }
            for state in self.new.manifest().states() {
                write!(f, "\n  state {state}: handed over as it is")?;
            }
        }
        for difference in self.of(Verdict::Refuse) {
            list(f, difference)?;
        }
        for reuse in &self.reused {
            indented(f, reuse)?;
        }
        if let Some(proposed) = &self.proposed {
            write!(f, "\n{proposed}")?;
        }
        let lost: Vec<&Difference> = (self.differences.iter())
            .filter(|difference| self.is_lost(difference))
            .collect();
        let refused = verdict == Verdict::Refuse;
        if !lost.is_empty() {
            f.write_str(if refused {
                "\nstate would lose:"
            } else {
                "\nstate loses:"
            })?;
        }
        for Difference {
            path, was, rule, ..
        } in lost
        {
            write!(f, "\n  {path}: {was} [{}]", rule.code())?;
        }
        let migrated = match (self.way, refused) {
            (Way::On, true) => "\nstate would be migrated:",
            (Way::On, false) => "\nstate is migrated:",
            (Way::Back, true) => "\nstate would be taken back:",
            (Way::Back, false) => "\nstate is taken back:",
        };
        if self.of(Verdict::Migrate).next().is_some() {
            f.write_str(migrated)?;
        }
        self.of(Verdict::Migrate)
            .try_for_each(|difference| list(f, difference))?;
        lists::conditions(f, self.survival.conditions())?;
        match &self.denied {
            Some(denied) if !denied.is_empty() => {
                f.write_str("\n  refused by --deny conditional")?;
                if denied.len() < self.survival.conditions().len() {
                    let paths: Vec<&str> = denied.iter().map(|it| it.path.as_str()).collect();
                    write!(f, ": {}", paths.join(", "))?;
                }
            }
            Some(_) if !self.survival.conditions().is_empty() => f.write_str(
                "\n  not refused by --deny conditional: every update asks that, and this one changes nothing there",
            )?,
            _ => {}
        }
        lists::allowed(f, self.of(Verdict::Adopt), refused)?;
        if verdict == Verdict::Migrate {
            f.write_str("\nwhat it costs:")?;
            let (moved, others): (Vec<_>, Vec<_>) =
                (self.costs.iter()).partition(|(_, cost)| *cost == Cost::Moved);
            for (path, cost) in others {
                write!(f, "\n  {:<9}  {path}", cost.as_str())?;
            }
            if !moved.is_empty() {
                f.write_str("\n  moved      all else, however much it holds")?;
            }
            lists::preparations(f, &self.preparations)?;
        }
        lists::call_costs(f, &self.call_costs)?;
        let to = match self.way {
            Way::On => self.new.manifest(),
            Way::Back => self.old.manifest(),
        };
        lists::not_held_against(f, self.others, to)?;
        self.statics(f)?;
        if self.way == Way::Back && !refused {
            let comes = if self.lossless {
                "comes"
            } else {
                "may not come"
            };
            let (older, newer) = (&self.old.build().version, &self.new.build().version);
            write!(
                f,
                "\na state that {newer} took from {older} and did not change {comes} back as it was"
            )?;
        }
        let refusing = self.of(Verdict::Refuse).map(|it| it.rule.code());
        let reused = self.reused.first().map(|_| NAME_REUSED);
        explained(f, refusing.chain(reused))
    }
}

impl Serialize for Findings<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let differences = self.differences.iter().map(json::JsonChange::of);
        json::JsonComparison {
            verdict: self.verdict().as_str(),
            survives: self.survival.as_str(),
            conditions: json::JsonCondition::all(&self.survival),
            old: Some(match self.old {
                Baseline::File(module) => json::JsonBuild::of(module),
                Baseline::Lock(path, lock) => json::JsonBuild::locked(path, &lock.build),
            }),
            new: Some(json::JsonBuild::of(self.new)),
            host: self.host.map(HostFile::json),
            others: self.others.map(Others::json),
            differences: differences
                .chain(self.reused.iter().map(Reuse::change))
                .collect(),
            costs: json::JsonCost::all(&self.costs),
            call_costs: json::JsonCost::all(&self.call_costs),
            preparations: json::JsonPreparation::all(&self.preparations),
            lossless: self.lossless,
            statics_seen: self.stripped().next().is_none(),
        }
        .serialize(serializer)
    }
}
