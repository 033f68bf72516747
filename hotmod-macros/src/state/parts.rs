//! The operations on a derived type's fields and variants.

use proc_macro2::TokenStream;
use quote::{format_ident, quote, quote_spanned};
use syn::{Expr, Generics};

use super::attributes::{As, Known, With};
use super::model::{Body, Field, State, Variant};
use crate::faults::span_of;
use crate::names::unraw;

/// The impls of `Parts` and, for an enum, of `DerivedEnum`.
pub(super) fn expand(state: &State, generics: &Generics, private: &TokenStream) -> TokenStream {
    let name = &state.name;
    let (impl_generics, ty_generics, where_clause) = generics.split_for_impl();
    let fields = state.fields();
    let parts = fields.iter().enumerate().map(|(place, field)| {
        let operations = operations(field, private);
        quote!(#place => #private::Some(#operations),)
    });
    let makers = fields
        .iter()
        .enumerate()
        .flat_map(|(place, field)| makers(place, field, private));
    let variants = match &state.body {
        Body::Struct(_) => None,
        Body::Enum { variants, .. } => Some(variants_impl(state, generics, variants, private)),
    };
    quote! {
        // SAFETY: each maker makes the field at its place.
        unsafe impl #impl_generics #private::Parts for #name #ty_generics #where_clause {
            fn part(__place: ::core::primitive::usize)
                -> ::core::option::Option<&'static #private::Operations>
            {
                match __place {
                    #(#parts)*
                    _ => #private::None,
                }
            }

            fn make(
                __place: ::core::primitive::usize,
                __purpose: ::core::primitive::u8,
                __room: #private::Room,
            ) -> ::core::primitive::u8 {
                match (__place, __purpose) {
                    #(#makers)*
                    _ => #private::make_nothing(__room),
                }
            }
        }

        #variants
    }
}

