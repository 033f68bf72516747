#[hotmod::interface]
pub trait Game {
    fn hello(&self, name: &str) -> String
    where
        Self: Sized;
}

fn main() {}
