//! `#[hotmod::loaded]` and `#[hotmod::retired]`: functions that run once in each version of a module.

use proc_macro2::TokenStream;
use quote::{format_ident, quote, quote_spanned};
use syn::{Attribute, ReturnType};

use crate::codes;
use crate::emitted::{record, symbol};
use crate::faults::span_of;
use crate::marked::Marked;
use crate::names::unraw;
use crate::options::Options;
use crate::signature::{Signature, conditions};

/// What tells one of the two from the other.
struct LifecycleForm {
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

/// The form of a function that is called when a version is `$kind`.
macro_rules! form {
    ($kind:literal, returns: $returns:literal, help: $help:literal, returns_nothing: $nothing:literal) => {
        LifecycleForm {
            kind: $kind,
            is: concat!("what is called when a version is ", $kind, " is a function"),
            takes: concat!(
                "a function that is called when a version is ",
                $kind,
                " takes that version by `&`, and nothing else"
            ),
            returns: concat!(
                "a function that is called when a version is ",
                $kind,
                " ",
                $returns
            ),
            help: $help,
            returns_nothing: $nothing,
        }
    };
}

const LOADED: LifecycleForm = form!(
    "loaded",
    returns: "says whether that version can be used",
    help: "write `fn loaded(version: &VersionInfo<'_>) -> Result<(), String>`",
    returns_nothing: false
);

const RETIRED: LifecycleForm = form!(
    "retired",
    returns: "returns nothing",
    help: "write `fn retired(version: &VersionInfo<'_>)`",
    returns_nothing: true
);

pub(crate) fn loaded(options: TokenStream, item: TokenStream) -> TokenStream {
    LOADED.read(options, item)
}

pub(crate) fn retired(options: TokenStream, item: TokenStream) -> TokenStream {
    RETIRED.read(options, item)
}

impl LifecycleForm {
    fn read(&self, options: TokenStream, item: TokenStream) -> TokenStream {
        let mut marked: Marked<Options> =
            match Marked::read(options, item, |_| (self.is, self.help)) {
                Ok(marked) => marked,
                Err(refused) => return refused,
            };
        let has_receiver = marked.function.sig.receiver().is_some();
        if has_receiver || marked.signature.only_shared().is_none() {
            marked.fault(self.takes, self.help);
        }
        match &marked.function.sig.output {
            ReturnType::Default if !self.returns_nothing => marked.fault(self.returns, self.help),
            ReturnType::Type(_, ty) if self.returns_nothing => {
                marked
                    .faults
                    .at(codes::MARKED_FUNCTION_UNFIT, ty, self.returns, self.help);
            }
            _ => {}
        }
        let conditions = conditions(&marked.function.attrs);
        let private = marked.options.private();
        marked.faults.or_expand_beside(
            marked.item,
            || self.expand(&marked.signature, &conditions, &private),
            || self.rest(&marked.signature, &private),
        )
    }

    /// Has the compiler look at the parts in which no fault was found.
    fn rest(&self, signature: &Signature, private: &TokenStream) -> TokenStream {
        let name = &signature.name;
        let call = match signature.params.as_slice() {
            [param] if signature.only_shared().is_some() => {
                let call = quote_spanned!(span_of(&param.ty)=> #name(__version));
                quote! { let _ = |__version: &#private::VersionInfo<'_>| { let _ = #call; }; }
            }
            _ => TokenStream::new(),
        };
        let require = (!self.returns_nothing).then_some("require_loaded_output");
        signature.rest_by(require, &call, private)
    }

    fn expand(
        &self,
        signature: &Signature,
        conditions: &[&Attribute],
        private: &TokenStream,
    ) -> TokenStream {
        let Signature { name, output, .. } = signature;
        let text = unraw(name);
        let only = format_ident!("__hotmod_{}", self.kind);
        let symbol = symbol(self.kind, &[]);
        let shim = format_ident!("{symbol}");
        let record = record(self.kind, &quote!(#text, #symbol), private);
        let run = match self.returns_nothing {
            true => quote!(#private::run_retired),
            false => quote_spanned!(span_of(output)=> #private::run_loaded::<#output>),
        };
        let call = match signature.params.first() {
            Some(param) => quote_spanned!(span_of(&param.ty)=> #name(__version)),
            None => quote!(#name(__version)),
        };
        quote! {
            // Named so that a second one beside it does not compile.
            #[doc(hidden)]
            #[allow(non_upper_case_globals, dead_code)]
            #(#conditions)*
            const #only: () = {
                #record

                #private::linked_symbol! { #shim }
                // SAFETY: the name begins with a prefix that is hotmod's own.
                #[unsafe(no_mangle)]
                unsafe extern "C" fn #shim(
                    __version: #private::VersionWire<'_>,
                    __error: *mut #private::RString,
                ) -> #private::u8 {
                    // Outside of the `unsafe` block: the user's code is not part of it.
                    let __run = |__version: &#private::VersionInfo<'_>| #call;
                    // SAFETY: the host passes a version and room for an error.
                    unsafe { #run(__version, __error, __run) }
                }
            };
        }
    }
}
