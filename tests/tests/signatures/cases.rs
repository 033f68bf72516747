//! The cases, by the rows of the table.

#[path = "cases/by_value.rs"]
mod by_value;
#[path = "cases/lent.rs"]
mod lent;
#[path = "cases/parameters.rs"]
mod parameters;
#[path = "cases/variants.rs"]
mod variants;

use super::{Case, Row};

/// In the order of the table.
pub(super) fn rows() -> impl Iterator<Item = &'static Row> {
    let all = [parameters::ROWS, by_value::ROWS, variants::ROWS, lent::ROWS];
    all.into_iter().flatten()
}

pub(super) fn all() -> impl Iterator<Item = &'static Case> {
    rows().flat_map(|row| row.cases)
}
