//! What is said of releases: a table, and each way with what it costs.

use std::fmt;

use hotmod::printed::Line;
use hotmod_file::describe::Difference;
use hotmod_file::plan::{Condition, Survival, Way};
use hotmod_file::{ReleaseStep, Releases, SideBySide};
use serde::{Serialize, Serializer};

use super::kept::KeptReleases;
use crate::json::{JsonChange, JsonCondition};
use crate::lock::Reuse;

/// How many reasons are told of a way that there is not. JSON has all.
const MOST: usize = 3;

/// What is said of the releases that were kept.
pub(super) struct ReleasesAnswer<'a> {
    kept: &'a KeptReleases,
    releases: &'a Releases,
    /// Of each release.
    reused: Vec<Vec<Reuse>>,
}

impl<'a> ReleasesAnswer<'a> {
    pub(super) fn new(kept: &'a KeptReleases, releases: &'a Releases) -> Self {
        ReleasesAnswer {
            reused: kept.reused(),
            kept,
            releases,
        }
    }

    /// Whether each release leads to each newer one.
    pub(super) fn all_lead_on(&self) -> bool {
        let count = self.releases.count();
        let mut pairs = (0..count).flat_map(|from| (from + 1..count).map(move |to| (from, to)));
        pairs.all(|(from, to)| self.releases.route(from, to).is_some())
    }

    /// From each to each other: to the newer ones first.
    fn pairs(&self) -> impl Iterator<Item = (usize, usize)> + use<> {
        let count = self.releases.count();
        let on = (0..count).flat_map(move |from| (from + 1..count).map(move |to| (from, to)));
        let back = (0..count).flat_map(|from| (0..from).rev().map(move |to| (from, to)));
        on.chain(back)
    }

    fn version(&self, place: usize) -> Line<&str> {
        Line(self.releases.version(place))
    }

    /// As `2?-`: in two steps, if values allow it, and something is lost.
    fn cell(&self, from: usize, to: usize) -> String {
        if from == to {
            return ".".to_owned();
        }
        let Some(route) = self.releases.route(from, to) else {
            return "x".to_owned();
        };
        let depends = route.iter().any(|it| it.survival != Survival::Always);
        let loses = route.iter().any(|it| !it.losses.is_empty());
        format!(
            "{}{}{}",
            route.len(),
            if depends { "?" } else { "" },
            if loses { "-" } else { "" }
        )
    }

    fn table(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let places = || 0..self.releases.count();
        let width = places().map(|it| self.version(it).to_string().len()).max();
        let width = width.unwrap_or_default().max("from \\ to".len());
        write!(f, "\n{:<width$}", "from \\ to")?;
        for to in places() {
            write!(f, "  {:>8}", self.version(to).to_string())?;
        }
        for from in places() {
            write!(f, "\n{:<width$}", self.version(from).to_string())?;
            for to in places() {
                write!(f, "  {:>8}", self.cell(from, to))?;
            }
        }
        f.write_str(
            "\na number is in how many steps; ?: if values allow it; -: something is lost; x: there is no way",
        )
    }

    fn way(&self, f: &mut fmt::Formatter<'_>, from: usize, to: usize) -> fmt::Result {
        let (from_version, to_version) = (self.version(from), self.version(to));
        let Some(route) = self.releases.route(from, to) else {
            write!(f, "\n{from_version} → {to_version}: no way")?;
            let direct = self.releases.step(from, to);
            let refused: &[Difference] = direct.map(|it| &*it.refused).unwrap_or_default();
            for Difference { path, was, now, .. } in refused.iter().take(MOST) {
                write!(f, "\n  {path}: was {was}, now {now}")?;
            }
            return match refused.len() > MOST {
                true => write!(f, "\n  and {} more", refused.len() - MOST),
                false => Ok(()),
            };
        };
        let is_plain = |it: &&ReleaseStep| {
            it.survival == Survival::Always && it.losses.is_empty() && !it.by_functions
        };
        if route.len() == 1 && route.iter().all(is_plain) {
            return Ok(());
        }
        write!(f, "\n{from_version} → {to_version}:")?;
        for step in route {
            let leads = match step.way {
                Way::On => "update to",
                Way::Back => "rollback to",
            };
            write!(f, "\n  {leads} {}", self.version(step.to))?;
            for Condition { path, must } in step.survival.conditions() {
                write!(f, "\n    if {path}: {must}")?;
            }
            for Difference { path, was, .. } in &step.losses {
                write!(f, "\n    loses {path}: {was}")?;
            }
            if step.by_functions {
                f.write_str(
                    "\n    functions convert a part of it: only they know what they leave out",
                )?;
            }
        }
        Ok(())
    }
}

