#[hotmod::import]
unsafe fn broadcast(room: u64) -> u32;

fn main() {}
