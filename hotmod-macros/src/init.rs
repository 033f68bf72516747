//! `#[hotmod::init]`: the function that makes a state.

use proc_macro2::TokenStream;
use quote::{format_ident, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Attribute, ReturnType};

use crate::codes;
use crate::emitted::{record, symbol};
use crate::faults::span_of;
use crate::marked::Marked;
use crate::names::unraw;
use crate::options::Options;
use crate::signature::{Signature, conditions};

const HELP: &str = "write `fn new(config: &str) -> Result<State, String>`";

pub(crate) fn init(options: TokenStream, item: TokenStream) -> TokenStream {
    let form = ("an init is a function", HELP);
    let mut init: Marked<Options> = match Marked::read(options, item, |_| form) {
        Ok(init) => init,
        Err(refused) => return refused,
    };
    if let Some(receiver) = init.function.sig.receiver() {
        init.faults.at(
            codes::RECEIVER_UNFIT,
            receiver,
            "an init takes no receiver: it makes the state",
            "write `fn new(config: &str) -> Result<State, String>` outside of an `impl`",
        );
    } else if let Some(second) = init.function.sig.inputs.iter().nth(1) {
        let message = "an init takes one text from the host, or nothing";
        init.faults
            .at(codes::MARKED_FUNCTION_UNFIT, second, message, HELP);
    }
    if matches!(init.function.sig.output, ReturnType::Default) {
        init.fault(
            "an init returns the state it makes",
            "write `-> State` or `-> Result<State, String>`",
        );
    }
    let private = init.options.private();
    init.faults.or_expand_beside(
        init.item,
        || expand(&init.signature, &conditions(&init.function.attrs), &private),
        || {
            let call = rest(&init.signature, &private);
            init.signature
                .rest_by(Some("require_init_output"), &call, &private)
        },
    )
}

/// Has the compiler look at the parameter of an init that takes the host's text.
fn rest(signature: &Signature, private: &TokenStream) -> TokenStream {
    let [param] = signature.params.as_slice() else {
        return TokenStream::new();
    };
    let ty = &param.ty;
    quote_spanned! {span_of(ty)=>
        let _ = |__config: &#private::str| {
            let _: #ty = <#ty as #private::InitInput<'_>>::from_text(__config);
        };
    }
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
    let record = record("init", &quote!(#symbol, __STATE, __MENTIONED), private);
    quote! {
        // Named because in an `impl`, where an init is a mistake, `_` would be a second mistake.
        #[doc(hidden)]
        #[allow(non_upper_case_globals, dead_code, deprecated)]
        #(#conditions)*
        const #init: () = {
            #[allow(unused_imports)]
            use #private::Fallback as _;

            const __STATE: #private::TypeRef = #private::Probe::<#output>::MADE;
            const __MENTIONED: &[&#private::Instances] =
                &[&#private::Probe::<#output>::MADE_MENTIONS];
            #record

            #private::linked_symbol! { #shim }
            // SAFETY: the name begins with a prefix that is hotmod's own.
            #[unsafe(no_mangle)]
            unsafe extern "C" fn #shim(
                _state: *mut (),
                __args: *mut (),
                __output: *mut (),
                __panic: *mut (),
            ) -> #private::u8 {
                // Outside of the `unsafe` block: the user's code is not part of it.
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
