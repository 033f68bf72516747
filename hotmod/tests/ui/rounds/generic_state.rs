#![allow(unused_variables)]

use hotmod::StableState;

#[derive(StableState)]
struct World<T> {
    #[state(old = "names")]
    name: Vec<T>,
    worker: std::thread::JoinHandle<T>,
}

fn main() {}
