//! A function that an attribute marks, read as far as its syntax goes.

use proc_macro2::TokenStream;
use syn::ItemFn;
use syn::parse::Parse;

use crate::codes;
use crate::faults::{Faults, keyword};
use crate::signature::Signature;

/// The function, and what is wrong with it so far.
pub(crate) struct Marked<O> {
    pub(crate) options: O,
    pub(crate) function: ItemFn,
    pub(crate) signature: Signature,
    pub(crate) faults: Faults,
    pub(crate) item: TokenStream,
}

impl<O: Parse + Default> Marked<O> {
    /// Reads a marked function. `form` says, by the options, what the marked item should be and what to
    /// write. If the item is no function, the error is its expansion: the item with that fault.
    pub(crate) fn read(
        options: TokenStream,
        item: TokenStream,
        form: impl FnOnce(&O) -> (&'static str, &'static str),
    ) -> Result<Self, TokenStream> {
        let mut faults = Faults::default();
        let options: O = faults.options(options);
        let Ok(function) = syn::parse2::<ItemFn>(item.clone()) else {
            let (is, help) = form(&options);
            faults.at_span(codes::ATTRIBUTE_MISPLACED, keyword(&item), is, help);
            return Err(faults.or_expand(item, TokenStream::new));
        };
        let signature = Signature::parse(&function.sig, &mut faults);
        Ok(Marked {
            options,
            function,
            signature,
            faults,
            item,
        })
    }
}

impl<O> Marked<O> {
    /// Reports a fault at the function's name.
    pub(crate) fn fault(&mut self, message: &str, help: &str) {
        self.faults.at(
            codes::MARKED_FUNCTION_UNFIT,
            &self.function.sig.ident,
            message,
            help,
        );
    }
}
