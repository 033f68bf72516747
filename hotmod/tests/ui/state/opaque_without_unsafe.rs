use hotmod::StableState;

#[derive(StableState)]
struct World {
    #[state(opaque)]
    address: std::net::IpAddr,
}

fn main() {}
