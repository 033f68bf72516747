//! The attribute macros of hotmod. Use them through the `hotmod` crate, whose documentation
//! describes them.
//!
//! Every macro goes the same way: parse the syntax, turn it into a model of our own, check the
//! model (all errors of an item at once), expand it (which cannot fail).
#![forbid(unsafe_code)]
#![allow(
    missing_docs,
    reason = "documented where `hotmod` re-exports them: examples there can be compiled"
)]

use proc_macro::TokenStream;

mod check;
mod codes;
mod emitted;
mod every;
mod evolution;
mod export;
mod faults;
mod features;
mod import;
mod init;
mod innermost;
mod interface;
mod lifecycle;
mod marked;
mod migrate;
mod module;
mod names;
mod options;
mod period;
mod resource;
mod signature;
mod state;
mod task;
#[cfg(test)]
mod tests;

#[proc_macro_attribute]
pub fn interface(options: TokenStream, item: TokenStream) -> TokenStream {
    interface::interface(options.into(), item.into()).into()
}

#[proc_macro_attribute]
pub fn export(options: TokenStream, item: TokenStream) -> TokenStream {
    export::export(options.into(), item.into()).into()
}

#[proc_macro_attribute]
pub fn import(options: TokenStream, item: TokenStream) -> TokenStream {
    import::import(options.into(), item.into()).into()
}

#[proc_macro_attribute]
pub fn optional(_options: TokenStream, item: TokenStream) -> TokenStream {
    evolution::misplaced(item.into()).into()
}

#[proc_macro_attribute]
pub fn init(options: TokenStream, item: TokenStream) -> TokenStream {
    init::init(options.into(), item.into()).into()
}

/// Marks the function that checks a state after it was migrated.
#[proc_macro_attribute]
pub fn after_migrate(options: TokenStream, item: TokenStream) -> TokenStream {
    check::after_migrate(options.into(), item.into()).into()
}

/// Marks a function that tries a migrated state out in a rehearsal.
#[proc_macro_attribute]
pub fn preflight(options: TokenStream, item: TokenStream) -> TokenStream {
    check::preflight(options.into(), item.into()).into()
}

/// Marks what hosts call again and again.
#[proc_macro_attribute]
pub fn every(options: TokenStream, item: TokenStream) -> TokenStream {
    every::every(options.into(), item.into()).into()
}

/// Marks what runs beside a module's calls, from version to version.
#[proc_macro_attribute]
pub fn task(options: TokenStream, item: TokenStream) -> TokenStream {
    task::task(options.into(), item.into()).into()
}

/// Marks the function that makes a value of what the file of a resource holds.
#[proc_macro_attribute]
pub fn resource(options: TokenStream, item: TokenStream) -> TokenStream {
    resource::resource(options.into(), item.into()).into()
}

/// Marks the function that sets a version up.
#[proc_macro_attribute]
pub fn loaded(options: TokenStream, item: TokenStream) -> TokenStream {
    lifecycle::loaded(options.into(), item.into()).into()
}

/// Marks the function that is called when a version is retired.
#[proc_macro_attribute]
pub fn retired(options: TokenStream, item: TokenStream) -> TokenStream {
    lifecycle::retired(options.into(), item.into()).into()
}

/// Marks the function that makes a value from its earlier form.
#[proc_macro_attribute]
pub fn migrate(options: TokenStream, item: TokenStream) -> TokenStream {
    migrate::migrate(options.into(), item.into()).into()
}

#[proc_macro]
pub fn module(input: TokenStream) -> TokenStream {
    module::module(input.into()).into()
}

/// The derives. They also declare the attributes that derives of well-known crates read: otherwise the
/// compiler would take such an attribute for a macro where it stands below our derive.
macro_rules! derives {
    ($($helper:ident)*) => {
        /// Describes the earlier form of a type, to be read in a migration.
        #[proc_macro_derive(OldState, attributes(state, $($helper),*))]
        pub fn old_state(item: TokenStream) -> TokenStream {
            state::old_state(item.into()).into()
        }

        #[proc_macro_derive(StableState, attributes(state, $($helper),*))]
        pub fn stable_state(item: TokenStream) -> TokenStream {
            state::stable_state(item.into()).into()
        }
    };
}

state::for_helpers!(derives);
