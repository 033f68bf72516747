//! `#[derive(StableState)]`: a type described as data.

mod attributes;
mod expand;
mod model;
mod parts;

use proc_macro2::TokenStream;
use syn::DeriveInput;

use crate::faults::Faults;

pub(crate) fn stable_state(item: TokenStream) -> TokenStream {
    let input: DeriveInput = match syn::parse2(item) {
        Ok(input) => input,
        Err(error) => return error.to_compile_error(),
    };
    let mut faults = Faults::default();
    let state = model::State::parse(&input, &mut faults);
    faults.or_expand(TokenStream::new(), || match state {
        Some(state) => expand::expand(&state),
        None => TokenStream::new(),
    })
}
