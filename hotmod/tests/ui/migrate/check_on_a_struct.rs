use hotmod::StableState;

#[derive(StableState)]
struct World {
    seed: u64,
}

#[hotmod::after_migrate]
struct Check;

fn main() {}
