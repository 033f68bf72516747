//! `#[state(…)]` and `#[repr(…)]`.

use std::collections::BTreeSet;

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;
use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::{Attribute, Error, Expr, LitInt, LitStr, Path, Token, Type};

use crate::faults::Faults;
use crate::options;

/// What `#[state(…)]` says of a type.
#[derive(Default)]
pub(super) struct TypeAttributes {
    /// What was given, in the order of the source.
    pub(super) keys: Vec<Ident>,
    pub(super) id: Option<LitStr>,
    pub(super) meaning: Option<u32>,
    pub(super) krate: Option<Path>,
    pub(super) was: Vec<LitStr>,
    pub(super) removed: Vec<LitStr>,
    pub(super) removed_variants: Vec<(Ident, Ident)>,
}

impl TypeAttributes {
    pub(super) fn parse(attributes: &[Attribute], faults: &mut Faults) -> Self {
        let mut parsed = TypeAttributes::default();
        let help = "a type takes `id = \"…\"`, `was = \"…\"`, `meaning = n`, `removed(\"…\")`, \
                    `removed_variant(Old => New)` and `crate = path`";
        each(attributes, help, faults, |input| {
            if input.peek(Token![crate]) {
                let key = input.fork().call(Ident::parse_any)?;
                parsed.keys.push(key.clone());
                let path = options::crate_path(input)?;
                return once(&mut parsed.krate, &key, path);
            }
            let key: Ident = input.parse()?;
            parsed.keys.push(key.clone());
            match key.to_string().as_str() {
                "id" => once(&mut parsed.id, &key, named(&key, input)?)?,
                "was" => parsed.was.push(named(&key, input)?),
                "meaning" => {
                    equals(&key, input)?;
                    let help = "write `meaning = 1`, and one more whenever the sense changes";
                    let value: LitInt = helped(input.parse(), help)?;
                    let value = helped(value.base10_parse(), help)?;
                    once(&mut parsed.meaning, &key, value)?;
                }
                "removed" => {
                    let content;
                    syn::parenthesized!(content in input);
                    let names = content.parse_terminated(name, Token![,])?;
                    if names.is_empty() {
                        return Err(fault(
                            &key,
                            "`removed` names no field",
                            "write `removed(\"…\")`",
                        ));
                    }
                    parsed.removed.extend(names);
                }
                "removed_variant" => {
                    let content;
                    syn::parenthesized!(content in input);
                    let variants = removed_variant(&content);
                    let help = "write `removed_variant(Old => New)`";
                    parsed.removed_variants.push(helped(variants, help)?);
                }
                _ => return Err(unknown(&key)),
            }
            Ok(())
        });
        parsed
    }

    /// The `AttributeDesc`s.
    pub(super) fn descs(&self, private: &TokenStream) -> TokenStream {
        let was = &self.was;
        let removed = &self.removed;
        let variants = self.removed_variants.iter().map(|(from, to)| {
            let (from, to) = (from.to_string(), to.to_string());
            quote!(#private::AttributeDesc::RemovedVariant(#from, #to))
        });
        quote! {
            &[
                #(#private::AttributeDesc::Was(#was),)*
                #(#private::AttributeDesc::Removed(#removed),)*
                #(#variants,)*
            ]
        }
    }
}

/// What `#[state(…)]` says of a variant.
#[derive(Default)]
pub(super) struct VariantAttributes {
    pub(super) keys: Vec<Ident>,
    pub(super) was: Vec<LitStr>,
}

impl VariantAttributes {
    pub(super) fn parse(attributes: &[Attribute], faults: &mut Faults) -> Self {
        let mut parsed = VariantAttributes::default();
        each(
            attributes,
            "a variant takes `was = \"…\"`",
            faults,
            |input| {
                let key: Ident = input.parse()?;
                parsed.keys.push(key.clone());
                match key.to_string().as_str() {
                    "was" => parsed.was.push(named(&key, input)?),
                    _ => return Err(unknown(&key)),
                }
                Ok(())
            },
        );
        parsed
    }

