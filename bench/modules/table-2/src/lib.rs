//! A table of texts, and a field beside it.

use std::collections::HashMap;

use bench_interface::Kept;
use hotmod::StableState;

hotmod::module! { name: "table", version: env!("CARGO_PKG_VERSION") }

/// The whole state.
#[derive(StableState)]
pub struct Table {
    entries: HashMap<u64, String>,
    #[state(default = 7)]
    season: u32,
}

#[hotmod::export]
impl Kept for Table {
    fn sum(&self) -> u64 {
        self.entries
            .values()
            .map(|text| text.len() as u64)
            .sum::<u64>()
            + u64::from(self.season)
    }
}

#[hotmod::init]
fn new(_: &str) -> Result<Table, String> {
    Err("it is only migrated to".to_owned())
}
