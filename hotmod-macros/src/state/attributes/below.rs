//! Attributes that may be macros: such a macro can change the item after the derive has read it.

use proc_macro2::Ident;
use syn::Attribute;

use super::helpers::HELPERS;

/// The compiler's own attributes. Only `repr`, which the derive reads, changes how a type is laid out.
/// If a macro has such a name, the compiler refuses the attribute as ambiguous. It does not for `derive`,
/// which is a macro itself: [`derives`] finds those.
const BUILT_IN: &[&str] = &[
    "allow",
    "automatically_derived",
    "cfg",
    "deny",
    "deprecated",
    "derive",
    "doc",
    "expect",
    "forbid",
    "must_use",
    "non_exhaustive",
    "repr",
    "warn",
];

/// Tools whose attributes only they read, whatever those are called.
const TOOLS: &[&str] = &["miri", "rust_analyzer", "rustfmt"];

/// The attributes of an item that may be macros, as the source has them, such as `#[becomes]`. `None` where
/// each is known to be no macro.
///
/// The compiler gives an item to its derives before it runs the macros below them, and the attributes
/// of both look alike. An attribute that other derives read is known by its name, and is no macro: our
/// derive declares the name too (`HELPERS`), so below it the compiler takes the name for no macro, whatever
/// is imported. A path of several names may lead to a macro, unless it begins with the name of a tool:
/// [`tools`] finds those.
pub(crate) fn below(attributes: &[Attribute]) -> Option<String> {
    let is_inert = |attribute: &&Attribute| {
        let name = attribute.path().get_ident().map(ToString::to_string);
        let is_known = |name: String| {
            [BUILT_IN, HELPERS]
                .iter()
                .any(|known| known.contains(&&*name))
        };
        tool(attribute).is_some() || name.is_some_and(is_known)
    };
    let found = attributes.iter().filter(|attribute| !is_inert(attribute));
    let names = found.map(|attribute| {
        let segments = attribute.path().segments.iter();
        let names: Vec<String> = segments.map(|segment| segment.ident.to_string()).collect();
        format!("#[{}]", names.join("::"))
    });
    let names: Vec<String> = names.collect();
    (!names.is_empty()).then(|| names.join(" "))
}

fn tool(attribute: &Attribute) -> Option<&Ident> {
    let path = attribute.path();
    let first = &path.segments[0].ident;
    let is_tool = path.segments.len() > 1 && TOOLS.iter().any(|tool| first == tool);
    (is_tool && path.leading_colon.is_none()).then_some(first)
}

/// The names of tools, as the source has them: each must be the tool, and not a module of this name.
pub(crate) fn tools(attributes: &[Attribute]) -> Vec<Ident> {
    attributes.iter().filter_map(tool).cloned().collect()
}

/// The names of further derives, as the source has them: each must be the compiler's `derive`, and not a
/// macro that was imported under this name.
pub(crate) fn derives(attributes: &[Attribute]) -> Vec<Ident> {
    let names = attributes
        .iter()
        .filter_map(|attribute| attribute.path().get_ident());
    names.filter(|name| *name == "derive").cloned().collect()
}
