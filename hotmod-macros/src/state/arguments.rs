//! The parameters of a foreign type, as far as the source shows them: each parameter is compared by its
//! description, and the constructor by its identity.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::{GenericArgument, PathArguments, Type, parse_quote};

use crate::faults::span_of;

/// A foreign type, taken apart.
pub(super) struct ForeignType {
    nodes: Vec<Parameter>,
    /// The type with a stand-in for each parameter, so that its identity is that of the constructor.
    constructor: Type,
    /// The parameters that a stand-in took the place of, each with its own constructor.
    replaced: Vec<(Type, Type)>,
}

/// A parameter.
struct Parameter {
    ty: Type,
    nodes: Vec<Parameter>,
}

const PRIMITIVES: [&str; 17] = [
    "bool", "char", "f32", "f64", "i8", "i16", "i32", "i64", "i128", "isize", "str", "u8", "u16",
    "u32", "u64", "u128", "usize",
];

/// Containers of the standard library that bounds are often about.
const TRANSPARENT: [&str; 14] = [
    "Arc", "BTreeMap", "BTreeSet", "Box", "Cell", "HashMap", "HashSet", "Mutex", "Option", "Rc",
    "Result", "RwLock", "Vec", "VecDeque",
];

impl ForeignType {
    /// `whole`: the type is identified with its own parameters, and not by its constructor.
    pub(super) fn of(ty: &Type, whole: bool, private: &TokenStream) -> Self {
        let mut replaced = Vec::new();
        let mut constructor = ty.clone();
        let nodes = take_apart(&mut constructor, &mut replaced, private);
        if whole {
            constructor = ty.clone();
        }
        ForeignType {
            nodes,
            constructor,
            replaced,
        }
    }

    /// The parameters, as the reference to the type has them.
    pub(super) fn refs(&self, private: &TokenStream) -> TokenStream {
        refs(&self.nodes, private)
    }

    /// All types that may be described, from outside in.
    pub(super) fn types(&self) -> Vec<&Type> {
        fn walk<'a>(nodes: &'a [Parameter], found: &mut Vec<&'a Type>) {
            for node in nodes {
                found.push(&node.ty);
                walk(&node.nodes, found);
            }
        }
        let mut found = Vec::new();
        walk(&self.nodes, &mut found);
        found
    }

    /// The identities of the type: its own and, where it has parameters, those of its constructor and
    /// of the constructor of each parameter that is not described.
    pub(super) fn identities(&self, ty: &Type, private: &TokenStream) -> Vec<TokenStream> {
        let id = |ty: &Type| quote_spanned!(span_of(ty)=> #private::TypeId::of::<#ty>());
        let mut identities = vec![id(ty)];
        if self.replaced.is_empty() {
            return identities;
        }
        let constructor = &self.constructor;
        identities.push(quote_spanned!(span_of(ty)=> #private::TypeId::of::<#constructor>()));
        identities.extend(self.replaced.iter().map(|(ty, constructor)| {
            let own = quote_spanned!(span_of(ty)=> #private::TypeId::of::<#constructor>());
            quote_spanned! {span_of(ty)=>
                if #private::Probe::<#ty>::DESCRIBED {
                    #private::TypeId::of::<()>()
                } else {
                    #own
                }
            }
        }));
        identities
    }
}

fn refs(nodes: &[Parameter], private: &TokenStream) -> TokenStream {
    let nodes = nodes.iter().map(|Parameter { ty, nodes }| {
        let (text, within) = (spelled(ty), refs(nodes, private));
        quote_spanned! {span_of(ty)=>
            &const {
                if #private::Probe::<#ty>::DESCRIBED {
                    #private::Probe::<#ty>::TYPE
                } else {
                    #private::TypeRef::unknown(
                        #text,
                        (#private::Probe::<#ty>::SIZE, #private::Probe::<#ty>::ALIGN),
                        #within,
                    )
                }
            }
        }
    });
    quote!(&[#(#nodes),*])
}

/// The parameters of a type; in `ty`, stand-ins take their place.
fn take_apart(
    ty: &mut Type,
    replaced: &mut Vec<(Type, Type)>,
    private: &TokenStream,
) -> Vec<Parameter> {
    let mut nodes = Vec::new();
    let mut part = |part: &mut Type| {
        let whole = part.clone();
        let within = match is_replaced(part) {
            Some(true) => {
                // The parameters inside come after this one, in the order of the source.
                let place = replaced.len();
                replaced.push((whole.clone(), whole.clone()));
                let within = take_apart(part, replaced, private);
                replaced[place].1 = part.clone();
                *part = parse_quote!(#private::StandIn);
                within
            }
            Some(false) => Vec::new(),
            None => take_apart(part, replaced, private),
        };
        nodes.push(Parameter {
            ty: whole,
            nodes: within,
        });
    };
    match ty {
        Type::Array(array) => part(&mut array.elem),
        Type::Slice(slice) => part(&mut slice.elem),
        Type::Tuple(tuple) => tuple.elems.iter_mut().for_each(part),
        Type::Group(group) => return take_apart(&mut group.elem, replaced, private),
        Type::Paren(paren) => return take_apart(&mut paren.elem, replaced, private),
        Type::Path(path) if path.qself.is_none() => {
            let arguments = path.path.segments.iter_mut();
            let arguments = arguments.flat_map(|segment| match &mut segment.arguments {
                PathArguments::AngleBracketed(arguments) => {
                    arguments.args.iter_mut().collect::<Vec<_>>()
                }
                _ => Vec::new(),
            });
            for argument in arguments {
                if let GenericArgument::Type(ty) = argument {
                    part(ty);
                }
            }
        }
        _ => {}
    }
    nodes
}

/// Whether a stand-in takes the place of a parameter; `None` where stand-ins take the places inside of
/// it, since the parameter itself is the language's or the standard library's, and the same in each
/// version.
fn is_replaced(ty: &Type) -> Option<bool> {
    match ty {
        Type::Path(path) if path.qself.is_none() => {
            if PRIMITIVES.iter().any(|it| path.path.is_ident(it)) {
                return Some(false);
            }
            let last = path.path.segments.last()?;
            let applied = !matches!(last.arguments, PathArguments::None);
            let transparent = applied && TRANSPARENT.iter().any(|it| last.ident == it);
            (!transparent).then_some(true)
        }
        Type::Array(_) | Type::Slice(_) | Type::Tuple(_) | Type::Group(_) | Type::Paren(_) => None,
        _ => Some(false),
    }
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
