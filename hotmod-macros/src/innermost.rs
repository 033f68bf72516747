//! The checks that a type is state, or can cross. Of types within each other, the check fails at the
//! innermost that is to blame, and the compiler's error is short: it lists no types that would do.

use proc_macro2::{Span, TokenStream};
use quote::quote_spanned;
use syn::{GenericArgument, PathArguments, PathSegment, Type};

use crate::faults::span_of;
use crate::names::unraw;

const PRIMITIVES: [&str; 16] = [
    "bool", "char", "f32", "f64", "i8", "i16", "i32", "i64", "i128", "isize", "u8", "u16", "u32",
    "u64", "u128", "usize",
];

/// Types that are state, and can cross, only if their parameters have an order, or a hash, too. The
/// compiler says so only in an error that leads through their impls. This list only chooses between two
/// errors about a type, since a name does not prove which type it is.
const CONDITIONED: [&str; 9] = [
    "BTreeMap",
    "BTreeSet",
    "BinaryHeap",
    "Cow",
    "HashMap",
    "HashSet",
    "PhantomData",
    "RangeInclusive",
    "Weak",
];

/// A type, and those that its source names within it.
struct Node<'a> {
    ty: &'a Type,
    within: Vec<Node<'a>>,
}

/// What a type is to be.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Demand {
    /// State.
    Kept,
    /// What passes between host and module.
    Crossing,
}

impl Demand {
    /// Code that fails to compile at the innermost type that is to blame. The type names no parameter
    /// of the item around it.
    pub(crate) fn require(self, ty: &Type, private: &TokenStream) -> TokenStream {
        let mut checks = TokenStream::new();
        self.check(&self.node(ty), &mut Vec::new(), private, &mut checks);
        checks
    }

    fn node(self, ty: &Type) -> Node<'_> {
        let within = match ty {
            Type::Paren(paren) => return self.node(&paren.elem),
            Type::Group(group) => return self.node(&group.elem),
            _ => self.within(ty),
        };
        Node { ty, within }
    }

    fn within(self, ty: &Type) -> Vec<Node<'_>> {
        match ty {
            Type::Array(array) => vec![self.node(&array.elem)],
            Type::Tuple(tuple) => tuple.elems.iter().map(|it| self.node(it)).collect(),
            Type::Path(path) => {
                let segments = path.path.segments.iter();
                let types = segments.flat_map(arguments);
                // A slice cannot stand there by itself.
                let nodes = types.flat_map(|ty| match ty {
                    Type::Slice(slice) => vec![self.node(&slice.elem)],
                    ty => vec![self.node(ty)],
                });
                nodes.collect()
            }
            Type::Reference(reference) if self == Demand::Crossing => match &*reference.elem {
                Type::Slice(slice) => vec![self.node(&slice.elem)],
                elem => vec![self.node(elem)],
            },
            // A pointer is itself to blame.
            _ => Vec::new(),
        }
    }

    /// Adds the checks of a type and of the types within it. A check passes where a type further within
    /// is to blame, and where one of the types `around` is fine as it is.
    fn check<'a>(
        self,
        node: &Node<'a>,
        around: &mut Vec<&'a Type>,
        private: &TokenStream,
        checks: &mut TokenStream,
    ) {
        let ty = node.ty;
        let at = span_of(ty);
        let fine = around.iter().map(|ty| self.is_fine(ty, at, private));
        let told = node.within.iter().map(|node| {
            let fine = self.is_fine(node.ty, at, private);
            quote_spanned!(at=> !(#fine))
        });
        let told: Vec<TokenStream> = fine.chain(told).collect();
        let trait_ = match (self, has_conditions(ty)) {
            (Demand::Kept, false) => quote_spanned!(at=> KeptAsState),
            (Demand::Kept, true) => quote_spanned!(at=> KeptOnConditions),
            (Demand::Crossing, false) => quote_spanned!(at=> CanCross),
            (Demand::Crossing, true) => quote_spanned!(at=> CanCrossOnConditions),
        };
        checks.extend(match told.is_empty() {
            true => quote_spanned!(at=> let () = <#ty as #private::#trait_>::IS;),
            false => quote_spanned! {at=>
                let () = <#ty as #private::#trait_<{ #(#told)||* }>>::IS;
            },
        });
        around.push(ty);
        for node in &node.within {
            self.check(node, around, private, checks);
        }
        around.pop();
    }

    /// Whether a type may stand in another that is what is demanded.
    fn is_fine(self, ty: &Type, at: Span, private: &TokenStream) -> TokenStream {
        let probe = quote_spanned!(at=> #private::Probe::<#ty>);
        match self {
            Demand::Kept => quote_spanned!(at=> #probe::KNOWN || #probe::HASHES),
            Demand::Crossing => {
                quote_spanned!(at=> #probe::CROSSES || #probe::KNOWN || #probe::HASHES)
            }
        }
    }
}

/// The types that a part of a path is applied to.
fn arguments(segment: &PathSegment) -> Vec<&Type> {
    let PathArguments::AngleBracketed(arguments) = &segment.arguments else {
        return Vec::new();
    };
    let types = arguments.args.iter().filter_map(|argument| match argument {
        GenericArgument::Type(ty) if !may_be_a_value(ty) => Some(ty),
        _ => None,
    });
    types.collect()
}

/// Whether what the parser takes for a type may be a constant: its name does not rule that out.
fn may_be_a_value(ty: &Type) -> bool {
    let Type::Path(path) = ty else {
        return false;
    };
    let Some(last) = path.path.segments.last() else {
        return true;
    };
    let name = unraw(&last.ident);
    let is_camel_case = name.starts_with(char::is_uppercase) && name.contains(char::is_lowercase);
    let has_arguments = !last.arguments.is_none();
    !(is_camel_case || has_arguments || PRIMITIVES.contains(&name.as_str()))
}

fn has_conditions(ty: &Type) -> bool {
    let Type::Path(path) = ty else {
        return false;
    };
    let last = path.path.segments.last();
    last.is_some_and(|last| CONDITIONED.iter().any(|known| last.ident == known))
}
