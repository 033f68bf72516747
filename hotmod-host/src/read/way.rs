//! The way that a walk has come, as it is told.

use std::fmt::Write as _;

/// A way that grows and shrinks as values are walked over.
#[derive(Default)]
pub(super) struct Way(String);

impl Way {
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    /// As a user would write it.
    pub(super) fn to_path(&self) -> String {
        self.0.strip_prefix('.').unwrap_or(&self.0).to_owned()
    }

    /// Goes one step on, for as long as `within` runs.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn name(&mut self, name: &str) {
        self.0.push('.');
        self.0.push_str(name);
    }

    pub(super) fn item(&mut self, key: &dyn std::fmt::Display) {
        let _ = write!(self.0, "[{key}]");
    }

    /// Goes back to where it had this length.
    pub(super) fn back(&mut self, len: usize) {
        self.0.truncate(len);
    }
}
