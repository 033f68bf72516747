//! What the derive knows of a type.

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, quote};
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{Attribute, Data, DeriveInput, Expr, Fields, GenericParam, Generics, Type};

use super::attributes::{
    FieldAttributes, Repr, Represented, TypeAttributes, VariantAttributes, below, claimed_once,
    derives, tools,
};
use super::{flags, foreign};
use crate::codes;
use crate::faults::{Faults, file_of};
use crate::names::unraw;
use crate::options::Options;

pub(super) struct State {
    pub(super) name: Ident,
    /// The id under which manifests know the type.
    pub(super) id: String,
    pub(super) meaning: u32,
    pub(super) attributes: TypeAttributes,
    pub(super) generics: Generics,
    pub(super) body: Body,
    pub(super) options: Options,
    /// The lint attributes of the item, for the code that is generated where the user wrote `unsafe`.
    pub(super) lints: Vec<Attribute>,
    /// Whether `body` is what the source says: not of a type with faults, whose parts are left out.
    pub(super) is_whole: bool,
}

pub(super) enum Body {
    Struct(Vec<Field>),
    Enum {
        repr: Represented,
        /// The names of further derives and of tools, where a macro that was imported as `derive`, or stands in
        /// a module of a tool's name, could change how the enum is represented.
        derives: Vec<Ident>,
        tools: Vec<Ident>,
        /// The type that the discriminants are written in.
        discriminant: TokenStream,
        /// Whether a value is its discriminant and nothing else.
        is_plain: bool,
        variants: Vec<Variant>,
    },
}

pub(super) struct Field {
    /// The name, or the index in a tuple.
    pub(super) member: syn::Member,
    pub(super) name: String,
    pub(super) ty: Type,
    /// Whether the source has the type that `bitflags!` writes there, and `ty` is that of its bits.
    pub(super) is_flags: bool,
    pub(super) attributes: FieldAttributes,
    /// Whether no fault was found in it.
    is_sound: bool,
    /// Whether a macro writes the field, so that the macro's user cannot put an attribute on it.
    pub(super) is_of_macro: bool,
}

pub(super) struct Variant {
    pub(super) name: Ident,
    /// The discriminant, if the source gives one.
    pub(super) discriminant: Option<Expr>,
    pub(super) fields: Vec<Field>,
    pub(super) attributes: VariantAttributes,
}

