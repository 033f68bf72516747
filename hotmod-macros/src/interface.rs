//! `#[hotmod::interface]`: a trait that both sides know.
//!
//! From one trait come both halves of every call: the client's method that the host uses and the
//! shim that a module exports. They are made from the same tokens and so cannot disagree.

mod awaited;

use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote};
use syn::spanned::Spanned;
use syn::{Attribute, GenericParam, Ident, ItemTrait, ReceiverKind, TraitItem};

use crate::codes;
use crate::evolution::{self, Evolution};
use crate::faults::{Faults, keyword};
use crate::names::unraw;
use crate::options::InterfaceOptions;
use crate::signature::{self, Receiver, Signature};

struct Interface {
    name: Ident,
    methods: Vec<Method>,
}

struct Method {
    docs: Vec<Attribute>,
    receiver: Option<Span>,
    signature: Signature,
}

pub(crate) fn interface(options: TokenStream, item: TokenStream) -> TokenStream {
    let mut faults = Faults::default();
    let InterfaceOptions { options, local } = faults.options(options);
    let parsed = match syn::parse2::<ItemTrait>(item.clone()) {
        Ok(parsed) => parsed,
        Err(_) => {
            faults.at_span(
                codes::ATTRIBUTE_MISPLACED,
                keyword(&item),
                "an interface is a trait",
                "put `#[hotmod::interface]` on a trait; for functions, see `#[hotmod::export]`",
            );
            return faults.or_expand(item, TokenStream::new);
        }
    };
    let mut interface = check(&parsed, &mut faults);
    for method in &mut interface.methods {
        method.signature.is_local = local.is_some() && method.signature.is_async;
    }
    if let Some(local) = &local
        && !interface.methods.iter().any(|it| it.signature.is_async)
    {
        faults.at(
            codes::INTERFACE_UNFIT,
            local,
            "`local` is said of futures, and no method of this interface is `async`",
            "remove it",
        );
    }
    let private = options.private();
    let stripped = evolution::strip_trait(parsed.clone());
    let is_stripped = stripped.is_some();
    let mut declared = stripped.unwrap_or(parsed.clone());
    let is_async = awaited::declare(&mut declared, local.is_some(), &private);
    let item = match is_stripped || is_async {
        true => quote!(#declared),
        false => item,
    };
    let conditions = signature::conditions(&parsed.attrs);
    let mut rest = TokenStream::new();
    if !faults.is_empty() {
        let methods = interface.methods.iter();
        let all = methods.map(|method| method.signature.rest(&private));
        rest = quote!(const _: () = { #(#all)* };);
        // The trait stays an interface, without methods, so that an `impl` of it is not refused too.
        interface.methods.clear();
    }
    let generated = (faults.is_empty() || has_objects(&parsed))
        .then(|| expand(&interface, &conditions, &private));
    faults.or_expand(quote!(#item #generated #rest), TokenStream::new)
}

/// Whether the trait has a `dyn Trait`, whatever faults were found in it.
fn has_objects(item: &ItemTrait) -> bool {
    item.generics.params.is_empty()
        && item.generics.where_clause.is_none()
        && item.items.iter().all(|member| match member {
            TraitItem::Fn(method) => {
                let mut generics = method.sig.generics.params.iter();
                let receiver = method.sig.receiver().map(|it| &it.kind);
                matches!(receiver, Some(ReceiverKind::Reference(..)))
                    && generics.all(|param| matches!(param, GenericParam::Lifetime(_)))
                    && !signature::mentions_impl_or_self(&method.sig)
            }
            _ => false,
        })
}

fn check(item: &ItemTrait, faults: &mut Faults) -> Interface {
    signature::generics(&item.generics, faults);
    if let Some(token) = &item.unsafety {
        faults.at(
            codes::INTERFACE_UNFIT,
            token,
            "an interface is a safe trait",
            "remove `unsafe`; the host has no way to keep a contract it cannot see",
        );
    }
    let mut methods = Vec::new();
    for member in &item.items {
        match member {
            TraitItem::Fn(method) => {
                let mut signature = Signature::parse_awaitable(&method.sig, faults);
                signature.evolution =
                    Evolution::of_method(&method.attrs, &signature.names(), faults);
                if let Some(condition) = signature::conditions(&method.attrs).first() {
                    faults.at(
                        codes::INTERFACE_UNFIT,
                        condition,
                        "a host finds methods by their place: none may be there only sometimes",
                        "put the method into an interface of its own and the `#[cfg]` on that",
                    );
                }
                if signature.receiver == Receiver::None && method.sig.receiver().is_none() {
                    faults.at(
                        codes::RECEIVER_UNFIT,
                        &method.sig.ident,
                        "a method of an interface works on a state",
                        "give it `&self` or `&mut self`, or export it as a free function",
                    );
                }
                methods.push(Method {
                    docs: method
                        .attrs
                        .iter()
                        .filter(|attribute| attribute.path().is_ident("doc"))
                        .cloned()
                        .collect(),
                    receiver: method.sig.receiver().map(Spanned::span),
                    signature,
                });
            }
            TraitItem::Type(ty) => faults.at(
                codes::INTERFACE_UNFIT,
                ty,
                "an interface has no associated types: the host could not name them",
                "write the type in the signatures",
            ),
            TraitItem::Const(constant) => faults.at(
                codes::INTERFACE_UNFIT,
                constant,
                "an interface has no associated constants: the host could not read them",
                "write a method that returns the value",
            ),
            other => faults.at(
                codes::INTERFACE_UNFIT,
                other,
                "an interface consists of methods",
                "write a method that takes `&self` or `&mut self`",
            ),
        }
    }
    Interface {
        name: item.ident.clone(),
        methods,
    }
}

fn expand(interface: &Interface, conditions: &[&Attribute], private: &TokenStream) -> TokenStream {
    let trait_name = &interface.name;
    let name = unraw(trait_name);
    let client_doc = format!(
        " The methods of [`{name}`], each returning what the module's method returns, or the error \
         that kept it from returning."
    );
    let descs = interface.methods.iter().map(|m| m.signature.desc(private));
    let crossings = interface
        .methods
        .iter()
        .map(|m| m.signature.crossing(private));
    let types = interface.methods.iter().flat_map(|m| m.signature.types());
    let bounds = interface
        .methods
        .iter()
        .map(|m| m.signature.bounds(private));
    let shared = interface
        .methods
        .iter()
        .filter_map(|m| awaited::shared(trait_name, &m.signature, m.receiver, private));
    let clients = interface
        .methods
        .iter()
        .enumerate()
        .map(|(i, method)| client_method(i, method, private));
    let shims = interface
        .methods
        .iter()
        .map(|method| shim(trait_name, method, private));
    let shim_names = interface.methods.iter().map(shim_name);

    quote! {
        #[allow(deprecated, clippy::used_underscore_binding)]
        #(#conditions)*
        const _: () = {
            #[allow(unused_imports)]
            use #private::{Fallback as _, FallbackValue as _};

            const _: fn() = || { #(#bounds)* #(#shared)* };

            // SAFETY: the description and the client are written from the same methods, in the
            // same order.
            unsafe impl #private::Interface for dyn #trait_name + '_ {
                const DESC: &'static #private::InterfaceDesc = &#private::InterfaceDesc {
                    name: #name,
                    sync: #private::Probe::<dyn #trait_name>::SYNC,
                    methods: &[#(#descs),*],
                };

                const CROSSINGS: &'static [#private::CrossingTable] = &[#(#crossings),*];

                type Client<__C: #private::Caller> = __Client<__C>;

                fn client<__C: #private::Caller>(caller: __C) -> __Client<__C> {
                    __Client(caller)
                }

                fn caller<__C: #private::Caller>(client: &__Client<__C>) -> &__C {
                    &client.0
                }

                fn caller_mut<__C: #private::Caller>(client: &mut __Client<__C>) -> &mut __C {
                    &mut client.0
                }

                fn register(__types: &mut #private::Registry) {
                    #(#private::Probe::<#types>::register(__types);)*
                }
            }

            #[doc = #client_doc]
            pub struct __Client<__C>(__C);

            impl<__C: #private::Caller> __Client<__C> {
                #(#clients)*
            }

            // SAFETY: the shims are written from the same methods as the description, in the same
            // order.
            unsafe impl<__S: #trait_name + 'static> #private::Implementation<__S>
                for dyn #trait_name + '_
            {
                const SHIMS: &'static [#private::Shim] = &[#(#shim_names::<__S>),*];
            }

            #(#shims)*
        };
    }
}

fn shim_name(method: &Method) -> Ident {
    format_ident!("__shim_{}", unraw(&method.signature.name))
}

fn client_method(index: usize, method: &Method, private: &TokenStream) -> TokenStream {
    if method.signature.is_async {
        return awaited::client_method(index, &method.docs, &method.signature, private);
    }
    let Signature {
        name,
        receiver,
        params,
        output,
        ..
    } = &method.signature;
    let docs = &method.docs;
    let names = params.iter().map(|param| &param.name);
    let types = params.iter().map(|param| &param.ty);
    let wires = method.signature.wires(private);
    let (own, borrow, call) = match receiver {
        Receiver::Exclusive => (quote!(&mut self), quote!(&mut), quote!(exclusive)),
        Receiver::Shared | Receiver::None => (quote!(&self), quote!(&), quote!(shared)),
    };
    quote! {
        #(#docs)*
        #[inline]
        pub fn #name(#own, #(#names: #types),*)
            -> ::core::result::Result<#output, #private::CallError>
        {
            // SAFETY: the arguments and the result are those of the method at this place.
            unsafe { #private::Probe::<#output>::#call(#borrow self.0, #index, #wires) }
        }
    }
}

fn shim(trait_name: &Ident, method: &Method, private: &TokenStream) -> TokenStream {
    let Signature { name, output, .. } = &method.signature;
    let shim = shim_name(method);
    let (pattern, lent, values) = method.signature.unwired(private);
    let borrow = match method.signature.receiver {
        Receiver::Exclusive => quote!(&mut *),
        Receiver::Shared | Receiver::None => quote!(&*),
    };
    let called = quote!(<__S as #trait_name>::#name(__state, #(#values),*));
    let start = match method.signature.is_local {
        true => quote!(start_local),
        false => quote!(start),
    };
    let called = match method.signature.is_async {
        true => quote! {
            let __future = #called;
            // SAFETY: the host passes room for this method's result.
            unsafe { #private::Probe::<#output>::#start(__call, __output, __panic, __future) }
        },
        false => quote!(#private::Probe::<#output>::returned(#called)),
    };
    let run = method.signature.run(private);
    quote! {
        unsafe extern "C" fn #shim<__S: #trait_name + 'static>(
            __state: *mut (),
            __args: *mut (),
            __output: *mut (),
            __panic: *mut (),
        ) -> #private::u8 {
            let __export = |__call: #private::LentForTheCall<'_>, #pattern| {
                #lent
                // SAFETY: the host passes the state that this table belongs to, borrowed for the
                // call as the receiver says.
                let __state = unsafe { #borrow __state.cast::<__S>() };
                #called
            };
            // SAFETY: the host passes this method's arguments and room for its result.
            unsafe { #run }
        }
    }
}
