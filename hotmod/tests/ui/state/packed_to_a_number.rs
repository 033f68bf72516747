use hotmod::StableState;

#[derive(StableState)]
#[repr(packed(8))]
struct World {
    seed: u64,
}

fn main() {}
