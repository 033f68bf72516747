//! What a host was compiled with: descriptions of its own types.

use hotmod::describe::{DecodeError, Description, Difference, Rule};

/// What the host's own types say of something that it calls or provides, or why they cannot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Expected {
    description: Description,
    fault: Option<Difference>,
}

impl Expected {
    /// The description, if the host gave one, of what is called so.
    pub(crate) fn new(of: &str, described: Result<Description, DecodeError>) -> Self {
        match described {
            Ok(description) => Expected {
                description,
                fault: None,
            },
            Err(error) => Expected {
                description: Description::default(),
                fault: Some(Difference {
                    path: format!("{of}, as the host was compiled, {}", error.place),
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

    /// What stands in the way of every module.
    pub(crate) fn fault(&self) -> Option<&Difference> {
        self.fault.as_ref()
    }
}