impl fmt::Display for ReleasesAnswer<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.releases.count();
        let releases = if count == 1 { "release" } else { "releases" };
        write!(
            f,
            "module `{}`: {count} {releases}",
            Line(&self.kept.module)
        )?;
        for (place, release) in self.kept.releases.values().enumerate() {
            write!(f, "\n  {}  {}", self.version(place), Line(&release.file))?;
        }
        for (file, reason) in &self.kept.unusable {
            write!(f, "\n  left out: {}: {reason}", Line(file))?;
        }
        self.table(f)?;
        for (from, to) in self.pairs() {
            self.way(f, from, to)?;
        }
        for newer in 1..count {
            let older = newer - 1;
            let may = match self.releases.side_by_side(older, newer) {
                SideBySide::Freely => "may serve side by side",
                SideBySide::AtACost => {
                    "may serve side by side, at the cost of what is said of the ways between them"
                }
                SideBySide::Not => "may not serve side by side",
            };
            write!(
                f,
                "\n{} and {} {may}",
                self.version(older),
                self.version(newer)
            )?;
        }
        for (place, reused) in self.reused.iter().enumerate() {
            if reused.is_empty() {
                continue;
            }
            let version = self.version(place);
            write!(f, "\nfor `check`, {version} gives to something else:")?;
            for reuse in reused {
                let reuse = reuse.to_string().replace('\n', "\n  ");
                write!(f, "\n  {reuse}")?;
            }
        }
        Ok(())
    }
}

#[derive(Serialize)]
struct JsonReleases<'a> {
    module: &'a str,
    releases: Vec<JsonRelease<'a>>,
    unusable: Vec<JsonUnusable<'a>>,
    routes: Vec<JsonRoute<'a>>,
    adjacent: Vec<JsonAdjacent<'a>>,
}

#[derive(Serialize)]
struct JsonRelease<'a> {
    version: &'a str,
    file: &'a str,
    left_out: &'a [String],
    reused: Vec<JsonChange<'a>>,
}

#[derive(Serialize)]
struct JsonUnusable<'a> {
    file: &'a str,
    reason: &'a str,
}

#[derive(Serialize)]
struct JsonRoute<'a> {
    from: &'a str,
    to: &'a str,
    steps: Option<Vec<JsonStep<'a>>>,
    direct: Option<JsonDirect<'a>>,
}

#[derive(Serialize)]
struct JsonStep<'a> {
    to: &'a str,
    way: &'static str,
    survives: &'static str,
    conditions: Vec<JsonCondition<'a>>,
    losses: Vec<JsonChange<'a>>,
    by_functions: bool,
}

#[derive(Serialize)]
struct JsonDirect<'a> {
    way: &'static str,
    survives: &'static str,
    refused: Vec<JsonChange<'a>>,
}

#[derive(Serialize)]
struct JsonAdjacent<'a> {
    older: &'a str,
    newer: &'a str,
    side_by_side: &'static str,
}

fn way(way: Way) -> &'static str {
    match way {
        Way::On => "update",
        Way::Back => "rollback",
    }
}

impl Serialize for ReleasesAnswer<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let releases = self.releases;
        let routes = self.pairs().map(|(from, to)| JsonRoute {
            from: releases.version(from),
            to: releases.version(to),
            steps: releases.route(from, to).map(|route| {
                let steps = route.into_iter().map(|it| JsonStep::of(releases, it));
                steps.collect()
            }),
            direct: releases.step(from, to).map(|it| JsonDirect {
                way: way(it.way),
                survives: it.survival.as_str(),
                refused: it.refused.iter().map(JsonChange::of).collect(),
            }),
        });
        JsonReleases {
            module: &self.kept.module,
            releases: (self.kept.releases.iter().zip(&self.reused))
                .map(|(((_, version), release), reused)| JsonRelease {
                    version,
                    file: &release.file,
                    left_out: &release.left_out,
                    reused: reused.iter().map(Reuse::change).collect(),
                })
                .collect(),
            unusable: (self.kept.unusable.iter())
                .map(|(file, reason)| JsonUnusable { file, reason })
                .collect(),
            routes: routes.collect(),
            adjacent: (1..releases.count())
                .map(|newer| JsonAdjacent {
                    older: releases.version(newer - 1),
                    newer: releases.version(newer),
                    side_by_side: releases.side_by_side(newer - 1, newer).as_str(),
                })
                .collect(),
        }
        .serialize(serializer)
    }
}

impl<'a> JsonStep<'a> {
    fn of(releases: &'a Releases, step: &'a ReleaseStep) -> Self {
        JsonStep {
            to: releases.version(step.to),
            way: way(step.way),
            survives: step.survival.as_str(),
            conditions: JsonCondition::all(&step.survival),
            losses: step.losses.iter().map(JsonChange::of).collect(),
            by_functions: step.by_functions,
        }
    }
}
