#![allow(unused_variables)]

use hotmod::StableState;

#[derive(StableState)]
struct World {
    name: &'static str,
    worker: std::thread::JoinHandle<()>,
    #[state(default = "sixty")]
    rate: u32,
}

fn main() {}
