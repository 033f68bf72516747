//! `hotmod::module!`: the root module, the allocator and the build record.
//!
//! `lib.rs` imports `module` from here, and no other room does. This room never imports that of an
//! attribute or derive.

use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};
use syn::{Error, Expr, ExprLit, Ident, Lit, LitStr, Path, Token};

mod linked;
mod statics;

use crate::codes;
use crate::emitted::record;
use crate::faults::Faults;
use crate::options::{self, private};

use self::linked::Linked;
use self::statics::Statics;

/// The entries, as far as they are there.
#[derive(Default)]
struct Entries {
    name: Option<Expr>,
    version: Option<Expr>,
    krate: Option<Path>,
    statics: Option<Expr>,
    linked: Option<Expr>,
    crates: Option<Expr>,
    faults: Faults,
}

impl Parse for Entries {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let mut entries = Entries::default();
        while !input.is_empty() {
            // After a syntax error, the entries that follow cannot be told apart.
            if let Err(error) = entries.entry(input) {
                entries.faults.push(error);
                input.parse::<TokenStream>()?;
                return Ok(entries);
            }
        }
        for (missing, entry, example) in [
            (entries.name.is_none(), "name", "\"game\""),
            (
                entries.version.is_none(),
                "version",
                "env!(\"CARGO_PKG_VERSION\")",
            ),
        ] {
            if missing {
                entries.faults.at_span(
                    codes::MODULE_ENTRY_UNFIT,
                    Span::call_site(),
                    &format!("`module!` lacks `{entry}`"),
                    &format!("write `{entry}: {example}`"),
                );
            }
        }
        entries.check();
        Ok(entries)
    }
}

impl Entries {
    fn entry(&mut self, input: ParseStream<'_>) -> syn::Result<()> {
        let key = input.call(Ident::parse_any).map_err(|error| {
            fault(
                error.span(),
                "`module!` consists of entries",
                "write `name: \"game\", version: env!(\"CARGO_PKG_VERSION\")`",
            )
        })?;
        let Some(_) = input.parse::<Option<Token![:]>>()? else {
            return Err(fault(
                input.span(),
                &format!("a `:` stands between `{key}` and its value"),
                &format!("write `{key}: …`"),
            ));
        };
        let twice = match key.to_string().as_str() {
            "crate" => self
                .krate
                .replace(options::path(input, key.span(), ":")?)
                .is_some(),
            "name" => self.name.replace(value(&key, input)?).is_some(),
            "version" => self.version.replace(value(&key, input)?).is_some(),
            "statics" => self.statics.replace(value(&key, input)?).is_some(),
            "linked" => self.linked.replace(value(&key, input)?).is_some(),
            "crates" => self.crates.replace(value(&key, input)?).is_some(),
            _ => {
                value(&key, input)?;
                self.faults.at(
                    codes::MODULE_ENTRY_UNFIT,
                    &key,
                    &format!("unknown entry `{key}`"),
                    "the entries are `name`, `version`, `statics`, `linked`, `crates` and `crate`",
                );
                false
            }
        };
        if twice {
            self.faults.at(
                codes::MODULE_ENTRY_UNFIT,
                &key,
                &format!("`{key}` is given twice"),
                "remove one of them",
            );
        }
        if !input.is_empty() && input.parse::<Option<Token![,]>>()?.is_none() {
            return Err(fault(
                input.span(),
                "a `,` stands between two entries",
                &format!("write it after the value of `{key}`"),
            ));
        }
        Ok(())
    }
}

impl Entries {
    /// Checks values that stand in the source as text; the host checks those that are computed.
    fn check(&mut self) {
        if let Some(name) = text(self.name.as_ref()) {
            let fine = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
            if name.value().is_empty() || !name.value().chars().all(fine) {
                self.faults.at(
                    codes::MODULE_ENTRY_UNFIT,
                    name,
                    "a module's name consists of ASCII letters, digits, `_` and `-`",
                    "write `name: \"game\"`",
                );
            }
        }
        if let Some(version) = text(self.version.as_ref())
            && !is_version(&version.value())
        {
            self.faults.at(
                codes::MODULE_ENTRY_UNFIT,
                version,
                "a version is three numbers: hosts compare them",
                "write `version: \"1.2.3\"`, or `version: env!(\"CARGO_PKG_VERSION\")` for that of \
                 the package",
            );
        }
    }
}

fn text(value: Option<&Expr>) -> Option<&LitStr> {
    match value {
        Some(Expr::Lit(ExprLit {
            lit: Lit::Str(text),
            ..
        })) => Some(text),
        _ => None,
    }
}

/// `1.2.3`, and perhaps what follows a `-` or `+`.
fn is_version(text: &str) -> bool {
    let numbers = text.split(['-', '+']).next().unwrap_or_default();
    let numbers: Vec<&str> = numbers.split('.').collect();
    let is_number = |n: &&str| !n.is_empty() && n.chars().all(|c| c.is_ascii_digit());
    numbers.len() == 3 && numbers.iter().all(is_number)
}

fn value(key: &Ident, input: ParseStream<'_>) -> syn::Result<Expr> {
    if input.is_empty() || input.peek(Token![,]) {
        return Err(fault(
            key.span(),
            &format!("`{key}` lacks its value"),
            &format!("write `{key}: …`"),
        ));
    }
    input.parse()
}

fn fault(span: Span, message: &str, help: &str) -> Error {
    Error::new(span, format!("{message}\nhelp: {help}"))
}

pub(crate) fn module(input: TokenStream) -> TokenStream {
    let entries = syn::parse2(input).unwrap_or_else(|error| {
        let mut entries = Entries::default();
        entries.faults.push(error);
        entries
    });
    let Entries {
        name,
        version,
        krate,
        statics,
        linked,
        crates,
        mut faults,
    } = entries;
    let statics = Statics::parse(statics.as_ref(), &mut faults);
    let linked = Linked::parse(linked.as_ref(), crates.as_ref(), &mut faults);
    let private = private(krate.as_ref());
    faults.or_expand(TokenStream::new(), || match (name, version) {
        (Some(name), Some(version)) => {
            let mut module = expand(&name, &version, &linked, &private);
            module.extend(statics.expand(&private));
            module.extend(linked.expand(&private));
            module.extend(forwards(&private));
            module
        }
        // A missing entry is a fault.
        _ => TokenStream::new(),
    })
}

/// What the file says of what is forwarded.
fn forwards(private: &TokenStream) -> TokenStream {
    let record = record("forwards", &quote!(#private::FORWARDED), private);
    quote! {
        const _: () = {
            #record
        };
    }
}

fn expand(name: &Expr, version: &Expr, linked: &Linked, private: &TokenStream) -> TokenStream {
    let record = record(
        "build",
        &quote!(__NAME, __VERSION, __UNWINDS, __LINKED),
        private,
    );
    let linked = linked.condition();
    quote! {
        const _: () = {
            #[cfg(not(#linked))]
            #[global_allocator]
            static __ALLOCATOR: #private::HostAllocator = #private::HostAllocator;

            const __NAME: &#private::str = #name;
            const __VERSION: &#private::str = #version;
            // Asked here because each crate is compiled with the panic strategy of its profile.
            const __UNWINDS: #private::bool = ::core::cfg!(panic = "unwind");
            const __LINKED: #private::bool = ::core::cfg!(#linked);
            #record

            #[cfg(not(#linked))]
            // SAFETY: the name begins with a prefix that is hotmod's own.
            #[unsafe(no_mangle)]
            extern "C" fn __hotmod_root() -> #private::RootModuleRef {
                #private::RootModule::of_this_image()
            }
        };
    }
}