    pub(super) fn descs(&self, private: &TokenStream) -> TokenStream {
        let was = &self.was;
        quote!(&[#(#private::AttributeDesc::Was(#was)),*])
    }
}

/// What `#[state(…)]` says of a field.
#[derive(Default)]
pub(super) struct FieldAttributes {
    pub(super) keys: Vec<Ident>,
    pub(super) was: Vec<LitStr>,
    /// `default`, with the expression where one is given.
    pub(super) default: Option<Option<Expr>>,
    pub(super) fill: Option<Expr>,
    pub(super) with: Option<With>,
    /// `unsafe(opaque)`: a type that hotmod cannot look into.
    pub(super) opaque: bool,
    /// `unsafe(opaque, whole)`: it is told by itself, and not by its constructor.
    pub(super) whole: bool,
    /// `serde`: carried over by its serde form.
    pub(super) serde: bool,
    /// Carried over as another type.
    pub(super) carried: Option<As>,
    /// The `unsafe` of those by which the author vouches for a foreign value.
    pub(super) vouched: Vec<Span>,
    /// `skip`, and `init = path` where given.
    pub(super) skip: bool,
    pub(super) init: Option<Path>,
    checked: bool,
    rebuild: bool,
}

/// `with = path`, or `unsafe(opaque, with = path)` where the path's argument is opaque.
pub(super) struct With {
    pub(super) path: Path,
    pub(super) opaque: bool,
}

/// How what hotmod knows of a field's type is found.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Known {
    /// It is described.
    Described,
    /// It is opaque.
    Opaque,
    /// It is opaque if it has no description: a function makes it from what is opaque, and either
    /// may be what it makes.
    Either,
    /// It is carried over by its serde form.
    Serde,
    /// It is carried over as another type.
    As,
    /// It is not carried over.
    Skipped,
}

/// `as = Type, into = path, from = path`
pub(super) struct As {
    pub(super) ty: Type,
    pub(super) into: Path,
    pub(super) from: Path,
}

/// What is said of `opaque` by itself.
const UNVOUCHED: &str = "`opaque` moves a value as bytes to code that has statics of its own, which \
                         nothing but your word makes sound";
const SAFE_WAYS: &str = "write `serde` to carry it over by its serde form, `as = Type, into = path, \
                         from = path` by a type that hotmod knows, or `skip` to make it anew; if it \
                         needs nothing of its crate's statics, vouch for it by `unsafe(opaque)`";

/// What is for fields that are carried over.
const CARRIES_OVER: [&str; 8] = [
    "default", "checked", "fill", "rebuild", "with", "opaque", "serde", "as",
];
/// The ways in which a foreign type is held.
const FOREIGN: [&str; 3] = ["opaque", "serde", "as"];
/// What is for fields whose conversion hotmod knows.
const CONVERTS: [&str; 3] = ["checked", "fill", "rebuild"];

impl FieldAttributes {
    pub(super) fn parse(attributes: &[Attribute], faults: &mut Faults) -> Self {
        let mut parsed = FieldAttributes::default();
        let help = "a field takes `default`, `default = expr`, `was = \"…\"`, `checked`, \
                    `fill = expr`, `rebuild`, `with = path`, `skip`, `init = path`, `serde`, \
                    `as = Type, into = path, from = path` and `unsafe(opaque)`";
        let (mut ty, mut into, mut from) = (None, None, None);
        each(attributes, help, faults, |input| {
            if input.peek(Token![unsafe]) {
                return parsed.vouched(input);
            }
            if input.peek(Token![as]) {
                let key = input.call(Ident::parse_any)?;
                parsed.keys.push(key.clone());
                equals(&key, input)?;
                let help = "write `as = Type, into = path, from = path`, with `fn(&Field) -> Type` and \
                            `fn(Type) -> Field`";
                return once(&mut ty, &key, helped(input.parse(), help)?);
            }
            let key: Ident = input.parse()?;
            parsed.keys.push(key.clone());
            match key.to_string().as_str() {
                "was" => parsed.was.push(named(&key, input)?),
                "default" => {
                    let value = match input.peek(Token![=]) {
                        true => {
                            input.parse::<Token![=]>()?;
                            Some(input.parse()?)
                        }
                        false => None,
                    };
                    once(&mut parsed.default, &key, value)?;
                }
                "fill" => {
                    equals(&key, input)?;
                    once(&mut parsed.fill, &key, input.parse()?)?;
                }
                "with" => {
                    let path = function(&key, input)?;
                    let opaque = false;
                    once(&mut parsed.with, &key, With { path, opaque })?;
                }
                "with_opaque" => {
                    return Err(fault(
                        &key,
                        "a function that reads a foreign value of the old version is vouched for",
                        "write `unsafe(opaque, with = path::to::function)`",
                    ));
                }
                "opaque" => return Err(fault(&key, UNVOUCHED, SAFE_WAYS)),
                "serde" => flag(&mut parsed.serde, &key, input)?,
                "into" => once(&mut into, &key, function(&key, input)?)?,
                "from" => once(&mut from, &key, function(&key, input)?)?,
                "init" => once(&mut parsed.init, &key, function(&key, input)?)?,
                "skip" => flag(&mut parsed.skip, &key, input)?,
                "checked" => flag(&mut parsed.checked, &key, input)?,
                "rebuild" => flag(&mut parsed.rebuild, &key, input)?,
                _ => return Err(unknown(&key)),
            }
            Ok(())
        });
        match (ty, into, from) {
            (Some(ty), Some(into), Some(from)) => parsed.carried = Some(As { ty, into, from }),
            (None, None, None) => {}
            _ => {
                let some = ["as", "into", "from"];
                let key = parsed
                    .keys
                    .iter()
                    .find(|key| some.iter().any(|it| *key == it));
                // What could not be parsed was reported.
                if let Some(key) = key.filter(|_| faults.is_empty()) {
                    faults.at(
                        key,
                        "`as`, `into` and `from` belong together",
                        "write `as = Type, into = path, from = path`, with `fn(&Field) -> Type` and \
                         `fn(Type) -> Field`",
                    );
                }
            }
        }
        let is_foreign = |key: &&Ident| FOREIGN.iter().any(|it| *key == it);
        let unknown = parsed.with.as_ref().is_some_and(|with| with.opaque) && !parsed.opaque;
        let mut foreign = parsed
            .keys
            .iter()
            .filter(is_foreign)
            .skip(usize::from(unknown));
        if let Some(key) = foreign.nth(1) {
            faults.at(
                key,
                "a field is held in one way",
                "keep one of `serde`, `as = Type, into = path, from = path` and `unsafe(opaque)`",
            );
        }
        for key in &parsed.keys {
            if key == "serde" && !cfg!(feature = "serde") {
                faults.at(
                    key,
                    "`serde` needs the feature `serde` of hotmod",
                    "write `hotmod = { …, features = [\"serde\"] }` in Cargo.toml",
                );
            }
            if key == "init" && !parsed.skip {
                faults.at(
                    key,
                    "`init` says how a field is made that is not carried over",
                    "write `skip, init = path`, or `default = expr` for a new field",
                );
            } else if parsed.skip && CARRIES_OVER.iter().any(|carries| key == carries) {
                faults.at(
                    key,
                    &format!("`{key}` has no effect on a field that is not carried over"),
                    "remove it, or remove `skip`; `init = path` says how the field is made",
                );
            } else if parsed.with.is_some() && CONVERTS.iter().any(|converts| key == converts) {
                faults.at(
                    key,
                    &format!("`{key}` has no effect on a field that a function converts"),
                    "remove it, or remove `with`",
                );
            } else if parsed.serde && CONVERTS.iter().any(|converts| key == converts) {
                faults.at(
                    key,
                    &format!("`{key}` has no effect on a field that serde carries over"),
                    "remove it, or remove `serde`",
                );
            } else if parsed.opaque && CONVERTS.iter().any(|converts| key == converts) {
                faults.at(
                    key,
                    &format!("`{key}` has no effect on a field that hotmod cannot look into"),
                    "remove it, or remove `opaque`",
                );
            }
        }
        parsed
    }

