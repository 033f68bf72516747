use hotmod::{OldState, StableState};

#[derive(StableState)]
struct World {
    seed: u64,
}

#[derive(OldState)]
#[state(id = "World")]
struct OldWorld {
    seed: u32,
}

#[derive(OldState)]
#[state(id = "World")]
struct OldPeer {
    #[state(unsafe(opaque))]
    address: std::alloc::Layout,
}

#[hotmod::migrate(down)]
fn world(_: &World) -> OldPeer {
    OldPeer { address: std::alloc::Layout::new::<u8>() }
}

fn main() {}
