//! What stands in the parentheses of `#[hotmod::import(…)]`.

use proc_macro2::Span;
use syn::parse::{Parse, ParseStream};
use syn::{LitStr, Path, Token};

use crate::codes;
use crate::faults::Faults;
use crate::options::{Options, crate_path};

/// `stand_in = path`, `module = "name"` and the like, and what every attribute takes.
#[derive(Default)]
pub(super) struct Arguments {
    pub(super) options: Options,
    pub(super) stand_in: Option<Path>,
    /// The module that the import is of; the host if there is none.
    pub(super) module: Option<LitStr>,
    /// The name of a pool of that module.
    pub(super) pool: Option<LitStr>,
    /// The name of a shared instance of that module.
    pub(super) instance: Option<LitStr>,
}

impl Arguments {
    /// The names of a pool and of a shared instance.
    pub(super) fn names(&self) -> impl Iterator<Item = &LitStr> {
        self.pool.iter().chain(&self.instance)
    }

    /// Reports what only a function can have.
    pub(super) fn without_stand_in(&self, faults: &mut Faults) {
        if let Some(path) = &self.stand_in {
            faults.at(
                codes::IMPORT_UNFIT,
                path,
                "`stand_in` names a function, and stands in the place of one",
                "let what is tested take the trait, `&impl Services`, and call it with a type of the test",
            );
        }
    }
}

impl Arguments {
    /// Reports what only a static that stands for instances can have.
    pub(super) fn without_instances(&self, faults: &mut Faults) {
        for name in self.names() {
            faults.at(
                codes::IMPORT_UNFIT,
                name,
                "a pool or an instance is called by a static that stands for it",
                "write `#[hotmod::import(module = \"…\", pool = \"…\")] static ROOMS: hotmod::Pool<u64, dyn \
                 Room>;`",
            );
        }
    }

    /// Reports what only an import of the host can be.
    pub(super) fn without_module(&self, faults: &mut Faults) {
        if let Some(module) = &self.module {
            faults.at(
                codes::IMPORT_UNFIT,
                module,
                "a trait marked `#[hotmod::import]` is implemented by the host",
                "import a module's functions one by one, `#[hotmod::import(module = \"…\")] fn …;`, and its \
                 instances by a static",
            );
        }
    }
}

impl Parse for Arguments {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        mod word {
            syn::custom_keyword!(stand_in);
            syn::custom_keyword!(module);
            syn::custom_keyword!(pool);
            syn::custom_keyword!(instance);
        }
        let mut arguments = Arguments::default();
        while !input.is_empty() {
            if input.peek(Token![crate]) {
                arguments.options = Options::new(Some(crate_path(input)?));
            } else if let Some(word) = input.parse::<Option<word::stand_in>>()? {
                let path = input
                    .parse::<Token![=]>()
                    .and_then(|_| input.call(Path::parse_mod_style));
                arguments.stand_in = Some(path.map_err(|_| {
                    syn::Error::new(
                        word.span,
                        "`stand_in` is the path of a function\nhelp: write `stand_in = \
                         tests::broadcast`, without quotes",
                    )
                })?);
            } else if let Some(word) = input.parse::<Option<word::module>>()? {
                arguments.module = Some(name(input, word.span, "module", "combat")?);
            } else if let Some(word) = input.parse::<Option<word::pool>>()? {
                arguments.pool = Some(name(input, word.span, "pool", "rooms")?);
            } else if let Some(word) = input.parse::<Option<word::instance>>()? {
                arguments.instance = Some(name(input, word.span, "instance", "lobby")?);
            } else {
                return Err(input.error(
                    "unknown option\nhelp: the options are `module = \"name\"`, the module that has the \
                     function; `stand_in = path`, a function for tests of this crate; and `crate = path`, the \
                     path of the hotmod crate",
                ));
            }
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
        }
        Ok(arguments)
    }
}

/// `= "name"`
fn name(input: ParseStream<'_>, word: Span, key: &str, example: &str) -> syn::Result<LitStr> {
    let is_given = input.parse::<Option<Token![=]>>()?.is_some();
    let name = is_given.then(|| input.parse::<LitStr>());
    match name {
        Some(Ok(name)) if !name.value().is_empty() => Ok(name),
        _ => Err(syn::Error::new(
            word,
            format!("`{key}` is a name\nhelp: write `{key} = \"{example}\"`"),
        )),
    }
}