    /// `unsafe(opaque)`, or `unsafe(opaque, with = path)`
    fn vouched(&mut self, input: ParseStream<'_>) -> syn::Result<()> {
        let vouched: Token![unsafe] = input.parse()?;
        let help = "write `unsafe(opaque)`, or `unsafe(opaque, with = path::to::function)` for a \
                    function that reads what is opaque";
        let inner = (|| {
            let content;
            syn::parenthesized!(content in input);
            let mut opaque = None;
            let mut with = None;
            let mut whole = false;
            while !content.is_empty() {
                let key: Ident = content.parse()?;
                match key.to_string().as_str() {
                    "opaque" if content.peek(Token![=]) => {
                        return Err(fault(&key, "`opaque` takes no value", "write `opaque`"));
                    }
                    "opaque" => once(&mut opaque, &key, key.clone())?,
                    "with" => {
                        let path = function(&key, &content)?;
                        once(&mut with, &key, (key.clone(), path))?;
                    }
                    "whole" => flag(&mut whole, &key, &content)?,
                    _ => return Err(unknown(&key)),
                }
                if !content.is_empty() {
                    content.parse::<Token![,]>()?;
                }
            }
            match opaque {
                Some(opaque) => Ok((opaque, with, whole)),
                None => Err(Error::new(vouched.span, "what is vouched for is not named")),
            }
        })();
        let (opaque, with, whole) = inner.map_err(|error| match error.to_string() {
            text if text.contains("\nhelp: ") => error,
            text => Error::new(error.span(), format!("{text}\nhelp: {help}")),
        })?;
        self.vouched.push(vouched.span);
        self.whole |= whole;
        self.keys.push(opaque.clone());
        match with {
            Some((key, path)) => {
                self.keys.push(key.clone());
                let opaque = true;
                once(&mut self.with, &key, With { path, opaque })
            }
            None if self.opaque => Err(twice(&opaque)),
            None => {
                self.opaque = true;
                Ok(())
            }
        }
    }

