//! What stands in the parentheses of `#[hotmod::import(…)]`.

use syn::parse::{Parse, ParseStream};
use syn::{Path, Token};

use crate::faults::Faults;
use crate::options::{Options, crate_path};

/// `stand_in = path`, and what every attribute takes.
#[derive(Default)]
pub(super) struct Arguments {
    pub(super) options: Options,
    pub(super) stand_in: Option<Path>,
}

impl Arguments {
    /// Reports what only a function can have.
    pub(super) fn without_stand_in(&self, faults: &mut Faults) {
        if let Some(path) = &self.stand_in {
            faults.at(
                path,
                "`stand_in` names a function, and stands in the place of one",
                "let what is tested take the trait, `&impl Services`, and call it with a type of the test",
            );
        }
    }
}

impl Parse for Arguments {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        mod word {
            syn::custom_keyword!(stand_in);
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
            } else {
                return Err(input.error(
                    "unknown option\nhelp: the options are `stand_in = path`, a function for tests \
                     of this crate, and `crate = path`, the path of the hotmod crate",
                ));
            }
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
        }
        Ok(arguments)
    }
}
