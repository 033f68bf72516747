#[hotmod::import]
struct Broadcast;

fn main() {}