impl State {
    pub(super) fn parse(input: &DeriveInput, faults: &mut Faults) -> Option<Self> {
        let attributes = TypeAttributes::parse(&input.attrs, faults);
        let repr = Repr::parse(&input.attrs);
        if let Some(packed) = &repr.packed {
            faults.at(
                codes::STATE_TYPE_UNFIT,
                packed,
                "the fields of a packed type have no alignment of their own, so they cannot be \
                 lent or converted in place",
                "remove `packed`; without it, `repr(C)` fixes the places of the fields too",
            );
        }
        for param in &input.generics.params {
            if let GenericParam::Lifetime(param) = param {
                faults.at(
                    codes::STATE_TYPE_UNFIT,
                    param,
                    "state owns its data: it outlives whatever it could borrow from",
                    "remove the lifetime and own the data: `String` for `&str`, `Vec<T>` for `&[T]`",
                );
            }
        }
        let options = Options::new(attributes.krate.clone());
        let of = (&input.ident, &options.private());
        let body = match &input.data {
            Data::Struct(data) => Body::Struct(fields(of, &data.fields, faults)),
            Data::Enum(data) => {
                let variants: Vec<Variant> = data
                    .variants
                    .iter()
                    .map(|variant| Variant {
                        attributes: VariantAttributes::parse(&variant.attrs, faults),
                        name: variant.ident.clone(),
                        discriminant: variant.discriminant.clone().map(|(_, expr)| expr),
                        fields: fields(of, &variant.fields, faults),
                    })
                    .collect();
                let names = variants.iter().map(|variant| &variant.attributes.was);
                claimed_once("variant", names, faults);
                check_other(&variants, faults);
                let is_plain = !repr.align && variants.iter().all(|it| it.fields.is_empty());
                Body::Enum {
                    repr: match below(&input.attrs).filter(|_| !is_plain) {
                        Some(below) => Represented::Left(below),
                        None => repr.represented(),
                    },
                    derives: derives(&input.attrs),
                    tools: tools(&input.attrs),
                    discriminant: match repr.discriminant {
                        Some(ident) => quote!(::core::primitive::#ident),
                        None => quote!(::core::primitive::isize),
                    },
                    is_plain,
                    variants,
                }
            }
            Data::Union(data) => {
                faults.at(
                    codes::STATE_TYPE_UNFIT,
                    data.union_token,
                    "a union does not say which of its fields is in use",
                    "write an enum",
                );
                return None;
            }
        };
        let state = State {
            name: input.ident.clone(),
            id: match &attributes.id {
                Some(id) => id.value(),
                None => unraw(&input.ident),
            },
            meaning: attributes.meaning.unwrap_or(0),
            generics: input.generics.clone(),
            body,
            options,
            lints: lints(&input.attrs),
            attributes,
            is_whole: true,
        };
        state.check_opaque(faults);
        Some(state)
    }

    /// Reports opaque fields that cannot be: the identity of an opaque type stands in a `static`, which
    /// cannot use parameters.
    fn check_opaque(&self, faults: &mut Faults) {
        let opaque = |field: &&Field| {
            let attributes = &field.attributes;
            attributes.opaque || attributes.with.as_ref().is_some_and(|with| with.opaque)
        };
        for field in self.fields().into_iter().filter(opaque) {
            foreign::check(&field.ty, faults);
            if self.is_generic() {
                faults.at(
                    codes::STATE_TYPE_UNFIT,
                    &field.ty,
                    "an opaque type cannot stand in a type with parameters",
                    "put the field into a struct without parameters",
                );
            }
        }
    }

    /// Reports attributes about earlier forms: a type that is only read says nothing of what was before
    /// it.
    pub(super) fn check_old(&self, faults: &mut Faults) {
        let help = "remove it: the earlier form takes `id = \"…\"`, `meaning = n` and `crate = path`, \
                    and its fields take `opaque`";
        let types = self.attributes.keys.iter();
        let fields = self.fields().into_iter().flat_map(|it| &it.attributes.keys);
        let variants: Vec<&Ident> = match &self.body {
            Body::Struct(_) => Vec::new(),
            Body::Enum { variants, .. } => {
                variants.iter().flat_map(|it| &it.attributes.keys).collect()
            }
        };
        for key in types.chain(fields).chain(variants) {
            if key == "skip" {
                faults.at(
                    codes::STATE_ATTRIBUTE_UNFIT,
                    key,
                    "what was not carried over cannot be read in place",
                    "read the other fields by `Old::get`",
                );
            } else if !["id", "meaning", "crate", "opaque"]
                .iter()
                .any(|known| key == known)
            {
                faults.at(
                    codes::STATE_ATTRIBUTE_UNFIT,
                    key,
                    &format!("`{key}` has no effect on a type that is only read"),
                    help,
                );
            }
        }
    }

    /// Leaves out the fields that a fault was found in.
    pub(super) fn keep_sound(&mut self) {
        self.is_whole = false;
        let is_generic = self.is_generic();
        let is_sound = |field: &Field| {
            let attributes = &field.attributes;
            let is_opaque =
                attributes.opaque || attributes.with.as_ref().is_some_and(|with| with.opaque);
            field.is_sound && !(is_generic && is_opaque)
        };
        match &mut self.body {
            Body::Struct(fields) => fields.retain(is_sound),
            Body::Enum { variants, .. } => {
                for variant in variants {
                    variant.fields.retain(is_sound);
                }
            }
        }
    }

    /// Whether the type has parameters, and so a description for each use.
    pub(super) fn is_generic(&self) -> bool {
        !self.generics.params.is_empty()
    }

    pub(super) fn fields(&self) -> Vec<&Field> {
        match &self.body {
            Body::Struct(fields) => fields.iter().collect(),
            Body::Enum { variants, .. } => variants.iter().flat_map(|v| &v.fields).collect(),
        }
    }
}

/// Reports variants that those cannot arrive in which a receiver does not know.
fn check_other(variants: &[Variant], faults: &mut Faults) {
    let mut others = variants
        .iter()
        .filter_map(|it| Some((it, it.attributes.other.as_ref()?)));
    let Some(first) = others.next() else {
        return;
    };
    for (_, key) in others.clone() {
        faults.at(
            codes::STATE_ATTRIBUTE_UNFIT,
            key,
            "two variants are for all that are not known",
            &format!("keep `other` on one of them, such as `{}`", first.0.name),
        );
    }
    for (variant, key) in [first].into_iter().chain(others) {
        let help = "write a variant without fields, or with one `String`, which gets the name of the variant that \
                    is not known";
        if variant.fields.len() > 1 {
            faults.at(
                codes::STATE_ATTRIBUTE_UNFIT,
                key,
                "`other` has a place for one name",
                help,
            );
        }
        for field in &variant.fields {
            if let Some(given) = field.attributes.keys.first() {
                faults.at(
                    codes::STATE_ATTRIBUTE_UNFIT,
                    given,
                    &format!("`{given}` has no effect on the name of a variant"),
                    help,
                );
            }
        }
    }
}

fn lints(attributes: &[Attribute]) -> Vec<Attribute> {
    let levels = ["allow", "warn", "deny"];
    let is_lint = |attribute: &&Attribute| levels.iter().any(|it| attribute.path().is_ident(it));
    attributes.iter().filter(is_lint).cloned().collect()
}

fn fields(
    (of, private): (&Ident, &TokenStream),
    fields: &Fields,
    faults: &mut Faults,
) -> Vec<Field> {
    let file = file_of(of.to_token_stream());
    let fields: Vec<Field> = fields
        .iter()
        .enumerate()
        .map(|(i, field)| {
            let before = faults.count();
            let attributes = FieldAttributes::parse(&field.attrs, faults);
            // A field that is not carried over as it is may be of any type.
            let foreign = attributes.serde || attributes.carried.is_some();
            if !attributes.skip && !foreign {
                Owned { faults }.visit_type(&field.ty);
            }
            let member = match &field.ident {
                Some(ident) => syn::Member::Named(ident.clone()),
                None => syn::Member::Unnamed(syn::Index {
                    index: u32::try_from(i).expect("rustc has fewer fields"),
                    span: field.ty.span(),
                }),
            };
            let bits = flags::bits(of, &field.ty, private);
            Field {
                is_flags: bits.is_some(),
                name: match &field.ident {
                    Some(ident) => unraw(ident),
                    None => i.to_string(),
                },
                member,
                ty: bits.unwrap_or_else(|| field.ty.clone()),
                attributes,
                is_sound: faults.count() == before,
                is_of_macro: file != file_of(field.ty.to_token_stream()),
            }
        })
        .collect();
    let names = fields.iter().map(|field| &field.attributes.was);
    claimed_once("field", names, faults);
    fields
}

/// Reports what state cannot hold, where the syntax shows it.
struct Owned<'a> {
    faults: &'a mut Faults,
}

