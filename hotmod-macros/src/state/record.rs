//! What a derived type leaves in the file: its record, the records of the generic types that it
//! mentions, and the identities of its opaque fields' types.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};

use super::arguments::ForeignType;
use super::attributes::Known;
use super::model::{Field, State};
use super::parts;
use crate::emitted;
use crate::faults::span_of;

/// What a type without a record of its own mentions down to each depth: itself and what its
/// fields mention down to one depth less.
pub(super) fn depths(state: &State, private: &TokenStream) -> TokenStream {
    let fields = state.fields();
    let types = described(&fields, private);
    let with = sources(&fields, private);
    quote! {
        #private::derived_depths! { { types: [#(#types,)*] with: [#(#with,)*] } }
    }
}

/// The functions of fields that convert from a described type: a module may know that type for them
/// alone.
fn sources(fields: &[&Field], private: &TokenStream) -> Vec<TokenStream> {
    let described = |field: &&&Field| field.attributes.with.as_ref().is_some_and(|it| !it.opaque);
    let fields = fields.iter().filter(described);
    fields
        .filter_map(|field| parts::with_of(field, private))
        .collect()
}

/// The types within the fields' own types that may be described.
fn described(fields: &[&Field], private: &TokenStream) -> Vec<syn::Type> {
    let mut types = Vec::new();
    for field in fields {
        let known = field.attributes.known();
        if field.attributes.is_described() {
            types.push(field.ty.clone());
        }
        if let Some(carried) = field
            .attributes
            .carried
            .as_ref()
            .filter(|_| known == Known::As)
        {
            types.push(carried.ty.clone());
        }
        if matches!(known, Known::Opaque | Known::Either) {
            let arguments = ForeignType::of(&field.ty, field.attributes.whole, private);
            types.extend(arguments.types().into_iter().cloned());
        }
    }
    types
}

/// The record of a type without parameters, and those of its opaque fields.
pub(super) fn record(state: &State, private: &TokenStream) -> TokenStream {
    let name = &state.name;
    let fields = state.fields();
    let types = described(&fields, private);
    let with = sources(&fields, private);
    let opaque = fields
        .iter()
        .enumerate()
        .flat_map(|(place, field)| opaque_records(state, place, field, private));
    let record = emitted::record("type", &quote!(__DESC, __MENTIONED), private);
    quote! {
        #(#opaque)*
        const __DESC: ::core::option::Option<&'static #private::TypeDesc> =
            <#name as #private::Describe>::DESC;
        const __MENTIONED: &[&#private::Instances] =
            &[#(&#private::Probe::<#types>::MENTIONED,)* #(&#with.mentions(#private::GENERIC_DEPTH)),*];
        #record
    }
}

/// The records of the identities of a field's type, and of the type that it is converted from, where
/// hotmod cannot look into them.
fn opaque_records(
    state: &State,
    place: usize,
    field: &Field,
    private: &TokenStream,
) -> Vec<TokenStream> {
    let (name, ty) = (&state.name, &field.ty);
    let owner = quote!(<#name as #private::Describe>::TYPE);
    // There is one record, or none if the type turns out to have a description.
    let record = |source: bool, record: TokenStream, identities: usize, count: TokenStream| {
        quote! {
            const _: () = {
                const __LEN: #private::usize =
                    #private::opaque_len(#owner, #place, #source, #identities);
                const __ONE: #private::OpaqueRecord<__LEN, #identities> = #record;
                const __COUNT: #private::usize = #count;
                #[used]
                // SAFETY: the section holds nothing but records.
                #[unsafe(link_section = ".hotmod")]
                static __RECORD: [#private::OpaqueRecord<__LEN, #identities>; __COUNT] =
                    [__ONE; __COUNT];
                #private::linked_record! { __RECORD }
            };
        }
    };
    let mut records = Vec::new();
    let known = quote_spanned!(span_of(ty)=> #private::Probe::<#ty>::KNOWN);
    let arguments = ForeignType::of(ty, field.attributes.whole, private);
    let identities = arguments.identities(ty, private);
    let len = identities.len();
    let of = quote!(#private::OpaqueRecord::of(#owner, #place, false, [#(#identities),*]));
    match field.attributes.known() {
        Known::Opaque => {
            records.push(record(false, of, len, quote!(1)));
            records.push(quote_spanned! {span_of(ty)=>
                const _: () = #private::require_opaque(#known);
            });
        }
        Known::Either => {
            let count = quote!(if #known { 0 } else { 1 });
            records.push(record(false, of, len, count));
        }
        Known::Described | Known::Skipped | Known::Serde | Known::As => {}
    }
    if field
        .attributes
        .with
        .as_ref()
        .is_some_and(|with| with.opaque)
    {
        let with = parts::with_of(field, private);
        records.push(record(
            true,
            quote!(#with.record(#owner, #place)),
            1,
            quote!(1),
        ));
    }
    records
}
