//! Who changed what, why and from where, and who read which state.

use std::time::SystemTime;

use crate::peer::Asking;

/// A change that somebody asked for, what became of it, or a state that somebody read.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct AuditRecord {
    /// When it was.
    pub time: SystemTime,
    /// Who it was: the name of the token, or the user at the socket.
    pub caller: String,
    /// From where: the address, or the process at the socket.
    pub from: String,
    /// What it was: `update`, `rollback`, …, or `state`.
    pub action: String,
    /// Of what: the module; or of a state, the pool, the key and the path.
    pub of: String,
    /// Why, as the caller said. Of a state that was read, it is empty.
    pub reason: String,
    /// The number of the operation that was begun, if one was.
    pub operation: Option<u64>,
    /// What became of it: `begun`, `done`, `refused`, `failed`, or `read`.
    pub outcome: String,
}

impl AuditRecord {
    pub(crate) fn new(asking: &Asking, action: &str, of: String, outcome: &str) -> Self {
        AuditRecord {
            time: SystemTime::now(),
            caller: asking.caller.name.clone(),
            from: asking.from.clone(),
            action: action.to_owned(),
            of,
            reason: String::new(),
            operation: None,
            outcome: outcome.to_owned(),
        }
    }
}
