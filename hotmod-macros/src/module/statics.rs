//! `statics: deny`: what a module says of the statics that its code can write.

use proc_macro2::TokenStream;
use quote::quote;
use syn::ext::IdentExt;
use syn::{Expr, ExprLit, Lit};

use crate::codes;
use crate::emitted::record;
use crate::faults::Faults;

const FORMS: &str = "write `statics: deny`, `statics: allow`, or `statics: deny(except = [log])` \
                     where some are meant to start anew";

/// The exception for the statics of C code and for those that are not mangled.
const C: &str = "extern \"C\"";

#[derive(Default)]
pub(super) struct Statics {
    denied: bool,
    /// Crates, and paths of single statics.
    except: Vec<String>,
}

impl Statics {
    pub(super) fn parse(value: Option<&Expr>, faults: &mut Faults) -> Self {
        let mut statics = Statics::default();
        let Some(value) = value else {
            return statics;
        };
        match (word(value).as_deref(), value) {
            (Some("allow"), _) => {}
            (Some("deny"), _) => statics.denied = true,
            (_, Expr::Call(call)) if word(&call.func).as_deref() == Some("deny") => {
                statics.denied = true;
                match call.args.iter().collect::<Vec<_>>().as_slice() {
                    [Expr::Assign(assign)] if word(&assign.left).as_deref() == Some("except") => {
                        statics.exceptions(&assign.right, faults);
                    }
                    _ => faults.at(
                        codes::MODULE_ENTRY_UNFIT,
                        call,
                        "in the parentheses after `deny` stands which statics it is not about",
                        FORMS,
                    ),
                }
            }
            _ => faults.at(
                codes::MODULE_ENTRY_UNFIT,
                value,
                "statics are allowed or denied",
                FORMS,
            ),
        }
        statics
    }

    fn exceptions(&mut self, list: &Expr, faults: &mut Faults) {
        let Expr::Array(list) = list else {
            return faults.at(codes::MODULE_ENTRY_UNFIT, list, "`except` is a list", FORMS);
        };
        for item in &list.elems {
            match exception(item) {
                Some(exception) => self.except.push(exception),
                None => faults.at(
                    codes::MODULE_ENTRY_UNFIT,
                    item,
                    "an exception is a crate, a static, or C code",
                    "write `log` for the statics of that crate, `crate::metrics::REQUESTS` for a \
                     single one, `\"C\"` for those of C code and those that are `#[no_mangle]`",
                ),
            }
        }
    }

    pub(super) fn expand(&self, private: &TokenStream) -> TokenStream {
        let Statics { denied, except } = self;
        let values = quote!(::core::module_path!(), #denied, &[#(#except),*]);
        let record = record("statics", &values, private);
        quote!(const _: () = { #record };)
    }
}

fn word(value: &Expr) -> Option<String> {
    match value {
        Expr::Path(path) => path.path.get_ident().map(ToString::to_string),
        _ => None,
    }
}

fn exception(item: &Expr) -> Option<String> {
    match item {
        Expr::Lit(ExprLit {
            lit: Lit::Str(text),
            ..
        }) => Some(match text.value() {
            text if text == "C" => C.to_owned(),
            text => text,
        }),
        Expr::Path(path) if path.qself.is_none() => {
            let segments = &path.path.segments;
            let plain = segments.iter().all(|segment| segment.arguments.is_none());
            let names = segments.iter().map(|it| it.ident.unraw().to_string());
            plain.then(|| names.collect::<Vec<_>>().join("::"))
        }
        _ => None,
    }
}
