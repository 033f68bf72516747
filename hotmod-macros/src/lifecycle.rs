//! `#[hotmod::loaded]` and `#[hotmod::retired]`: functions that run once in each version of a module.

use proc_macro2::TokenStream;
use quote::{format_ident, quote, quote_spanned};
use syn::{Attribute, ItemFn, ReturnType, Type};

use crate::faults::{Faults, keyword, span_of};
use crate::options::Options;
use crate::signature::{Signature, conditions, unraw};

/// What one of the two is told by.
struct Form {
    /// The name of the attribute, of its record and of the symbol: a module has one.
    kind: &'static str,
    /// Reported where something else is marked.
    is: &'static str,
    /// Reported where the parameters are others.
    takes: &'static str,
    /// Reported where the return type is another.
    returns: &'static str,
    help: &'static str,
    returns_nothing: bool,
}

const LOADED: Form = Form {
    kind: "loaded",
    is: "what is called when a version is loaded is a function",
    takes: "a function that is called when a version is loaded takes that version by `&`, and nothing \
            else",
    returns: "a function that is called when a version is loaded says whether that version can be used",
    help: "write `fn loaded(version: &VersionInfo<'_>) -> Result<(), String>`",
    returns_nothing: false,
};

const RETIRED: Form = Form {
    kind: "retired",
    is: "what is called when a version is retired is a function",
    takes: "a function that is called when a version is retired takes that version by `&`, and nothing \
            else",
    returns: "a function that is called when a version is retired returns nothing",
    help: "write `fn retired(version: &VersionInfo<'_>)`",
    returns_nothing: true,
};

pub(crate) fn loaded(options: TokenStream, item: TokenStream) -> TokenStream {
    LOADED.read(options, item)
}

pub(crate) fn retired(options: TokenStream, item: TokenStream) -> TokenStream {
    RETIRED.read(options, item)
}

impl Form {
    fn read(&self, options: TokenStream, item: TokenStream) -> TokenStream {
        let mut faults = Faults::default();
        let options = syn::parse2(options).unwrap_or_else(|error| {
            faults.push(error);
            Options::default()
        });
        let Ok(function) = syn::parse2::<ItemFn>(item.clone()) else {
            faults.at_span(keyword(&item), self.is, self.help);
            return faults.or_expand(item, TokenStream::new);
        };
        let signature = Signature::parse(&function.sig, &mut faults);
        if function.sig.receiver().is_some() || !takes_one_reference(&signature) {
            faults.at(&function.sig.ident, self.takes, self.help);
        }
        match &function.sig.output {
            ReturnType::Default if !self.returns_nothing => {
                faults.at(&function.sig.ident, self.returns, self.help);
            }
            ReturnType::Type(_, ty) if self.returns_nothing => {
                faults.at(ty, self.returns, self.help);
            }
            _ => {}
        }
        let conditions = conditions(&function.attrs);
        faults.or_expand(item, || {
            self.expand(&signature, &conditions, &options.private())
        })
    }

    fn expand(
        &self,
        signature: &Signature,
        conditions: &[&Attribute],
        private: &TokenStream,
    ) -> TokenStream {
        let Signature { name, output, .. } = signature;
        let text = unraw(name);
        let symbol = format!("__hotmod_{}", self.kind);
        let shim = format_ident!("{symbol}");
        let (len, record) = (
            format_ident!("{}_len", self.kind),
            format_ident!("{}_record", self.kind),
        );
        let run = match self.returns_nothing {
            true => quote!(#private::run_retired),
            false => quote_spanned!(span_of(output)=> #private::run_loaded::<#output>),
        };
        let call = match signature.params.first() {
            Some(param) => quote_spanned!(span_of(&param.ty)=> #name(__version)),
            None => quote!(#name(__version)),
        };
        quote! {
            // Named because a second one beside it is a mistake.
            #[doc(hidden)]
            #[allow(non_upper_case_globals, dead_code)]
            #(#conditions)*
            const #shim: () = {
                const __LEN: [#private::usize; 2] = #private::#len(#text, #symbol);
                #[used]
                // SAFETY: the section holds nothing but records.
                #[unsafe(link_section = ".hotmod")]
                static __RECORD: #private::Record<{ __LEN[0] }, { __LEN[1] }> = #private::#record(#text, #symbol);

                // SAFETY: the name begins with a prefix that is hotmod's own.
                #[unsafe(no_mangle)]
                unsafe extern "C" fn #shim(
                    __version: #private::VersionWire<'_>,
                    __error: *mut #private::RString,
                ) -> #private::u8 {
                    // Outside of the `unsafe` block: what the user wrote is none.
                    let __run = |__version: &#private::VersionInfo<'_>| #call;
                    // SAFETY: the host passes a version and room for an error.
                    unsafe { #run(__version, __error, __run) }
                }
            };
        }
    }
}

fn takes_one_reference(signature: &Signature) -> bool {
    match signature.params.as_slice() {
        [param] => match &param.ty {
            Type::Reference(reference) => reference.mutability.is_none(),
            _ => false,
        },
        _ => false,
    }
}
