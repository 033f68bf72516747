//! The `async` methods of an interface: how the trait declares them, and the client's methods.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::{Attribute, FnArg, ItemTrait, Pat, ReturnType, TraitItem, TraitItemFn, parse_quote};

use crate::faults::placed;
use crate::signature::{Receiver, Signature};

/// Has the trait declare each `async` method as one that returns a future, which may be sent unless they are local: so `dyn Trait` names the
/// interface still, and the compiler asks of each implementation, which is an `async fn`, what a host relies on.
/// Whether there are any.
pub(super) fn declare(item: &mut ItemTrait, is_local: bool, private: &TokenStream) -> bool {
    let mut found = false;
    for member in &mut item.items {
        if let TraitItem::Fn(method) = member
            && method.sig.receiver().is_some()
            && let Some(token) = method.sig.asyncness.take()
        {
            found = true;
            let private = placed(private, token.span);
            let output = match &method.sig.output {
                ReturnType::Default => quote!(()),
                ReturnType::Type(_, ty) => quote!(#ty),
            };
            let send = match is_local {
                true => None,
                false => Some(quote_spanned!(token.span=> + #private::Send)),
            };
            let future = quote_spanned! {token.span=>
                impl #private::Future<Output = #output> #send
            };
            method.sig.output = parse_quote!(-> #future);
            let clause = method.sig.generics.make_where_clause();
            clause.predicates.push(parse_quote!(Self: #private::Sized));
            body(method);
        }
    }
    found
}

/// Has the body that a method is given in the trait run when its future is polled.
fn body(method: &mut TraitItemFn) {
    let Some(body) = &method.default else {
        return;
    };
    let names = method.sig.inputs.iter().filter_map(|input| match input {
        FnArg::Typed(input) => match &*input.pat {
            Pat::Ident(name) => Some(&name.ident),
            _ => None,
        },
        FnArg::Receiver(_) => None,
    });
    // As an `async fn` does, it has all of its arguments until it is over.
    method.default = Some(parse_quote! {{
        async move {
            #(let _ = &#names;)*
            #body
        }
    }});
}

/// A statement that compiles only if other threads may use the state while this method waits.
pub(super) fn shared(
    trait_name: &Ident,
    signature: &Signature,
    receiver: Option<Span>,
    private: &TokenStream,
) -> Option<TokenStream> {
    // What stays on its thread shares the state with no other.
    let is_shared =
        signature.is_async && !signature.is_local && signature.receiver == Receiver::Shared;
    let span = receiver.filter(|_| is_shared)?;
    let (private, mut name) = (placed(private, span), trait_name.clone());
    name.set_span(span);
    Some(quote_spanned! {span=>
        let () = <dyn #name as #private::SharedWhileAwaited>::IS;
    })
}

/// The client's method, which returns a future.
pub(super) fn client_method(
    index: usize,
    docs: &[Attribute],
    signature: &Signature,
    private: &TokenStream,
) -> TokenStream {
    let Signature {
        name,
        receiver,
        params,
        output,
        ..
    } = signature;
    let names = params.iter().map(|param| &param.name);
    let types = params.iter().map(|param| &param.ty);
    let wires = signature.wires(private);
    let (own, borrow, begin) = match receiver {
        Receiver::Exclusive => (quote!(&mut self), quote!(&mut), quote!(begin_exclusive)),
        Receiver::Shared | Receiver::None => (quote!(&self), quote!(&), quote!(begin_shared)),
    };
    let begun = quote! {
        // SAFETY: the arguments and the result are those of the method at this place; the future has all that
        // they lend.
        unsafe { #private::Probe::<#output>::#begin(#borrow self.0, #index, #wires) }
    };
    let begun = match signature.is_local {
        true => quote!(#private::Local::new(#begun)),
        false => begun,
    };
    quote! {
        #(#docs)*
        pub fn #name(#own, #(#names: #types),*)
            -> impl #private::Future<
                Output = ::core::result::Result<#output, #private::CallError>,
            >
        where
            __C: #private::AsyncCaller,
        {
            #begun
        }
    }
}
