use hotmod::StableState;

#[derive(StableState)]
struct World {
    #[state(opaque = true)]
    address: std::net::IpAddr,
}

fn main() {}
