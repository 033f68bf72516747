#![allow(unused_variables)]

use hotmod::StableState;

#[derive(StableState)]
struct World {
    thread: std::thread::JoinHandle<()>,
}

fn main() {}
