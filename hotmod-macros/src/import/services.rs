//! `#[hotmod::import]` on a trait: functions that a host provides together.
//!
//! From one trait come both halves of every call: the shims of a host's type that implements it, and the
//! handle that a module calls. They are made from the same tokens and so cannot disagree.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};
use syn::{Attribute, ItemTrait, TraitItem, TypeParamBound};

use super::arguments::Arguments;
use crate::codes;
use crate::evolution::{self, Evolution};
use crate::faults::Faults;
use crate::names::unraw;
use crate::signature::{self, Receiver, Role, Signature};

/// What a handle is asked for optional methods.
const ASKED: &str = "provides";

struct ServiceMethod {
    docs: Vec<Attribute>,
    /// `Services::publish`
    full: String,
    signature: Signature,
}

pub(super) fn services(item: ItemTrait, arguments: &Arguments, mut faults: Faults) -> TokenStream {
    arguments.without_stand_in(&mut faults);
    arguments.without_instances(&mut faults);
    arguments.without_module(&mut faults);
    let methods = check(&item, &mut faults);
    let conditions = signature::conditions(&item.attrs);
    let private = arguments.options.private();
    let expanded = match faults.is_empty() {
        true => expand(&item, &methods, &conditions, &private),
        false => {
            let all = methods.iter().map(|method| method.signature.rest(&private));
            quote!(const _: () = { #(#all)* };)
        }
    };
    let stripped = evolution::strip_trait(item.clone()).unwrap_or(item.clone());
    faults.or_expand(quote!(#stripped #expanded), TokenStream::new)
}

fn check(item: &ItemTrait, faults: &mut Faults) -> Vec<ServiceMethod> {
    signature::generics(&item.generics, faults);
    if let Some(token) = &item.unsafety {
        faults.at(
            codes::IMPORT_UNFIT,
            token,
            "what a host provides is a safe trait",
            "remove `unsafe`; the host has no way to keep a contract that it cannot see",
        );
    }
    if unraw(&item.ident) == "hotmod" {
        faults.at(
            codes::IMPORT_UNFIT,
            &item.ident,
            "the imports of hotmod's own have names that begin with `hotmod`",
            "give the trait another name",
        );
    }
    for bound in &item.supertraits {
        let is_known = match bound {
            TypeParamBound::Trait(bound) => {
                let last = bound.path.segments.last();
                last.is_some_and(|last| last.ident == "Send" || last.ident == "Sync")
            }
            _ => true,
        };
        if !is_known {
            faults.at(
                codes::IMPORT_UNFIT,
                bound,
                "a module calls the methods of this trait alone",
                "remove the supertrait, and write the methods that modules call",
            );
        }
    }
    let mut methods = Vec::new();
    for member in &item.items {
        let TraitItem::Fn(method) = member else {
            faults.at(
                codes::IMPORT_UNFIT,
                member,
                "what a host provides consists of methods",
                "write a method that takes `&self`",
            );
            continue;
        };
        let mut signature = Signature::parse_as(Role::Import, &method.sig, faults).lent_by_module();
        signature.evolution = Evolution::of_method(&method.attrs, &signature.names(), faults);
        match method.sig.receiver() {
            None => faults.at(
                codes::RECEIVER_UNFIT,
                &method.sig.ident,
                "a host provides the methods of a value",
                "give it `&self`, or declare it as a function of its own",
            ),
            Some(receiver) if signature.receiver == Receiver::Exclusive => faults.at(
                codes::RECEIVER_UNFIT,
                receiver,
                "several threads call the host at once",
                "write `&self`, and let the host change what it needs behind a `Mutex` or an atomic",
            ),
            Some(_) => {}
        }
        if method.sig.ident == ASKED {
            faults.at(
                codes::IMPORT_UNFIT,
                &method.sig.ident,
                "a module asks by `provides` whether its host has a method",
                "give the method another name",
            );
        }
        if let Some(condition) = signature::conditions(&method.attrs).first() {
            faults.at(
                codes::IMPORT_UNFIT,
                condition,
                "host and module find methods by their place: none may be there only sometimes",
                "put the method into a trait of its own and the `#[cfg]` on that",
            );
        }
        signature.receiver = Receiver::None;
        let docs = method.attrs.iter().filter(|it| it.path().is_ident("doc"));
        methods.push(ServiceMethod {
            docs: docs.cloned().collect(),
            full: format!("{}::{}", unraw(&item.ident), unraw(&method.sig.ident)),
            signature,
        });
    }
    methods
}

fn expand(
    item: &ItemTrait,
    methods: &[ServiceMethod],
    conditions: &[&Attribute],
    private: &TokenStream,
) -> TokenStream {
    let trait_name = &item.ident;
    let name = unraw(trait_name);
    let handle_doc =
        format!(" The methods of [`{name}`], as the host of this module provides them.");
    let signatures = || methods.iter().map(|method| &method.signature);
    let bounds = signatures().map(|it| it.bounds(private));
    let descs = methods
        .iter()
        .map(|it| it.signature.desc_as(&it.full, private));
    let crossings = signatures().map(|it| it.crossing(private));
    let types = signatures().flat_map(Signature::types);
    let count = methods.len();
    let places = 0..count;
    let names = signatures().map(|it| unraw(&it.name));
    let calls = methods
        .iter()
        .enumerate()
        .map(|(place, method)| call(place, method, private));
    let forwarded = signatures().map(forward);
    let shims = signatures().map(|it| shim(trait_name, it, private));
    let shim_names = signatures().map(shim_name);
    quote! {
        #[allow(
            deprecated,
            clippy::used_underscore_binding,
            clippy::declare_interior_mutable_const,
            clippy::borrow_interior_mutable_const
        )]
        #(#conditions)*
        const _: () = {
            #[allow(unused_imports)]
            use #private::{Fallback as _, FallbackValue as _, Silent as _};

            const _: fn() = || { #(#bounds)* };

            // SAFETY: the description and the handle are written from the same methods, in the same order.
            unsafe impl #private::Imported for dyn #trait_name + '_ {
                const DESC: &'static #private::InterfaceDesc = &#private::InterfaceDesc {
                    name: #name,
                    sync: true,
                    methods: &[#(#descs),*],
                };

                const CROSSINGS: &'static [#private::CrossingTable] = &[#(#crossings),*];

                type Handle = __Handle;

                const HANDLE: __Handle = __Handle([#(#private::Import::new(
                    &<dyn #trait_name as #private::Imported>::CROSSINGS[#places]
                )),*]);

                fn places(__handle: &'static __Handle) -> &'static [#private::Import] {
                    &__handle.0
                }

                fn register(__types: &mut #private::Registry) {
                    #(#private::Probe::<#types>::register(__types);)*
                }
            }

            #[doc = #handle_doc]
            pub struct __Handle([#private::Import; #count]);

            impl __Handle {
                #(#calls)*

                /// Whether the host has the method of this name. It stays so for as long as this version runs.
                pub fn provides(&self, method: &#private::str) -> #private::bool {
                    #private::provides(&self.0, &[#(#names),*], method)
                }
            }

            impl #trait_name for __Handle {
                #(#forwarded)*
            }

            // SAFETY: the shims are written from the same methods as the description, in the same
            // order.
            unsafe impl<__S: #trait_name> #private::ProvidedBy<__S> for dyn #trait_name + '_ {
                const SHIMS: &'static [#private::Shim] = &[#(#shim_names::<__S>),*];
            }

            #(#shims)*
        };
    }
}

/// The method of the handle.
fn call(place: usize, method: &ServiceMethod, private: &TokenStream) -> TokenStream {
    let ServiceMethod {
        docs,
        full,
        signature,
    } = method;
    let Signature {
        name,
        params,
        output,
        ..
    } = signature;
    let names = params.iter().map(|param| &param.name);
    let types = params.iter().map(|param| &param.ty);
    let wires = signature.wires(private);
    let otherwise = signature.evolution.optional.map(|_| {
        quote! {
            if !self.0[#place].is_bound() {
                return #private::Probe::<#output>::not_provided(#private::NotProvided::new(#full));
            }
        }
    });
    quote! {
        #(#docs)*
        #[inline]
        #[track_caller]
        pub fn #name(&self, #(#names: #types),*) -> #output {
            #otherwise
            // SAFETY: the arguments and the result are those of the method at this place.
            unsafe { #private::Probe::<#output>::import(&self.0[#place], #full, #wires) }
        }
    }
}

/// The method of the trait, for the handle.
fn forward(signature: &Signature) -> TokenStream {
    let Signature {
        name,
        params,
        output,
        ..
    } = signature;
    let names: Vec<_> = params.iter().map(|param| &param.name).collect();
    let types = params.iter().map(|param| &param.ty);
    quote! {
        #[track_caller]
        fn #name(&self, #(#names: #types),*) -> #output {
            __Handle::#name(self, #(#names),*)
        }
    }
}

fn shim_name(signature: &Signature) -> Ident {
    format_ident!("__shim_{}", unraw(&signature.name))
}

fn shim(trait_name: &Ident, signature: &Signature, private: &TokenStream) -> TokenStream {
    let Signature { name, output, .. } = signature;
    let shim = shim_name(signature);
    let (pattern, lent, values) = signature.unwired(private);
    quote! {
        unsafe extern "C" fn #shim<__S: #trait_name>(
            __services: *mut (),
            __args: *mut (),
            __output: *mut (),
            __panic: *mut (),
        ) -> #private::u8 {
            let __provided = |__call: #private::LentForTheCall<'_>, #pattern| {
                #lent
                // SAFETY: the host has it called with the value that it provides, which is shared.
                let __services = unsafe { &*__services.cast::<__S>() };
                #private::Probe::<#output>::returned(
                    <__S as #trait_name>::#name(__services, #(#values),*)
                )
            };
            // SAFETY: the module passes this method's arguments and room for its result.
            unsafe { #private::run(__args, __output, __panic, __provided) }
        }
    }
}
