use std::sync::LazyLock;

use hotmod::StableState;

#[derive(StableState)]
struct World<T> {
    seeds: Vec<Option<LazyLock<T>>>,
}

fn main() {}
