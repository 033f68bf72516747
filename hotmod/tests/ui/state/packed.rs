use hotmod::StableState;

#[derive(StableState)]
#[repr(C, packed)]
struct World {
    seed: u64,
    rate: u32,
}

fn main() {}
