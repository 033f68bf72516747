//! The impl of `Describe`: the type, its fields and its variants as data.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::{GenericParam, Generics};

use super::arguments::{ForeignType, spelled};
use super::attributes::{Known, Represented};
use super::compiled::compiled;
use super::model::{Body, Field, State};
use super::parts;
use crate::faults::span_of;
use crate::innermost::Demand;
use crate::names::unraw;

/// The impl of `Describe`; `demand` is what each field must be, `depths` what it mentions.
pub(super) fn describe(
    state: &State,
    generics: &Generics,
    (demand, depths): (Demand, Option<TokenStream>),
    private: &TokenStream,
) -> TokenStream {
    let name = &state.name;
    let (impl_generics, ty_generics, where_clause) = generics.split_for_impl();
    let id = &state.id;
    let args = type_args(state, private);
    let meaning = state.meaning;
    let attributes = state.attributes.descs(private);
    let body = body(state, private);
    let fields = state.fields();
    let names = names(state, private);
    let compiled = {
        let is_state = demand == Demand::Kept;
        state.is_whole.then(|| compiled(state, is_state, private))
    };
    let registered = fields
        .iter()
        .enumerate()
        .map(|(place, field)| registered(place, field, demand, private));
    quote! {
        // SAFETY: the compiler computes the sizes, alignments and offsets; the names and types are
        // those of the source; the depths mention every field.
        unsafe impl #impl_generics #private::Describe for #name #ty_generics #where_clause {
            const TYPE: #private::TypeRef = #private::TypeRef {
                head: #private::Head::Named(#id),
                args: &[#(&#args),*],
            };
            const DESC: ::core::option::Option<&'static #private::TypeDesc> =
                #private::Some(&#private::TypeDesc {
                    name: <Self as #private::Describe>::TYPE,
                    identity: #private::TypeId::of::<Self>(),
                    location: ::core::concat!(
                        "`", ::core::module_path!(), "` (",
                        ::core::file!(), ":", ::core::line!(), ":", ::core::column!(), ")",
                    ),
                    size: #private::size_of::<Self>(),
                    align: #private::align_of::<Self>(),
                    meaning: #meaning,
                    attributes: #attributes,
                    body: #body,
                });
            #depths

            fn register(__types: &mut #private::Registry) {
                #compiled
                #(#names)*
                if let #private::Some(desc) = <Self as #private::Describe>::DESC
                    && __types.enter::<Self>(desc)
                {
                    #(#registered)*
                }
            }
        }
    }
}

