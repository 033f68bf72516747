//! Modules that are not to be updated for a while.

use serde::Deserialize;
use serde_json::{Value, json};

use super::change::{Change, On};
use crate::body;
use crate::fault::Fault;

/// Has every update of the module be refused, whoever asks for it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Freeze {
    #[serde(default, deserialize_with = "body::given")]
    reason: Option<String>,
}

impl Change for Freeze {
    fn reason(&self) -> Option<&str> {
        self.reason.as_deref()
    }

    fn plan(&self, on: &On) -> Result<Value, Fault> {
        let (name, version) = (on.module.name(), on.module.version());
        let text = format!(
            "every update and canary of module `{name}` would be refused, by whatever they are asked for; {version} \
             could still be rolled back"
        );
        Ok(json!({ "frozen": on.module.frozen(), "text": text }))
    }

    fn apply(&self, on: &On, generation: u64) -> Result<Value, Fault> {
        on.refuse_if_overtaken(generation)?;
        let reason = self.reason.as_deref().unwrap_or_default().trim();
        on.module.freeze(reason);
        let text = format!("module `{}` is frozen: {reason}", on.module.name());
        Ok(json!({ "frozen": reason, "text": text }))
    }
}

/// Lets the module be updated again.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Thaw {
    #[serde(default, deserialize_with = "body::given")]
    reason: Option<String>,
}

impl Change for Thaw {
    fn reason(&self) -> Option<&str> {
        self.reason.as_deref()
    }

    fn plan(&self, on: &On) -> Result<Value, Fault> {
        let name = on.module.name();
        let text = match on.module.frozen() {
            Some(reason) => {
                format!("module `{name}`, frozen for `{reason}`, could be updated again")
            }
            None => format!("module `{name}` is not frozen: nothing would change"),
        };
        Ok(json!({ "frozen": on.module.frozen(), "text": text }))
    }

    fn apply(&self, on: &On, generation: u64) -> Result<Value, Fault> {
        on.refuse_if_overtaken(generation)?;
        let was_frozen = on.module.thaw();
        let text = format!("module `{}` may be updated", on.module.name());
        Ok(json!({ "was_frozen": was_frozen, "text": text }))
    }
}
