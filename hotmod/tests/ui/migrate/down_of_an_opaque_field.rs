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
    address: std::net::IpAddr,
}

#[hotmod::migrate(down)]
fn world(_: &World) -> OldPeer {
    OldPeer { address: [127, 0, 0, 1].into() }
}

fn main() {}
