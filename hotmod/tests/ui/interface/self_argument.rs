#[hotmod::interface]
pub trait Game {
    fn merge(&mut self, other: &Self);
}

fn main() {}
