//! `linked` and `crates`: a module that is linked into an executable, and of which crates it consists there.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Expr, ExprLit, Ident, Lit, LitStr};

use crate::codes;
use crate::faults::Faults;

#[derive(Default)]
pub(super) struct Linked {
    when: When,
    /// The other crates that it consists of.
    crates: Vec<Ident>,
}

/// When the crate is compiled to be linked, beside its own tests: those are executables.
#[derive(Default)]
enum When {
    #[default]
    Tested,
    /// With this feature of it.
    With(LitStr),
    Always,
}

impl Linked {
    pub(super) fn parse(linked: Option<&Expr>, crates: Option<&Expr>, faults: &mut Faults) -> Self {
        let mut parsed = Linked::default();
        if let Some(value) = linked {
            match when(value) {
                Some(when) => parsed.when = when,
                None => faults.at(
                    codes::MODULE_ENTRY_UNFIT,
                    value,
                    "a feature of the module's crate says that it is linked into an executable",
                    "write `linked: feature = \"linked\"`, and `linked = [\"hotmod/linked\"]` under \
                     `[features]` in Cargo.toml; or `linked: always` for a crate that is never built as a \
                     `cdylib`",
                ),
            }
        }
        match crates {
            None => {}
            Some(Expr::Array(list)) => {
                for item in &list.elems {
                    match krate(item) {
                        Some(krate) => parsed.crates.push(krate),
                        None => faults.at(
                            codes::MODULE_ENTRY_UNFIT,
                            item,
                            "no name of a crate",
                            CRATES,
                        ),
                    }
                }
            }
            Some(other) => faults.at(
                codes::MODULE_ENTRY_UNFIT,
                other,
                "`crates` is a list",
                CRATES,
            ),
        }
        parsed
    }

    /// Whether the crate is compiled to be linked, for a `cfg`.
    pub(super) fn condition(&self) -> TokenStream {
        match &self.when {
            When::Tested => quote!(test),
            When::With(feature) => quote!(any(test, feature = #feature)),
            When::Always => quote!(all()),
        }
    }

    /// What executables link.
    pub(super) fn expand(&self, private: &TokenStream) -> TokenStream {
        let condition = self.condition();
        let crates = &self.crates;
        let required = match &self.when {
            When::Tested => TokenStream::new(),
            When::With(feature) => quote! {
                #[cfg(feature = #feature)]
                #private::linked_required! {}
            },
            When::Always => quote!(#private::linked_required! {}),
        };
        quote! {
            // Else the compiler would leave out a crate of which nothing is named.
            #(use #crates as _;)*
            #required
            #[cfg(#condition)]
            #private::linked_module! { #(#crates)* }
        }
    }
}

const CRATES: &str = "write `crates: [combat, quests]` with the names of the crates whose exports the module has \
                      beside its own";

fn when(value: &Expr) -> Option<When> {
    let assign = match value {
        Expr::Path(path) if path.path.is_ident("always") => return Some(When::Always),
        Expr::Assign(assign) => assign,
        _ => return None,
    };
    match (&*assign.left, &*assign.right) {
        (
            Expr::Path(path),
            Expr::Lit(ExprLit {
                lit: Lit::Str(feature),
                ..
            }),
        ) if path.path.is_ident("feature") => Some(When::With(feature.clone())),
        _ => None,
    }
}

fn krate(item: &Expr) -> Option<Ident> {
    match item {
        Expr::Path(path) => path.path.get_ident().cloned(),
        _ => None,
    }
}
