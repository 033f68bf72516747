#[hotmod::import]
fn broadcast(texts: impl Iterator<Item = String>) -> u32;

fn main() {}
