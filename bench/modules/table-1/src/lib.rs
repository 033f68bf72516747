//! A table of texts.

use std::collections::HashMap;

use bench_interface::Kept;
use hotmod::StableState;

hotmod::module! { name: "table", version: env!("CARGO_PKG_VERSION") }

/// The whole state.
#[derive(StableState)]
pub struct Table {
    entries: HashMap<u64, String>,
}

#[hotmod::export]
impl Kept for Table {
    fn sum(&self) -> u64 {
        self.entries.values().map(|text| text.len() as u64).sum()
    }
}

#[hotmod::init]
fn new(config: &str) -> Result<Table, String> {
    let entries: u64 = config
        .parse()
        .map_err(|error| format!("entries: {error}"))?;
    Ok(Table {
        entries: (0..entries)
            .map(|id| (id, format!("entry number {id}")))
            .collect(),
    })
}
