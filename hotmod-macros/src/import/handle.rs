//! `#[hotmod::import] static HOST: dyn Services;`: what a module calls the functions of a trait by, which its
//! host provides together.

use proc_macro2::TokenStream;
use quote::{format_ident, quote, quote_spanned};
use syn::parse::{Parse, ParseStream};
use syn::spanned::Spanned;
use syn::{Attribute, Expr, Ident, StaticMutability, Token, Type, TypeParamBound, Visibility};

use super::arguments::Arguments;
use crate::emitted::{record, symbol};
use crate::faults::Faults;
use crate::names::unraw;

/// `pub static HOST: dyn Services;`
pub(super) struct Handle {
    attributes: Vec<Attribute>,
    visibility: Visibility,
    mutability: StaticMutability,
    name: Ident,
    ty: Type,
    value: Option<Expr>,
}

impl Parse for Handle {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let attributes = input.call(Attribute::parse_outer)?;
        let visibility = input.parse()?;
        input.parse::<Token![static]>()?;
        let mutability = input.parse()?;
        let name = input.parse()?;
        input.parse::<Token![:]>()?;
        let ty = input.parse()?;
        let value = match input.parse::<Option<Token![=]>>()? {
            Some(_) => Some(input.parse()?),
            None => None,
        };
        input.parse::<Token![;]>()?;
        Ok(Handle {
            attributes,
            visibility,
            mutability,
            name,
            ty,
            value,
        })
    }
}

pub(super) fn handle(item: &Handle, arguments: &Arguments, mut faults: Faults) -> TokenStream {
    arguments.without_stand_in(&mut faults);
    if let StaticMutability::Mut(token) = &item.mutability {
        faults.at(
            token,
            "the host is given to a module once",
            "remove `mut`: the methods take `&self`",
        );
    }
    if let Some(value) = &item.value {
        faults.at(
            value,
            "the host gives an import its value",
            "end the declaration with `;` after the type",
        );
    }
    let services = services(&item.ty);
    if services.is_none() {
        faults.at(
            &item.ty,
            "a static stands for all functions of one trait that the host provides",
            "write `static HOST: dyn Services;` with a trait marked `#[hotmod::import]`",
        );
    }
    let expanded = || match &services {
        Some(services) => expand(item, services, &arguments.options.private()),
        None => TokenStream::new(),
    };
    faults.or_expand(TokenStream::new(), expanded)
}

/// The name of the only trait of `dyn Trait`.
fn services(ty: &Type) -> Option<String> {
    let Type::TraitObject(object) = ty else {
        return None;
    };
    match object.bounds.iter().collect::<Vec<_>>().as_slice() {
        [TypeParamBound::Trait(only)] => only.path.segments.last().map(|it| unraw(&it.ident)),
        _ => None,
    }
}

fn expand(item: &Handle, services: &str, private: &TokenStream) -> TokenStream {
    let Handle {
        attributes,
        visibility,
        name,
        ty,
        ..
    } = item;
    // Another crate of the same package may declare it too.
    let krate = std::env::var("CARGO_CRATE_NAME").unwrap_or_default();
    let symbol = symbol("imports", &[krate, services.to_owned()]);
    let accessor = format_ident!("{symbol}");
    let record = record("imports", &quote!(#symbol, __SERVICES), private);
    let imported = quote_spanned!(ty.span()=> <#ty as #private::Imported>);
    quote! {
        #(#attributes)*
        #visibility static #name: #imported::Handle = {
            #[allow(unused_imports)]
            use #private::Fallback as _;

            const __SERVICES: &#private::InterfaceDesc = #private::Probe::<#ty>::IMPORTED;
            #record

            // SAFETY: the name begins with a prefix that is hotmod's own.
            #[unsafe(no_mangle)]
            extern "C" fn #accessor() -> #private::ImportTable {
                #private::ImportTable::of(#imported::places(&#name))
            }

            #imported::HANDLE
        };
    }
}
