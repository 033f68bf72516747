//! The impls that a derived type gets.

use proc_macro2::{TokenStream, TokenTree};
use quote::{format_ident, quote, quote_spanned};
use syn::{GenericParam, Generics, Ident, TypeParamBound, parse_quote};

use super::arguments::Arguments;
use super::attributes::Known;
use super::model::{Body, Field, State};
use super::parts;
use crate::faults::span_of;
use crate::signature::mentions_parameters;

pub(super) fn expand(state: &State) -> TokenStream {
    let private = state.options.private();
    let name = &state.name;
    let generics = bounded(state, &parse_quote!(#private::StableState));
    let (impl_generics, ty_generics, where_clause) = generics.split_for_impl();
    // A type without parameters emits a record of its own.
    let levels = state.is_generic().then(|| levels(state, &private));
    let describe = describe(state, &generics, ("require_state", levels), &private);
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
            use #private::{Unfit as _, UnfitValue as _};

            #describe

            #parts

            // SAFETY: `register` requires every field that is carried over to be state, or what its
            // author calls opaque; the operations are made of this type's own parts; an enum is one
            // field, a struct has those of the source.
            unsafe impl #impl_generics #private::StableState for #name #ty_generics #where_clause {
                const OPERATIONS: &'static #private::Operations =
                    &#private::Operations::#operations::<Self>();

                #renewed
            }

            impl #impl_generics #private::Derived for #name #ty_generics #where_clause {}

            // SAFETY: it crosses as the bytes it is, but for the fields that are not carried over, and is
            // compared by what `Describe` says of them. It lends nothing.
            unsafe impl #impl_generics #private::Boundary for #name #ty_generics #where_clause {
                type Wire = #private::Crossed<Self>;
                type Lent<'__lent> = Self;

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

/// What the author vouches for, said in the language's own way, so that `forbid(unsafe_code)` refuses
/// it: lints look at where a token stands in the source.
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

/// A type that is read, or made for an older version: described wherever it is mentioned, by whom
/// it is handed back.
pub(super) fn expand_old(state: &State) -> TokenStream {
    let private = state.options.private();
    let name = &state.name;
    let generics = bounded(state, &parse_quote!(#private::OldPart));
    let (impl_generics, ty_generics, where_clause) = generics.split_for_impl();
    let levels = Some(levels(state, &private));
    let describe = describe(state, &generics, ("require_old_part", levels), &private);
    let vouched = vouched(state, &private);
    quote! {
        const _: () = {
            #[allow(unused_imports)]
            use #private::Unfit as _;

            #describe

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
        // What serde makes of a parameter, only its own bounds say.
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

/// The impl of `Describe`; `require` is what each field must pass, `levels` what it mentions.
fn describe(
    state: &State,
    generics: &Generics,
    (require, levels): (&str, Option<TokenStream>),
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
    let require = format_ident!("{require}");
    let compiled = {
        let is_state = require == "require_state";
        state.is_whole.then(|| compiled(state, is_state, private))
    };
    let registered = fields
        .iter()
        .enumerate()
        .map(|(place, field)| registered(place, field, &require, private));
    quote! {
        // SAFETY: the compiler computes the sizes, alignments and offsets; the names and types are
        // those of the source; the levels mention every field.
        unsafe impl #impl_generics #private::Describe for #name #ty_generics #where_clause {
            const TYPE: #private::TypeRef = #private::TypeRef {
                head: #private::Head::Named(#id),
                args: &[#(&#args),*],
            };
            const DESC: ::core::option::Option<&'static #private::TypeDesc> =
                #private::Some(&#private::TypeDesc {
                    name: <Self as #private::Describe>::TYPE,
                    identity: #private::TypeId::of::<Self>(),
                    place: ::core::concat!(
                        "`", ::core::module_path!(), "` (",
                        ::core::file!(), ":", ::core::line!(), ":", ::core::column!(), ")",
                    ),
                    size: #private::size_of::<Self>(),
                    align: #private::align_of::<Self>(),
                    meaning: #meaning,
                    attributes: #attributes,
                    body: #body,
                });
            #levels

            fn register(__types: &mut #private::Registry) {
                #compiled
                if let #private::Some(desc) = <Self as #private::Describe>::DESC
                    && __types.enter::<Self>(desc)
                {
                    #(#registered)*
                }
            }
        }
    }
}

/// Has the compiler look at the fields of a type that has lifetimes, beside the fault that it has them.
pub(super) fn rest(state: &State) -> TokenStream {
    let private = state.options.private();
    let is_state = |field: &&&Field| {
        let is_closed = !mentions_parameters(&field.ty, &state.generics);
        field.attributes.is_described() && is_closed
    };
    let fields = state.fields();
    let bounds = fields.iter().filter(is_state).map(|field| {
        let ty = &field.ty;
        quote_spanned!(span_of(ty)=> #private::require_state::<#ty>();)
    });
    quote!(const _: fn() = || { #(#bounds)* };)
}

/// Fails to compile where the type that is compiled is not the one that the derive was given: another
/// macro, which stands below it, may still change it. What it adds, retypes or packs is refused here;
/// what it removes, by everything that names it.
fn compiled(state: &State, is_state: bool, private: &TokenStream) -> TokenStream {
    let at = span_of(&state.name);
    // Built as it was written, of nothing: this is never run.
    let built = |path: TokenStream, fields: &[Field]| {
        let members = fields.iter().map(|field| &field.member);
        quote_spanned!(at=> let _ = || #path { #(#members: #private::written()),* };)
    };
    let is = |field: &Field, value: &TokenStream| {
        let ty = &field.ty;
        quote_spanned!(span_of(ty)=> #private::Compiled::of(#value).is::<#ty>();)
    };
    match &state.body {
        Body::Struct(fields) => {
            let built = built(quote!(Self), fields);
            let same = fields.iter().map(|field| {
                let member = &field.member;
                // By reference, which the compiler refuses in a packed type.
                is(
                    field,
                    &quote_spanned!(span_of(&field.ty)=> &__value.#member),
                )
            });
            quote!(#built let _ = |__value: &Self| { #(#same)* };)
        }
        Body::Enum { variants, .. } => {
            // Of an enum that is state, the operations name every variant and build each.
            let built = variants.iter().filter(|_| !is_state).map(|variant| {
                let name = &variant.name;
                built(quote!(Self::#name), &variant.fields)
            });
            let arms = variants.iter().map(|variant| {
                let name = &variant.name;
                let members = variant.fields.iter().map(|field| &field.member);
                let bound = |field: &Field| format_ident!("__field_{}", field.name);
                let names = variant.fields.iter().map(bound);
                let same = variant.fields.iter().map(|field| {
                    let name = bound(field);
                    is(field, &quote!(#name))
                });
                quote!(Self::#name { #(#members: #names,)* .. } => { #(#same)* })
            });
            let rest = (is_state || variants.is_empty()).then(|| quote!(_ => {}));
            let value = quote_spanned!(at=> __value);
            quote! {
                #(#built)*
                let _ = |__value: &Self| {
                    #[allow(unreachable_patterns)]
                    match #value { #(#arms)* #rest }
                };
            }
        }
    }
}

/// What a field adds to the types that can be reached; fails to compile where it cannot be kept.
fn registered(place: usize, field: &Field, require: &Ident, private: &TokenStream) -> TokenStream {
    let (ty, attributes) = (&field.ty, &field.attributes);
    let owner = quote!(<Self as #private::Describe>::TYPE);
    let own = match attributes.known() {
        Known::Skipped => TokenStream::new(),
        Known::Serde => quote_spanned! {span_of(ty)=>
            #private::require_serde::<#ty>();
        },
        Known::As => {
            let by = field.attributes.carried.as_ref().map(|carried| &carried.ty);
            quote_spanned! {span_of(&by)=>
                #private::#require::<#by>();
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
            let require = match field.is_of_macro && require == "require_state" {
                true => format_ident!("require_state_of_macro"),
                false => require.clone(),
            };
            quote_spanned! {span_of(ty)=>
                #private::#require::<#ty>();
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
    let arguments = Arguments::of(ty, field.attributes.whole, private);
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

/// The types in what a field's own type is made of, that may be described.
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
            let arguments = Arguments::of(&field.ty, field.attributes.whole, private);
            types.extend(arguments.types().into_iter().cloned());
        }
    }
    types
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
                        // Outside of the `unsafe` block: what the user wrote is none.
                        let __value = #value;
                        // SAFETY: `{}` builds only variants without fields, and so is each built.
                        unsafe {
                            #private::discriminant(
                                #private::ManuallyDrop::new(Self::#ident {}),
                                __value,
                            )
                        }
                    }),
                    false => value,
                };
                let name = crate::signature::unraw(ident);
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
                Some(repr) => quote!(#private::Some(#repr)),
                None => quote!(#private::None),
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
    let arguments = Arguments::of(ty, field.attributes.whole, private).refs(private);
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

/// What a type without a record of its own mentions with so many levels left: itself and what its
/// fields mention with one level fewer.
fn levels(state: &State, private: &TokenStream) -> TokenStream {
    let levels = (0..=6_usize).map(|level| {
        let this = format_ident!("LEVEL_{level}");
        if level == 0 {
            return quote! {
                const #this: #private::Instances =
                    #private::Instances::cut(<Self as #private::Describe>::DESC);
            };
        }
        let below = format_ident!("LEVEL_{}", level - 1);
        let fields = state.fields();
        let parts = described(&fields, private)
            .into_iter()
            .map(|ty| quote!(&#private::Probe::<#ty>::#below))
            .chain(sources(&fields, level - 1, private));
        quote! {
            const #this: #private::Instances = #private::Instances::named(
                <Self as #private::Describe>::DESC,
                &[#(#parts),*],
            );
        }
    });
    quote!(#(#levels)*)
}

/// What the types mention that fields are converted from, with so many levels left: a module may
/// know such a type for that alone.
fn sources(fields: &[&Field], level: usize, private: &TokenStream) -> Vec<TokenStream> {
    let described = |field: &&&Field| field.attributes.with.as_ref().is_some_and(|it| !it.opaque);
    let fields = fields.iter().filter(described);
    fields
        .map(|field| {
            let with = parts::with_of(field, private);
            quote!(&#with.mentions(#level))
        })
        .collect()
}

fn record(state: &State, private: &TokenStream) -> TokenStream {
    let name = &state.name;
    let fields = state.fields();
    let types = described(&fields, private);
    let sources = sources(&fields, 6, private);
    let opaque = fields
        .iter()
        .enumerate()
        .flat_map(|(place, field)| opaque_records(state, place, field, private));
    quote! {
        #(#opaque)*
        const __DESC: ::core::option::Option<&'static #private::TypeDesc> =
            <#name as #private::Describe>::DESC;
        const __MENTIONED: &[&#private::Instances] =
            &[#(&#private::Probe::<#types>::LEVEL_6,)* #(#sources),*];
        const __LEN: [#private::usize; 2] = #private::type_len(__DESC, __MENTIONED);
        #[used]
        // SAFETY: the section holds nothing but records.
        #[unsafe(link_section = ".hotmod")]
        static __RECORD: #private::Record<{ __LEN[0] }, { __LEN[1] }> =
            #private::type_record(__DESC, __MENTIONED);
    }
}

/// The records of which types a field, and what it is converted from, are that hotmod cannot look
/// into.
fn opaque_records(
    state: &State,
    place: usize,
    field: &Field,
    private: &TokenStream,
) -> Vec<TokenStream> {
    let (name, ty) = (&state.name, &field.ty);
    let owner = quote!(<#name as #private::Describe>::TYPE);
    // There is one, or none where it turns out that the type has a description.
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
            };
        }
    };
    let mut records = Vec::new();
    let known = quote_spanned!(span_of(ty)=> #private::Probe::<#ty>::KNOWN);
    let arguments = Arguments::of(ty, field.attributes.whole, private);
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

/// The longest text of a type, in bytes; it is only shown.
const LONGEST: usize = 200;

/// A type as its author would write it.
pub(super) fn spelled(ty: &syn::Type) -> String {
    let tokens = quote!(#ty).to_string();
    let words: Vec<&str> = tokens.split_whitespace().collect();
    let mut text = words.join(" ");
    for (spaced, close) in [
        (" :: ", "::"),
        (" < ", "<"),
        (" >", ">"),
        (" ,", ","),
        (" ;", ";"),
    ] {
        text = text.replace(spaced, close);
    }
    let end = text.floor_char_boundary(LONGEST);
    text.truncate(end);
    text
}
