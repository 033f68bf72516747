use hotmod::{Lazy, StableState};

#[derive(StableState)]
struct Store {
    entry: Lazy<dyn Fn() -> u32>,
}

fn main() {}