/// Fails to compile where a variant marked `other` holds anything but a name.
fn names<'a>(state: &'a State, private: &'a TokenStream) -> impl Iterator<Item = TokenStream> + 'a {
    let variants = match &state.body {
        Body::Enum { variants, .. } => variants.as_slice(),
        Body::Struct(_) => &[],
    };
    let others = variants.iter().filter(|it| it.attributes.other.is_some());
    others.flat_map(|it| &it.fields).map(move |field| {
        let ty = &field.ty;
        quote_spanned!(span_of(ty)=> #private::require_name::<#ty>();)
    })
}

/// What a field adds to the types that can be reached; fails to compile where it cannot be kept.
fn registered(place: usize, field: &Field, demand: Demand, private: &TokenStream) -> TokenStream {
    let (ty, attributes) = (&field.ty, &field.attributes);
    let owner = quote!(<Self as #private::Describe>::TYPE);
    let own = match attributes.known() {
        Known::Skipped => TokenStream::new(),
        Known::Serde => quote_spanned! {span_of(ty)=>
            #private::require_serde::<#ty>();
        },
        Known::As => {
            let by = field.attributes.carried.as_ref().map(|carried| &carried.ty);
            let required = by.map(|by| demand.require(by, private));
            quote_spanned! {span_of(&by)=>
                #required
                #private::Probe::<#by>::register(__types);
            }
        }
        Known::Opaque => {
            let opaque = registered_opaque(place, field, private);
            quote!(#opaque)
        }
        Known::Either => {
            let opaque = registered_opaque(place, field, private);
            quote_spanned! {span_of(ty)=>
                if #private::Probe::<#ty>::KNOWN {
                    #private::Probe::<#ty>::register(__types);
                } else {
                    #opaque
                }
            }
        }
        Known::Described => {
            let required = match demand == Demand::Kept && field.is_of_macro {
                true => {
                    quote_spanned!(span_of(ty)=> let () = <#ty as #private::KeptInMacro>::IS;)
                }
                false => demand.require(ty, private),
            };
            quote_spanned! {span_of(ty)=>
                #required
                #private::Probe::<#ty>::register(__types);
            }
        }
    };
    let source = attributes
        .with
        .as_ref()
        .filter(|with| with.opaque)
        .map(|_| {
            let with = parts::with_of(field, private);
            quote!(#with.register(__types, #owner, #place);)
        });
    quote!(#own #source)
}

/// What a field that hotmod cannot look into adds: which type it is, and what its parameters are.
fn registered_opaque(place: usize, field: &Field, private: &TokenStream) -> TokenStream {
    let ty = &field.ty;
    let arguments = ForeignType::of(ty, field.attributes.whole, private);
    let identities = arguments.identities(ty, private);
    let types = arguments.types();
    let described = types
        .iter()
        .map(|ty| quote_spanned!(span_of(ty)=> #private::Probe::<#ty>::register(__types);));
    quote! {
        __types.opaque(
            <Self as #private::Describe>::TYPE,
            #place,
            false,
            const { &[#(#identities),*] },
        );
        #(#described)*
    }
}

/// The parameters, as they stand in the reference to the type.
fn type_args(state: &State, private: &TokenStream) -> Vec<TokenStream> {
    let args = state
        .generics
        .params
        .iter()
        .filter_map(|param| match param {
            GenericParam::Type(param) => {
                let ident = &param.ident;
                Some(quote!(<#ident as #private::Describe>::TYPE))
            }
            GenericParam::Const(param) => {
                let (ident, ty) = (&param.ident, &param.ty);
                Some(quote! {
                    #private::TypeRef::constant(
                        <#ty as #private::Describe>::TYPE,
                        #ident as #private::i128,
                    )
                })
            }
            GenericParam::Lifetime(_) => None,
        });
    args.collect()
}

fn body(state: &State, private: &TokenStream) -> TokenStream {
    match &state.body {
        Body::Struct(fields) => {
            let fields = fields.iter().map(|field| {
                let member = &field.member;
                let offset = quote!(#private::Some(#private::offset_of!(Self, #member)));
                self::field(field, &offset, private)
            });
            quote!(#private::Body::Struct(&[#(#fields),*]))
        }
        Body::Enum {
            repr,
            discriminant,
            is_plain,
            variants,
            ..
        } => {
            // Each variant counts on from the one before, as the language does.
            let mut previous: Option<TokenStream> = None;
            let variants = variants.iter().map(|variant| {
                let value = match (&variant.discriminant, &previous) {
                    (Some(expr), _) => {
                        quote!({ const __VALUE: #discriminant = #expr; __VALUE as #private::i128 })
                    }
                    (None, Some(previous)) => quote!(#previous + 1),
                    (None, None) => quote!(0),
                };
                previous = Some(value.clone());
                let ident = &variant.name;
                let value = match is_plain {
                    true => quote!({
                        // Outside of the `unsafe` block: the user's code is not part of it.
                        let __value = #value;
                        // SAFETY: `{}` builds only variants without fields, and each variant is built
                        // so.
                        unsafe {
                            #private::discriminant(
                                #private::ManuallyDrop::new(Self::#ident {}),
                                __value,
                            )
                        }
                    }),
                    false => value,
                };
                let name = unraw(ident);
                let attributes = variant.attributes.descs(private);
                let fields = variant
                    .fields
                    .iter()
                    .map(|f| field(f, &quote!(#private::None), private));
                quote! {
                    #private::VariantDesc {
                        name: #name,
                        discriminant: #value,
                        fields: &[#(#fields),*],
                        attributes: #attributes,
                    }
                }
            });
            let variants: Vec<_> = variants.collect();
            let repr = match repr {
                Represented::Chosen => quote!(#private::Repr::Chosen),
                Represented::Fixed(repr) => quote!(#private::Repr::Fixed(#repr)),
                Represented::Left(below) => quote!(#private::Repr::Left(#below)),
            };
            quote!(#private::Body::Enum {
                repr: #private::repr::<Self, #discriminant>(#repr),
                variants: &[#(#variants),*],
            })
        }
    }
}

fn field(field: &Field, offset: &TokenStream, private: &TokenStream) -> TokenStream {
    let (name, ty) = (&field.name, &field.ty);
    let attributes = field.attributes.descs(private);
    let text = spelled(ty);
    let arguments = ForeignType::of(ty, field.attributes.whole, private).refs(private);
    let type_ref = match field.attributes.known() {
        Known::Skipped => quote!(#private::TypeRef::builtin(#private::Builtin::Skipped)),
        Known::Serde => quote!(#private::TypeRef::builtin(#private::Builtin::Serde)),
        Known::As => {
            let by = field.attributes.carried.as_ref().map(|carried| &carried.ty);
            quote_spanned! {span_of(&by)=>
                #private::TypeRef::applied(#private::Builtin::As, &[&#private::Probe::<#by>::TYPE])
            }
        }
        Known::Opaque => quote_spanned! {span_of(ty)=>
            #private::TypeRef::opaque::<#ty>(#text, #arguments)
        },
        Known::Described => quote_spanned!(span_of(ty)=> #private::Probe::<#ty>::TYPE),
        Known::Either => quote_spanned! {span_of(ty)=>
            if #private::Probe::<#ty>::KNOWN {
                #private::Probe::<#ty>::TYPE
            } else {
                #private::TypeRef::opaque::<#ty>(#text, #arguments)
            }
        },
    };
    let with = match parts::with_of(field, private) {
        Some(with) => quote!(#private::Some(#with.source())),
        None => quote!(#private::None),
    };
    quote_spanned! {span_of(ty)=>
        #private::FieldDesc {
            name: #name,
            ty: #type_ref,
            size: #private::size_of::<#ty>(),
            align: #private::align_of::<#ty>(),
            offset: #offset,
            attributes: #attributes,
            with: #with,
        }
    }
}
