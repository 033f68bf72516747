use hotmod::StableState;

#[derive(StableState)]
#[state(crate = hotmod, crate = hotmod)]
struct World {
    seed: u64,
}

fn main() {}
