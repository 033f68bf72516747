//! Whether live state survives a plan: for sure, or if its values allow it.

use hotmod::describe::Verdict;

/// What each live value at a path must be. Where one is not, its state stays at the version that it is at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    /// The path, as in differences: `World.players[].gold`.
    pub path: String,
    /// What a value there must be: "must fit `u16`: 0 to 65535".
    pub must: String,
}

/// Whether live state survives an update or a rollback.
///
/// Conditions on values cannot be decided by descriptions alone: a rehearsal, `cargo hotmod try` or the update itself
/// looks at the values. What memory and locks allow at the time is not among them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Survival {
    /// It does, whatever values there are.
    Always,
    /// Each state does whose values meet all of these conditions.
    Conditional(Vec<Condition>),
    /// It does not: the update is refused.
    Never,
}

impl Survival {
    /// By what a comparison amounts to, with the conditions of its plan.
    pub fn of(verdict: Verdict, conditions: &[Condition]) -> Self {
        match (verdict, conditions) {
            (Verdict::Refuse, _) => Survival::Never,
            (_, []) => Survival::Always,
            (_, conditions) => Survival::Conditional(conditions.to_vec()),
        }
    }

    /// `always`, `conditional` or `never`.
    pub fn as_str(&self) -> &'static str {
        match self {
            Survival::Always => "always",
            Survival::Conditional(_) => "conditional",
            Survival::Never => "never",
        }
    }

    /// What each value must be; none if that does not matter.
    pub fn conditions(&self) -> &[Condition] {
        match self {
            Survival::Conditional(conditions) => conditions,
            Survival::Always | Survival::Never => &[],
        }
    }
}
