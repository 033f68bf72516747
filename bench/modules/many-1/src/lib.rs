//! An office of 200 methods, as its host knows it.

use hotmod::StableState;

hotmod::module! { name: "many", version: env!("CARGO_PKG_VERSION") }

/// Of which there are several forms.
#[derive(StableState)]
#[allow(missing_docs, reason = "the fields are there to be converted")]
pub struct Order {
    pub id: u64,
    pub buyer: String,
    pub count: u32,
}

/// Always the same.
#[derive(StableState)]
#[allow(missing_docs, reason = "the fields are there to be passed")]
pub struct Receipt {
    pub id: u64,
    pub buyer: String,
}

include!("../../../shapes/many.rs");
include!("../../../shapes/office.rs");
