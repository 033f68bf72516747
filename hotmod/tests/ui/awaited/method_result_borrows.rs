#[hotmod::interface]
pub trait Shop {
    async fn name(&mut self) -> &str;
}

fn main() {}
