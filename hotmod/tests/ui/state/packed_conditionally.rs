use hotmod::StableState;

#[derive(StableState)]
#[cfg_attr(all(), repr(C, packed(4)))]
struct World {
    seed: u32,
}

fn main() {}
