//! What came of trying a snapshot out, as JSON.

use hotmod_file::LiveValue;
use hotmod_file::json::JsonChange;
use serde::Serialize;

use super::error::Unrestored;
use super::trying::{StuckState, TriedGroup, TriedRollback, TryReport};

/// All of it.
#[derive(Serialize)]
pub(super) struct JsonTried<'r> {
    module: &'r str,
    version: &'r str,
    all_fit: bool,
    groups: Vec<JsonTriedGroup<'r>>,
    rollbacks: Vec<JsonTriedRollback<'r>>,
}

#[derive(Serialize)]
struct JsonTriedGroup<'r> {
    name: &'r str,
    versions: &'r [String],
    states: usize,
    fit: usize,
    /// Why none was tried; `null` if they were.
    refused: Option<String>,
    stuck: Vec<JsonStuck<'r>>,
    untried: usize,
    took_ns: u64,
    longest_ns: u64,
    bytes: u64,
    largest_bytes: u64,
}

#[derive(Serialize)]
struct JsonStuck<'r> {
    key: Option<&'r LiveValue>,
    version: &'r str,
    /// The way to the value; `null` where it is the state as a whole.
    path: Option<&'r str>,
    reason: String,
}

#[derive(Serialize)]
struct JsonTriedRollback<'r> {
    to: &'r str,
    differences: Vec<JsonChange<'r>>,
}

impl<'r> JsonTried<'r> {
    pub(super) fn of(report: &'r TryReport) -> Self {
        JsonTried {
            module: &report.module,
            version: &report.version,
            all_fit: report.all_fit(),
            groups: report.groups.iter().map(JsonTriedGroup::of).collect(),
            rollbacks: report.rollbacks.iter().map(JsonTriedRollback::of).collect(),
        }
    }
}

impl<'r> JsonTriedGroup<'r> {
    fn of(group: &'r TriedGroup) -> Self {
        let nanoseconds =
            |it: std::time::Duration| u64::try_from(it.as_nanos()).unwrap_or(u64::MAX);
        JsonTriedGroup {
            name: &group.name,
            versions: &group.versions,
            states: group.states,
            fit: group.fit,
            refused: group.refused.as_ref().map(ToString::to_string),
            stuck: group.stuck.iter().map(JsonStuck::of).collect(),
            untried: group.untried,
            took_ns: nanoseconds(group.took),
            longest_ns: nanoseconds(group.longest),
            bytes: group.memory,
            largest_bytes: group.largest,
        }
    }
}

impl<'r> JsonStuck<'r> {
    fn of(stuck: &'r StuckState) -> Self {
        let (path, reason) = match &stuck.reason {
            Unrestored::Unfit { path, reason } => (Some(path.as_str()), reason.clone()),
            reason => (None, reason.to_string()),
        };
        JsonStuck {
            key: stuck.key.as_ref(),
            version: &stuck.version,
            path,
            reason,
        }
    }
}

impl<'r> JsonTriedRollback<'r> {
    fn of(rollback: &'r TriedRollback) -> Self {
        JsonTriedRollback {
            to: &rollback.to,
            differences: rollback.differences.iter().map(JsonChange::of).collect(),
        }
    }
}
