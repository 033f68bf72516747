//! `hotmod::module!`: the root module, the allocator and the build record.

use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::parse::{Parse, ParseStream};
use syn::{Error, Expr, Ident, Path, Token};

use crate::options::private;

struct Module {
    name: Expr,
    version: Expr,
    krate: Option<Path>,
}

impl Parse for Module {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let (mut name, mut version, mut krate) = (None, None, None);
        while !input.is_empty() {
            if input.peek(Token![crate]) {
                input.parse::<Token![crate]>()?;
                input.parse::<Token![:]>()?;
                krate = Some(input.call(Path::parse_mod_style)?);
            } else {
                let key: Ident = input.parse()?;
                let slot = match key.to_string().as_str() {
                    "name" => &mut name,
                    "version" => &mut version,
                    _ => {
                        return Err(Error::new(
                            key.span(),
                            format!(
                                "unknown entry `{key}`\nhelp: the entries are `name`, `version` \
                                 and `crate`"
                            ),
                        ));
                    }
                };
                input.parse::<Token![:]>()?;
                if slot.replace(input.parse()?).is_some() {
                    return Err(Error::new(
                        key.span(),
                        format!("`{key}` is given twice\nhelp: remove one of them"),
                    ));
                }
            }
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
        }
        let missing = |entry: &str, example: &str| {
            Error::new(
                Span::call_site(),
                format!("`module!` lacks `{entry}`\nhelp: write `{entry}: {example}`"),
            )
        };
        Ok(Module {
            name: name.ok_or_else(|| missing("name", "\"game\""))?,
            version: version.ok_or_else(|| missing("version", "env!(\"CARGO_PKG_VERSION\")"))?,
            krate,
        })
    }
}

pub(crate) fn module(input: TokenStream) -> TokenStream {
    match syn::parse2(input) {
        Ok(module) => expand(&module),
        Err(error) => error.to_compile_error(),
    }
}

fn expand(module: &Module) -> TokenStream {
    let Module {
        name,
        version,
        krate,
    } = module;
    let private = private(krate.as_ref());
    quote! {
        const _: () = {
            #[global_allocator]
            static __ALLOCATOR: #private::HostAllocator = #private::HostAllocator;

            const __NAME: &str = #name;
            const __VERSION: &str = #version;
            // Asked here because each crate is compiled with the panic strategy of its profile.
            const __UNWINDS: bool = ::core::cfg!(panic = "unwind");
            const __LEN: usize = #private::build_len(__NAME, __VERSION, __UNWINDS);
            #[used]
            // SAFETY: the section holds nothing but records.
            #[unsafe(link_section = ".hotmod")]
            static __RECORD: [u8; __LEN] =
                #private::build_record(__NAME, __VERSION, __UNWINDS);

            // SAFETY: the name begins with a prefix that is hotmod's own.
            #[unsafe(no_mangle)]
            extern "C" fn __hotmod_root() -> #private::RootModuleRef {
                #private::RootModule::of_this_image()
            }
        };
    }
}
