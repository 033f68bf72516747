//! `#[hotmod::migrate]`: the function that makes a value from its earlier form.

use proc_macro2::TokenStream;
use quote::{format_ident, quote, quote_spanned};
use syn::{Attribute, ItemFn, ReturnType};

use crate::export::symbol;
use crate::faults::{Faults, keyword, span_of};
use crate::options::Options;
use crate::signature::{Signature, conditions, unraw};

const FORM: &str = "write `fn migrate(old: &Old<'_>) -> Result<New, String>`";

pub(crate) fn migrate(options: TokenStream, item: TokenStream) -> TokenStream {
    let mut faults = Faults::default();
    let options = syn::parse2(options).unwrap_or_else(|error| {
        faults.push(error);
        Options::default()
    });
    let Ok(function) = syn::parse2::<ItemFn>(item.clone()) else {
        faults.at_span(keyword(&item), "a migration is a function", FORM);
        return faults.or_expand(item, TokenStream::new);
    };
    let signature = Signature::parse(&function.sig, &mut faults);
    if let Some(receiver) = function.sig.receiver() {
        faults.at(
            receiver,
            "a migration takes no receiver: it makes the value",
            FORM,
        );
    } else if signature.params.len() != 1 {
        faults.at(
            &function.sig.ident,
            "a migration takes the old value, and nothing else",
            FORM,
        );
    }
    if matches!(function.sig.output, ReturnType::Default) {
        faults.at(
            &function.sig.ident,
            "a migration returns the value it makes",
            FORM,
        );
    }
    let conditions = conditions(&function.attrs);
    faults.or_expand(item, || expand(&signature, &conditions, &options.private()))
}

fn expand(signature: &Signature, conditions: &[&Attribute], private: &TokenStream) -> TokenStream {
    let Signature { name, output, .. } = signature;
    let symbol = symbol("migrate", &[unraw(name)]);
    let shim = format_ident!("{symbol}");
    let run = quote_spanned!(span_of(output)=> #private::run_hook::<#output>);
    let call = match signature.params.first() {
        Some(param) => quote_spanned!(span_of(&param.ty)=> #name(__old)),
        None => quote!(#name(__old)),
    };
    quote! {
        #(#conditions)*
        const _: () = {
            #[allow(unused_imports)]
            use #private::Unfit as _;

            const __TYPE: #private::TypeRef = #private::Probe::<#output>::MIGRATED;
            const __LEN: #private::usize = #private::hook_len(#symbol, __TYPE);
            #[used]
            // SAFETY: the section holds nothing but records.
            #[unsafe(link_section = ".hotmod")]
            static __RECORD: [#private::u8; __LEN] = #private::hook_record(#symbol, __TYPE);

            // SAFETY: the name begins with a prefix that is hotmod's own.
            #[unsafe(no_mangle)]
            unsafe extern "C" fn #shim(
                __old: *const #private::RawOld,
                __slot: *mut #private::u8,
                __error: *mut #private::RString,
            ) -> #private::u8 {
                // SAFETY: the host passes an old value, room for the new one and for an error.
                unsafe {
                    #run(__old, __slot, __error, |__old: &#private::Old<'_>| #call)
                }
            }
        };
    }
}