impl<'ast> Visit<'ast> for Owned<'_> {
    fn visit_type(&mut self, ty: &'ast Type) {
        let (message, help) = match ty {
            Type::Reference(reference) => {
                let is_static = reference
                    .lifetime
                    .as_ref()
                    .is_some_and(|lifetime| lifetime.ident == "static");
                if is_static {
                    (
                        "`&'static` points into the module that is being replaced",
                        "own the data: `String` or `Cow<'static, str>` for `&'static str`, `Vec<T>` \
                         for `&'static [T]`",
                    )
                } else {
                    (
                        "state owns its data: it outlives whatever it could borrow from",
                        "own the data: `String` for `&str`, `Vec<T>` for `&[T]`",
                    )
                }
            }
            Type::FnPtr(_) => (
                "a function pointer points into code that is being replaced",
                "keep a name or a number and look the function up when it is needed",
            ),
            Type::TraitObject(_) => (
                "a trait object points into code that is being replaced",
                "write an enum of the types it may be",
            ),
            Type::Ptr(_) => (
                "a raw pointer says nothing about what it points to",
                "own the data: `Box<T>` or `Vec<T>`",
            ),
            // It holds no value of the type that it names.
            Type::Path(path) if is_phantom(&path.path) => return,
            _ => return visit::visit_type(self, ty),
        };
        self.faults.at(codes::TYPE_UNCROSSABLE, ty, message, help);
    }
}

fn is_phantom(path: &syn::Path) -> bool {
    let last = path.segments.last();
    last.is_some_and(|segment| segment.ident == "PhantomData")
}
