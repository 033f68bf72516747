//! `#[hotmod::import]`: a function that a module needs from its host, or a trait of such functions.
//!
//! The declaration becomes a function that calls what the host provides. All that is generated stands
//! in its body: the record, and the place where the host leaves the way to its function.

mod arguments;
mod handle;
mod services;

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::parse::{Parse, ParseStream};
use syn::{Attribute, FnArg, ItemTrait, Token, Visibility};

use crate::codes;
use crate::emitted::{identifier, record, symbol};
use crate::evolution::{self, Evolution};
use crate::faults::{Faults, keyword};
use crate::names::unraw;
use crate::signature::{self, Role, Signature, mentions_impl_or_self};
use arguments::Arguments;
use handle::Handle;

/// `pub fn broadcast(room: u64, text: &str) -> u32;`
struct Declaration {
    attributes: Vec<Attribute>,
    visibility: Visibility,
    signature: syn::Signature,
    body: Option<syn::Block>,
}

impl Parse for Declaration {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        Ok(Declaration {
            attributes: input.call(Attribute::parse_outer)?,
            visibility: input.parse()?,
            signature: input.parse()?,
            body: match input.parse::<Option<Token![;]>>()? {
                Some(_) => None,
                None => Some(input.parse()?),
            },
        })
    }
}

pub(crate) fn import(options: TokenStream, item: TokenStream) -> TokenStream {
    let mut faults = Faults::default();
    let arguments: Arguments = faults.options(options);
    if let Ok(services) = syn::parse2::<ItemTrait>(item.clone()) {
        return services::services(services, &arguments, faults);
    }
    if let Ok(handle) = syn::parse2::<Handle>(item.clone()) {
        return handle::handle(&handle, &arguments, faults);
    }
    let Ok(mut declaration) = syn::parse2::<Declaration>(item.clone()) else {
        faults.at_span(
            codes::ATTRIBUTE_MISPLACED,
            keyword(&item),
            "an import is a function that the host provides",
            "write `fn broadcast(room: u64, text: &str) -> u32;`, one attribute for each",
        );
        return faults.or_expand(item, TokenStream::new);
    };
    arguments.without_instances(&mut faults);
    let signature = check(&declaration, &arguments, &mut faults);
    evolution::strip(&mut declaration.attributes, &mut declaration.signature);
    if faults.is_empty() {
        expand(&declaration, &signature, &arguments)
    } else {
        let rest = || signature.rest(&arguments.options.private());
        faults.or_expand_beside(outline(&declaration), TokenStream::new, rest)
    }
}

fn check(declaration: &Declaration, arguments: &Arguments, faults: &mut Faults) -> Signature {
    let mut written = declaration.signature.clone();
    let is_async = written.asyncness.take();
    let mut signature = Signature::parse_as(Role::Import, &written, faults);
    if let Some(token) = is_async {
        if arguments.module.is_some() {
            faults.at(
                codes::IMPORT_UNFIT,
                token,
                "an `async fn` of another module cannot be awaited",
                "import an ordinary function of it, or have the host provide one that awaits it",
            );
        }
        signature = signature.awaited(&arguments.options.private(), faults);
    }
    signature.evolution = Evolution::of_import(&declaration.attributes, &signature.names(), faults);
    if let Some(receiver) = declaration.signature.receiver() {
        faults.at(
            codes::RECEIVER_UNFIT,
            receiver,
            "an import takes no receiver: it is a function of the host",
            "pass what the host needs as arguments",
        );
    }
    if let Some(token) = &declaration.signature.constness {
        faults.at(
            codes::IMPORT_UNFIT,
            token,
            "an import is called when the module runs, not when it is compiled",
            "remove `const`",
        );
    }
    if let Some(body) = &declaration.body {
        faults.at_span(
            codes::IMPORT_UNFIT,
            body.brace_token.span.open(),
            "an import has no body: the host provides it",
            "end the declaration with `;`; for tests of this crate, name a function with \
             `#[hotmod::import(stand_in = path)]`",
        );
    }
    signature
}

/// The function as far as others refer to it, so that a fault of its own is the only one.
fn outline(declaration: &Declaration) -> TokenStream {
    let Declaration {
        attributes,
        visibility,
        signature,
        ..
    } = declaration;
    let is_possible = signature.receiver().is_none()
        && signature.variadic.is_none()
        && signature.constness.is_none()
        && !mentions_impl_or_self(signature);
    if !is_possible {
        return TokenStream::new();
    }
    quote! {
        #(#attributes)*
        #[allow(unused_variables)]
        #visibility #signature {
            ::core::unreachable!()
        }
    }
}

