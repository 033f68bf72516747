//! What `#[repr(…)]` says.

use proc_macro2::{Ident, TokenStream};
use syn::Attribute;

/// What `#[repr(…)]` says: whether it fixes an enum's representation, and its discriminant's type.
pub(crate) struct Repr {
    pub(crate) c: bool,
    pub(crate) discriminant: Option<Ident>,
    /// The word `packed`, if it is given.
    pub(crate) packed: Option<Ident>,
    /// Whether `align` leaves room beside the discriminant.
    pub(crate) align: bool,
}

impl Repr {
    pub(crate) fn parse(attributes: &[Attribute]) -> Self {
        let mut repr = Repr {
            c: false,
            discriminant: None,
            packed: None,
            align: false,
        };
        for attribute in attributes.iter().filter(|a| a.path().is_ident("repr")) {
            // What is not understood here is for the compiler to refuse.
            let _ = attribute.parse_nested_meta(|meta| {
                let Some(ident) = meta.path.get_ident() else {
                    return Ok(());
                };
                match ident.to_string().as_str() {
                    "C" => repr.c = true,
                    name @ ("align" | "packed") => {
                        match name {
                            "packed" => repr.packed = Some(ident.clone()),
                            _ => repr.align = true,
                        }
                        if meta.input.peek(syn::token::Paren) {
                            let content;
                            syn::parenthesized!(content in meta.input);
                            content.parse::<TokenStream>()?;
                        }
                    }
                    "transparent" | "Rust" => {}
                    _ => {
                        repr.discriminant = Some(ident.clone());
                    }
                }
                Ok(())
            });
        }
        repr
    }

    /// The one spelling of what fixes the representation.
    pub(crate) fn spelling(&self) -> Option<String> {
        match (self.c, &self.discriminant) {
            (false, None) => None,
            (true, None) => Some("C".to_owned()),
            (false, Some(ident)) => Some(ident.to_string()),
            (true, Some(ident)) => Some(format!("C, {ident}")),
        }
    }
}
