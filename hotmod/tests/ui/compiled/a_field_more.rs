use hotmod::StableState;
use hotmod_meddling::becomes;

#[derive(StableState)]
#[becomes(struct World { name: String, log: Vec<String> })]
struct World {
    name: String,
}

fn main() {}
