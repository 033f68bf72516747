use hotmod::StableState;
use hotmod_meddling::becomes;

#[derive(StableState)]
#[becomes(struct World(String, u32);)]
struct World(String);

fn main() {}
