//! What a signature says about callers that were compiled with another form of it: `#[hotmod(default)]` on a
//! parameter, `#[hotmod(removed("name"))]` and `#[hotmod::optional]` on a method.
//!
//! The compiler does not know these attributes: the macro that reads them takes them off the item.

use proc_macro2::{Span, TokenStream};
use syn::parse::{Parse, ParseStream};
use syn::spanned::Spanned;
use syn::{
    Attribute, Error, Expr, FnArg, Ident, ImplItem, ItemFn, ItemImpl, ItemTrait, LitStr, Meta,
    PatType, Receiver, Token, TraitItem, Type, parse_quote,
};

use crate::codes;
use crate::faults::Faults;

/// What the attributes of a method or function say.
#[derive(Default)]
pub(crate) struct Evolution {
    /// Where the source says that the other side may lack the function.
    pub(crate) optional: Option<Span>,
    /// The parameters that the function had once.
    pub(crate) removed: Vec<LitStr>,
}

impl Evolution {
    /// Reads the attributes of a method of an interface.
    pub(crate) fn of_method(
        attributes: &[Attribute],
        params: &[String],
        faults: &mut Faults,
    ) -> Self {
        Self::read(attributes, params, faults)
    }

    /// Reads the attributes of an exported function.
    pub(crate) fn of_function(
        attributes: &[Attribute],
        params: &[String],
        faults: &mut Faults,
    ) -> Self {
        let mut evolution = Self::read(attributes, params, faults);
        if let Some(span) = evolution.optional.take() {
            faults.at_span(codes::EVOLUTION_ATTRIBUTE_UNFIT,
                span,
                "whether a function may be lacking is for the host to say, which asks for it by name",
                "remove `optional`; it stands on methods of interfaces",
            );
        }
        evolution
    }

    /// Reads the attributes of an import.
    pub(crate) fn of_import(
        attributes: &[Attribute],
        params: &[String],
        faults: &mut Faults,
    ) -> Self {
        let mut evolution = Self::read(attributes, params, faults);
        for name in std::mem::take(&mut evolution.removed) {
            faults.at(
                codes::EVOLUTION_ATTRIBUTE_UNFIT,
                &name,
                "`removed` is about what callers pass still, and here the caller is this module",
                "remove it; a parameter that hosts may lack is marked `#[hotmod(default)]`",
            );
        }
        evolution
    }

    fn read(attributes: &[Attribute], params: &[String], faults: &mut Faults) -> Self {
        let mut evolution = Evolution::default();
        for attribute in attributes {
            if is_optional(attribute) {
                evolution.allow_lack(attribute.span(), faults);
                if !matches!(attribute.meta, Meta::Path(_)) {
                    faults.at(
                        codes::EVOLUTION_ATTRIBUTE_UNFIT,
                        attribute,
                        "`optional` takes nothing",
                        "write `#[hotmod::optional]`",
                    );
                }
                continue;
            }
            if !is_ours(attribute) {
                continue;
            }
            match attribute.parse_args_with(OnFunction::all) {
                Ok(all) => {
                    for one in all {
                        match one {
                            OnFunction::Optional(span) => evolution.allow_lack(span, faults),
                            OnFunction::Removed(name) => evolution.removed.push(name),
                        }
                    }
                }
                Err(error) => faults.push(error),
            }
        }
        for (i, name) in evolution.removed.iter().enumerate() {
            if params.contains(&name.value()) {
                faults.at(
                    codes::EVOLUTION_ATTRIBUTE_UNFIT,
                    name,
                    "the function has this parameter",
                    "name in `removed` what it had once and has no more",
                );
            }
            if evolution.removed[..i]
                .iter()
                .any(|it| it.value() == name.value())
            {
                faults.at(
                    codes::EVOLUTION_ATTRIBUTE_UNFIT,
                    name,
                    "the parameter is named twice",
                    "remove one of them",
                );
            }
        }
        evolution
    }

    fn allow_lack(&mut self, span: Span, faults: &mut Faults) {
        if self.optional.replace(span).is_some() {
            faults.at_span(
                codes::EVOLUTION_ATTRIBUTE_UNFIT,
                span,
                "`optional` is given twice",
                "remove one of them",
            );
        }
    }
}

/// Reports these attributes on the methods of an `impl`: they belong on the interface.
pub(crate) fn check_impl(item: &ItemImpl, faults: &mut Faults) {
    let is_any = |it: &&Attribute| is_ours(it) || is_optional(it);
    let help =
        "write it in the trait marked `#[hotmod::interface]`, which hosts are compiled with too";
    for member in &item.items {
        let ImplItem::Fn(method) = member else {
            continue;
        };
        for attribute in method.attrs.iter().filter(is_any) {
            faults.at(
                codes::EVOLUTION_ATTRIBUTE_UNFIT,
                attribute,
                "what callers may leave out, the interface says",
                help,
            );
        }
        for input in &method.sig.inputs {
            for attribute in attributes_of(input).iter().filter(is_any) {
                faults.at(
                    codes::EVOLUTION_ATTRIBUTE_UNFIT,
                    attribute,
                    "what callers may leave out, the interface says",
                    help,
                );
            }
        }
    }
}

/// Reports these attributes on a receiver.
pub(crate) fn check_receiver(receiver: &Receiver, faults: &mut Faults) {
    for attribute in receiver.attrs.iter().filter(|it| is_ours(it)) {
        faults.at(
            codes::EVOLUTION_ATTRIBUTE_UNFIT,
            attribute,
            "every call has a state: nothing could stand in for it",
            "remove the attribute; it stands on the parameters after `self`",
        );
    }
}

