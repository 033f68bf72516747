pub struct Receipt;

#[hotmod::interface]
pub trait Shop {
    async fn buy(&mut self, item: u32) -> Receipt;
}

fn main() {}
