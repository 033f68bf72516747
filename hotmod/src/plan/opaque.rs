//! How values of types that hotmod cannot look into differ.

use crate::describe::{Rule, Type};

const WITH: &str = "write #[state(with = path::to::function)] on the field, with `fn(&Old) -> New` \
                    or `fn(&Old) -> Result<New, E>`";
const WITH_OPAQUE: &str = "write #[state(unsafe(opaque, with = path::to::function))] on the field, with \
                           `fn(&Old) -> New` or `fn(&Old) -> Result<New, E>`";

/// What to say of two types of which at least one is opaque and which are not the same under the
/// same toolchain: what was, what is, by which rule, and what to write.
pub(super) fn difference(
    was: &Type,
    now: &Type,
    toolchains: (&str, &str),
) -> (String, String, Rule, &'static str) {
    let opaque = format!("the opaque `{was}`");
    match (was.opaque(), now.opaque()) {
        (Some(_), Some(_)) if toolchains.0 != toolchains.1 => (
            format!("{opaque} as {} lays it out", toolchains.0),
            format!("as {} does", toolchains.1),
            Rule::ToolchainChanged,
            "build both with the same compiler; keep what is to outlive a compiler in types that \
             derive StableState",
        ),
        (Some(a), Some(b)) if (a.size, a.align) != (b.size, b.align) => (
            format!("{opaque} of {} bytes, aligned to {}", a.size, a.align),
            format!("`{now}` of {} bytes, aligned to {}", b.size, b.align),
            Rule::TypeChanged,
            WITH_OPAQUE,
        ),
        (Some(a), Some(b)) if a.text == b.text => (
            opaque,
            format!("`{now}` of another crate, or of another version or build of it"),
            Rule::TypeChanged,
            "build both with the same version, features and profile of the crate, or write \
             #[state(unsafe(opaque, with = path::to::function))] on the field, with a function from the \
             type as it was",
        ),
        (Some(_), Some(_)) => (
            opaque,
            format!("the opaque `{now}`"),
            Rule::TypeChanged,
            WITH_OPAQUE,
        ),
        (Some(_), None) => (opaque, now.to_string(), Rule::TypeChanged, WITH_OPAQUE),
        (None, _) => (
            was.to_string(),
            format!("the opaque `{now}`"),
            Rule::TypeChanged,
            WITH,
        ),
    }
}
