use std::ops::ControlFlow;
use std::pin::Pin;
use std::sync::LazyLock;

use hotmod::StableState;

#[derive(StableState)]
struct World {
    lazy: LazyLock<u32>,
    pinned: Pin<Box<u32>>,
    flow: ControlFlow<u32>,
}

fn main() {}
