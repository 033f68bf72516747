#![allow(unused_variables)]

use hotmod::StableState;

#[derive(StableState)]
struct World<'a> {
    name: std::borrow::Cow<'a, str>,
    worker: std::thread::JoinHandle<()>,
}

fn main() {}
