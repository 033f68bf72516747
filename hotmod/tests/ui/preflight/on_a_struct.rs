#[hotmod::preflight]
struct World {
    seed: u64,
}

fn main() {}
