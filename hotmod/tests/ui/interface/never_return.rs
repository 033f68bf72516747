#[hotmod::interface]
pub trait Game {
    fn stop(&self) -> !;
}

fn main() {}
