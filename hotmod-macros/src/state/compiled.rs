//! Whether the type that is compiled is the one that the derive was given.

use proc_macro2::TokenStream;
use quote::{ToTokens, format_ident, quote, quote_spanned};

use super::flags;
use super::model::{Body, Field, State};
use crate::faults::span_of;

/// Code that fails to compile if the compiled type is not the one that the derive was given: a macro
/// below the derive may still change it. This code refuses what such a macro adds, retypes or packs;
/// the other generated code names every field, and so refuses what the macro removes.
pub(super) fn compiled(state: &State, is_state: bool, private: &TokenStream) -> TokenStream {
    let at = span_of(&state.name);
    // Builds the type as it was written, without values for its fields: this code never runs.
    let built = |path: TokenStream, fields: &[Field]| {
        let members = fields.iter().map(|field| &field.member);
        quote_spanned!(at=> let _ = || #path { #(#members: #private::written()),* };)
    };
    let is = |field: &Field, value: &TokenStream| {
        let ty = match field.is_flags {
            true => flags::holder(&state.name, private),
            false => field.ty.to_token_stream(),
        };
        quote_spanned!(span_of(&field.ty)=> #private::Compiled::of(#value).is::<#ty>();)
    };
    match &state.body {
        Body::Struct(fields) => {
            let built = built(quote!(Self), fields);
            let same = fields.iter().map(|field| {
                let member = &field.member;
                // By reference, which the compiler refuses in a packed type.
                is(
                    field,
                    &quote_spanned!(span_of(&field.ty)=> &__value.#member),
                )
            });
            let flags = fields.iter().filter(|field| field.is_flags);
            let alike = flags.map(|field| flags::alike(&state.name, &field.ty, private));
            quote!(#built let _ = |__value: &Self| { #(#same)* }; #(#alike)*)
        }
        Body::Enum {
            variants,
            derives,
            tools,
            ..
        } => {
            // What this glob leads to is ambiguous where the same name stands for something else outside.
            let derives = derives.iter().map(|derive| {
                quote_spanned! {derive.span()=>
                    const _: () = {
                        #[allow(unused_imports)]
                        use ::core::prelude::v1::*;
                        #[allow(dead_code)]
                        #[#derive(::core::clone::Clone)]
                        struct __Derived;
                    };
                }
            });
            // A tool takes any name; a module has none like this.
            let tools = tools.iter().map(|tool| {
                quote_spanned!(tool.span()=> #[#tool::__hotmod_expects_the_tool] const _: () = ();)
            });
            // If the enum is state, its operations name and build every variant already.
            let built = variants.iter().filter(|_| !is_state).map(|variant| {
                let name = &variant.name;
                built(quote!(Self::#name), &variant.fields)
            });
            let arms = variants.iter().map(|variant| {
                let name = &variant.name;
                let members = variant.fields.iter().map(|field| &field.member);
                let bound = |field: &Field| format_ident!("__field_{}", field.name);
                let names = variant.fields.iter().map(bound);
                let same = variant.fields.iter().map(|field| {
                    let name = bound(field);
                    is(field, &quote!(#name))
                });
                quote!(Self::#name { #(#members: #names,)* .. } => { #(#same)* })
            });
            let rest = (is_state || variants.is_empty()).then(|| quote!(_ => {}));
            let value = quote_spanned!(at=> __value);
            quote! {
                #(#derives)*
                #(#tools)*
                #(#built)*
                let _ = |__value: &Self| {
                    #[allow(unreachable_patterns)]
                    match #value { #(#arms)* #rest }
                };
            }
        }
    }
}
