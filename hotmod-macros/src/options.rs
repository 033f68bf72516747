//! What may stand in the parentheses of an attribute: `crate = path`.

use proc_macro2::TokenStream;
use quote::quote;
use syn::parse::{Parse, ParseStream};
use syn::{Path, Token};

/// The options that every attribute takes.
#[derive(Default)]
pub(crate) struct Options {
    krate: Option<Path>,
}

impl Options {
    pub(crate) fn new(krate: Option<Path>) -> Self {
        Options { krate }
    }

    /// The path of everything that generated code names.
    pub(crate) fn private(&self) -> TokenStream {
        private(self.krate.as_ref())
    }
}

/// The path of everything that generated code names, under the `hotmod` crate's own path.
pub(crate) fn private(krate: Option<&Path>) -> TokenStream {
    match krate {
        Some(path) => quote!(#path::__private),
        None => quote!(::hotmod::__private),
    }
}

impl Parse for Options {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let mut options = Options::default();
        while !input.is_empty() {
            if !input.peek(Token![crate]) {
                return Err(input.error(
                    "unknown option\nhelp: the only option is `crate = path`, the path of the \
                     hotmod crate",
                ));
            }
            options.krate = Some(crate_path(input)?);
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
        }
        Ok(options)
    }
}

/// `crate = path`
pub(crate) fn crate_path(input: ParseStream<'_>) -> syn::Result<Path> {
    input.parse::<Token![crate]>()?;
    input.parse::<Token![=]>()?;
    input.call(Path::parse_mod_style)
}
