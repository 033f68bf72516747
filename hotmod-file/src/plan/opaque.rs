//! How values of types that hotmod cannot look into differ.

use hotmod::describe::{Builtin, Description, Rule, Type};

use crate::contract;
use crate::in_place::transient;

/// What to write where a parameter of a foreign type differs: no rule reaches inside of that type.
pub(super) const PARAMETER: &str = "hotmod cannot look into the foreign type around it: write a function marked #[hotmod::migrate] for \
     the type that holds the field, which reads the old value as a type that derives `OldState`, or keep \
     what changes out of it";

/// What to say of a field that was or is carried over by a form of its own, and not so in the other
/// version: what was, what is, and what to write.
pub(super) fn carried(was: &Type, now: &Type) -> (String, String, &'static str) {
    let form = |ty: &Type| match (ty.builtin(), ty.opaque()) {
        (Some(Builtin::Serde), _) if !ty.args.is_empty() => "written by its codec".to_owned(),
        (Some(Builtin::Serde), _) => "carried over by its serde form".to_owned(),
        (Some(Builtin::As), _) => format!("carried over as `{}`", ty.args[0]),
        (_, Some(_)) => format!("the opaque `{ty}`"),
        _ => ty.to_string(),
    };
    let help = match (was.builtin(), was.opaque()) {
        (_, Some(_)) => {
            "the running version cannot write it down: write #[state(unsafe(opaque, with = \
             path::to::function))] beside it, with a function that reads the old value"
        }
        (Some(Builtin::Serde), _) if !was.args.is_empty() => {
            "the snapshot has only what its codec wrote: keep `unsafe(opaque), snapshot = path` on the field, whose \
             codec may be another that reads this"
        }
        (Some(Builtin::Serde), _) => {
            "the running version has only its serde form: keep `serde` on the field, whose type may \
             be another that reads this form"
        }
        (Some(Builtin::As), _) => {
            "the running version has only its form as that type: keep `as`, whose type may change by the \
             rules, or let the field be what that type becomes"
        }
        _ => {
            "the running version does not carry it over so: write #[state(with = path::to::function)] \
             beside it, with `fn(&Old) -> New` or `fn(&Old) -> Result<New, E>`"
        }
    };
    (form(was), form(now), help)
}

/// Where two foreign types of one toolchain differ in a parameter that is described: what was and what
/// is. `is_same` says whether values of a type are the same bytes in both.
pub(super) fn within(
    (older, was): (&Description, &Type),
    (newer, now): (&Description, &Type),
    is_same: &dyn Fn(&Type) -> bool,
) -> Option<(String, String)> {
    let (a, b) = (was.opaque()?, now.opaque()?);
    if older.toolchain != newer.toolchain || a.identity != b.identity {
        return None;
    }
    let of = format!("the opaque `{was}`");
    parameter(&of, (older, was), (newer, now), is_same)
}

fn parameter(
    of: &str,
    (older, was): (&Description, &Type),
    (newer, now): (&Description, &Type),
    is_same: &dyn Fn(&Type) -> bool,
) -> Option<(String, String)> {
    if was.args.len() != now.args.len() {
        return None;
    }
    was.args.iter().zip(&now.args).find_map(|(one, other)| {
        if one.opaque().is_some() && other.opaque().is_some() {
            return parameter(of, (older, one), (newer, other), is_same);
        }
        if one != other {
            return Some((format!("{of} of `{one}`"), format!("of `{other}`")));
        }
        if let Some(field) = transient(newer, other).or_else(|| transient(older, one)) {
            let now = format!("made anew in each version: `{field}`");
            return Some((format!("{of}, in which a part is not carried over"), now));
        }
        if is_same(one) {
            return None;
        }
        let first = contract::layout(older, newer, one).into_iter().next();
        Some(match first {
            Some(first) => (
                format!("{of}, in which {} was {}", first.path, first.was),
                first.now,
            ),
            None => (
                of.to_owned(),
                format!("one in which `{other}` is another, or is to be converted"),
            ),
        })
    })
}

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
            contract::another_build(now),
            Rule::TypeChanged,
            "build both with the same version, features and profile of the crate; to be free of that from \
             here on, carry it over by `serde`, or by `as = Type` of a type that hotmod knows",
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
