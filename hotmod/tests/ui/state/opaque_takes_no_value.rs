use hotmod::StableState;

#[derive(StableState)]
struct World {
    #[state(unsafe(opaque = true))]
    address: std::net::IpAddr,
}

fn main() {}
