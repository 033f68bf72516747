//! Taking instances along that are not called.

use serde::Deserialize;
use serde_json::{Value, json};

use super::change::{Change, On, settle};
use crate::body;
use crate::fault::Fault;

/// Takes instances to the current version, for so long.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Sweep {
    #[serde(default, deserialize_with = "body::given")]
    reason: Option<String>,
    within_ms: u64,
}

impl Change for Sweep {
    fn reason(&self) -> Option<&str> {
        self.reason.as_deref()
    }

    fn plan(&self, on: &On) -> Result<Value, Fault> {
        settle(Some(self.within_ms))?;
        let (name, current) = (on.module.name(), on.module.version());
        let versions = on.module.versions();
        let elsewhere = versions.iter().filter(|it| !it.is_current);
        let elsewhere = elsewhere.filter_map(|it| {
            let mut needed = it.needed.iter();
            needed.find_map(|it| match it {
                hotmod_host::NeededFor::Instances(count) => Some(*count),
                _ => None,
            })
        });
        let elsewhere: usize = elsewhere.sum();
        let text = format!(
            "{elsewhere} instances of module `{name}` are at other versions than {current}; those of pools and shared \
             ones would be taken there, where they fit, for {} ms at most",
            self.within_ms
        );
        Ok(json!({ "elsewhere": elsewhere, "text": text }))
    }

    fn apply(&self, on: &On, generation: u64) -> Result<Value, Fault> {
        let within = settle(Some(self.within_ms))?.unwrap_or_default();
        on.refuse_if_overtaken(generation)?;
        let report = on.module.settle_timeout(within);
        Ok(json!({
            "migrated": report.migrated,
            "stuck": report.stuck,
            "reasons": report.reasons.iter().map(ToString::to_string).collect::<Vec<_>>(),
            "remaining": report.remaining,
            "in_use": report.in_use,
            "outside": report.outside,
            "overtaken_by": report.overtaken_by,
            "took_seconds": report.took.as_secs_f64(),
            "text": report.to_string(),
        }))
    }
}
