//! What `#[state(…)]` says of a field.

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;
use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::{Attribute, Error, Expr, LitStr, Path, Token, Type};

use super::entries::{each, equals, fault, flag, function, helped, named, once, twice, unknown};
use crate::codes;
use crate::faults::Faults;

/// What `#[state(…)]` says of a field.
#[derive(Default)]
pub(crate) struct FieldAttributes {
    pub(crate) keys: Vec<Ident>,
    pub(crate) was: Vec<LitStr>,
    /// `default`, with the expression where one is given.
    pub(crate) default: Option<Option<Expr>>,
    pub(crate) fill: Option<Expr>,
    pub(crate) with: Option<With>,
    /// `unsafe(opaque)`: a type that hotmod cannot look into.
    pub(crate) opaque: bool,
    /// `unsafe(opaque, whole)`: the type is identified with its own parameters, and not by its
    /// constructor.
    pub(crate) whole: bool,
    /// `snapshot = path`: the codec by which a snapshot holds what is opaque.
    pub(crate) codec: Option<Path>,
    /// `serde`: carried over by its serde form.
    pub(crate) serde: bool,
    /// Carried over as another type.
    pub(crate) carried: Option<As>,
    /// Each `unsafe` by which the author vouches for a foreign value.
    pub(crate) vouched: Vec<Span>,
    /// `skip`, and `init = path` where given.
    pub(crate) skip: bool,
    pub(crate) init: Option<Path>,
    /// `parallel`: the function may run on several threads at once.
    pub(crate) parallel: bool,
    /// `secret`: neither shown nor told.
    secret: bool,
    checked: bool,
    rebuild: bool,
}

/// `with = path`, or `unsafe(opaque, with = path)` where the path's argument is opaque.
pub(crate) struct With {
    pub(crate) path: Path,
    pub(crate) opaque: bool,
}

/// How hotmod finds what it knows of a field's type.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Known {
    /// It is described.
    Described,
    /// It is opaque.
    Opaque,
    /// It is opaque if it has no description: a function makes it from an opaque value, and may make an
    /// opaque or a described one.
    Either,
    /// It is carried over by its serde form.
    Serde,
    /// It is carried over as another type.
    As,
    /// It is not carried over.
    Skipped,
}

/// `as = Type, into = path, from = path`
pub(crate) struct As {
    pub(crate) ty: Type,
    pub(crate) into: Path,
    pub(crate) from: Path,
}

/// What to report of `opaque` without `unsafe`.
const UNVOUCHED: &str = "`opaque` moves a value as bytes to code that has statics of its own, which \
                         nothing but your word makes sound";
const SAFE_WAYS: &str = "write `serde` to carry it over by its serde form, `as = Type, into = path, \
                         from = path` by a type that hotmod knows, or `skip` to make it anew; if it \
                         needs nothing of its crate's statics, vouch for it by `unsafe(opaque)`";

/// Attributes for fields that are carried over.
const CARRIES_OVER: [&str; 8] = [
    "default", "checked", "fill", "rebuild", "with", "opaque", "serde", "as",
];
/// The ways in which a foreign type is held.
const FOREIGN: [&str; 3] = ["opaque", "serde", "as"];
/// Attributes for fields that hotmod converts by its own rules.
const CONVERTS: [&str; 3] = ["checked", "fill", "rebuild"];

