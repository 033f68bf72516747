//! Modules that are not to be updated for a while, and changes that hold only for what was seen.

use std::path::Path;

use hotmod::describe::Rule;
use hotmod_file::{Reason, Refusal, RefusalStage};

use crate::module::loaded::Loaded;
use crate::module::module::Module;

impl<I: ?Sized> Module<I> {
    /// Has every update of the module be refused from now on, whoever asks for it: by a call, a request, a
    /// [`Watch`](crate::Watch) or a signal; and every canary and shadow. It can still be rolled back, and what is on
    /// trial goes on: it can be aborted, and is promoted once the module is thawed. A second reason stands in place of the
    /// first.
    pub fn freeze(&self, reason: impl Into<String>) {
        *self.loaded().frozen.reason() = Some(reason.into());
    }

    /// Lets the module be updated again. Whether it was [frozen](Module::freeze).
    pub fn thaw(&self) -> bool {
        self.loaded().frozen.reason().take().is_some()
    }

    /// Why the module is [frozen](Module::freeze), if it is.
    pub fn frozen(&self) -> Option<String> {
        self.loaded().frozen.reason().clone()
    }

    /// How often a version of the module became current since it was loaded: by an update, a rollback or a canary that
    /// was promoted. What was decided by one number can be refused where another version is current by then:
    /// [`UpdateOptions::only_at`](crate::UpdateOptions::only_at),
    /// [`RollbackOptions::only_at`](crate::RollbackOptions::only_at).
    pub fn publications(&self) -> u64 {
        self.loaded().history().publications
    }
}

impl Loaded {
    /// Whether the module is frozen.
    pub(crate) fn is_frozen(&self) -> bool {
        self.frozen.reason().is_some()
    }

    /// Refuses a file while the module is frozen.
    pub(crate) fn refuse_while_frozen(&self, file: &Path) -> Result<(), Refusal> {
        let Some(reason) = self.frozen.reason().clone() else {
            return Ok(());
        };
        Err(Refusal::because(
            file,
            RefusalStage::Verify,
            Rule::Frozen,
            Reason {
                what: &format!("module `{}`", self.name),
                expected: "one that may be updated",
                found: &format!("frozen: {reason}"),
                help: "wait, or have it thawed (`Module::thaw`)",
            },
        ))
    }

    /// Refuses what was decided when another version was current.
    pub(crate) fn refuse_if_overtaken(
        &self,
        file: &Path,
        decided_at: Option<u64>,
    ) -> Result<(), Refusal> {
        let now = self.history().publications;
        let Some(then) = decided_at.filter(|then| *then != now) else {
            return Ok(());
        };
        let current = self.current();
        let refusal = Refusal::because(
            file,
            RefusalStage::Verify,
            Rule::Overtaken,
            Reason {
                what: &format!("module `{}`", self.name),
                expected: &format!("as it was after {then} publications"),
                found: &format!("{}, after {now} publications", current.version),
                help: "look at what runs now, and decide again",
            },
        );
        Err(refusal.keeps(&current.version))
    }
}
