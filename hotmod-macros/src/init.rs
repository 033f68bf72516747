//! `#[hotmod::init]`: the function that makes a state.

use proc_macro2::TokenStream;
use quote::{format_ident, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{ItemFn, ReturnType, Type};

use crate::export::symbol;
use crate::faults::Faults;
use crate::options::Options;
use crate::signature::{Signature, unraw};

pub(crate) fn init(options: TokenStream, item: TokenStream) -> TokenStream {
    let mut faults = Faults::default();
    let options = syn::parse2(options).unwrap_or_else(|error| {
        faults.push(error);
        Options::default()
    });
    let Ok(function) = syn::parse2::<ItemFn>(item.clone()) else {
        faults.at(
            &item,
            "an init is a function",
            "write `fn new(config: &str) -> Result<State, String>`",
        );
        return faults.or_expand(item, TokenStream::new);
    };
    let signature = Signature::parse(&function.sig, &mut faults);
    if signature.params.len() > 1 || function.sig.receiver().is_some() {
        faults.at(
            &function.sig.inputs,
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
    faults.or_expand(item, || expand(&signature, &options.private()))
}

fn expand(signature: &Signature, private: &TokenStream) -> TokenStream {
    let Signature { name, output, .. } = signature;
    let symbol = symbol("init", &[unraw(name)]);
    let shim = format_ident!("{symbol}");
    let config = signature.params.first().map(|_| quote!(__config));
    let state = state_type(output, private);
    quote! {
        const _: () = {
            type __State = #state;
            const __STATE: #private::TypeRef = <__State as #private::Describe>::TYPE;
            const __MENTIONED: &[&#private::Instances] =
                &[&<__State as #private::Describe>::LEVEL_6];
            const __LEN: usize = #private::init_len(#symbol, __STATE, __MENTIONED);
            #[used]
            // SAFETY: the section holds nothing but records.
            #[unsafe(link_section = ".hotmod")]
            static __RECORD: [u8; __LEN] =
                #private::init_record(#symbol, __STATE, __MENTIONED);

            // SAFETY: the name begins with a prefix that is hotmod's own.
            #[unsafe(no_mangle)]
            unsafe extern "C" fn #shim(
                _state: *mut (),
                __args: *mut (),
                __output: *mut (),
                __panic: *mut (),
            ) -> u8 {
                // SAFETY: the host passes one text and room for what crosses from an init.
                unsafe {
                    #private::run_init(__args, __output, __panic, |__config| #name(#config))
                }
            }
        };
    }
}

/// The state that this return type makes, as the type system sees it.
fn state_type(output: &Type, private: &TokenStream) -> TokenStream {
    quote_spanned!(output.span()=> <#output as #private::InitOutput>::State)
}
