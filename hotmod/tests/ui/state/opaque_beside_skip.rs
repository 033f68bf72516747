use hotmod::StableState;

#[derive(StableState)]
struct World {
    #[state(skip, opaque)]
    address: std::net::IpAddr,
}

fn main() {}
