//! `#[hotmod::export(pure)]`: a function that can be run a second time, in another version.

use proc_macro2::TokenStream;
use quote::{format_ident, quote, quote_spanned};
use syn::TypeReference;
use syn::spanned::Spanned;
use syn::visit::{self, Visit};

use crate::codes;
use crate::emitted::symbol;
use crate::faults::{Faults, placed, span_of};
use crate::names::unraw;
use crate::signature::Signature;

/// Reports what makes a signature unfit for a pure function, as far as its syntax shows.
pub(crate) fn check(signature: &Signature, faults: &mut Faults) {
    struct Exclusive<'a>(&'a mut Faults);
    impl<'ast> Visit<'ast> for Exclusive<'_> {
        fn visit_type_reference(&mut self, reference: &'ast TypeReference) {
            if reference.mutability.is_some() {
                self.0.at(
                    codes::TYPE_UNCROSSABLE,
                    reference,
                    "a pure function changes nothing of what it is lent",
                    "take `&T` or the value, and return what is new",
                );
            }
            visit::visit_type_reference(self, reference);
        }
    }
    for param in &signature.params {
        Exclusive(&mut *faults).visit_type(&param.ty);
    }
}

/// The symbol of the function's table, as an `Option`, and the items that make the table.
pub(crate) fn expand(signature: &Signature, private: &TokenStream) -> (TokenStream, TokenStream) {
    let Signature {
        name,
        params,
        output,
        ..
    } = signature;
    let symbol = symbol("pure", &[unraw(name)]);
    let accessor = format_ident!("{symbol}");
    let arguments = params.iter().map(|param| {
        let ty = &param.ty;
        let shown = placed(private, span_of(ty));
        quote_spanned! {span_of(ty)=>
            #private::require_pure_argument::<#ty>();
            #shown::Probe::<#ty>::require_shown();
        }
    });
    let result = quote_spanned!(output.span()=> #private::require_pure_result::<#output>(););
    let names = params.iter().map(|param| unraw(&param.name));
    let list = params.iter().rev().fold(quote!(()), |rest, param| {
        let ty = &param.ty;
        quote!(#private::Cons<#ty, #rest>)
    });
    let (pattern, values) = signature.listed(private);
    let typed = signature.typed();
    let try_out = match signature.is_async {
        false => quote! {
            unsafe extern "C" fn __try_out(__args: *mut (), __tried: *mut ()) {
                let __export = #private::Probe::<#list>::runs(|__call, #pattern| {
                    #typed
                    #private::Probe::<#output>::shown(#name(#(#values),*))
                });
                // SAFETY: the host lends this function's arguments and room for what comes of them.
                unsafe {
                    #private::Probe::<#list>::try_out(__args, __tried, &[#(#names),*], __export)
                }
            }
        },
        true => quote! {
            unsafe extern "C" fn __try_out(
                __args: *mut (),
                __block: *mut (),
                __tried: *mut (),
            ) -> #private::u8 {
                let __export = #private::Probe::<#list>::begins(|__call, __block, #pattern| {
                    #typed
                    let __future = #name(#(#values),*);
                    // SAFETY: the block is the host's, which has no future in it.
                    unsafe { #private::Probe::<#output>::begin_shown(__call, __block, __future) }
                });
                // SAFETY: the host lends this function's arguments, for as long as the future lives, a block, and room for
                // what comes of them.
                unsafe {
                    #private::Probe::<#list>::begin_trial(
                        __args, __block, __tried, &[#(#names),*], __export,
                    )
                }
            }
        },
    };
    let tries = match signature.is_async {
        false => quote!(AtOnce),
        true => quote!(Awaited),
    };
    let table = quote! {
        const _: fn() = || { #(#arguments)* #result };

        #try_out

        unsafe extern "C" fn __show(__output: *mut (), __shown: *mut ()) {
            // SAFETY: the host lends what this function returned and room for its text.
            unsafe { #private::Probe::<#output>::show(__output, __shown) }
        }

        static __PURE: #private::PureTable = #private::PureTable {
            tries: #private::Tries::#tries(__try_out),
            show: __show,
        };

        #private::linked_symbol! { #accessor }
        // SAFETY: the name begins with a prefix that is hotmod's own.
        #[unsafe(no_mangle)]
        extern "C" fn #accessor() -> &'static #private::PureTable {
            &__PURE
        }
    };
    (quote!(#private::Some(#symbol)), table)
}
