use hotmod::StableState;

#[derive(StableState)]
struct World {
    #[state(skip, unsafe(opaque))]
    address: std::net::IpAddr,
}

fn main() {}
