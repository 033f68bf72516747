use hotmod::StableState;

#[derive(StableState)]
struct World {
    seed: u64,
}

#[hotmod::migrate]
struct Hook;

fn main() {}
