use hotmod::StableState;
use hotmod_meddling::becomes;

#[derive(StableState)]
#[becomes(struct World { name: String })]
struct World {
    name: String,
    log: Vec<String>,
}

fn main() {}
