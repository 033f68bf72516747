use std::cell::Cell;

use hotmod::{Lazy, StableState};

#[hotmod::interface]
trait Counts: Sync {
    fn count(&self) -> u32;
}

#[derive(StableState)]
struct Counter {
    count: Lazy<Cell<u32>>,
}

#[hotmod::export]
impl Counts for Counter {
    fn count(&self) -> u32 {
        self.count.get()
    }
}

fn main() {}
