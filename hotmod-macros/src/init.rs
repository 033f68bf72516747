//! `#[hotmod::init]`: the function that makes a state.

use proc_macro2::TokenStream;
use quote::{format_ident, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Attribute, ItemFn, ReturnType};

use crate::export::symbol;
use crate::faults::{Faults, keyword, span_of};
use crate::options::Options;
use crate::signature::{Signature, conditions, unraw};

pub(crate) fn init(options: TokenStream, item: TokenStream) -> TokenStream {
    let mut faults = Faults::default();
    let options = syn::parse2(options).unwrap_or_else(|error| {
        faults.push(error);
        Options::default()
    });
    let Ok(function) = syn::parse2::<ItemFn>(item.clone()) else {
        faults.at_span(
            keyword(&item),
            "an init is a function",
            "write `fn new(config: &str) -> Result<State, String>`",
        );
        return faults.or_expand(item, TokenStream::new);
    };
    let signature = Signature::parse(&function.sig, &mut faults);
    if let Some(receiver) = function.sig.receiver() {
        faults.at(
            receiver,
            "an init takes no receiver: it makes the state",
            "write `fn new(config: &str) -> Result<State, String>` outside of an `impl`",
        );
    } else if let Some(second) = function.sig.inputs.iter().nth(1) {
        faults.at(
            second,
            "an init takes one text from the host, or nothing",
            "write `fn new(config: &str) -> Result<State, String>`",
        );
    }
    if matches!(function.sig.output, ReturnType::Default) {
        faults.at(
            &function.sig.ident,
            "an init returns the state it makes",
            "write `-> State` or `-> Result<State, String>`",
        );
    }
    let conditions = conditions(&function.attrs);
    let private = options.private();
    faults.or_expand_beside(
        item,
        || expand(&signature, &conditions, &private),
        || signature.rest_by("require_init_output", &private),
    )
}

fn expand(signature: &Signature, conditions: &[&Attribute], private: &TokenStream) -> TokenStream {
    let Signature { name, output, .. } = signature;
    let symbol = symbol("init", &[unraw(name)]);
    let shim = format_ident!("{symbol}");
    let config = signature.params.first().map(|param| {
        let ty = &param.ty;
        quote_spanned! {span_of(ty)=>
            let __config: #ty = <#ty as #private::InitInput<'_>>::from_text(__config);
        }
    });
    let argument = config.as_ref().map(|_| quote!(__config));
    let init = format_ident!("__hotmod_init_{}", unraw(name));
    let run = quote_spanned!(output.span()=> #private::run_init::<#output>);
    quote! {
        // Named because in an `impl`, where this is a mistake, `_` would be another one.
        #[doc(hidden)]
        #[allow(non_upper_case_globals, dead_code, deprecated)]
        #(#conditions)*
        const #init: () = {
            #[allow(unused_imports)]
            use #private::Unfit as _;

            const __STATE: #private::TypeRef = #private::Probe::<#output>::MADE;
            const __MENTIONED: &[&#private::Instances] =
                &[&#private::Probe::<#output>::MADE_MENTIONS];
            const __LEN: [#private::usize; 2] = #private::init_len(#symbol, __STATE, __MENTIONED);
            #[used]
            // SAFETY: the section holds nothing but records.
            #[unsafe(link_section = ".hotmod")]
            static __RECORD: #private::Record<{ __LEN[0] }, { __LEN[1] }> =
                #private::init_record(#symbol, __STATE, __MENTIONED);

            // SAFETY: the name begins with a prefix that is hotmod's own.
            #[unsafe(no_mangle)]
            unsafe extern "C" fn #shim(
                _state: *mut (),
                __args: *mut (),
                __output: *mut (),
                __panic: *mut (),
            ) -> #private::u8 {
                // Outside of the `unsafe` block: what the user wrote is none.
                let __init = |__config: &#private::str| {
                    #config
                    #name(#argument)
                };
                // SAFETY: the host passes one text and room for what crosses from an init.
                unsafe { #run(__args, __output, __panic, __init) }
            }
        };
    }
}
