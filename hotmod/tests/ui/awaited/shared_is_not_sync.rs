#[hotmod::interface]
pub trait Shop {
    async fn price(&self, item: u32) -> u64;
    async fn buy(&mut self, item: u32) -> u64;
}

fn main() {}
