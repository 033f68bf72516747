//! `#[hotmod::after_migrate]` and `#[hotmod::preflight]`: functions that check a migrated state.

use proc_macro2::TokenStream;
use quote::{format_ident, quote, quote_spanned};
use syn::{Attribute, Ident, Type};

use crate::emitted::{record, symbol};
use crate::faults::span_of;
use crate::marked::Marked;
use crate::names::unraw;
use crate::options::Options;
use crate::signature::{Signature, conditions};

/// What one of the two takes, and what to report of a function that is unfit for it.
struct CheckForm {
    /// Reported where something else is marked.
    is: &'static str,
    /// Reported where the parameters are others.
    takes: &'static str,
    help: &'static str,
    /// How many parameters it takes, with the state, which comes first.
    params: usize,
    /// Whether it takes the state by `&mut`.
    exclusive: bool,
}

const AFTER_MIGRATE: CheckForm = CheckForm {
    is: "a check is a function",
    takes: "a check takes the new state and the version that it comes from, both by `&`",
    help: "write `fn check(state: &State, from: &VersionInfo<'_>) -> Result<(), String>`",
    params: 2,
    exclusive: false,
};

const PREFLIGHT: CheckForm = CheckForm {
    is: "a preflight is a function",
    takes: "a preflight takes the new state by `&mut`, and nothing else",
    help: "write `fn preflight(state: &mut State) -> Result<(), String>`",
    params: 1,
    exclusive: true,
};

pub(crate) fn after_migrate(options: TokenStream, item: TokenStream) -> TokenStream {
    AFTER_MIGRATE.read(options, item, |check| {
        let symbol = symbol("after_migrate", &[unraw(&check.signature.name)]);
        check.expand(
            "check",
            &quote!(#symbol, __STATE, __MENTIONED),
            &check.after_migrate_shim(&format_ident!("{symbol}")),
        )
    })
}

pub(crate) fn preflight(options: TokenStream, item: TokenStream) -> TokenStream {
    PREFLIGHT.read(options, item, |check| {
        let name = unraw(&check.signature.name);
        let symbol = symbol("preflight", std::slice::from_ref(&name));
        check.expand(
            "preflight",
            &quote!(#name, #symbol, __STATE, __MENTIONED),
            &check.preflight_shim(&format_ident!("{symbol}")),
        )
    })
}

impl CheckForm {
    /// Reads a function of this form, and expands it if it is one.
    fn read(
        &self,
        options: TokenStream,
        item: TokenStream,
        expand: impl FnOnce(&Check<'_>) -> TokenStream,
    ) -> TokenStream {
        let mut marked: Marked<Options> =
            match Marked::read(options, item, |_| (self.is, self.help)) {
                Ok(marked) => marked,
                Err(refused) => return refused,
            };
        let private = marked.options.private();
        let has_receiver = marked.function.sig.receiver().is_some();
        if has_receiver || self.state(&marked.signature).is_none() {
            marked.fault(self.takes, self.help);
        }
        let conditions = conditions(&marked.function.attrs);
        marked.faults.or_expand_beside(
            marked.item,
            || {
                let state = self.state(&marked.signature);
                let check = state.map(|state| Check {
                    signature: &marked.signature,
                    state,
                    conditions,
                    private: private.clone(),
                });
                // Without a state, a fault was reported, and this does not run.
                check.map(|check| expand(&check)).unwrap_or_default()
            },
            || {
                let require = Some("require_check_output");
                let call = takes_version(&marked.signature, &private);
                marked.signature.rest_by(require, &call, &private)
            },
        )
    }

    /// The state's type, if the parameters are as they should be.
    fn state<'a>(&self, signature: &'a Signature) -> Option<&'a Type> {
        let params = signature.params.as_slice();
        match &params.first()?.ty {
            Type::Reference(reference)
                if params.len() == self.params
                    && reference.mutability.is_some() == self.exclusive =>
            {
                Some(&reference.elem)
            }
            _ => None,
        }
    }
}

/// Has the compiler look at the parameter beside the state, if there is one.
fn takes_version(signature: &Signature, private: &TokenStream) -> TokenStream {
    let Some(param) = signature.params.get(1) else {
        return TokenStream::new();
    };
    let ty = &param.ty;
    quote_spanned! {span_of(ty)=>
        let _ = |__from: &#private::VersionInfo<'_>| {
            let _: #ty = __from;
        };
    }
}

/// A function that has its form.
struct Check<'a> {
    signature: &'a Signature,
    state: &'a Type,
    conditions: Vec<&'a Attribute>,
    private: TokenStream,
}

impl Check<'_> {
    /// The record of this kind, which holds these values, and the shim.
    fn expand(&self, kind: &str, values: &TokenStream, shim: &TokenStream) -> TokenStream {
        let Check {
            state,
            conditions,
            private,
            ..
        } = self;
        let record = record(kind, values, private);
        quote! {
            #(#conditions)*
            const _: () = {
                #[allow(unused_imports)]
                use #private::Fallback as _;

                const __STATE: #private::TypeRef = #private::Probe::<#state>::TYPE;
                const __MENTIONED: &[&#private::Instances] =
                    &[&#private::Probe::<#state>::MENTIONED];
                #record

                #shim
            };
        }
    }

    fn after_migrate_shim(&self, shim: &Ident) -> TokenStream {
        let Check { state, private, .. } = self;
        let Signature { name, output, .. } = self.signature;
        let call = quote_spanned!(span_of(output)=> #name(__state, __from));
        let from = self.signature.params.get(1).map(|param| {
            let ty = &param.ty;
            quote_spanned!(span_of(ty)=> let __from: #ty = __from;)
        });
        quote! {
            #private::linked_symbol! { #shim }
            // SAFETY: the name begins with a prefix that is hotmod's own.
            #[unsafe(no_mangle)]
            unsafe extern "C" fn #shim(
                __state: *const #private::u8,
                __from: #private::VersionWire<'_>,
                __error: *mut #private::RString,
            ) -> #private::u8 {
                // Outside of the `unsafe` block: the user's code is not part of it.
                let __check = |__state: &#state, __from: &#private::VersionInfo<'_>| {
                    #from
                    #call
                };
                // SAFETY: the host passes a state of this type and room for an error.
                unsafe {
                    #private::run_check::<#state, #output>(__state, __from, __error, __check)
                }
            }
        }
    }

    fn preflight_shim(&self, shim: &Ident) -> TokenStream {
        let Check { state, private, .. } = self;
        let Signature { name, output, .. } = self.signature;
        let call = quote_spanned!(span_of(output)=> #name(__state));
        quote! {
            #private::linked_symbol! { #shim }
            // SAFETY: the name begins with a prefix that is hotmod's own.
            #[unsafe(no_mangle)]
            unsafe extern "C" fn #shim(
                __state: *mut #private::u8,
                __error: *mut #private::RString,
            ) -> #private::u8 {
                // Outside of the `unsafe` block: the user's code is not part of it.
                let __preflight = |__state: &mut #state| #call;
                // SAFETY: the host passes a state of this type that nothing else uses, and room for
                // an error.
                unsafe {
                    #private::run_preflight::<#state, #output>(__state, __error, __preflight)
                }
            }
        }
    }
}