fn expand(declaration: &Declaration, signature: &Signature, arguments: &Arguments) -> TokenStream {
    let private = arguments.options.private();
    let Declaration {
        attributes,
        visibility,
        signature: written,
        ..
    } = declaration;
    let Signature { name, params, .. } = signature;
    let returns = &written.output;
    let names: Vec<_> = params.iter().map(|param| &param.name).collect();
    let inputs = written.inputs.iter().filter_map(|input| match input {
        FnArg::Typed(typed) => Some(&*typed.ty),
        FnArg::Receiver(_) => None,
    });
    // Its arguments are the host's for as long as its future lives, so they are owned.
    let owned = params.iter().filter(|param| param.is_copied).map(|param| {
        let (name, ty) = (&param.name, &param.ty);
        quote!(let #name: #ty = ::core::convert::From::from(#name);)
    });
    let asyncness = &written.asyncness;
    let tracked = asyncness.is_none().then(|| quote!(#[track_caller]));
    let text = unraw(name);
    // Another crate of the same package may declare it too.
    let krate = std::env::var("CARGO_CRATE_NAME").unwrap_or_default();
    let symbol = match &arguments.module {
        None => symbol("import", &[krate, text.clone()]),
        Some(module) => symbol("use", &[krate, identifier(&module.value()), text.clone()]),
    };
    let accessor = format_ident!("{symbol}");
    let desc = signature.desc(&private);
    let crossing = signature.crossing(&private);
    let bounds = signature.bounds(&private);
    let wires = signature.wires(&private);
    let record = match &arguments.module {
        None => record("import", &quote!(#symbol, &__SIGNATURE), &private),
        Some(module) => record(
            "use_function",
            &quote!(#module, #symbol, &__SIGNATURE),
            &private,
        ),
    };
    let is_optional = signature.evolution.optional.is_some();
    let asked = is_optional.then(|| asked(declaration, arguments));
    let (question, answer) = asked.unzip();
    let call = call(signature, arguments, &text, &wires);
    let awaits = asyncness.map(|_| quote!(.await));
    let stand_in = arguments.stand_in.as_ref().map(|path| {
        quote! {
            #[cfg(test)]
            {
                if !__HOTMOD_IMPORT.is_bound() {
                    return #path(#(#names),*) #awaits;
                }
            }
        }
    });
    quote! {
        #question

        #(#attributes)*
        #tracked
        #[allow(clippy::used_underscore_binding)]
        #visibility #asyncness fn #name(#(#names: #inputs),*) #returns {
            #[allow(unused_imports)]
            use #private::{Fallback as _, FallbackValue as _};

            #[allow(deprecated)]
            const _: fn() = || { #bounds };

            #[allow(deprecated)]
            const __SIGNATURE: #private::SignatureDesc = #desc;
            #record

            #[allow(deprecated)]
            static __CROSSING: #private::CrossingTable = #crossing;
            static __HOTMOD_IMPORT: #private::Import = #private::Import::new(&__CROSSING);

            #private::linked_symbol! { #accessor }
            // SAFETY: the name begins with a prefix that is hotmod's own.
            #[unsafe(no_mangle)]
            extern "C" fn #accessor() -> #private::ImportTable {
                #private::ImportTable::one(&__HOTMOD_IMPORT)
            }

            #answer
            #stand_in
            #(#owned)*
            #call
        }
    }
}

/// The call of what the host has left in the import's place.
fn call(
    signature: &Signature,
    arguments: &Arguments,
    text: &str,
    wires: &TokenStream,
) -> TokenStream {
    let private = arguments.options.private();
    let output = &signature.output;
    let is_optional = signature.evolution.optional.is_some();
    let Some(module) = &arguments.module else {
        let otherwise = is_optional.then(|| {
            quote! {
                if !__HOTMOD_IMPORT.is_bound() {
                    #[allow(unused_imports)]
                    use #private::Silent as _;
                    return #private::Probe::<#output>::not_provided(#private::NotProvided::new(#text));
                }
            }
        });
        if signature.is_async {
            return quote! {
                #otherwise
                // SAFETY: the arguments and the result are those of the record, with which the host
                // compares what it provides.
                let __future = unsafe {
                    #private::Probe::<#output>::import_async(&__HOTMOD_IMPORT, #text, #wires)
                };
                __future.await
            };
        }
        return quote! {
            #otherwise
            // SAFETY: the arguments and the result are those of the record, with which the host
            // compares what it provides.
            unsafe { #private::Probe::<#output>::import(&__HOTMOD_IMPORT, #text, #wires) }
        };
    };
    let absent = quote!(#private::NotProvided::by_module(#text, #module));
    let otherwise = match is_optional {
        true => quote! {{
            #[allow(unused_imports)]
            use #private::Silent as _;
            #private::Probe::<#output>::not_provided(#absent)
        }},
        false => quote!(#private::lacking(&#absent)),
    };
    quote! {
        // SAFETY: the arguments and the result are those of the record, with which the host compares what the
        // other module exports.
        match unsafe {
            #private::Probe::<#output>::import_if_there(&__HOTMOD_IMPORT, #text, #wires)
        } {
            #private::Some(__output) => __output,
            #private::None => #otherwise,
        }
    }
}

/// Has a module ask whether its host provides an optional import, as `broadcast::is_provided()`: a type of the
/// import's name, which is none of its own, and what it is asked.
fn asked(declaration: &Declaration, arguments: &Arguments) -> (TokenStream, TokenStream) {
    let Declaration {
        attributes,
        visibility,
        signature,
        ..
    } = declaration;
    let name = &signature.ident;
    let conditions = signature::conditions(attributes);
    let (who, answer_doc, asks) = match &arguments.module {
        None => (
            "the host",
            " Whether the host provides the function. It stays as it is for as long as this version runs.",
            quote!(is_bound),
        ),
        Some(_) => (
            "the other module",
            " Whether the other module is loaded and has the function. An update of it may change that.",
            quote!(is_there),
        ),
    };
    let doc = format!(" Says whether {who} provides [`{0}`](fn@{0}).", unraw(name));
    let in_tests = arguments.stand_in.as_ref().map(|_| {
        quote! {
            #[cfg(test)]
            {
                return true;
            }
        }
    });
    let question = quote! {
        #(#conditions)*
        #[doc = #doc]
        #[allow(non_camel_case_types, dead_code)]
        #visibility enum #name {}
    };
    let answer = quote! {
        #[allow(non_local_definitions)]
        impl #name {
            #[doc = #answer_doc]
            #[allow(dead_code, unreachable_code)]
            #visibility fn is_provided() -> ::core::primitive::bool {
                #in_tests
                __HOTMOD_IMPORT.#asks()
            }
        }
    };
    (question, answer)
}
