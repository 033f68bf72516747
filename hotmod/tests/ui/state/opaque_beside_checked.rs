use hotmod::StableState;

#[derive(StableState)]
struct World {
    #[state(opaque, checked)]
    address: std::net::IpAddr,
}

fn main() {}
