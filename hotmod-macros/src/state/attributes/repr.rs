//! What `#[repr(…)]` says.

use proc_macro2::{Ident, TokenStream};
use syn::Attribute;

/// How an enum is represented.
pub(crate) enum Represented {
    /// As the compiler chooses.
    Chosen,
    /// As `#[repr]` fixes it.
    Fixed(String),
    /// As these attributes leave it, where the compiled type does not show it.
    Left(String),
}

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

    /// How an enum is represented, in one spelling.
    pub(crate) fn represented(&self) -> Represented {
        match (self.c, &self.discriminant) {
            (false, None) => Represented::Chosen,
            (true, None) => Represented::Fixed("C".to_owned()),
            (false, Some(ident)) => Represented::Fixed(ident.to_string()),
            (true, Some(ident)) => Represented::Fixed(format!("C, {ident}")),
        }
    }
}
