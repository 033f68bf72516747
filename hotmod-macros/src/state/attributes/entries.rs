//! The entries of a `#[state(…)]`, and what is wrong with them.

use std::collections::BTreeSet;

use proc_macro2::Ident;
use syn::parse::ParseStream;
use syn::{Attribute, Error, LitStr, Path, Token};

use crate::codes;
use crate::faults::Faults;

/// Reports earlier names that two fields, or two variants, both claim: the field or variant of that
/// name can have become only one of them.
pub(crate) fn claimed_once<'a>(
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
                codes::STATE_ATTRIBUTE_UNFIT,
                name,
                &format!("two {kind}s were `{}`", name.value()),
                &format!("keep it on the {kind} that it has become"),
            );
        }
        claimed.extend(new.iter().map(|name| name.value()));
    }
}

/// Parses the entries of every `#[state(…)]`; `help` is given where an entry has none of its own.
pub(super) fn each(
    attributes: &[Attribute],
    help: &str,
    faults: &mut Faults,
    mut entry: impl FnMut(ParseStream<'_>) -> syn::Result<()>,
) {
    for attribute in attributes.iter().filter(|a| a.path().is_ident("state")) {
        if attribute.meta.require_list().is_err() {
            faults.at(
                codes::OPTION_MALFORMED,
                attribute,
                "`#[state]` lacks its list",
                help,
            );
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

pub(super) fn fault(key: &Ident, message: &str, help: &str) -> Error {
    Error::new(key.span(), format!("{message}\nhelp: {help}"))
}

pub(super) fn unknown(key: &Ident) -> Error {
    Error::new(key.span(), format!("unknown attribute `{key}`"))
}

pub(super) fn once<T>(slot: &mut Option<T>, key: &Ident, value: T) -> syn::Result<()> {
    match slot.replace(value) {
        None => Ok(()),
        Some(_) => Err(twice(key)),
    }
}

pub(super) fn flag(slot: &mut bool, key: &Ident, input: ParseStream<'_>) -> syn::Result<()> {
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

pub(super) fn twice(key: &Ident) -> Error {
    fault(
        key,
        &format!("`{key}` is given twice"),
        "remove one of them",
    )
}

pub(super) fn equals(key: &Ident, input: ParseStream<'_>) -> syn::Result<()> {
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
pub(super) fn helped<T>(result: syn::Result<T>, help: &str) -> syn::Result<T> {
    result.map_err(|error| Error::new(error.span(), format!("{error}\nhelp: {help}")))
}

/// `key = path`
pub(super) fn function(key: &Ident, input: ParseStream<'_>) -> syn::Result<Path> {
    equals(key, input)?;
    let help = format!("write a function and name it: `{key} = path::to::function`");
    helped(input.parse(), &help)
}

/// `Old => New`
pub(super) fn removed_variant(input: ParseStream<'_>) -> syn::Result<(Ident, Ident)> {
    let from = input.parse()?;
    input.parse::<Token![=>]>()?;
    Ok((from, input.parse()?))
}

/// `key = "name"`
pub(super) fn named(key: &Ident, input: ParseStream<'_>) -> syn::Result<LitStr> {
    equals(key, input)?;
    name(input)
}

/// `"name"`
pub(super) fn name(input: ParseStream<'_>) -> syn::Result<LitStr> {
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
