use std::rc::Rc;

use hotmod::{Lazy, StableState};

#[hotmod::interface]
trait Counts {
    fn count(&self) -> u32;
}

#[derive(StableState)]
struct Counter {
    count: Lazy<Rc<u32>>,
}

#[hotmod::export]
impl Counts for Counter {
    fn count(&self) -> u32 {
        **self.count
    }
}

fn main() {}
