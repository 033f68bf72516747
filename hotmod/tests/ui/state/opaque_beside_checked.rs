use hotmod::StableState;

#[derive(StableState)]
struct World {
    #[state(unsafe(opaque), checked)]
    address: std::net::IpAddr,
}

fn main() {}
