//! The faults of one item, reported together.

use proc_macro2::{Delimiter, Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::Error;
use syn::parse::Parse;
use syn::spanned::Spanned;

use crate::codes;

/// Collects faults; the item is expanded only if there are none.
#[derive(Default)]
pub(crate) struct Faults {
    all: Option<Error>,
    count: usize,
}

impl Faults {
    /// Reports a fault at these tokens, with the [code](crate::codes) of its kind; `help` says what to write instead.
    pub(crate) fn at(&mut self, code: &str, tokens: impl ToTokens, message: &str, help: &str) {
        self.add(Error::new_spanned(tokens, text(code, message, help)));
    }

    /// Reports a fault where there are no tokens to show.
    pub(crate) fn at_span(&mut self, code: &str, span: Span, message: &str, help: &str) {
        self.add(Error::new(span, text(code, message, help)));
    }

    /// Reports what is wrong with what stands in an attribute, as it was found while that was read.
    pub(crate) fn push(&mut self, errors: Error) {
        for error in errors {
            let said = error.to_string();
            let (message, help) = said.split_once("\nhelp: ").unwrap_or((&said, ""));
            let said = text(codes::OPTION_MALFORMED, message, help);
            self.add(Error::new(error.span(), said));
        }
    }

    fn add(&mut self, error: Error) {
        self.count += 1;
        match &mut self.all {
            Some(all) => all.combine(error),
            none => *none = Some(error),
        }
    }

    /// The options of an attribute, or the default ones where a fault is reported.
    pub(crate) fn options<T: Parse + Default>(&mut self, options: TokenStream) -> T {
        syn::parse2(options).unwrap_or_else(|error| {
            self.push(error);
            T::default()
        })
    }

    /// How many were reported so far.
    pub(crate) fn count(&self) -> usize {
        self.count
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.all.is_none()
    }

    /// The expansion, or the faults; the user's item is kept either way, so that one mistake does
    /// not become many.
    pub(crate) fn or_expand(
        self,
        item: TokenStream,
        expand: impl FnOnce() -> TokenStream,
    ) -> TokenStream {
        self.or_expand_beside(item, expand, TokenStream::new)
    }

    /// As [`or_expand`](Faults::or_expand); beside the faults stands `rest`, which has the compiler
    /// look at the rest of the item, so that all that is wrong with it is reported at once.
    pub(crate) fn or_expand_beside(
        self,
        item: TokenStream,
        expand: impl FnOnce() -> TokenStream,
        rest: impl FnOnce() -> TokenStream,
    ) -> TokenStream {
        let generated = match self.all {
            Some(error) => {
                let (error, rest) = (error.to_compile_error(), rest());
                quote::quote! { #error #rest }
            }
            None => expand(),
        };
        quote::quote! { #item #generated }
    }
}

fn text(code: &str, message: &str, help: &str) -> String {
    match help {
        "" => format!("{message} [{code}]"),
        help => format!("{message} [{code}]\nhelp: {help}"),
    }
}

/// The place of these tokens, for generated tokens. Names among the generated tokens mean what they
/// mean in all generated code, even where a user's own macro wrote these tokens.
pub(crate) fn span_of(tokens: &impl Spanned) -> Span {
    tokens.span().resolved_at(Span::call_site())
}

/// The file that the first of these tokens is written in, if a compiler is there to ask: a token of
/// another crate's macro has another file.
pub(crate) fn file_of(tokens: TokenStream) -> Option<String> {
    let mut first = tokens.into_iter().next()?;
    // What came through a macro's parameter stands in an invisible group.
    while let TokenTree::Group(group) = &first
        && group.delimiter() == Delimiter::None
    {
        first = group.stream().into_iter().next()?;
    }
    proc_macro::is_available().then(|| first.span().unwrap().file())
}

/// The path of what generated code names, as if it stood at this place: an error then shows this place
/// for the whole path.
pub(crate) fn placed(path: &TokenStream, span: Span) -> TokenStream {
    let tokens = path.clone().into_iter().map(|mut token| {
        token.set_span(span);
        token
    });
    tokens.collect()
}

/// Where an item that is of the wrong kind says what it is.
pub(crate) fn keyword(item: &TokenStream) -> Span {
    const KEYWORDS: [&str; 12] = [
        "struct",
        "enum",
        "union",
        "trait",
        "impl",
        "fn",
        "const",
        "static",
        "type",
        "mod",
        "use",
        "macro_rules",
    ];
    item.clone()
        .into_iter()
        .find_map(|token| match token {
            TokenTree::Ident(ident) if KEYWORDS.iter().any(|keyword| ident == keyword) => {
                Some(ident.span())
            }
            _ => None,
        })
        .unwrap_or_else(Span::call_site)
}
