use hotmod::StableState;
use hotmod_meddling::becomes;

#[derive(StableState)]
#[becomes(struct World { name: String, cache: Box<u64> })]
struct World {
    name: String,
    #[state(skip)]
    cache: usize,
}

fn main() {}
