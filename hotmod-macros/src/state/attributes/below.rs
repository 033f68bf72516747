//! Attributes that may be those of a macro, which still changes the item after the derive was given it.

use syn::Attribute;

/// The compiler's own, which change nothing of how a type is laid out, but for `repr`, which the derive
/// reads. Where a macro has such a name, the compiler refuses to choose.
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

/// What tools read, and nothing else.
const TOOLS: &[&str] = &[
    "clippy",
    "diagnostic",
    "miri",
    "rust_analyzer",
    "rustdoc",
    "rustfmt",
];

/// What derives of well-known crates read on an enum, and no attribute macro is called.
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

/// The attributes of an item that may be macros, as the source has them: `#[becomes]`. `None` where each is
/// known to be none.
///
/// An item is given to its derives before the macros that stand below them, and attributes of both look
/// alike.
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
