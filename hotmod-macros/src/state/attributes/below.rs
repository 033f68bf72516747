//! Attributes that may be macros: such a macro can change the item after the derive has read it.

use syn::Attribute;

/// The compiler's own attributes. Only `repr`, which the derive reads, changes how a type is laid out.
/// If a macro has such a name, the compiler refuses the attribute as ambiguous.
const BUILT_IN: &[&str] = &[
    "allow",
    "automatically_derived",
    "cfg",
    "deny",
    "deprecated",
    "derive",
    "diagnostic",
    "doc",
    "expect",
    "forbid",
    "must_use",
    "non_exhaustive",
    "repr",
    "warn",
];

/// Attributes that only tools read.
const TOOLS: &[&str] = &[
    "clippy",
    "diagnostic",
    "miri",
    "rust_analyzer",
    "rustdoc",
    "rustfmt",
];

/// Attributes that derives of well-known crates read on an enum; no known attribute macro has such a
/// name.
const HELPERS: &[&str] = &[
    "archive",
    "arg",
    "as_ref",
    "asn1",
    "bincode",
    "borsh",
    "br",
    "brw",
    "bw",
    "cbor",
    "clap",
    "command",
    "darling",
    "deku",
    "derivative",
    "derive_where",
    "diesel",
    "display",
    "dummy",
    "educe",
    "enumset",
    "error",
    "from",
    "garde",
    "getset",
    "graphql",
    "group",
    "into",
    "logos",
    "musli",
    "num_enum",
    "proptest",
    "prost",
    "rasn",
    "reflect",
    "rkyv",
    "schema",
    "schemars",
    "sea_orm",
    "serde",
    "snafu",
    "specta",
    "sqlx",
    "state",
    "strum",
    "strum_discriminants",
    "tabled",
    "try_into",
    "ts",
    "validate",
    "value",
    "yaserde",
    "zeroize",
];

/// The attributes of an item that may be macros, as the source has them: `#[becomes]`. `None` where
/// each is known to be no macro.
///
/// The compiler gives an item to its derives before it runs the macros below them, and the attributes
/// of both look alike.
pub(crate) fn below(attributes: &[Attribute]) -> Option<String> {
    let is_inert = |attribute: &&Attribute| {
        let segments = &attribute.path().segments;
        let first = segments[0].ident.to_string();
        match segments.len() {
            1 => [BUILT_IN, HELPERS]
                .iter()
                .any(|known| known.contains(&&*first)),
            _ => TOOLS.contains(&&*first),
        }
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
