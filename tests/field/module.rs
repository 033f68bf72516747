//! A module as a user writes it.

use field_interface::Tally;
use hotmod::StableState;

hotmod::module! { name: "tally", version: env!("CARGO_PKG_VERSION") }

#[derive(StableState)]
pub struct Count {
    count: u64,
}

#[hotmod::init]
fn new_count() -> Count {
    Count { count: 0 }
}

#[hotmod::export]
impl Tally for Count {
    fn next(&mut self) -> u64 {
        self.count += 1;
        self.count
    }

    fn code(&self) -> String {
        env!("CARGO_PKG_NAME").to_owned()
    }
}
