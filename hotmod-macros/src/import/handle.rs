//! `#[hotmod::import] static HOST: dyn Services;`: what a module calls the functions of a trait by, which its
//! host provides together; and a static for instances of another module.

use proc_macro2::TokenStream;
use quote::{format_ident, quote, quote_spanned};
use syn::parse::{Parse, ParseStream};
use syn::spanned::Spanned;
use syn::{
    Attribute, Expr, Ident, LitStr, StaticMutability, Token, Type, TypeParamBound, Visibility,
};

use super::arguments::Arguments;
use crate::codes;
use crate::emitted::{identifier, record, symbol};
use crate::evolution;
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
    let of_module = arguments.module.is_some() || arguments.names().next().is_some();
    let optional = evolution::optional(&item.attributes);
    if let Some(attribute) = optional.filter(|_| !of_module) {
        faults.at(
            codes::IMPORT_UNFIT,
            attribute,
            "a module is given the functions of a trait together",
            "put `#[hotmod::optional]` on the methods of the trait that a host may lack",
        );
    }
    if let StaticMutability::Mut(token) = &item.mutability {
        faults.at(
            codes::IMPORT_UNFIT,
            token,
            "the host is given to a module once",
            "remove `mut`: the methods take `&self`",
        );
    }
    if let Some(value) = &item.value {
        faults.at(
            codes::IMPORT_UNFIT,
            value,
            "the host gives an import its value",
            "end the declaration with `;` after the type",
        );
    }
    if of_module {
        return instances(item, arguments, faults);
    }
    let services = services(&item.ty);
    if services.is_none() {
        faults.at(
            codes::IMPORT_UNFIT,
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

/// `static ROOMS: hotmod::Pool<u64, dyn Room>;`: instances of another module.
fn instances(item: &Handle, arguments: &Arguments, mut faults: Faults) -> TokenStream {
    if arguments.module.is_none() {
        for name in arguments.names() {
            faults.at(
                codes::IMPORT_UNFIT,
                name,
                "the instances of which module are called by it?",
                "name the module too: `#[hotmod::import(module = \"chat\", pool = \"rooms\")]`",
            );
        }
    }
    if arguments.names().count() != 1 {
        faults.at(
            codes::IMPORT_UNFIT,
            &item.name,
            "a static stands for one pool, or for one shared instance, of another module",
            "write `module = \"chat\", pool = \"rooms\"` or `module = \"chat\", instance = \"lobby\"`",
        );
    }
    if matches!(item.ty, Type::TraitObject(_)) {
        faults.at(
            codes::IMPORT_UNFIT,
            &item.ty,
            "the instances of another module are called through `hotmod::Pool` or `hotmod::Instance`",
            "write `hotmod::Pool<u64, dyn Room>`, or `hotmod::Instance<dyn Room>` for a shared one",
        );
    }
    let expanded = || match (&arguments.module, arguments.names().next()) {
        (Some(module), Some(name)) => {
            expand_instances(item, module, name, arguments.pool.is_some(), arguments)
        }
        _ => TokenStream::new(),
    };
    faults.or_expand(TokenStream::new(), expanded)
}

fn expand_instances(
    item: &Handle,
    module: &LitStr,
    name: &LitStr,
    is_pool: bool,
    arguments: &Arguments,
) -> TokenStream {
    let private = arguments.options.private();
    let Handle {
        visibility,
        name: ident,
        ty,
        ..
    } = item;
    let optional = evolution::optional(&item.attributes);
    let attributes = (item.attributes.iter())
        .filter(|it| optional.is_none_or(|optional| !std::ptr::eq(*it, optional)));
    let optional = optional.is_some();
    // Another crate of the same package may declare it too.
    let krate = std::env::var("CARGO_CRATE_NAME").unwrap_or_default();
    let names = [
        krate,
        identifier(&module.value()),
        identifier(&name.value()),
    ];
    let symbol = symbol("reach", &names);
    let accessor = format_ident!("{symbol}");
    let reaching = quote_spanned!(ty.span()=> <#ty as #private::Reaching>);
    let record = record(
        "use_instances",
        &quote! {
            (#module, #symbol),
            #name,
            #reaching::KEY,
            #optional,
            #reaching::INTERFACE,
            &[&#reaching::MENTIONED]
        },
        &private,
    );
    let kind = match is_pool {
        true => {
            "a pool is called through `hotmod::Pool`, and a shared instance is named by `instance = \"…\"`"
        }
        false => {
            "a shared instance is called through `hotmod::Instance`, and a pool is named by `pool = \"…\"`"
        }
    };
    quote! {
        #(#attributes)*
        #visibility static #ident: #ty = {
            const _: () = ::core::assert!(#reaching::KEY.is_some() == #is_pool, #kind);
            #record

            #private::linked_symbol! { #accessor }
            // SAFETY: the name begins with a prefix that is hotmod's own.
            #[unsafe(no_mangle)]
            extern "C" fn #accessor() -> &'static #private::Reach {
                #reaching::reach(&#ident)
            }

            <#ty>::__of(#module, #name)
        };
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

            #private::linked_symbol! { #accessor }
            // SAFETY: the name begins with a prefix that is hotmod's own.
            #[unsafe(no_mangle)]
            extern "C" fn #accessor() -> #private::ImportTable {
                #private::ImportTable::of(#imported::places(&#name))
            }

            #imported::HANDLE
        };
    }
}
