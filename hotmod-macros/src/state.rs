//! `#[derive(StableState)]`: a type described as data; and `#[derive(OldState)]`, its earlier form.
//!
//! `lib.rs` imports the two derives from here, and no other room does. This room never imports that of an
//! attribute.

mod arguments;
mod attributes;
mod compiled;
mod describe;
mod expand;
mod flags;
mod foreign;
mod model;
mod parts;
mod record;

use proc_macro2::TokenStream;
use quote::quote;
use syn::DeriveInput;

use crate::faults::Faults;

pub(crate) use attributes::for_helpers;

pub(crate) fn stable_state(item: TokenStream) -> TokenStream {
    derived(item, |_, _| {}, expand::expand)
}

/// `#[derive(OldState)]`: the earlier form of a type, to be read.
pub(crate) fn old_state(item: TokenStream) -> TokenStream {
    derived(item, model::State::check_old, expand::expand_old)
}

fn derived(
    item: TokenStream,
    check: fn(&model::State, &mut Faults),
    expand: fn(&model::State) -> TokenStream,
) -> TokenStream {
    let input: DeriveInput = match syn::parse2(item) {
        Ok(input) => input,
        Err(error) => return error.to_compile_error(),
    };
    let mut faults = Faults::default();
    let mut state = model::State::parse(&input, &mut faults);
    if let Some(state) = &state {
        check(state, &mut faults);
    }
    if !faults.is_empty() {
        // The type is state all the same, so that code that uses it does not show the fault again; and
        // the compiler looks at the fields that are as they should be.
        if let Some(state) = &mut state {
            state.keep_sound();
        }
    }
    let generated = state
        .as_ref()
        .map(|state| match state.generics.lifetimes().next() {
            // A type with a lifetime has no description.
            Some(_) => expand::rest(state),
            None => expand(state),
        });
    faults.or_expand(quote!(#generated), TokenStream::new)
}