    /// How what hotmod knows of the field's type is found.
    pub(super) fn known(&self) -> Known {
        match &self.with {
            _ if self.skip => Known::Skipped,
            _ if self.opaque => Known::Opaque,
            _ if self.serde => Known::Serde,
            _ if self.carried.is_some() => Known::As,
            Some(With { opaque: true, .. }) => Known::Either,
            _ => Known::Described,
        }
    }

    /// Whether what the field's type is made of is part of the description, as far as there is one.
    pub(super) fn is_described(&self) -> bool {
        matches!(self.known(), Known::Described | Known::Either)
    }

    pub(super) fn descs(&self, private: &TokenStream) -> TokenStream {
        let was = &self.was;
        let flags = [
            (self.default.is_some(), quote!(Default)),
            (self.checked, quote!(Checked)),
            (self.fill.is_some(), quote!(Fill)),
            (self.rebuild, quote!(Rebuild)),
            (self.skip, quote!(Skip)),
        ];
        let flags = flags.iter().filter(|(set, _)| *set).map(|(_, flag)| flag);
        let by = self.with.iter().map(|With { path, .. }| {
            let text = quote!(#path).to_string();
            text.split_whitespace().collect::<String>()
        });
        quote! {
            &[
                #(#private::AttributeDesc::Was(#was),)*
                #(#private::AttributeDesc::#flags,)*
                #(#private::AttributeDesc::By(#by),)*
            ]
        }
    }
}

/// Reports earlier names that two fields, or two variants, both claim: what had the name can have
/// become one of them only.
pub(super) fn claimed_once<'a>(
    kind: &str,
    names: impl Iterator<Item = &'a Vec<LitStr>>,
    faults: &mut Faults,
) {
    let mut claimed = BTreeSet::new();
    for names in names {
        let (again, new): (Vec<_>, Vec<_>) = names
            .iter()
            .partition(|name| claimed.contains(&name.value()));
        for name in again {
            faults.at(
                name,
                &format!("two {kind}s were `{}`", name.value()),
                &format!("keep it on the {kind} that it has become"),
            );
        }
        claimed.extend(new.iter().map(|name| name.value()));
    }
}

/// Parses the entries of every `#[state(…)]`; `help` is given where an entry has none of its own.
fn each(
    attributes: &[Attribute],
    help: &str,
    faults: &mut Faults,
    mut entry: impl FnMut(ParseStream<'_>) -> syn::Result<()>,
) {
    for attribute in attributes.iter().filter(|a| a.path().is_ident("state")) {
        if attribute.meta.require_list().is_err() {
            faults.at(attribute, "`#[state]` lacks its list", help);
            continue;
        }
        let result = attribute.parse_args_with(|input: ParseStream<'_>| {
            while !input.is_empty() {
                entry(input)?;
                if !input.is_empty() {
                    input.parse::<Token![,]>()?;
                }
            }
            Ok(())
        });
        if let Err(error) = result {
            faults.push(match error.to_string() {
                text if text.contains("\nhelp: ") => error,
                text => Error::new(error.span(), format!("{text}\nhelp: {help}")),
            });
        }
    }
}

fn fault(key: &Ident, message: &str, help: &str) -> Error {
    Error::new(key.span(), format!("{message}\nhelp: {help}"))
}

fn unknown(key: &Ident) -> Error {
    Error::new(key.span(), format!("unknown attribute `{key}`"))
}

fn once<T>(slot: &mut Option<T>, key: &Ident, value: T) -> syn::Result<()> {
    match slot.replace(value) {
        None => Ok(()),
        Some(_) => Err(twice(key)),
    }
}

fn flag(slot: &mut bool, key: &Ident, input: ParseStream<'_>) -> syn::Result<()> {
    if input.peek(Token![=]) {
        return Err(fault(
            key,
            &format!("`{key}` takes no value"),
            &format!("write `{key}`"),
        ));
    }
    match std::mem::replace(slot, true) {
        false => Ok(()),
        true => Err(twice(key)),
    }
}

fn twice(key: &Ident) -> Error {
    fault(
        key,
        &format!("`{key}` is given twice"),
        "remove one of them",
    )
}

fn equals(key: &Ident, input: ParseStream<'_>) -> syn::Result<()> {
    match input.parse::<Option<Token![=]>>()? {
        Some(_) => Ok(()),
        None => Err(fault(
            key,
            &format!("`{key}` lacks its value"),
            &format!("write `{key} = …`"),
        )),
    }
}

/// The result, with help of its own.
fn helped<T>(result: syn::Result<T>, help: &str) -> syn::Result<T> {
    result.map_err(|error| Error::new(error.span(), format!("{error}\nhelp: {help}")))
}

/// `key = path`
fn function(key: &Ident, input: ParseStream<'_>) -> syn::Result<Path> {
    equals(key, input)?;
    let help = format!("write a function and name it: `{key} = path::to::function`");
    helped(input.parse(), &help)
}

/// `Old => New`
fn removed_variant(input: ParseStream<'_>) -> syn::Result<(Ident, Ident)> {
    let from = input.parse()?;
    input.parse::<Token![=>]>()?;
    Ok((from, input.parse()?))
}

/// `key = "name"`
fn named(key: &Ident, input: ParseStream<'_>) -> syn::Result<LitStr> {
    equals(key, input)?;
    name(input)
}

/// `"name"`
fn name(input: ParseStream<'_>) -> syn::Result<LitStr> {
    let name: LitStr = helped(input.parse(), "a name stands in quotes: write `\"…\"`")?;
    let text = name.value();
    let fine = |c: char| c.is_alphanumeric() || matches!(c, '_' | ':' | '.' | '-');
    if text.is_empty() || !text.chars().all(fine) {
        return Err(Error::new(
            name.span(),
            format!("`{text}` is no name\nhelp: use letters, digits, `_`, `:`, `.` and `-`"),
        ));
    }
    Ok(name)
}

/// What `#[repr(…)]` says: whether it fixes an enum's representation, and its discriminant's type.
pub(super) struct Repr {
    pub(super) c: bool,
    pub(super) discriminant: Option<Ident>,
    /// `packed`, where it is said.
    pub(super) packed: Option<Ident>,
    /// Whether `align` leaves room beside the discriminant.
    pub(super) align: bool,
}

impl Repr {
    pub(super) fn parse(attributes: &[Attribute]) -> Self {
        let mut repr = Repr {
            c: false,
            discriminant: None,
            packed: None,
            align: false,
        };
        for attribute in attributes.iter().filter(|a| a.path().is_ident("repr")) {
            // What is not understood here is for the compiler to refuse.
            let _ = attribute.parse_nested_meta(|meta| {
                let Some(ident) = meta.path.get_ident() else {
                    return Ok(());
                };
                match ident.to_string().as_str() {
                    "C" => repr.c = true,
                    name @ ("align" | "packed") => {
                        match name {
                            "packed" => repr.packed = Some(ident.clone()),
                            _ => repr.align = true,
                        }
                        if meta.input.peek(syn::token::Paren) {
                            let content;
                            syn::parenthesized!(content in meta.input);
                            content.parse::<TokenStream>()?;
                        }
                    }
                    "transparent" | "Rust" => {}
                    _ => {
                        repr.discriminant = Some(ident.clone());
                    }
                }
                Ok(())
            });
        }
        repr
    }

    /// The one spelling of what fixes the representation.
    pub(super) fn spelling(&self) -> Option<String> {
        match (self.c, &self.discriminant) {
            (false, None) => None,
            (true, None) => Some("C".to_owned()),
            (false, Some(ident)) => Some(ident.to_string()),
            (true, Some(ident)) => Some(format!("C, {ident}")),
        }
    }
}
