use hotmod::StableState;

#[derive(StableState)]
#[state(removed(old), meaning = "new")]
struct World {
    #[state(default = 1, default = 2)]
    seed: u64,
    #[state(skip, checked)]
    cache: Vec<u64>,
    #[state(init = Vec::new)]
    log: Vec<u64>,
    #[state(with)]
    name: String,
}

fn main() {}
