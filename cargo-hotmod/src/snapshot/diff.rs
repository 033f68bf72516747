//! `cargo hotmod snapshot diff`: what differs between the states of two files.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use clap::Args;
use hotmod::printed::{Line, lines};
use hotmod_file::{
    LiveValue, NotShown, Snapshot, SnapshotGroup, SnapshotInstance, ValueDifference, diff,
};
use serde::Serialize;

use crate::json::with_examples;
use crate::output::{Exit, Failure, Output};

const EXAMPLES: &str = "\
Examples:
  cargo hotmod snapshot diff states/monday states/tuesday";

const JSON: &str = "\
With --format json, a list:
  [{ name, key, was, now, differences: [{ path, was, now }], deeper }]: the versions that a state is at in
  the two, null where it is not there, and which of its values differ; deeper is there, and true, where
  they may differ in what lies too deep to be shown";

/// Says which states differ between two files, and where
///
/// States are of one pair if they are in the pool or shared instance of one name, under one key. They may be of different
/// versions.
#[derive(Args)]
#[command(after_help = EXAMPLES, after_long_help = with_examples(EXAMPLES, JSON))]
pub(super) struct DiffSnapshots {
    /// The earlier file
    old: PathBuf,

    /// The later file
    new: PathBuf,

    #[command(flatten)]
    output: Output,
}

/// All that differs.
#[derive(Serialize)]
#[serde(transparent)]
struct JsonStateDifferences(Vec<JsonStateDifference>);

#[derive(Serialize)]
struct JsonStateDifference {
    name: String,
    key: Option<LiveValue>,
    /// The version that the state is at in the earlier file; `null` if it is not there.
    was: Option<String>,
    /// The version that the state is at in the later file; `null` if it is not there.
    now: Option<String>,
    differences: Vec<ValueDifference>,
    /// Whether they may differ in what lies deeper than is shown.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    deeper: bool,
}

impl fmt::Display for JsonStateDifferences {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        lines(f, |f| {
            if self.0.is_empty() {
                return f.write_str("no state differs");
            }
            for (place, it) in self.0.iter().enumerate() {
                let (line, name) = (if place == 0 { "" } else { "\n" }, Line(&it.name));
                write!(f, "{line}{name}")?;
                if let Some(key) = &it.key {
                    write!(f, "[{key}]")?;
                }
                match (&it.was, &it.now) {
                    (Some(was), None) => write!(f, " {was}: not there any more")?,
                    (None, Some(now)) => write!(f, " {now}: was not there")?,
                    (Some(was), Some(now)) if was != now => write!(f, " {was} → {now}:")?,
                    (Some(version), _) => write!(f, " {version}:")?,
                    (None, None) => {}
                }
                for difference in &it.differences {
                    write!(f, "\n  {difference}")?;
                }
                if it.deeper {
                    f.write_str("\n  they may differ in what lies deeper than is shown")?;
                }
            }
            Ok(())
        })
    }
}

/// The states of one group, by their keys as they are shown.
type ByKey<'s> = BTreeMap<Option<String>, (Option<LiveValue>, SnapshotInstance<'s>)>;

fn by_key<'s>(
    snapshot: &'s Snapshot,
    group: Option<&'s SnapshotGroup>,
) -> Result<ByKey<'s>, Failure> {
    let mut found = BTreeMap::new();
    let Some(group) = group else {
        return Ok(found);
    };
    for instance in snapshot.instances(group) {
        let key = snapshot.show_key(group, &instance)?;
        found.insert(key.as_ref().map(LiveValue::to_string), (key, instance));
    }
    Ok(found)
}

/// Whether some of a value lies deeper than is shown.
fn is_deep(value: &LiveValue) -> bool {
    match value {
        LiveValue::NotShown(why) => matches!(why, NotShown::Deep(_)),
        LiveValue::List(items, _) => items.iter().any(is_deep),
        LiveValue::Map(entries, _) => entries.iter().any(|(key, it)| is_deep(key) || is_deep(it)),
        LiveValue::Struct(fields, _) => fields.iter().any(|(_, it)| is_deep(it)),
        LiveValue::Variant(_, Some(held)) => is_deep(held),
        _ => false,
    }
}

impl DiffSnapshots {
    pub(super) fn run(self) -> Result<Exit, Failure> {
        let (old, new) = (Snapshot::open(&self.old)?, Snapshot::open(&self.new)?);
        let mut all = Vec::new();
        let only_new = new
            .groups()
            .iter()
            .filter(|it| old.group(&it.name).is_none());
        for group in old.groups().iter().chain(only_new) {
            let groups = (old.group(&group.name), new.group(&group.name));
            let before = by_key(&old, groups.0)?;
            let mut after = by_key(&new, groups.1)?;
            let version = |it: &SnapshotInstance<'_>| it.build.build().version.clone();
            let mut note =
                |key: Option<LiveValue>,
                 versions: (Option<String>, Option<String>),
                 (differences, deeper): (Vec<ValueDifference>, bool)| {
                    all.push(JsonStateDifference {
                        name: group.name.clone(),
                        key,
                        was: versions.0,
                        now: versions.1,
                        differences,
                        deeper,
                    });
                };
            let nothing = || (Vec::new(), false);
            for (text, (key, was)) in before {
                let now = after.remove(&text);
                let (Some(in_old), Some(in_new), Some((_, now))) = (groups.0, groups.1, now) else {
                    note(key, (Some(version(&was)), None), nothing());
                    continue;
                };
                let is_at = (version(&was), version(&now));
                if was.state == now.state && is_at.0 == is_at.1 {
                    continue;
                }
                let (was, now) = (old.show(in_old, &was)?, new.show(in_new, &now)?);
                let differences = diff(&was, &now);
                // They are not written alike.
                let deeper = differences.is_empty() && (is_deep(&was) || is_deep(&now));
                if !differences.is_empty() || deeper || is_at.0 != is_at.1 {
                    note(key, (Some(is_at.0), Some(is_at.1)), (differences, deeper));
                }
            }
            for (key, now) in after.into_values() {
                note(key, (None, Some(version(&now))), nothing());
            }
        }
        let exit = match all.is_empty() {
            true => Exit::Yes,
            false => Exit::Refused,
        };
        self.output.print(&JsonStateDifferences(all))?;
        Ok(exit)
    }
}