impl FieldAttributes {
    pub(crate) fn parse(attributes: &[Attribute], faults: &mut Faults) -> Self {
        let mut parsed = FieldAttributes::default();
        let help = "a field takes `default`, `default = expr`, `was = \"…\"`, `checked`, \
                    `fill = expr`, `rebuild`, `with = path`, `parallel`, `skip`, `init = path`, `secret`, \
                    `serde`, `as = Type, into = path, from = path`, `unsafe(opaque)` and `snapshot = path`";
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
                "snapshot" => once(&mut parsed.codec, &key, function(&key, input)?)?,
                "serde" => flag(&mut parsed.serde, &key, input)?,
                "into" => once(&mut into, &key, function(&key, input)?)?,
                "from" => once(&mut from, &key, function(&key, input)?)?,
                "init" => once(&mut parsed.init, &key, function(&key, input)?)?,
                "skip" => flag(&mut parsed.skip, &key, input)?,
                "parallel" => flag(&mut parsed.parallel, &key, input)?,
                "secret" => flag(&mut parsed.secret, &key, input)?,
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
                        codes::STATE_ATTRIBUTE_UNFIT,
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
                codes::STATE_ATTRIBUTE_UNFIT,
                key,
                "a field is held in one way",
                "keep one of `serde`, `as = Type, into = path, from = path` and `unsafe(opaque)`",
            );
        }
        for key in &parsed.keys {
            if key == "serde" && !cfg!(feature = "serde") {
                faults.at(
                    codes::STATE_ATTRIBUTE_UNFIT,
                    key,
                    "`serde` needs the feature `serde` of hotmod",
                    "write `hotmod = { …, features = [\"serde\"] }` in Cargo.toml",
                );
            }
            if key == "parallel" && parsed.with.is_none() {
                faults.at(
                    codes::STATE_ATTRIBUTE_UNFIT,
                    key,
                    "`parallel` says that the function of a field may run on several threads at once",
                    "write `with = path, parallel`, or remove it: what hotmod converts by its rules runs so \
                     anyway",
                );
            }
            if key == "snapshot" && !parsed.opaque {
                faults.at(
                    codes::STATE_ATTRIBUTE_UNFIT,
                    key,
                    "`snapshot` says how a snapshot holds a field that hotmod cannot look into",
                    "write it beside `unsafe(opaque)`, or remove it: a snapshot holds every other field as it is",
                );
            }
            if key == "init" && !parsed.skip {
                faults.at(
                    codes::STATE_ATTRIBUTE_UNFIT,
                    key,
                    "`init` says how a field is made that is not carried over",
                    "write `skip, init = path`, or `default = expr` for a new field",
                );
            } else if parsed.skip && CARRIES_OVER.iter().any(|carries| key == carries) {
                faults.at(
                    codes::STATE_ATTRIBUTE_UNFIT,
                    key,
                    &format!("`{key}` has no effect on a field that is not carried over"),
                    "remove it, or remove `skip`; `init = path` says how the field is made",
                );
            } else if parsed.with.is_some() && CONVERTS.iter().any(|converts| key == converts) {
                faults.at(
                    codes::STATE_ATTRIBUTE_UNFIT,
                    key,
                    &format!("`{key}` has no effect on a field that a function converts"),
                    "remove it, or remove `with`",
                );
            } else if parsed.serde && CONVERTS.iter().any(|converts| key == converts) {
                faults.at(
                    codes::STATE_ATTRIBUTE_UNFIT,
                    key,
                    &format!("`{key}` has no effect on a field that serde carries over"),
                    "remove it, or remove `serde`",
                );
            } else if parsed.opaque && CONVERTS.iter().any(|converts| key == converts) {
                faults.at(
                    codes::STATE_ATTRIBUTE_UNFIT,
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

    /// How hotmod finds what it knows of the field's type.
    pub(crate) fn known(&self) -> Known {
        match &self.with {
            _ if self.skip => Known::Skipped,
            _ if self.opaque => Known::Opaque,
            _ if self.serde => Known::Serde,
            _ if self.carried.is_some() => Known::As,
            Some(With { opaque: true, .. }) => Known::Either,
            _ => Known::Described,
        }
    }

    /// Whether the description says what the field's type is made of, if that type has a description.
    pub(crate) fn is_described(&self) -> bool {
        matches!(self.known(), Known::Described | Known::Either)
    }

    pub(crate) fn descs(&self, private: &TokenStream) -> TokenStream {
        let was = &self.was;
        let flags = [
            (self.default.is_some(), quote!(Default)),
            (self.checked, quote!(Checked)),
            (self.fill.is_some(), quote!(Fill)),
            (self.rebuild, quote!(Rebuild)),
            (self.skip, quote!(Skip)),
            (self.parallel, quote!(Parallel)),
            (self.secret, quote!(Secret)),
            (self.codec.is_some(), quote!(Codec)),
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
