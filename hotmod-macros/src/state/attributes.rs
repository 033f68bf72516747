//! `#[state(…)]` and `#[repr(…)]`.

use syn::{Attribute, LitInt, LitStr, Path, Token};

use crate::faults::Faults;
use crate::options;

/// What `#[state(…)]` says of a type.
#[derive(Default)]
pub(super) struct TypeAttributes {
    pub(super) id: Option<LitStr>,
    pub(super) meaning: Option<u32>,
    pub(super) krate: Option<Path>,
}

impl TypeAttributes {
    pub(super) fn parse(attributes: &[Attribute], faults: &mut Faults) -> Self {
        let mut parsed = TypeAttributes::default();
        for attribute in attributes.iter().filter(|a| a.path().is_ident("state")) {
            let result = attribute.parse_args_with(|input: syn::parse::ParseStream<'_>| {
                while !input.is_empty() {
                    if input.peek(Token![crate]) {
                        parsed.krate = Some(options::crate_path(input)?);
                    } else {
                        let key: syn::Ident = input.parse()?;
                        input.parse::<Token![=]>()?;
                        match key.to_string().as_str() {
                            "id" => parsed.id = Some(id(input.parse()?)?),
                            "meaning" => {
                                let value: LitInt = input.parse()?;
                                parsed.meaning = Some(value.base10_parse()?);
                            }
                            _ => {
                                return Err(syn::Error::new(
                                    key.span(),
                                    format!(
                                        "unknown attribute `{key}`\nhelp: a type takes `id = \
                                         \"…\"`, `meaning = n` and `crate = path`"
                                    ),
                                ));
                            }
                        }
                    }
                    if !input.is_empty() {
                        input.parse::<Token![,]>()?;
                    }
                }
                Ok(())
            });
            if let Err(error) = result {
                faults.push(error);
            }
        }
        parsed
    }
}

fn id(id: LitStr) -> syn::Result<LitStr> {
    let text = id.value();
    let fine = |c: char| c.is_alphanumeric() || matches!(c, '_' | ':' | '.' | '-');
    if text.is_empty() || !text.chars().all(fine) {
        return Err(syn::Error::new(
            id.span(),
            "an id is a name\nhelp: use letters, digits, `_`, `:`, `.` and `-`",
        ));
    }
    Ok(id)
}

/// Reports `#[state(…)]` where it has no meaning.
pub(super) fn none(attributes: &[Attribute], what: &str, faults: &mut Faults) {
    for attribute in attributes.iter().filter(|a| a.path().is_ident("state")) {
        faults.at(
            attribute,
            &format!("a {what} takes no `#[state(…)]` yet"),
            "conversions between versions are not supported yet; remove the attribute",
        );
    }
}

/// What `#[repr(…)]` says: whether it fixes an enum's representation, and its discriminant's type.
pub(super) struct Repr {
    pub(super) fixed: bool,
    pub(super) discriminant: Option<syn::Ident>,
}

impl Repr {
    pub(super) fn parse(attributes: &[Attribute]) -> Self {
        let mut repr = Repr {
            fixed: false,
            discriminant: None,
        };
        for attribute in attributes.iter().filter(|a| a.path().is_ident("repr")) {
            // What is not understood here is for the compiler to refuse.
            let _ = attribute.parse_nested_meta(|meta| {
                let Some(ident) = meta.path.get_ident() else {
                    return Ok(());
                };
                match ident.to_string().as_str() {
                    "C" => repr.fixed = true,
                    "align" | "packed" => {
                        if meta.input.peek(syn::token::Paren) {
                            let content;
                            syn::parenthesized!(content in meta.input);
                            content.parse::<proc_macro2::TokenStream>()?;
                        }
                    }
                    "transparent" | "Rust" => {}
                    _ => {
                        repr.fixed = true;
                        repr.discriminant = Some(ident.clone());
                    }
                }
                Ok(())
            });
        }
        repr
    }
}
