//! Rollbacks, and giving up the version before.

use hotmod_file::json::{JsonCondition, JsonPreparation};
use hotmod_host::{EndedTrial, RollbackOptions, RollbackReport};
use serde::Deserialize;
use serde_json::{Value, json};

use super::change::{Change, On, differences, settle};
use crate::body;
use crate::fault::{Fault, to_value};

/// A rollback to the version before.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Rollback {
    #[serde(default, deserialize_with = "body::given")]
    reason: Option<String>,
    /// For how long to take instances back before it counts as done.
    #[serde(default, deserialize_with = "body::whole")]
    settle_ms: Option<u64>,
}

impl Change for Rollback {
    fn reason(&self) -> Option<&str> {
        self.reason.as_deref()
    }

    fn plan(&self, on: &On) -> Result<Value, Fault> {
        settle(self.settle_ms)?;
        match on.module.rollback_report() {
            Ok(report) => view(&report),
            Err(refusal) => on.would_be_refused(&refusal),
        }
    }

    fn apply(&self, on: &On, generation: u64) -> Result<Value, Fault> {
        let mut options = RollbackOptions::new().only_at(generation);
        if let Some(within) = settle(self.settle_ms)? {
            options = options.settle(within);
        }
        let report = on.module.rollback_with(&options);
        view(&report.map_err(|refusal| on.refused(&refusal))?)
    }
}

fn view(report: &RollbackReport) -> Result<Value, Fault> {
    Ok(json!({
        "from": report.from,
        "to": report.to,
        "verdict": report.verdict.as_str(),
        "survives": report.survival.as_str(),
        "conditions": to_value(&JsonCondition::all(&report.survival))?,
        "differences": differences(&report.differences)?,
        "losses": differences(&report.losses)?,
        "ended": report.ended.as_ref().map(ended).transpose()?,
        "preparations": to_value(&JsonPreparation::all(&report.preparations))?,
        "text": report.to_string(),
    }))
}

/// The trial that it ends.
fn ended(trial: &EndedTrial) -> Result<Value, Fault> {
    Ok(json!({ "version": trial.version, "losses": differences(&trial.losses)? }))
}

/// Giving up the version before, so that the current one cannot be rolled back.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Permanent {
    #[serde(default, deserialize_with = "body::given")]
    reason: Option<String>,
}

impl Change for Permanent {
    fn reason(&self) -> Option<&str> {
        self.reason.as_deref()
    }

    fn plan(&self, on: &On) -> Result<Value, Fault> {
        let (name, version) = (on.module.name(), on.module.version());
        let text = match on.module.previous_version() {
            Some(previous) => format!(
                "module `{name}` {version} could no longer be rolled back, and {previous} would be given up"
            ),
            None => format!(
                "there is no version before {version} of module `{name}`: nothing would change"
            ),
        };
        Ok(json!({ "gives_up": on.module.previous_version(), "text": text }))
    }

    fn apply(&self, on: &On, generation: u64) -> Result<Value, Fault> {
        let previous = on.module.previous_version().map(str::to_owned);
        let done = on.module.make_permanent_at(generation);
        done.map_err(|refusal| on.refused(&refusal))?;
        let (name, version) = (on.module.name(), on.module.version());
        let text = format!("module `{name}` {version} cannot be rolled back any more");
        Ok(json!({ "gave_up": previous, "text": text }))
    }
}
