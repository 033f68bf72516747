use hotmod::StableState;
use hotmod_meddling::becomes;

#[derive(StableState)]
#[becomes(#[repr(C, packed)] struct World { seed: u64, rate: u32 })]
#[repr(C)]
struct World {
    seed: u64,
    rate: u32,
}

fn main() {}
