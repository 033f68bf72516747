#[hotmod::import]
fn broadcast<const N: usize>(rooms: [u64; N]) -> u32;

fn main() {}
