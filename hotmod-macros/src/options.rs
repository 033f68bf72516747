//! What may stand in the parentheses of an attribute: `crate = path`, and in those of some attributes
//! more.

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;
use syn::parse::{Parse, ParseStream};
use syn::{Error, Path, Token};

const CRATE: &str = "`crate = path`, the path of the hotmod crate";

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
        each(input, |input| {
            if !input.peek(Token![crate]) {
                return Err(unknown(input, &format!("the only option is {CRATE}")));
            }
            options.krate = Some(crate_path(input)?);
            Ok(())
        })?;
        Ok(options)
    }
}

/// The options of an export.
#[derive(Default)]
pub(crate) struct ExportOptions {
    pub(crate) options: Options,
    /// The word `pure`, if it is given.
    pub(crate) pure: Option<Ident>,
}

impl Parse for ExportOptions {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let mut export = ExportOptions::default();
        each(input, |input| {
            if input.peek(Token![crate]) {
                export.options.krate = Some(crate_path(input)?);
                return Ok(());
            }
            match input.fork().parse::<Ident>() {
                Ok(name) if name == "pure" => export.pure = Some(input.parse()?),
                _ => {
                    let help = format!("the options are `pure` and {CRATE}");
                    return Err(unknown(input, &help));
                }
            }
            Ok(())
        })?;
        Ok(export)
    }
}

/// The options of an interface.
#[derive(Default)]
pub(crate) struct InterfaceOptions {
    pub(crate) options: Options,
    /// The word `local`, if it is given: the futures of its methods stay on the thread that polls them first.
    pub(crate) local: Option<Ident>,
}

impl Parse for InterfaceOptions {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let mut interface = InterfaceOptions::default();
        each(input, |input| {
            if input.peek(Token![crate]) {
                interface.options.krate = Some(crate_path(input)?);
                return Ok(());
            }
            match input.fork().parse::<Ident>() {
                Ok(name) if name == "local" => interface.local = Some(input.parse()?),
                _ => {
                    let help = format!("the options are `local` and {CRATE}");
                    return Err(unknown(input, &help));
                }
            }
            Ok(())
        })?;
        Ok(interface)
    }
}

/// The options of a migration.
#[derive(Default)]
pub(crate) struct MigrateOptions {
    pub(crate) options: Options,
    /// Whether the migration makes an earlier form.
    pub(crate) down: bool,
    /// The word `parallel`, if it is given: several threads may run the migration at once.
    pub(crate) parallel: Option<Ident>,
}

impl Parse for MigrateOptions {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let mut migrate = MigrateOptions::default();
        each(input, |input| {
            if input.peek(Token![crate]) {
                migrate.options.krate = Some(crate_path(input)?);
                return Ok(());
            }
            match input.fork().parse::<Ident>() {
                Ok(name) if name == "down" => {
                    input.parse::<Ident>()?;
                    migrate.down = true;
                }
                Ok(name) if name == "parallel" => migrate.parallel = Some(input.parse()?),
                _ => {
                    let help = format!("the options are `down`, `parallel` and {CRATE}");
                    return Err(unknown(input, &help));
                }
            }
            Ok(())
        })?;
        Ok(migrate)
    }
}

/// Parses options that are separated by commas.
pub(crate) fn each(
    input: ParseStream<'_>,
    mut option: impl FnMut(ParseStream<'_>) -> syn::Result<()>,
) -> syn::Result<()> {
    while !input.is_empty() {
        option(input)?;
        if !input.is_empty() {
            input.parse::<Token![,]>()?;
        }
    }
    Ok(())
}

fn unknown(input: ParseStream<'_>, help: &str) -> Error {
    input.error(format!("unknown option\nhelp: {help}"))
}

/// `crate = path`
pub(crate) fn crate_path(input: ParseStream<'_>) -> syn::Result<Path> {
    let key: Token![crate] = input.parse()?;
    if input.parse::<Option<Token![=]>>()?.is_none() {
        return Err(lacks_path(key.span, " ="));
    }
    path(input, key.span, " =")
}

/// The path after `crate =` or `crate:`.
pub(crate) fn path(input: ParseStream<'_>, key: Span, sign: &str) -> syn::Result<Path> {
    if input.is_empty() {
        return Err(lacks_path(key, sign));
    }
    let start = input.span();
    input
        .call(Path::parse_mod_style)
        .map_err(|_| lacks_path(start, sign))
}

fn lacks_path(span: Span, sign: &str) -> Error {
    Error::new(
        span,
        format!(
            "`crate` is the path of the hotmod crate\nhelp: write `crate{sign} path::to::hotmod`, \
             without quotes"
        ),
    )
}
