//! `#[hotmod::export]`: a function, or a state's implementation of an interface, that hosts call.
//!
//! `lib.rs` imports `export` from here, and no other room does. This room never imports that of another
//! attribute or derive.

mod pure;

use proc_macro2::TokenStream;
use quote::{format_ident, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Attribute, Item, ItemFn, ItemImpl, Path, Type};

use crate::codes;
use crate::emitted::{record, symbol};
use crate::every;
use crate::evolution::{self, Evolution};
use crate::faults::{Faults, keyword, placed};
use crate::names::unraw;
use crate::options::ExportOptions;
use crate::signature::{self, Signature, conditions};

pub(crate) fn export(options: TokenStream, item: TokenStream) -> TokenStream {
    let mut faults = Faults::default();
    let ExportOptions { options, pure } = faults.options(options);
    let private = options.private();
    match syn::parse2(item.clone()) {
        Ok(Item::Fn(function)) => {
            let signature = check_function(&function, &mut faults);
            let item = match evolution::strip_function(function.clone()) {
                Some(stripped) => quote!(#stripped),
                None => item,
            };
            if pure.is_some() {
                pure::check(&signature, &mut faults);
            }
            let conditions = conditions(&function.attrs);
            faults.or_expand_beside(
                item,
                || expand_function(&signature, pure.is_some(), &conditions, &private),
                || signature.rest(&private),
            )
        }
        Ok(Item::Impl(mut implementation)) => {
            if let Some(pure) = pure {
                faults.at(
                    codes::INTERFACE_UNFIT,
                    pure,
                    "the methods of a state are not pure: what they return depends on the state",
                    "export a function that takes what it needs, with `#[hotmod::export(pure)]`",
                );
            }
            let timed = every::take_out(&mut implementation, &mut faults);
            evolution::check_impl(&implementation, &mut faults);
            let item = match evolution::strip_impl(implementation.clone()) {
                Some(stripped) => quote!(#stripped),
                None if timed.is_empty() => item,
                None => quote!(#implementation),
            };
            let methods = timed.methods(&implementation);
            let item = quote!(#item #methods);
            match check_impl(&implementation, &mut faults) {
                Some(model) => {
                    let expand = || {
                        let timed = timed.expand(&implementation, &private);
                        let exported = expand_impl(&model, &private);
                        quote!(#timed #exported)
                    };
                    let rest = || rest_of_impl(&implementation, &model, &private);
                    faults.or_expand_beside(item, expand, rest)
                }
                None => faults.or_expand(item, TokenStream::new),
            }
        }
        _ => {
            faults.at_span(
                codes::ATTRIBUTE_MISPLACED,
                keyword(&item),
                "only functions and implementations of interfaces can be exported",
                "put `#[hotmod::export]` on a `fn` or on `impl Interface for State`; for data, \
                 see `#[derive(StableState)]`",
            );
            faults.or_expand(item, TokenStream::new)
        }
    }
}

fn check_function(function: &ItemFn, faults: &mut Faults) -> Signature {
    let mut signature = Signature::parse_awaitable(&function.sig, faults);
    signature.evolution = Evolution::of_function(&function.attrs, &signature.names(), faults);
    if let Some(receiver) = function.sig.receiver() {
        faults.at(
            codes::RECEIVER_UNFIT,
            receiver,
            "an exported function takes no receiver",
            "put methods into a trait marked `#[hotmod::interface]` and export its `impl`",
        );
    }
    signature
}

fn expand_function(
    signature: &Signature,
    is_pure: bool,
    conditions: &[&Attribute],
    private: &TokenStream,
) -> TokenStream {
    let Signature { name, output, .. } = signature;
    let (pattern, lent, values) = signature.unwired(private);
    let called = match signature.is_async {
        true => {
            // Where it cannot be sent, the compiler's error is at the function's name; the `unsafe` is the macro's.
            let placed = placed(private, name.span());
            let start = quote_spanned! {name.span()=>
                #placed::Probe::<#output>::start(__call, __output, __panic, __future)
            };
            quote! {
                let __future = #name(#(#values),*);
                // SAFETY: the host passes room for this function's result.
                unsafe { #start }
            }
        }
        false => quote!(#private::Probe::<#output>::returned(#name(#(#values),*))),
    };
    let run = signature.run(private);
    let symbol = symbol("fn", &[unraw(name)]);
    let shim = format_ident!("{symbol}");
    let desc = signature.desc(private);
    let bounds = signature.bounds(private);
    let export = format_ident!("__hotmod_export_{}", unraw(name));
    let (pure, table) = match is_pure {
        true => pure::expand(signature, private),
        false => (quote!(#private::None), TokenStream::new()),
    };
    let crossing_symbol = crate::emitted::symbol("crossing", &[unraw(name)]);
    let crossing = format_ident!("{crossing_symbol}");
    let crossing_table = signature.crossing(private);
    let described = quote!(#symbol, #crossing_symbol, &__SIGNATURE, #pure);
    let record = record("function", &described, private);
    quote! {
        // It has a name, since in an `impl`, where this macro is a mistake, `const _` would be a second one.
        #[doc(hidden)]
        #[allow(non_upper_case_globals, dead_code, deprecated)]
        #(#conditions)*
        const #export: () = {
            #[allow(unused_imports)]
            use #private::{Fallback as _, FallbackValue as _};

            const _: fn() = || { #bounds };

            const __SIGNATURE: #private::SignatureDesc = #desc;
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
                let __export = |__call: #private::LentForTheCall<'_>, #pattern| {
                    #lent
                    #called
                };
                // SAFETY: the host passes this function's arguments and room for its result.
                unsafe { #run }
            }

            static __CROSSING: #private::CrossingTable = #crossing_table;

            #private::linked_symbol! { #crossing }
            // SAFETY: the name begins with a prefix that is hotmod's own.
            #[unsafe(no_mangle)]
            extern "C" fn #crossing() -> &'static #private::CrossingTable {
                &__CROSSING
            }

            #table
        };
    }
}

struct Implementation<'a> {
    interface: &'a Path,
    state: &'a Type,
    /// What the exported symbol is named after.
    names: [String; 2],
    conditions: Vec<&'a Attribute>,
}

/// Checks the `impl` itself: its methods are those of the trait, which was checked where it is declared.
fn check_impl<'a>(item: &'a ItemImpl, faults: &mut Faults) -> Option<Implementation<'a>> {
    signature::generics(&item.generics, faults);
    if let Some(token) = &item.unsafety {
        faults.at(
            codes::INTERFACE_UNFIT,
            token,
            "an interface is a safe trait",
            "remove `unsafe`",
        );
    }
    let state = match ungrouped(&item.self_ty) {
        Type::Path(path) if path.qself.is_none() => path.path.segments.last(),
        _ => None,
    };
    if state.is_none() {
        faults.at(
            codes::INTERFACE_UNFIT,
            &item.self_ty,
            "an interface is implemented for a type that derives `StableState`",
            "name a struct or an enum of this module",
        );
    }
    match (&item.trait_, &item.modifiers.polarity) {
        (Some((path, _)), None) => Some(Implementation {
            interface: path,
            state: &item.self_ty,
            names: [
                state.map(|segment| unraw(&segment.ident))?,
                path.segments.last().map(|segment| unraw(&segment.ident))?,
            ],
            conditions: conditions(&item.attrs),
        }),
        (Some(_), Some(negation)) => {
            faults.at(
                codes::INTERFACE_UNFIT,
                negation,
                "an interface that is not implemented cannot be exported",
                "remove `#[hotmod::export]`",
            );
            None
        }
        (None, _) => {
            faults.at_span(
                codes::INTERFACE_UNFIT,
                item.impl_token.span(),
                "an exported `impl` is of an interface, which hosts link too",
                "move the signatures to a trait marked `#[hotmod::interface]` and write \
                 `impl Trait for State`; a function without state can be exported by itself",
            );
            None
        }
    }
}

/// The type without parentheses, and without the invisible group that a macro's `$ty` puts around it.
fn ungrouped(ty: &Type) -> &Type {
    match ty {
        Type::Group(group) => ungrouped(&group.elem),
        Type::Paren(paren) => ungrouped(&paren.elem),
        _ => ty,
    }
}

fn expand_impl(item: &Implementation<'_>, private: &TokenStream) -> TokenStream {
    let Implementation {
        interface,
        state,
        names,
        conditions,
    } = item;
    let symbol = symbol("impl", names);
    let accessor = format_ident!("{symbol}");
    let interface_type = quote_spanned!(interface.span()=> dyn #interface);
    let values = quote!(#symbol, __STATE, __INTERFACE, __MENTIONED);
    let record = record("implementation", &values, private);
    quote! {
        #(#conditions)*
        const _: () = {
            #[allow(unused_imports)]
            use #private::Fallback as _;

            const __INTERFACE: &#private::InterfaceDesc =
                #private::Probe::<#interface_type>::INTERFACE;
            const __STATE: #private::TypeRef = #private::Probe::<#state>::TYPE;
            const __MENTIONED: &[&#private::Instances] =
                &[&#private::Probe::<#state>::MENTIONED];
            #record

            static __TABLE: #private::ImplementationTable =
                #private::ImplementationTable::of::<#interface_type, #state>();

            #private::linked_symbol! { #accessor }
            // SAFETY: the name begins with a prefix that is hotmod's own.
            #[unsafe(no_mangle)]
            extern "C" fn #accessor() -> &'static #private::ImplementationTable {
                &__TABLE
            }
        };
    }
}

/// Has the compiler check the state too, so that its errors appear beside a fault that was found.
fn rest_of_impl(
    item: &ItemImpl,
    Implementation {
        interface, state, ..
    }: &Implementation<'_>,
    private: &TokenStream,
) -> TokenStream {
    if item.unsafety.is_some() || signature::mentions_parameters(state, &item.generics) {
        return TokenStream::new();
    }
    let interface = quote_spanned!(interface.span()=> dyn #interface);
    quote! {
        const _: fn() = || {
            let _ = #private::ImplementationTable::of::<#interface, #state>();
        };
    }
}
