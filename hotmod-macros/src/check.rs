//! `#[hotmod::after_migrate]` and `#[hotmod::preflight]`: functions that check a migrated state.

use proc_macro2::TokenStream;
use quote::{format_ident, quote, quote_spanned};
use syn::{Attribute, ItemFn, Type};

use crate::export::symbol;
use crate::faults::{Faults, keyword, span_of};
use crate::options::Options;
use crate::signature::{Signature, conditions, unraw};

const FORM: &str = "write `fn check(state: &State, from: &VersionInfo<'_>) -> Result<(), String>`";
const PREFLIGHT: &str = "write `fn preflight(state: &mut State) -> Result<(), String>`";

pub(crate) fn after_migrate(options: TokenStream, item: TokenStream) -> TokenStream {
    let mut faults = Faults::default();
    let options = syn::parse2(options).unwrap_or_else(|error| {
        faults.push(error);
        Options::default()
    });
    let Ok(function) = syn::parse2::<ItemFn>(item.clone()) else {
        faults.at_span(keyword(&item), "a check is a function", FORM);
        return faults.or_expand(item, TokenStream::new);
    };
    let signature = Signature::parse(&function.sig, &mut faults);
    let state = match signature.params.as_slice() {
        _ if function.sig.receiver().is_some() => None,
        [state, _from] => match &state.ty {
            Type::Reference(reference) if reference.mutability.is_none() => {
                Some((*reference.elem).clone())
            }
            _ => None,
        },
        _ => None,
    };
    let Some(state) = state else {
        faults.at(
            &function.sig.ident,
            "a check takes the new state and the version that it comes from, both by `&`",
            FORM,
        );
        return faults.or_expand(item, TokenStream::new);
    };
    let conditions = conditions(&function.attrs);
    faults.or_expand(item, || {
        expand(&signature, &state, &conditions, &options.private())
    })
}

fn expand(
    signature: &Signature,
    state: &Type,
    conditions: &[&Attribute],
    private: &TokenStream,
) -> TokenStream {
    let name = &signature.name;
    let symbol = symbol("after_migrate", &[unraw(name)]);
    let shim = format_ident!("{symbol}");
    let output = &signature.output;
    let call = quote_spanned!(span_of(output)=> #name(__state, __from));
    quote! {
        #(#conditions)*
        const _: () = {
            #[allow(unused_imports)]
            use #private::Unfit as _;

            const __STATE: #private::TypeRef = #private::Probe::<#state>::TYPE;
            const __LEN: #private::usize = #private::check_len(#symbol, __STATE);
            #[used]
            // SAFETY: the section holds nothing but records.
            #[unsafe(link_section = ".hotmod")]
            static __RECORD: [#private::u8; __LEN] = #private::check_record(#symbol, __STATE);

            // SAFETY: the name begins with a prefix that is hotmod's own.
            #[unsafe(no_mangle)]
            unsafe extern "C" fn #shim(
                __state: *const #private::u8,
                __from: #private::RStr<'_>,
                __error: *mut #private::RString,
            ) -> #private::u8 {
                // SAFETY: the host passes a state of this type and room for an error.
                unsafe {
                    #private::run_check::<#state, #output>(
                        __state,
                        __from,
                        __error,
                        |__state, __from: &#private::VersionInfo<'_>| #call,
                    )
                }
            }
        };
    }
}

pub(crate) fn preflight(options: TokenStream, item: TokenStream) -> TokenStream {
    let mut faults = Faults::default();
    let options = syn::parse2(options).unwrap_or_else(|error| {
        faults.push(error);
        Options::default()
    });
    let Ok(function) = syn::parse2::<ItemFn>(item.clone()) else {
        faults.at_span(keyword(&item), "a preflight is a function", PREFLIGHT);
        return faults.or_expand(item, TokenStream::new);
    };
    let signature = Signature::parse(&function.sig, &mut faults);
    let state = match signature.params.as_slice() {
        _ if function.sig.receiver().is_some() => None,
        [state] => match &state.ty {
            Type::Reference(reference) if reference.mutability.is_some() => {
                Some((*reference.elem).clone())
            }
            _ => None,
        },
        _ => None,
    };
    let Some(state) = state else {
        faults.at(
            &function.sig.ident,
            "a preflight takes the new state by `&mut`, and nothing else",
            PREFLIGHT,
        );
        return faults.or_expand(item, TokenStream::new);
    };
    let conditions = conditions(&function.attrs);
    faults.or_expand(item, || {
        expand_preflight(&signature, &state, &conditions, &options.private())
    })
}

fn expand_preflight(
    signature: &Signature,
    state: &Type,
    conditions: &[&Attribute],
    private: &TokenStream,
) -> TokenStream {
    let name = &signature.name;
    let text = unraw(name);
    let symbol = symbol("preflight", std::slice::from_ref(&text));
    let shim = format_ident!("{symbol}");
    let output = &signature.output;
    let call = quote_spanned!(span_of(output)=> #name(__state));
    quote! {
        #(#conditions)*
        const _: () = {
            #[allow(unused_imports)]
            use #private::Unfit as _;

            const __STATE: #private::TypeRef = #private::Probe::<#state>::TYPE;
            const __LEN: #private::usize = #private::preflight_len(#text, #symbol, __STATE);
            #[used]
            // SAFETY: the section holds nothing but records.
            #[unsafe(link_section = ".hotmod")]
            static __RECORD: [#private::u8; __LEN] =
                #private::preflight_record(#text, #symbol, __STATE);

            // SAFETY: the name begins with a prefix that is hotmod's own.
            #[unsafe(no_mangle)]
            unsafe extern "C" fn #shim(
                __state: *mut #private::u8,
                __error: *mut #private::RString,
            ) -> #private::u8 {
                // SAFETY: the host passes a state of this type that nobody else uses, and room for
                // an error.
                unsafe {
                    #private::run_preflight::<#state, #output>(__state, __error, |__state| #call)
                }
            }
        };
    }
}