/// The operations of a field's type; of one that is not described, only that it can be dropped.
fn operations(field: &Field, private: &TokenStream) -> TokenStream {
    let ty = &field.ty;
    match field.attributes.known() {
        Known::Described => quote_spanned!(span_of(ty)=> #private::Probe::<#ty>::OPERATIONS),
        Known::Opaque => match &field.attributes.codec {
            Some(codec) => quote_spanned! {span_of(codec)=>
                const { &#private::Operations::coded::<#ty, #codec>() }
            },
            None => quote_spanned! {span_of(ty)=>
                const { &#private::Operations::opaque::<#ty>() }
            },
        },
        Known::Skipped => quote_spanned! {span_of(ty)=>
            const { &#private::Operations::skipped::<#ty>() }
        },
        Known::Serde => quote_spanned!(span_of(ty)=> #private::Probe::<#ty>::BY_SERDE),
        Known::As => {
            let As { ty: by, into, from } =
                field.attributes.carried.as_ref().expect("it is carried");
            let carried = quote_spanned! {span_of(into)=>
                #private::Operations::carried_as::<#ty, #by, _, _, _, _>
            };
            quote!(const { &#carried(#into, #from) })
        }
        Known::Either => quote_spanned! {span_of(ty)=>
            const {
                if #private::Probe::<#ty>::KNOWN {
                    #private::Probe::<#ty>::OPERATIONS
                } else {
                    &#private::Operations::opaque::<#ty>()
                }
            }
        },
    }
}

/// The ways in which a field can be made.
fn makers(place: usize, field: &Field, private: &TokenStream) -> Vec<TokenStream> {
    let ty = &field.ty;
    let attributes = &field.attributes;
    let mut makers = Vec::new();
    let mut constant = None;
    let mut value = |purpose: TokenStream, value: TokenStream, of: TokenStream| {
        makers.push(quote! {
            (#place, #private::purpose::#purpose) => {
                // Outside of the `unsafe` block: the user's code is not part of it.
                let __make = || -> ::core::result::Result<#of, #private::String> {
                    let __value: #of = #value;
                    ::core::result::Result::Ok(__value)
                };
                // SAFETY: it is the type of the field at this place.
                unsafe { #private::make_field::<#of>(__room, __make) }
            }
        });
    };
    if let Some(default) = &attributes.default {
        let default = match default {
            Some(expr) => quote!(#expr),
            None => quote_spanned!(span_of(ty)=> ::core::default::Default::default()),
        };
        constant = constant_maker(field, &default, private);
        value(quote!(DEFAULT), default, quote!(#ty));
    }
    if attributes.skip {
        value(quote!(SKIP), made_anew(field), quote!(#ty));
    }
    if let Some(fill) = &attributes.fill {
        let element = quote_spanned!(span_of(ty)=> <#ty as #private::Filled>::Element);
        value(quote!(FILL), quote!(#fill), element);
    }
    makers.extend(constant.map(|make| quote!((#place, #private::purpose::CONSTANT) => { #make })));
    if let Some(With { path, .. }) = &attributes.with {
        let with = with_of(field, private);
        let with = match attributes.parallel {
            true => quote_spanned!(span_of(path)=> #private::parallel(#with)),
            false => quote!(#with),
        };
        let sent = attributes
            .parallel
            .then(|| quote_spanned!(span_of(ty)=> #private::require_parallel_output::<#ty>();));
        let make = quote_spanned! {span_of(path)=>
            #private::make_with::<_, _, #ty>(__room, __with)
        };
        makers.push(quote! {
            (#place, #private::purpose::WITH) => {
                #sent
                let __with = #with;
                // SAFETY: it is the type of the field at this place; its old value is of the type
                // that the description says the function takes.
                unsafe { #make }
            }
        });
        let with = with_of(field, private);
        makers.push(quote! {
            (#place, #private::purpose::READS) => {
                let __with = #with;
                // SAFETY: there is room for the answer to this question.
                unsafe { #private::make_reads(__room, __with) }
            }
        });
    }
    makers
}

/// What makes a field that is not carried over.
fn made_anew(field: &Field) -> TokenStream {
    match &field.attributes.init {
        Some(path) => quote_spanned!(span_of(path)=> #path()),
        None => {
            let ty = &field.ty;
            quote_spanned!(span_of(ty)=> ::core::default::Default::default())
        }
    }
}

/// What a struct says of its fields, so that a receiver can make those anew that are not carried over.
pub(super) fn renewed(state: &State, private: &TokenStream) -> TokenStream {
    let Body::Struct(fields) = &state.body else {
        return TokenStream::new();
    };
    let own = fields.iter().any(|field| field.attributes.skip);
    let described = fields
        .iter()
        .filter(|field| field.attributes.is_described());
    let within = described.map(|field| {
        let ty = &field.ty;
        quote!(|| #private::Probe::<#ty>::RENEWED)
    });
    let told = fields.iter().map(|field| {
        let (member, ty) = (&field.member, &field.ty);
        let place = quote! {
            // SAFETY: the caller passes a value, of which this is a field; `register` does not
            // compile where it is of another type.
            let __field: *mut #ty = unsafe { &raw mut (*__value).#member }.cast();
        };
        if field.attributes.skip {
            let make = made_anew(field);
            quote! {{
                #place
                // Written as in the maker of the field, so that the compiler reports a fault in it
                // once.
                let __make = || {
                    let __value: #ty = #make;
                    __value
                };
                // SAFETY: it is the next field in the source.
                unsafe { #private::Fields::transient(__fields, __field, __make) };
            }}
        } else if field.attributes.is_described() {
            let fields = quote_spanned!(span_of(ty)=> #private::Probe::<#ty>::fields);
            quote! {{
                #place
                // SAFETY: the field may miss what the caller's value may miss.
                unsafe { #fields(__field, __fields) };
            }}
        } else {
            quote! {{
                #place
                // SAFETY: it is the next field in the source.
                unsafe { #private::Fields::kept(__fields, __field) };
            }}
        }
    });
    quote! {
        const RENEWED: #private::bool = #own #(#within)*;

        #[allow(unused_variables)]
        unsafe fn fields(__value: *mut Self, __fields: &mut impl #private::Fields) {
            #(#told)*
        }
    }
}

/// What makes a default whose value is the same whenever it is made; `None` where the expression
/// does not show that it is.
fn constant_maker(
    field: &Field,
    default: &TokenStream,
    private: &TokenStream,
) -> Option<TokenStream> {
    let ty = &field.ty;
    let expr = field.attributes.default.as_ref()?;
    let make = quote! {
        // Outside of the `unsafe` block: the user's code is not part of it.
        let __make = || -> ::core::result::Result<#ty, #private::String> {
            let __value: #ty = #default;
            ::core::result::Result::Ok(__value)
        };
        // SAFETY: it is the type of the field at this place.
        unsafe { #private::make_constant::<#ty>(__room, __make) }
    };
    match expr {
        Some(expr) => is_constant(expr).then_some(make),
        // The default of a number is 0; any other `Default` may be written by hand.
        None => {
            let operations = operations(field, private);
            Some(quote! {
                if #private::Operations::is_number(#operations) {
                    #make
                } else {
                    #private::make_nothing(__room)
                }
            })
        }
    }
}

/// Whether an expression calls no function, as far as its syntax shows.
fn is_constant(expr: &Expr) -> bool {
    match expr {
        Expr::Path(_) => true,
        Expr::Tuple(tuple) => tuple.elems.iter().all(is_constant),
        Expr::Array(array) => array.elems.iter().all(is_constant),
        Expr::Repeat(repeat) => is_constant(&repeat.expr),
        expr => is_literal(expr),
    }
}

/// Whether an expression is made of literals. An operator of a named value may be the user's.
fn is_literal(expr: &Expr) -> bool {
    match expr {
        Expr::Lit(_) => true,
        Expr::Paren(inner) => is_literal(&inner.expr),
        Expr::Group(inner) => is_literal(&inner.expr),
        Expr::Unary(unary) => is_literal(&unary.expr),
        Expr::Cast(cast) => is_literal(&cast.expr),
        Expr::Binary(binary) => is_literal(&binary.left) && is_literal(&binary.right),
        _ => false,
    }
}

/// The `With` of a field that has one.
pub(super) fn with_of(field: &Field, private: &TokenStream) -> Option<TokenStream> {
    field.attributes.with.as_ref().map(|With { path, opaque }| {
        let new = match opaque {
            true => format_ident!("opaque"),
            false => format_ident!("new"),
        };
        quote_spanned!(span_of(path)=> #private::With::#new(#path))
    })
}

fn variants_impl(
    state: &State,
    generics: &Generics,
    variants: &[Variant],
    private: &TokenStream,
) -> TokenStream {
    let name = &state.name;
    let (impl_generics, ty_generics, where_clause) = generics.split_for_impl();
    let numbers = variants.iter().enumerate().map(|(i, variant)| {
        let variant = &variant.name;
        quote!(Self::#variant { .. } => #i,)
    });
    let fields = variants.iter().map(|variant| {
        let name = &variant.name;
        let members = variant.fields.iter().map(|field| &field.member);
        let bound: Vec<_> = variant
            .fields
            .iter()
            .map(|field| format_ident!("__field_{}", field.name))
            .collect();
        let places = 0..bound.len();
        quote! {
            Self::#name { #(#members: #bound,)* .. } => match __place {
                #(#places => ::core::ptr::from_ref(#bound).cast::<::core::primitive::u8>(),)*
                _ => ::core::ptr::null(),
            },
        }
    });
    let built = variants.iter().filter(|_| state.is_whole);
    let builds = built.enumerate().map(|(i, variant)| {
        let name = &variant.name;
        let members = variant.fields.iter().map(|field| &field.member);
        let types = variant.fields.iter().map(|field| &field.ty);
        let places = 0..variant.fields.len();
        quote! {
            #i => Self::#name {
                #(#members: {
                    // SAFETY: there is a pointer for each field.
                    let __field = unsafe { *__fields.add(#places) };
                    // SAFETY: the caller gives up a value of this type there.
                    unsafe { __field.cast::<#types>().read() }
                }),*
            },
        }
    });
    let no_such = format!("bug in hotmod: no such variant of {}", unraw(name));
    quote! {
        // SAFETY: variants and fields are numbered in the order of the source, as they are
        // described.
        unsafe impl #impl_generics #private::DerivedEnum for #name #ty_generics #where_clause {
            fn variant(&self) -> ::core::primitive::usize {
                match *self { #(#numbers)* }
            }

            #[allow(unused_variables)]
            fn field(&self, __place: ::core::primitive::usize) -> *const ::core::primitive::u8 {
                match self {
                    #(#fields)*
                    #[allow(unreachable_patterns)]
                    _ => ::core::ptr::null(),
                }
            }

            #[allow(unused_variables)]
            unsafe fn build(__variant: ::core::primitive::usize, __fields: *const *mut ::core::primitive::u8) -> Self {
                match __variant {
                    #(#builds)*
                    _ => ::core::panic!(#no_such),
                }
            }
        }
    }
}
