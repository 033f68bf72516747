use std::rc::Rc;

use hotmod::StableState;

#[hotmod::interface]
pub trait Shop {
    async fn buy(&mut self);
}

#[derive(StableState)]
pub struct Counter {
    count: u32,
}

#[hotmod::init]
fn new(_: &str) -> Counter {
    Counter { count: 0 }
}

#[hotmod::export]
impl Shop for Counter {
    async fn buy(&mut self) {
        let count = Rc::new(self.count);
        std::future::ready(()).await;
        self.count = *count;
    }
}

fn main() {}
