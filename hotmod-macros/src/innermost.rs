//! The checks that a type is state, or can cross. Of types within each other, the check fails at the
//! innermost that is to blame, and the compiler's error is short: it lists no types that would do.

use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote_spanned};
use syn::{GenericArgument, PathArguments, PathSegment, Type};

use crate::faults::span_of;
use crate::features;
use crate::names::unraw;

const PRIMITIVES: [&str; 16] = [
    "bool", "char", "f32", "f64", "i8", "i16", "i32", "i64", "i128", "isize", "u8", "u16", "u32",
    "u64", "u128", "usize",
];

/// Types that are state, and can cross, only if their parameters have an order, or a hash, too. The
/// compiler says so only in an error that leads through their impls. This list and those below only choose
/// between errors about a type, since a name does not prove which type it is.
const CONDITIONED: [&str; 6] = [
    "BTreeMap",
    "BTreeSet",
    "BinaryHeap",
    "HashMap",
    "HashSet",
    "RangeInclusive",
];

/// Types that have no size, which stand in others only.
const UNSIZED: [&str; 4] = ["CStr", "OsStr", "Path", "str"];

/// As many values as a tuple may have.
const TUPLE: usize = 12;

/// A type, and those that its source names within it.
struct Node<'a> {
    ty: &'a Type,
    demand: Demand,
    within: Vec<Node<'a>>,
}

/// What a type is to be.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Demand {
    /// State.
    Kept,
    /// A part of an earlier form.
    Read,
    /// What passes between host and module.
    Crossing,
    /// What a `PhantomData` names.
    Named,
}

impl Demand {
    /// Code that fails to compile at the innermost type that is to blame.
    pub(crate) fn require(self, ty: &Type, private: &TokenStream) -> TokenStream {
        let mut checks = TokenStream::new();
        let node = self.node(ty);
        node.check(&mut Vec::new(), private, &mut checks);
        checks
    }

    fn node(self, ty: &Type) -> Node<'_> {
        let within = match ty {
            Type::Paren(paren) => return self.node(&paren.elem),
            Type::Group(group) => return self.node(&group.elem),
            _ if is_phantom(ty) => Demand::Named.within(ty),
            _ => self.within(ty),
        };
        Node {
            ty,
            demand: self,
            within,
        }
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

    /// The trait of [`private`](../hotmod/private) by whose error the compiler tells what a type lacks.
    fn trait_for(self, ty: &Type) -> &'static str {
        let name = last(ty).map(|last| unraw(&last.ident)).unwrap_or_default();
        let has_conditions = CONDITIONED.contains(&name.as_str());
        let is_long = matches!(ty, Type::Tuple(tuple) if tuple.elems.len() > TUPLE);
        if self == Demand::Kept
            && let Some(featured) = features::of(ty)
        {
            return featured.asked;
        }
        match (self, name.as_str()) {
            (Demand::Named, _) => "NamedByPhantom",
            (Demand::Kept, "Cow") => "KeptAsCow",
            (Demand::Kept, "Weak") => "KeptAsWeak",
            (Demand::Kept, _) if is_long => "KeptAsTuple",
            (Demand::Kept, _) if has_conditions => "KeptOnConditions",
            (Demand::Kept, _) => "KeptAsState",
            (Demand::Read, _) if has_conditions => "CanBeReadOnConditions",
            (Demand::Read, _) => "CanBeRead",
            (Demand::Crossing, _) if is_long => "CanCrossAsTuple",
            (Demand::Crossing, _) if has_conditions => "CanCrossOnConditions",
            (Demand::Crossing, _) => "CanCross",
        }
    }
}

impl<'a> Node<'a> {
    /// Adds the checks of a type and of the types within it. A check passes where a type further within
    /// is to blame, and where one of the types `around` is fine as it is.
    fn check(
        &self,
        around: &mut Vec<(&'a Type, Demand)>,
        private: &TokenStream,
        checks: &mut TokenStream,
    ) {
        let at = span_of(self.ty);
        let fine = around
            .iter()
            .map(|&(ty, demand)| is_fine(ty, demand, at, private));
        let told = self.within.iter().map(|node| node.is_told(at, private));
        let told: Vec<TokenStream> = fine.chain(told).collect();
        let ty = self.ty;
        let trait_ = format_ident!("{}", self.demand.trait_for(ty), span = at);
        checks.extend(match told.split_first() {
            None => quote_spanned!(at=> let () = <#ty as #private::#trait_>::IS;),
            Some((first, rest)) => quote_spanned! {at=>
                <#ty as #private::#trait_<_>>::unless(#first #(.or(#rest))*);
            },
        });
        around.push((self.ty, self.demand));
        for node in &self.within {
            node.check(around, private, checks);
        }
        around.pop();
    }

    /// Whether another check tells that it is not what is demanded.
    fn is_told(&self, at: Span, private: &TokenStream) -> TokenStream {
        let fine = is_fine(self.ty, self.demand, at, private);
        quote_spanned!(at=> #fine.negated())
    }
}

/// Whether a type may stand in another that is what is demanded: a `Yes` or a `No`.
fn is_fine(ty: &Type, demand: Demand, at: Span, private: &TokenStream) -> TokenStream {
    let probe = quote_spanned!(at=> #private::Probe::<#ty>);
    match demand {
        Demand::Kept => quote_spanned!(at=> #probe::is_kept().or(#probe::hashes())),
        Demand::Read => quote_spanned!(at=> #probe::is_read().or(#probe::hashes())),
        Demand::Crossing => {
            quote_spanned!(at=> #probe::crosses().or(#probe::is_kept()).or(#probe::hashes()))
        }
        Demand::Named => quote_spanned!(at=> #probe::is_named()),
    }
}

/// The types that a part of a path is applied to.
fn arguments(segment: &PathSegment) -> Vec<&Type> {
    let PathArguments::AngleBracketed(arguments) = &segment.arguments else {
        return Vec::new();
    };
    let types = arguments.args.iter().filter_map(|argument| match argument {
        GenericArgument::Type(ty) if !may_be_a_value(ty) && !is_unsized(ty) => Some(ty),
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

/// The last part of a type's name.
fn last(ty: &Type) -> Option<&PathSegment> {
    match ty {
        Type::Path(path) => path.path.segments.last(),
        _ => None,
    }
}

fn is_unsized(ty: &Type) -> bool {
    last(ty).is_some_and(|last| UNSIZED.iter().any(|name| last.ident == name))
}

fn is_phantom(ty: &Type) -> bool {
    last(ty).is_some_and(|last| last.ident == "PhantomData")
}
