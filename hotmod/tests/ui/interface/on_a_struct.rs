#[hotmod::interface]
pub struct Game {
    name: String,
}

fn main() {}
