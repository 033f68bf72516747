//! The store, 1.1.
#![forbid(unsafe_code)]

pub mod store;

hotmod::module! { name: "store", version: env!("CARGO_PKG_VERSION") }
