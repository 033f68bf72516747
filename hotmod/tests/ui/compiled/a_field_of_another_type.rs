use hotmod::StableState;
use hotmod_meddling::becomes;

#[derive(StableState)]
#[becomes(struct World { seed: i64 })]
struct World {
    seed: u64,
}

fn main() {}
