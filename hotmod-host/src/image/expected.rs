//! What a host was compiled with: descriptions of its own types.

use hotmod::describe::{DecodeError, Description, Difference, Rule};

/// The description, from the host's own types, of something that the host calls or provides; or why there
/// is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Expected {
    description: Description,
    fault: Option<Difference>,
}

impl Expected {
    /// Keeps the description that the host gave of what `of` names, or the fault of one that cannot be
    /// decoded.
    pub(crate) fn new(of: &str, described: Result<Description, DecodeError>) -> Self {
        match described {
            Ok(description) => Expected {
                description,
                fault: None,
            },
            Err(error) => Expected {
                description: Description::default(),
                fault: Some(Difference {
                    path: format!("{of}, as the host was compiled, {}", error.location),
                    rule: Rule::AmbiguousId,
                    help: error.help().unwrap_or_default().to_owned(),
                    was: error.expected,
                    now: error.found,
                }),
            },
        }
    }

    /// Empty where there is a [`fault`](Expected::fault).
    pub(crate) fn description(&self) -> &Description {
        &self.description
    }

    /// Why there is no description. It stands in the way of every module.
    pub(crate) fn fault(&self) -> Option<&Difference> {
        self.fault.as_ref()
    }
}
