//! The impls that a derived type gets.

use proc_macro2::{TokenStream, TokenTree};
use quote::{quote, quote_spanned};
use syn::{Generics, Ident, TypeParamBound, parse_quote};

use super::describe::describe;
use super::model::{Body, Field, State};
use super::parts;
use super::record::{depths, record};
use crate::innermost::Demand;
use crate::signature::mentions_parameters;

pub(super) fn expand(state: &State) -> TokenStream {
    let private = state.options.private();
    let name = &state.name;
    let generics = bounded(state, &parse_quote!(#private::StableState));
    let (impl_generics, ty_generics, where_clause) = generics.split_for_impl();
    // A type without parameters emits a record of its own.
    let depths = state.is_generic().then(|| depths(state, &private));
    let describe = describe(state, &generics, (Demand::Kept, depths), &private);
    let parts = parts::expand(state, &generics, &private);
    let operations = match &state.body {
        Body::Struct(_) => quote!(derived_struct),
        Body::Enum { .. } => quote!(derived_enum),
    };
    let record = (!state.is_generic()).then(|| record(state, &private));
    let vouched = vouched(state, &private);
    let renewed = parts::renewed(state, &private);

    quote! {
        const _: () = {
            #[allow(unused_imports)]
            use #private::{Fallback as _, FallbackValue as _};

            #describe

            #parts

            // SAFETY: `register` requires every field that is carried over to be state, or what its
            // author calls opaque; an enum is one field, a struct has those of the source.
            unsafe impl #impl_generics #private::StableState for #name #ty_generics #where_clause {
                #renewed
            }

            // SAFETY: the operations are made of this type's own parts.
            unsafe impl #impl_generics #private::Part for #name #ty_generics #where_clause {
                const OPERATIONS: &'static #private::Operations =
                    &#private::Operations::#operations::<Self>();
            }

            impl #impl_generics #private::Derived for #name #ty_generics #where_clause {}

            // SAFETY: it crosses as the bytes it is, but for the fields that are not carried over, and is
            // compared by what `Describe` says of them. It lends nothing.
            unsafe impl #impl_generics #private::Boundary for #name #ty_generics #where_clause {
                type Wire = #private::Crossed<Self>;
                type Lent<'__lent> = Self;

                const PASSING: #private::Passing = #private::Passing::derived::<Self>();

                #[inline]
                fn into_wire(self) -> Self::Wire { #private::Crossed::new(self) }

                #[inline]
                fn from_wire(wire: Self::Wire) -> Self { #private::Crossed::into_value(wire) }

                fn vec_into_wire(values: #private::Vec<Self>) -> #private::RVec<Self::Wire> {
                    ::core::convert::Into::into(#private::Crossed::vec_new(values))
                }

                fn vec_from_wire(wires: #private::RVec<Self::Wire>) -> #private::Vec<Self> {
                    #private::Crossed::vec_into_values(::core::convert::Into::into(wires))
                }
            }

            #record

            #vouched
        };
    }
}

/// An `unsafe` block for each field that the author vouches for, so that `forbid(unsafe_code)` refuses it.
/// The block has the span of the author's token, since lints look at where a token stands in the source.
fn vouched(state: &State, private: &TokenStream) -> TokenStream {
    let (fields, lints) = (state.fields(), &state.lints);
    let spans = fields.iter().flat_map(|field| &field.attributes.vouched);
    let blocks = spans.map(|&span| {
        let block = quote_spanned!(span=> unsafe { #private::vouched() });
        // SAFETY: the author says so at the field.
        quote!(#(#lints)* const _: () = #block;)
    });
    quote!(#(#blocks)*)
}

/// A type that a migration reads, or makes for an older version. It has no record of its own: the function
/// that takes or returns it mentions it, and so describes it. A host makes values of it where it has none to show.
pub(super) fn expand_old(state: &State) -> TokenStream {
    let private = state.options.private();
    let name = &state.name;
    let generics = bounded(state, &parse_quote!(#private::OldPart));
    let (impl_generics, ty_generics, where_clause) = generics.split_for_impl();
    let depths = Some(depths(state, &private));
    let describe = describe(state, &generics, (Demand::Read, depths), &private);
    let parts = parts::expand(state, &generics, &private);
    let operations = match &state.body {
        Body::Struct(_) => quote!(form_struct),
        Body::Enum { .. } => quote!(derived_enum),
    };
    let vouched = vouched(state, &private);
    quote! {
        const _: () = {
            #[allow(unused_imports)]
            use #private::Fallback as _;

            #describe

            #parts

            // SAFETY: the operations are made of this type's own parts.
            unsafe impl #impl_generics #private::Part for #name #ty_generics #where_clause {
                const OPERATIONS: &'static #private::Operations =
                    &#private::Operations::#operations::<Self>();
            }

            #vouched

            // SAFETY: `register` requires every field to be described too.
            unsafe impl #impl_generics #private::OldState for #name #ty_generics #where_clause {}
        };
    }
}

/// The generics, with this bound on each type parameter.
fn bounded(state: &State, bound: &TypeParamBound) -> Generics {
    let mut generics = state.generics.clone();
    for param in generics.type_params_mut() {
        param.bounds.push(bound.clone());
    }
    let params: Vec<Ident> = generics.type_params().map(|it| it.ident.clone()).collect();
    let private = state.options.private();
    for field in state.fields() {
        let ty = &field.ty;
        // A bound on the parameter does not say whether serde can carry the field; one on its type does.
        if field.attributes.serde && mentions(&quote!(#ty), &params) {
            let clause = generics.make_where_clause();
            clause.predicates.push(parse_quote!(#ty: #private::BySerde));
        }
    }
    generics
}

/// Whether one of these names stands among the tokens.
fn mentions(tokens: &TokenStream, names: &[Ident]) -> bool {
    tokens.clone().into_iter().any(|token| match token {
        TokenTree::Ident(ident) => names.contains(&ident),
        TokenTree::Group(group) => mentions(&group.stream(), names),
        _ => false,
    })
}

/// Has the compiler check the fields of a type that has lifetimes, so that its errors appear beside that
/// fault.
pub(super) fn rest(state: &State) -> TokenStream {
    let private = state.options.private();
    let is_state = |field: &&&Field| {
        let is_closed = !mentions_parameters(&field.ty, &state.generics);
        field.attributes.is_described() && is_closed
    };
    let fields = state.fields();
    let bounds = fields
        .iter()
        .filter(is_state)
        .map(|field| Demand::Kept.require(&field.ty, &private));
    quote! {
        const _: fn() = || {
            #[allow(unused_imports)]
            use #private::Fallback as _;
            #(#bounds)*
        };
    }
}