fn attributes_of(input: &FnArg) -> &[Attribute] {
    match input {
        FnArg::Receiver(receiver) => &receiver.attrs,
        FnArg::Typed(param) => &param.attrs,
    }
}

/// The default of a parameter.
pub(crate) fn default(param: &PatType, faults: &mut Faults) -> Option<Expr> {
    let mut default = None;
    for attribute in param.attrs.iter().filter(|it| is_ours(it)) {
        match attribute.parse_args::<OnParam>() {
            Ok(OnParam(expr)) => {
                if default.replace(expr).is_some() {
                    faults.at(
                        codes::EVOLUTION_ATTRIBUTE_UNFIT,
                        attribute,
                        "`default` is given twice",
                        "remove one of them",
                    );
                }
            }
            Err(error) => faults.push(error),
        }
    }
    let exclusive = matches!(&*param.ty, Type::Reference(it) if it.mutability.is_some());
    if exclusive && default.is_some() {
        faults.at(
            codes::EVOLUTION_ATTRIBUTE_UNFIT,
            &param.ty,
            "what is changed by the call belongs to the caller, so nothing can stand in for it",
            "take it by value or by shared reference, or remove the default",
        );
        return None;
    }
    default
}

/// The trait without the attributes that are read here; `None` if it has none of them.
pub(crate) fn strip_trait(mut item: ItemTrait) -> Option<ItemTrait> {
    let mut found = false;
    for member in &mut item.items {
        if let TraitItem::Fn(method) = member {
            found |= strip(&mut method.attrs, &mut method.sig);
        }
    }
    found.then_some(item)
}

/// The same for an implementation.
pub(crate) fn strip_impl(mut item: ItemImpl) -> Option<ItemImpl> {
    let mut found = false;
    for member in &mut item.items {
        if let ImplItem::Fn(method) = member {
            found |= strip(&mut method.attrs, &mut method.sig);
        }
    }
    found.then_some(item)
}

/// The same for a function.
pub(crate) fn strip_function(mut item: ItemFn) -> Option<ItemFn> {
    strip(&mut item.attrs, &mut item.sig).then_some(item)
}

/// Takes off the attributes that are read here; returns whether there were any.
pub(crate) fn strip(attributes: &mut Vec<Attribute>, signature: &mut syn::Signature) -> bool {
    let mut found = false;
    let mut take = |attributes: &mut Vec<Attribute>| {
        let before = attributes.len();
        attributes.retain(|it| !is_ours(it) && !is_optional(it));
        found |= attributes.len() < before;
    };
    take(attributes);
    for input in &mut signature.inputs {
        match input {
            FnArg::Typed(param) => take(&mut param.attrs),
            FnArg::Receiver(receiver) => take(&mut receiver.attrs),
        }
    }
    found
}

/// Reports `#[hotmod::optional]` on an item where it has no meaning.
pub(crate) fn misplaced(item: TokenStream) -> TokenStream {
    let mut faults = Faults::default();
    faults.at_span(codes::ATTRIBUTE_MISPLACED,
        Span::call_site(),
        "`optional` stands on a method of an interface or below `#[hotmod::import]`",
        "put it on the method that a version may lack, inside of a trait marked `#[hotmod::interface]`, or \
         between `#[hotmod::import]` and the function that a host may lack",
    );
    faults.or_expand(item, TokenStream::new)
}

/// `#[hotmod::optional]` among attributes.
pub(crate) fn optional(attributes: &[Attribute]) -> Option<&Attribute> {
    attributes.iter().find(|it| is_optional(it))
}

fn is_ours(attribute: &Attribute) -> bool {
    attribute.path().is_ident("hotmod")
}

/// Whether it is `#[hotmod::optional]`, whatever path the crate has.
fn is_optional(attribute: &Attribute) -> bool {
    let segments = &attribute.path().segments;
    segments.len() > 1 && segments.last().is_some_and(|last| last.ident == "optional")
}

/// `default`, `default = expr`
struct OnParam(Expr);

impl Parse for OnParam {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let help = "on a parameter stands `default` or `default = expr`: what it is for a caller that \
                    does not know it";
        match input.parse::<Ident>() {
            Ok(name) if name == "default" => {}
            Ok(name) => return Err(unknown(name.span(), help)),
            Err(error) => return Err(unknown(error.span(), help)),
        }
        let default = match input.parse::<Option<Token![=]>>()? {
            Some(_) => input.parse()?,
            None => parse_quote!(::core::default::Default::default()),
        };
        match input.is_empty() {
            true => Ok(OnParam(default)),
            false => Err(unknown(input.span(), help)),
        }
    }
}

/// `optional`, `removed("name")`
enum OnFunction {
    Optional(Span),
    Removed(LitStr),
}

impl OnFunction {
    fn all(input: ParseStream<'_>) -> syn::Result<Vec<Self>> {
        let all = input.parse_terminated(Self::parse, Token![,])?;
        Ok(all.into_iter().collect())
    }
}

impl Parse for OnFunction {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let help = "on a method or function stands `optional` or `removed(\"name\")`";
        let name: Ident = input.parse().map_err(|error| unknown(error.span(), help))?;
        if name == "optional" {
            return Ok(OnFunction::Optional(name.span()));
        }
        if name != "removed" || !input.peek(syn::token::Paren) {
            return Err(unknown(name.span(), help));
        }
        let content;
        syn::parenthesized!(content in input);
        content.parse().map(OnFunction::Removed)
    }
}

fn unknown(span: Span, help: &str) -> Error {
    Error::new(span, format!("unknown option\nhelp: {help}"))
}
