//! What `#[state(…)]` says of a type, and of a variant.

use proc_macro2::{Ident, TokenStream};
use quote::quote;
use syn::ext::IdentExt;
use syn::{Attribute, LitInt, LitStr, Path, Token};

use super::entries::{
    each, equals, fault, flag, helped, name, named, once, removed_variant, unknown,
};
use crate::faults::Faults;
use crate::options;

/// What `#[state(…)]` says of a type.
#[derive(Default)]
pub(crate) struct TypeAttributes {
    /// What was given, in the order of the source.
    pub(crate) keys: Vec<Ident>,
    pub(crate) id: Option<LitStr>,
    pub(crate) meaning: Option<u32>,
    pub(crate) krate: Option<Path>,
    pub(crate) was: Vec<LitStr>,
    pub(crate) removed: Vec<LitStr>,
    pub(crate) removed_variants: Vec<(Ident, Ident)>,
}

impl TypeAttributes {
    pub(crate) fn parse(attributes: &[Attribute], faults: &mut Faults) -> Self {
        let mut parsed = TypeAttributes::default();
        let help = "a type takes `id = \"…\"`, `was = \"…\"`, `meaning = n`, `removed(\"…\")`, \
                    `removed_variant(Old => New)` and `crate = path`";
        each(attributes, help, faults, |input| {
            if input.peek(Token![crate]) {
                let key = input.fork().call(Ident::parse_any)?;
                parsed.keys.push(key.clone());
                let path = options::crate_path(input)?;
                return once(&mut parsed.krate, &key, path);
            }
            let key: Ident = input.parse()?;
            parsed.keys.push(key.clone());
            match key.to_string().as_str() {
                "id" => once(&mut parsed.id, &key, named(&key, input)?)?,
                "was" => parsed.was.push(named(&key, input)?),
                "meaning" => {
                    equals(&key, input)?;
                    let help = "write `meaning = 1`, and one more whenever the sense changes";
                    let value: LitInt = helped(input.parse(), help)?;
                    let value = helped(value.base10_parse(), help)?;
                    once(&mut parsed.meaning, &key, value)?;
                }
                "removed" => {
                    let content;
                    syn::parenthesized!(content in input);
                    let names = content.parse_terminated(name, Token![,])?;
                    if names.is_empty() {
                        return Err(fault(
                            &key,
                            "`removed` names no field",
                            "write `removed(\"…\")`",
                        ));
                    }
                    parsed.removed.extend(names);
                }
                "removed_variant" => {
                    let content;
                    syn::parenthesized!(content in input);
                    let variants = removed_variant(&content);
                    let help = "write `removed_variant(Old => New)`";
                    parsed.removed_variants.push(helped(variants, help)?);
                }
                _ => return Err(unknown(&key)),
            }
            Ok(())
        });
        parsed
    }

    /// The `AttributeDesc`s.
    pub(crate) fn descs(&self, private: &TokenStream) -> TokenStream {
        let was = &self.was;
        let removed = &self.removed;
        let variants = self.removed_variants.iter().map(|(from, to)| {
            let (from, to) = (from.to_string(), to.to_string());
            quote!(#private::AttributeDesc::RemovedVariant(#from, #to))
        });
        quote! {
            &[
                #(#private::AttributeDesc::Was(#was),)*
                #(#private::AttributeDesc::Removed(#removed),)*
                #(#variants,)*
            ]
        }
    }
}

/// What `#[state(…)]` says of a variant.
#[derive(Default)]
pub(crate) struct VariantAttributes {
    pub(crate) keys: Vec<Ident>,
    pub(crate) was: Vec<LitStr>,
    /// Where it says `other`.
    pub(crate) other: Option<Ident>,
}

impl VariantAttributes {
    pub(crate) fn parse(attributes: &[Attribute], faults: &mut Faults) -> Self {
        let mut parsed = VariantAttributes::default();
        each(
            attributes,
            "a variant takes `was = \"…\"` and `other`",
            faults,
            |input| {
                let key: Ident = input.parse()?;
                parsed.keys.push(key.clone());
                match key.to_string().as_str() {
                    "was" => parsed.was.push(named(&key, input)?),
                    "other" => {
                        let mut is_given = parsed.other.is_some();
                        flag(&mut is_given, &key, input)?;
                        parsed.other = Some(key);
                    }
                    _ => return Err(unknown(&key)),
                }
                Ok(())
            },
        );
        parsed
    }

    pub(crate) fn descs(&self, private: &TokenStream) -> TokenStream {
        let was = &self.was;
        let other = self
            .other
            .iter()
            .map(|_| quote!(#private::AttributeDesc::Other));
        quote!(&[#(#private::AttributeDesc::Was(#was),)* #(#other,)*])
    }
}
