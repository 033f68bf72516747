#[hotmod::import]
const fn broadcast(room: u64) -> u32;

fn main() {}
