use std::rc::Rc;

use hotmod::StableState;

#[hotmod::interface]
pub trait Shop {
    async fn buy(&mut self, item: u32) -> u32;
}

#[derive(StableState)]
pub struct Counter {
    sold: u32,
}

#[hotmod::export]
impl Shop for Counter {
    async fn buy(&mut self, item: u32) -> u32 {
        let kept = Rc::new(item);
        std::future::ready(()).await;
        self.sold += *kept;
        self.sold
    }
}

fn main() {}
