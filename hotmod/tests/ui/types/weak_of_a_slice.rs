use std::rc::Weak;

use hotmod::StableState;

#[derive(StableState)]
struct World<T> {
    scores: Option<Weak<[T]>>,
}

fn main() {}
