//! Updates and rehearsals.

use std::time::Duration;

use hotmod_file::json::{
    JsonBuild, JsonChange, JsonComparison, JsonCondition, JsonCost, JsonPreparation,
};
use hotmod_host::describe::Verdict;
use hotmod_host::plan::Survival;
use hotmod_host::{
    Refusal, RehearsalOptions, UpdateOptions, UpdateOutcome, UpdatePlan, UpdateReport,
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::change::{Change, On, differences, settle};
use crate::body;
use crate::fault::{Fault, to_value};
use crate::files;

/// An update to a file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Update {
    file: String,
    #[serde(default, deserialize_with = "body::given")]
    reason: Option<String>,
    /// Whether to rehearse it first, in a copy of the process.
    #[serde(default)]
    rehearse: bool,
    /// For how long to take instances along before it counts as done.
    #[serde(default, deserialize_with = "body::whole")]
    settle_ms: Option<u64>,
    /// The longest pause that it may cause.
    #[serde(default, deserialize_with = "body::whole")]
    longest_pause_ms: Option<u64>,
}

impl Update {
    fn options(&self, generation: u64) -> Result<UpdateOptions, Fault> {
        let mut options = UpdateOptions::new().only_at(generation);
        if self.rehearse {
            options = options.rehearse(RehearsalOptions::new());
        }
        if let Some(within) = settle(self.settle_ms)? {
            options = options.settle(within);
        }
        if let Some(limit) = self.longest_pause_ms {
            options = options.longest_pause(Duration::from_millis(limit));
        }
        Ok(options)
    }
}

impl Change for Update {
    fn reason(&self) -> Option<&str> {
        self.reason.as_deref()
    }

    fn plan(&self, on: &On) -> Result<Value, Fault> {
        settle(self.settle_ms)?;
        let file = files::named(&on.shared.host, &self.file)?;
        compared(on, &on.module.plan_update(file), |plan| {
            let (name, from) = (on.module.name(), &plan.from);
            let to = &plan.candidate.build().version;
            match plan.is_unchanged {
                true => format!("module `{name}` {from} runs this very file: nothing would change"),
                false => format!(
                    "module `{name}` {from} → {to} would be published; {}",
                    of_state(plan)
                ),
            }
        })
    }

    fn apply(&self, on: &On, generation: u64) -> Result<Value, Fault> {
        let file = files::named(&on.shared.host, &self.file)?;
        let options = self.options(generation)?;
        let requested = on.module.request_update_with(file, &options);
        let result = requested.wait();
        if requested.was_replaced() {
            return Err(on.replaced());
        }
        let report = result.map_err(|refusal| on.refused(&refusal))?;
        view(&report)
    }
}

/// A rehearsal of an update to a file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Rehearse {
    file: String,
    #[serde(default, deserialize_with = "body::given")]
    reason: Option<String>,
}

impl Change for Rehearse {
    fn reason(&self) -> Option<&str> {
        self.reason.as_deref()
    }

    fn plan(&self, on: &On) -> Result<Value, Fault> {
        let file = files::named(&on.shared.host, &self.file)?;
        compared(on, &on.module.plan_rehearsal(file), |plan| {
            let (name, from) = (on.module.name(), &plan.from);
            let to = &plan.candidate.build().version;
            format!(
                "module `{name}` {from} → {to} would be tried in a copy of the process, and nothing would change here; {}",
                of_state(plan)
            )
        })
    }

    fn apply(&self, on: &On, generation: u64) -> Result<Value, Fault> {
        let file = files::named(&on.shared.host, &self.file)?;
        on.refuse_if_overtaken(generation)?;
        let report = on.module.rehearse(file, &RehearsalOptions::new());
        let report = report.map_err(|refusal| on.refused(&refusal))?;
        Ok(json!({
            "migrated": report.migrated,
            "in_use": report.in_use,
            "pause_seconds": report.pause.as_secs_f64(),
            "took_seconds": report.took.as_secs_f64(),
            "memory_bytes": report.memory,
            "longest_seconds": report.longest.as_secs_f64(),
            "text": report.to_string(),
        }))
    }
}

/// What a change to the version in a file would do: as `cargo hotmod diff --format json` prints it, and in words.
pub(super) fn compared(
    on: &On,
    plan: &Result<UpdatePlan, Refusal>,
    text: impl FnOnce(&UpdatePlan) -> String,
) -> Result<Value, Fault> {
    let plan = match plan {
        Ok(plan) => plan,
        Err(refusal) => return on.would_be_refused(refusal),
    };
    let mut comparison = on.with_old(|old| {
        to_value(&JsonComparison {
            verdict: plan.verdict.as_str(),
            survives: plan.survival.as_str(),
            conditions: JsonCondition::all(&plan.survival),
            old,
            new: Some(JsonBuild::of(&plan.candidate)),
            host: None,
            others: None,
            differences: plan.differences.iter().map(JsonChange::of).collect(),
            costs: JsonCost::all(&plan.costs),
            call_costs: JsonCost::all(&plan.call_costs),
            preparations: JsonPreparation::all(&plan.preparations),
            lossless: plan.is_lossless,
            statics_seen: plan.statics_seen,
        })
    })?;
    comparison["text"] = json!(text(plan));
    comparison["unchanged"] = json!(plan.is_unchanged);
    Ok(comparison)
}

/// What would become of state, as the end of a sentence.
pub(super) fn of_state(plan: &UpdatePlan) -> &'static str {
    match (plan.verdict, &plan.survival) {
        (Verdict::Migrate, Survival::Conditional(_)) => {
            "state would be migrated, if its values allow it"
        }
        (Verdict::Migrate, _) => "state would be migrated",
        _ => "state would be handed over as it is",
    }
}

/// What came of an update.
pub(super) fn view(report: &UpdateReport) -> Result<Value, Fault> {
    Ok(json!({
        "outcome": match report.outcome {
            UpdateOutcome::Unchanged => "unchanged",
            _ => "published",
        },
        "from": report.from,
        "to": report.to,
        "file": report.file.display().to_string(),
        "verdict": report.verdict.as_str(),
        "differences": differences(&report.differences)?,
        "call_costs": to_value(&JsonCost::all(&report.call_costs))?,
        "preparations": to_value(&JsonPreparation::all(&report.preparations))?,
        "text": report.to_string(),
    }))
}
