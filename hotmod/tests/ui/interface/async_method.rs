#[hotmod::interface]
pub trait Game {
    async fn hello(&self, name: &str) -> String;
}

fn main() {}
