//! What a marked item leaves in the module's file: a record, and exported symbols.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};

/// The name of an exported symbol: unique among the crates that one module links.
pub(crate) fn symbol(kind: &str, names: &[String]) -> String {
    let package = std::env::var("CARGO_PKG_NAME").unwrap_or_default();
    let package: String = package
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '_' })
        .collect();
    let names: String = names.iter().map(|name| format!("_{name}")).collect();
    format!("__hotmod_{kind}_{package}{names}")
}

/// A name that is no identifier, as part of a symbol's name.
pub(crate) fn identifier(name: &str) -> String {
    let mut identifier = String::new();
    for c in name.chars() {
        match c.is_ascii_alphanumeric() {
            true => identifier.push(c),
            false => identifier.push_str(&format!("_{:x}_", u32::from(c))),
        }
    }
    identifier
}

/// The static that holds the record of this kind, which holds these values. Where modules are linked into an
/// executable, an entry leads to it.
pub(crate) fn record(kind: &str, values: &TokenStream, private: &TokenStream) -> TokenStream {
    let (len, record) = (format_ident!("{kind}_len"), format_ident!("{kind}_record"));
    quote! {
        const __LEN: [#private::usize; 2] = #private::#len(#values);
        #[used]
        // SAFETY: the section holds nothing but records.
        #[unsafe(link_section = ".hotmod")]
        static __RECORD: #private::Record<{ __LEN[0] }, { __LEN[1] }> = #private::#record(#values);
        #private::linked_record! { __RECORD }
    }
}
